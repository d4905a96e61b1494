"""What one presentation, a picture or a clip, came to."""

from dataclasses import dataclass
from enum import Enum

from vision.pad.witness import Evidence


class Silence(Enum):
    """Why there is no verdict on a presentation.  UNREADABLE ones were never presented and are in no rate."""

    UNREADABLE = "broken, too large, or neither picture nor clip"
    NO_RESPONSE = "no face found, or none that came near enough"


@dataclass(frozen=True, slots=True)
class Heard:
    """live: 0..1, of the shot that counts.  median: of all that could have been submitted.  evidence: of the shot."""

    live: float
    median: float
    evidence: Evidence


Verdict = Heard | Silence
