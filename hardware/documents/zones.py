"""Where the fields of each machine readable zone stand: ICAO Doc 9303 parts 4 (TD3), 5 (TD1), 6 (TD2), 7 (visas)."""

from dataclasses import dataclass, field

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Zone:
    """Spans count in the lines joined, from 0, the end not included.  checks: field to the place of its check digit.

    composite: the spans the last check digit covers, in order.  overflow: a long number goes on in the optional data.
    """

    name: str
    lines: int
    width: int
    fields: dict[str, Span]
    checks: dict[str, int]
    composite: tuple[Span, ...] = field(default=())
    overflow: bool = False

    def place(self, position: int) -> tuple[int, int]:
        """The line counted from 1, and the place in it from 0."""
        return position // self.width + 1, position % self.width


TD1 = Zone(
    name="TD1",
    lines=3,
    width=30,
    fields={
        "document_code": (0, 2),
        "issuer": (2, 5),
        "number": (5, 14),
        "optional": (15, 30),
        "birth": (30, 36),
        "sex": (37, 38),
        "expiry": (38, 44),
        "nationality": (45, 48),
        "optional_2": (48, 59),
        "name": (60, 90),
    },
    checks={"number": 14, "birth": 36, "expiry": 44, "composite": 59},
    composite=((5, 30), (30, 37), (38, 45), (48, 59)),
    overflow=True,
)


def _two_lines(name: str, width: int, optional: Span, checks: dict[str, int]) -> Zone:
    """The zones of two lines differ in width and in what closes the second."""
    second = {
        "number": (0, 9),
        "nationality": (10, 13),
        "birth": (13, 19),
        "sex": (20, 21),
        "expiry": (21, 27),
        "optional": optional,
    }
    covered = ((0, 10), (13, 20), (21, checks["composite"])) if "composite" in checks else ()
    return Zone(
        name=name,
        lines=2,
        width=width,
        fields={"document_code": (0, 2), "issuer": (2, 5), "name": (5, width)}
        | {item: (width + start, width + end) for item, (start, end) in second.items()},
        checks={item: width + at for item, at in ({"number": 9, "birth": 19, "expiry": 27} | checks).items()},
        composite=tuple((width + start, width + end) for start, end in covered),
        overflow=name == "TD2",
    )


TD2 = _two_lines("TD2", 36, (28, 35), {"composite": 35})
TD3 = _two_lines("TD3", 44, (28, 42), {"optional": 42, "composite": 43})
MRV_A = _two_lines("MRV-A", 44, (28, 44), {})
MRV_B = _two_lines("MRV-B", 36, (28, 36), {})
SIZES = {(TD1.lines, TD1.width), (TD2.lines, TD2.width), (TD3.lines, TD3.width)}


def zone(text: str) -> Zone | None:
    """The zone of lines joined, by length and document code; None for another length."""
    visa = text.startswith("V")
    by_length = {90: TD1, 72: MRV_B if visa else TD2, 88: MRV_A if visa else TD3}
    return by_length.get(len(text))
