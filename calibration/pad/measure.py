"""APCER of each species and BPCER, with exact intervals (ISO/IEC 30107-3:2023, 13).

APCER: attacks accepted, of all attack presentations of the species; one without a response is not accepted.
BPCER: bona fide presentations rejected, of those with a response.  Unreadable files are no presentations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from calibration.pad.folders import Collection, Species
from calibration.pad.verdict import Heard, Silence, Verdict
from calibration.rates.errors import FolderUnfit
from calibration.rates.measure import Proportion, proportion


@dataclass(frozen=True, slots=True)
class Tally:
    """The presentations of one species, or the bona fide ones."""

    name: str
    heard: tuple[Heard, ...]
    silent: int
    unreadable: int

    @property
    def presentations(self) -> int:
        return len(self.heard) + self.silent

    def accepted(self, threshold: float) -> int:
        return sum(verdict.live >= threshold for verdict in self.heard)

    def median_live(self) -> float | None:
        """Of the shots that count; None without a response."""
        return median(verdict.live for verdict in self.heard) if self.heard else None

    def evidence(self) -> dict[str, float]:
        """Median of each kind of evidence over the presentations that have it."""
        seen: dict[str, list[float]] = {}
        for verdict in self.heard:
            for name, value in verdict.evidence.parts():
                seen.setdefault(name, []).append(value)
        return {name: median(values) for name, values in seen.items()}


@dataclass(frozen=True, slots=True)
class Rates:
    """attacks: by rate, the worst first."""

    threshold: float
    attacks: tuple[tuple[Tally, Proportion], ...]
    bona_fide: tuple[Tally, Proportion]


def rates(collection: Collection, verdicts: Mapping[Path, Verdict], threshold: float) -> Rates:
    """Raises FolderUnfit if a species could not be read, or no bona fide presentation has a response."""
    attacks = [_tally(species, verdicts) for species in collection.attacks]
    bona_fide = _tally(collection.bona_fide, verdicts)
    for tally in (bona_fide, *attacks):
        if not tally.presentations:
            raise FolderUnfit(f"none of the {tally.unreadable} file(s) of {tally.name} can be read; replace them")
    if not bona_fide.heard:
        raise FolderUnfit(f"no face in any of {bona_fide.silent} bona fide presentation(s); do they show people?")
    rated = [(tally, apcer(tally, threshold)) for tally in attacks]
    rated.sort(key=lambda pair: (-pair[1].rate, -pair[1].high, pair[0].name))
    return Rates(threshold, tuple(rated), (bona_fide, bpcer(bona_fide, threshold)))


def apcer(tally: Tally, threshold: float) -> Proportion:
    return _share(tally.accepted(threshold), tally.presentations)


def bpcer(tally: Tally, threshold: float) -> Proportion:
    return _share(len(tally.heard) - tally.accepted(threshold), len(tally.heard))


def _share(cases: int, of: int) -> Proportion:
    return proportion(cases / of, of, of)


def _tally(species: Species, verdicts: Mapping[Path, Verdict]) -> Tally:
    found = [verdicts[file] for file in species.files]
    return Tally(
        species.name,
        tuple(verdict for verdict in found if isinstance(verdict, Heard)),
        found.count(Silence.NO_RESPONSE),
        found.count(Silence.UNREADABLE),
    )
