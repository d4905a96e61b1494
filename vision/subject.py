"""Who is being asked to pass: the nearest face inside the capture volume, if it is alone.

Bystanders are not processed (BYS-1): from here on only the subject exists.
"""

from collections.abc import Sequence

from vision.cues import Cue
from vision.faces import Face

FAR_INTER_EYE_PX = 18.0  # farther than this is not at the gate: about 2.5 m with a default lens at 1080p
BESIDE = 0.6  # a second face at least this large, relative to the nearest, stands beside it


def choose(faces: Sequence[Face]) -> Face | Cue | None:
    """The subject, ONE_PERSON if two stand side by side, or None if nobody is there."""
    present = sorted((f for f in faces if f.inter_eye_px >= FAR_INTER_EYE_PX), key=lambda f: -f.box.area)
    if not present:
        return None
    if len(present) > 1 and present[1].inter_eye_px >= BESIDE * present[0].inter_eye_px:
        return Cue.ONE_PERSON
    return present[0]
