"""From a submission to a recorded answer."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from backend.admission import Admission
from backend.clock import Clock
from backend.conclusion import Case, answered, conclude
from backend.errors import TooLate
from backend.galleries import Galleries
from backend.joining import Joining
from backend.keys import KeyRing
from backend.looking import Looking, Seen, Shot, in_time
from backend.matching import gallery
from backend.matching.gallery import Gallery, Match, Vector
from backend.matching.threshold import OperatingPoint
from backend.question import Question
from backend.settings import Rules
from backend.store import rules
from backend.store.bell import Topic
from backend.store.decisions import Decision
from backend.store.engine import Store

FOREVER_S = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """expires_s: the caller's deadline on the monotonic clock."""

    question: Question
    shots: Sequence[Shot]
    expires_s: float


@dataclass(frozen=True, slots=True)
class Operating:
    """How the service decides: where impostors lie, the rules nobody has changed, how many verifications at once."""

    point: OperatingPoint
    rules: Rules
    waiting: int


class Verifier:
    def __init__(
        self, store: Store, keys: KeyRing, clock: Clock, galleries: Galleries, looking: Looking, operating: Operating
    ) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._galleries, self._looking, self._operating = galleries, looking, operating
        self.admission = Admission(operating.waiting, time.monotonic)
        self._joining: Joining[Decision] = Joining()
        self._rules, self._revision = operating.rules, -1

    async def verify(self, asked: Submission) -> Decision:
        """Decide and record.  The same question gets the same answer, asked a thousand times at once or next week.

        Raises Busy, NotAllowed, NotReady, Refused, TooLate, Repeated, ImageRefused.
        """
        question = asked.question
        key = (question.encounter, question.attempt, question.request_sha256)
        while True:
            try:
                return await self._joining.once(key, lambda: self._answer(asked))
            except TooLate:
                in_time(asked.expires_s)  # else only whoever asked first was too late

    async def conclude(self, question: Question, seen: Seen, expires_s: float = FOREVER_S) -> Decision:
        """Search or compare, decide and record: all of `verify` after the images.

        Raises NotAllowed, NotReady, Refused, TooLate, Repeated.
        """
        searched = self._galleries.of(question.journey)
        in_time(expires_s)
        match = await asyncio.to_thread(_match, searched, seen.templates, question.claimed)
        size = len(searched.travelers) if question.claimed is None else int(gallery.holds(searched, question.claimed))
        rules_now, now = await self.rules(), self._clock()
        case = Case(question, seen, match, size, rules_now, self._operating.point, now)
        return await self._store.run(conclude, self._keys, case)

    async def rules(self) -> Rules:
        """As two people have changed them; read again when the bell says so."""
        revision = self._store.bell.revision(Topic.RULES)
        if revision != self._revision:
            self._rules, self._revision = await self._store.read(rules.current, self._operating.rules), revision
        return self._rules

    async def _answer(self, asked: Submission) -> Decision:
        with self.admission.admitted(len(asked.shots), asked.expires_s) as looked:
            if (held := await self._store.read(answered, asked.question)) is not None:
                return held
            self._galleries.of(asked.question.journey)  # before work that would be in vain
            seen = await self._looking.look(asked.shots, asked.expires_s)
            made = await self.conclude(asked.question, seen, asked.expires_s)
            looked()
            return made


def _match(searched: Gallery, templates: Sequence[Vector], claimed: str | None) -> Match:
    """With a claim 1:1 and nothing else: a claim that is wrong is never made good by a search."""
    if not templates:
        return gallery.NoMatch()
    probe = gallery.fuse(templates)
    return gallery.search(searched, probe) if claimed is None else gallery.compare(searched, probe, claimed)
