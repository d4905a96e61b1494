"""What is searched: configurations of the model, defects that must be caught, things that must be able to happen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One search: `flags` are preprocessor names of `gate.pml`; `caught_by` is the assertion that must fail, if any."""

    name: str
    flags: str
    caught_by: str = ""


QUICK = (
    Case("two frames", "SLOTS=2 DECISIONS=1"),
    Case("line", "SLOTS=1 DECISIONS=2"),
    Case("resets", "SLOTS=1 DECISIONS=1 RESETS"),
    Case("lane", "SLOTS=1 DECISIONS=1 LANE"),
    Case("service", "SLOTS=1 DECISIONS=1 SERVICE"),
    Case("true ratios", "SLOTS=1 DECISIONS=1 OPEN=20 LEASE=4"),
)

FULL = (
    Case("two frames, resets", "SLOTS=2 DECISIONS=1 RESETS"),
    Case("fire, resets", "SLOTS=1 DECISIONS=1 FIRE RESETS"),
    Case("two frames, two decisions", "SLOTS=2 DECISIONS=2"),
    Case("relay, service", "SLOTS=1 DECISIONS=1 RELAY SERVICE"),
    Case("relay, resets", "SLOTS=1 DECISIONS=1 RELAY RESETS"),
    Case("sensors", "SLOTS=1 DECISIONS=1 SENSORS LANE"),
    Case("two decisions, resets", "SLOTS=1 DECISIONS=2 RESETS"),
    Case("lane, resets", "SLOTS=1 DECISIONS=1 LANE RESETS"),
    Case("lane, resets, fail-safe", "SLOTS=1 DECISIONS=1 LANE RESETS FAILSAFE=1"),
    Case("lane, release", "SLOTS=1 DECISIONS=1 LANE BUTTON"),
    Case("service", "SLOTS=2 DECISIONS=1 SERVICE"),
    Case("true ratios", "SLOTS=1 DECISIONS=2 OPEN=20 LEASE=4"),
)

_LINE = "SLOTS=1 DECISIONS=1"
_TWO = "SLOTS=2 DECISIONS=2"

MUTANTS = tuple(
    Case(name, f"{flags} MUTANT={number}", caught_by)
    for number, name, flags, caught_by in (
        (1, "age of the poll not checked", _LINE, "G1"),
        (2, "sequence not checked", _LINE, "G5"),
        (3, "epoch not checked", _LINE, "G1"),
        (4, "no new epoch after silence", _LINE, "G5"),
        (5, "no new epoch after Hello", _LINE, "G1"),
        (6, "number of the start not written", f"{_LINE} RESETS", "G5"),
        (7, "Hello answered before the start is written", f"{_LINE} RESETS", "G5"),
        (8, "grant not compared with the last", _LINE, "G2"),
        (9, "host grants before fsync returned", _LINE, "G11"),
        (10, "host grants the last decision of its disk again", f"{_LINE} RESETS", "G2"),
        (11, "host carries its wish into a new session", f"{_LINE} RESETS", "G2"),
        (12, "emergency lost by a reset", f"{_LINE} FIRE RESETS", "G4"),
        (13, "emergency ends with the fire input", f"{_LINE} FIRE", "G4"),
        (14, "a fault holds the emergency shut", f"{_LINE} FIRE RELAY", "G4"),
        (15, "closes on somebody", f"{_LINE} LANE", "G7"),
        (16, "contradicting presence channels read as clear", f"{_LINE} SENSORS", "G7"),
        (17, "somebody does not reopen a closing leaf", f"{_LINE} LANE", "G7"),
        (18, "lease ignored", _LINE, "LEASES"),
        (19, "longest opening ignored", _LINE, "G3"),
        (20, "repeating a grant restarts the longest opening", _LINE, "G3"),
        (21, "no dead man", _LINE, "G5"),
        (22, "a refused frame feeds the dead man", _LINE, "G5"),
        (23, "green for the wish alone", _LINE, "G15"),
        (24, "green before the leaf is open", _LINE, "G15"),
        (25, "a fault leaves the grant held", f"{_LINE} RELAY", "G8"),
        (26, "a fault is lost by a reset", f"{_LINE} RELAY RESETS", "G8"),
        (27, "feedback of the relay not watched", f"{_LINE} RELAY", "G8"),
        (28, "grants in service mode", f"{_LINE} FIRE", "GRANTS"),
        (29, "faults reset outside service mode", f"{_LINE} RELAY SERVICE", "G8"),
        (30, "grants while the leaf is not closed", _TWO, "GRANTS"),
        (31, "grants while faulty", f"{_LINE} RELAY", "G8"),
        (32, "grants during an emergency", f"{_LINE} FIRE", "GRANTS"),
        (33, "a start is not safe", f"{_LINE} RESETS", "G6"),
        (34, "somebody reopens a leaf that was closed", f"{_LINE} SENSORS LANE", "G1"),
        (35, "grants under a key not commissioned", f"{_LINE} SERVICE", "GRANTS"),
        (36, "a reset keeps the grant", f"{_LINE} RESETS", "G6"),
    )
)

WITNESSES = tuple(
    Case(name, f"{flags} WITNESS={number}", "SEEN")
    for number, name, flags in (
        (1, "the second decision opens", "SLOTS=1 DECISIONS=2"),
        (2, "green", _LINE),
        (3, "green after two controller starts", f"{_LINE} RESETS"),
        (4, "somebody reopens the closing leaf", f"{_LINE} LANE"),
        (5, "one grant held to the longest opening", _LINE),
        (6, "closed late, when the lane is clear at last", f"{_LINE} LANE"),
        (7, "silence with the leaf open", f"{_LINE} LANE"),
        (8, "emergency open after two resets, the input cleared", f"{_LINE} FIRE RESETS"),
        (9, "a fault kept over two resets", f"{_LINE} RELAY RESETS"),
        (10, "a grant taken while the release is pressed", f"{_LINE} BUTTON"),
        (11, "an obeyed frame replayed under a later grant", _TWO),
    )
)
