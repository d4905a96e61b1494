"""Is this the same face as in the frame before?  By overlap only: a jump is a new person."""

from vision.faces import Box

SAME_OVERLAP = 0.3
LOST_NS = 700_000_000


class Tracker:
    """Numbers subjects.  A number is never used twice."""

    def __init__(self) -> None:
        self._number = 0
        self._box: Box | None = None
        self._seen_ns = 0

    def follow(self, box: Box, now_ns: int) -> int:
        """The subject's number."""
        known = self._box is not None and now_ns - self._seen_ns <= LOST_NS and self._box.overlap(box) >= SAME_OVERLAP
        if not known:
            self._number += 1
        self._box, self._seen_ns = box, now_ns
        return self._number
