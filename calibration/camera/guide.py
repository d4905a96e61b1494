"""Which pose to ask for next while a technician holds the board before the camera, and when to take the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.camera.board import Points, Sighting
from calibration.camera.poses import GUIDE_TILT_DEG, Pose, guess_lean, missing, serves
from calibration.camera.solve import LEAST_PICTURES

STILL_FRAMES = 5  # half a second at the ten frames a second in which the board is found
STILL_SHARE = 0.001  # of the picture's width, from frame to frame: 2 px at 1920


@dataclass(frozen=True, slots=True)
class Show:
    """Nothing to take yet: the board is not seen."""


@dataclass(frozen=True, slots=True)
class HoldSo:
    """The board is seen.  fits: in a pose still wanted, so it only has to be still."""

    fits: bool


@dataclass(frozen=True, slots=True)
class Took:
    poses: tuple[Pose, ...]


Advice = Show | HoldSo | Took


@dataclass(slots=True)
class Guide:
    """Fed with every frame's sighting; `taken` is what to calibrate with."""

    taken: list[Sighting] = field(default_factory=list)
    _served: list[set[Pose]] = field(default_factory=list)
    _before: Sighting | None = None
    _still: int = 0

    @property
    def wanted(self) -> Sequence[Pose]:
        """Still missing; once nothing is, any pose that was not there yet counts towards the number of pictures."""
        return missing(self._served)

    @property
    def done(self) -> bool:
        return not self.wanted and len(self.taken) >= LEAST_PICTURES

    def see(self, seen: Sighting | None) -> Advice:
        if seen is None:
            self._before, self._still = None, 0
            return Show()
        self._still = self._still + 1 if self._before is not None and _is_still(self._before, seen) else 0
        self._before = seen
        poses = serves(seen, guess_lean(seen), GUIDE_TILT_DEG)
        new = poses & set(self.wanted)
        if not new and (self.wanted or self._known(seen)):
            return HoldSo(False)
        if self._still < STILL_FRAMES:
            return HoldSo(True)
        self.taken.append(seen)
        self._served.append(poses)
        self._still = 0
        return Took(tuple(pose for pose in Pose if pose in new))

    def _known(self, seen: Sighting) -> bool:
        """Near a picture already taken: a tenth of the width says something new."""
        return any(_moved_px(old, seen) < seen.width / 10 for old in self.taken)


def _is_still(before: Sighting, now: Sighting) -> bool:
    return _moved_px(before, now) < STILL_SHARE * now.width


def _moved_px(before: Sighting, now: Sighting) -> float:
    """Mean way of the corners seen in both; infinite if there are none."""
    old, new = _by_corner(before), _by_corner(now)
    ways = [float(np.linalg.norm(new[corner] - old[corner])) for corner in new.keys() & old.keys()]
    return float(np.mean(ways)) if ways else float("inf")


def _by_corner(seen: Sighting) -> dict[tuple[float, ...], Points]:
    return {tuple(on.tolist()): at for on, at in zip(seen.on_board, seen.in_picture, strict=True)}
