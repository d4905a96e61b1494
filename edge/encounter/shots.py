"""Which shots of one traveller are worth submitting: the best that differ."""

from dataclasses import replace

from edge.encounter.events import Seen
from edge.encounter.states import Kept

ENOUGH_SHOTS = 3
APART_S, APART_DEG = 0.06, 4.0  # two shots differ by time or by how the head is turned


def keep(shot: str, seen: Seen) -> Kept:
    return Kept(shot, seen.rank, seen.captured_s, seen.captured_s, seen.yaw_deg, seen.pitch_deg)


def with_new(shots: tuple[Kept, ...], new: Kept) -> tuple[Kept, ...]:
    """The best that differ: of two alike the better stays, in the place of the first."""
    alike = next((kept for kept in shots if _alike(kept, new)), None)
    if alike is None:
        return tuple(sorted((*shots, new), key=lambda kept: -kept.rank)[:ENOUGH_SHOTS])
    better = replace(new, since_s=alike.since_s) if new.rank > alike.rank else alike
    return tuple(better if kept is alike else kept for kept in shots)


def _alike(kept: Kept, new: Kept) -> bool:
    turned_deg = max(abs(kept.yaw_deg - new.yaw_deg), abs(kept.pitch_deg - new.pitch_deg))
    return new.captured_s - kept.since_s < APART_S and turned_deg < APART_DEG
