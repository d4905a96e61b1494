"""Who is being asked to pass: the nearest face inside the capture volume, facing, alone.

Bystanders are not processed (BYS-1): from here on only the subject exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from vision.cues import Cue
from vision.faces import Face
from vision.optics import Lens, Mounting, Place, Volume, place

NEARS = 1.7  # up to this many times the far end somebody ahead may be coming, and is asked closer
GAP_M = 0.5  # who stands at least this far behind the nearest waits for their turn


@dataclass(frozen=True, slots=True)
class View:
    """What the camera is and where it looks for travellers."""

    lens: Lens
    mounting: Mounting = field(default_factory=Mounting)
    volume: Volume = field(default_factory=Volume)


class Zone(Enum):
    INSIDE = auto()
    TOO_NEAR = auto()
    COMING = auto()
    ASIDE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """cue: None inside the volume; else what brings the face into it."""

    face: Face
    cue: Cue | None


class Crowd:
    """Two in the volume, neither behind the other."""


def choose(faces: Sequence[Face], view: View) -> Subject | Crowd | None:
    """The one person addressed, Crowd, or None if nobody is there."""
    placed = sorted(((place(face, view.lens, view.mounting), face) for face in faces), key=lambda p: p[0].away_m)
    ahead = [(where, face, zone(where, view.volume)) for where, face in placed]
    ahead = [seen for seen in ahead if seen[2] is not Zone.ASIDE]
    if not ahead:
        return None
    within = [seen for seen in ahead if seen[2] is not Zone.COMING]
    if len(within) > 1 and within[1][0].away_m - within[0][0].away_m < GAP_M:
        return Crowd()
    _, face, area = (within or ahead)[0]  # whoever is next to the leaf walks, so nobody behind is recognised
    return Subject(face, _cue(area, face))


def zone(where: Place, volume: Volume) -> Zone:
    """A child's or a wheelchair's eye height is inside; a face to the side or on a poster is not."""
    if abs(where.right_m) > volume.half_width_m or not volume.lowest_m <= where.height_m <= volume.highest_m:
        return Zone.ASIDE
    if where.away_m > volume.farthest_m * NEARS:
        return Zone.ASIDE
    if where.away_m > volume.farthest_m:
        return Zone.COMING
    return Zone.TOO_NEAR if where.away_m < volume.nearest_m else Zone.INSIDE


def _cue(area: Zone, face: Face) -> Cue | None:
    if area is Zone.COMING:
        return Cue.COME_CLOSER
    if area is Zone.TOO_NEAR:
        return Cue.STEP_BACK
    return None if face.faces_us else Cue.LOOK_HERE
