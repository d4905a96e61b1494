"""Is this the same person as before?  By place from frame to frame; by face where place leaves a doubt."""

from collections.abc import Callable

import numpy as np

from vision.embed import Template
from vision.faces import Box

SAME_OVERLAP = 0.3
MOST_GROWTH = 1.35  # of a face between two frames; more is another face in front of it
GAP_NS = 250_000_000  # unseen for longer, somebody else may have stepped in
LOST_NS = 2_000_000_000  # unseen for longer, it is a new visit whoever it is
CHECK_NS = 500_000_000  # between looks at the face itself
SAME_PERSON = 0.42  # cosine of two templates within one visit; about one pair of strangers in 800 is above


class Tracker:
    """Numbers people.  A number is never used twice.  The template it compares with lives no longer than the track."""

    def __init__(self) -> None:
        self.number = 0
        self._box: Box | None = None
        self._seen_ns = 0
        self._face: Template | None = None
        self._checked_ns = 0

    def follow(self, box: Box, now_ns: int, embed: Callable[[], Template] | None = None) -> tuple[int, bool]:
        """The subject's number, and whether `embed` was called.  Without `embed` (the face is too small or too poor to
        be told apart) a doubtful face is a new person."""
        gap_ns = now_ns - self._seen_ns
        known = self._box is not None and gap_ns <= LOST_NS
        moved = self._box is None or gap_ns > GAP_NS or not _continues(self._box, box)
        due = embed is not None and (moved or self._face is None or now_ns - self._checked_ns >= CHECK_NS)
        face = embed() if due and embed is not None else None
        self._box, self._seen_ns = box, now_ns
        if not known or not self._same(face, moved=moved):
            self.number += 1
            self._face = None
        if face is not None:
            self._face, self._checked_ns = face, now_ns
        return self.number, face is not None

    def confirm(self, face: Template, now_ns: int) -> bool:
        """Whether it is still the person followed; if not, the number rises."""
        same = self._same(face, moved=False)
        self._face, self._checked_ns = face, now_ns
        self.number += not same
        return same

    def forget(self) -> None:
        """Nobody is there: what the face looked like is dropped after LOST_NS."""
        self._face = None
        self._box = None

    def _same(self, face: Template | None, *, moved: bool) -> bool:
        if face is None or self._face is None:
            return not moved
        return bool(np.dot(face, self._face) >= SAME_PERSON)


def _continues(before: Box, now: Box) -> bool:
    growth = now.width / max(before.width, 1e-6)
    return before.overlap(now) >= SAME_OVERLAP and 1 / MOST_GROWTH <= growth <= MOST_GROWTH
