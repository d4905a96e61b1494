"""From a submission to a recorded answer."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from backend.embedding import Embedding
from backend.errors import NotAllowed, Repeated, TooLate
from backend.galleries import Galleries
from backend.imaging import Imaging
from backend.matching import gallery
from backend.matching.gallery import Best, Compared, Gallery, Match, Vector
from backend.matching.threshold import OperatingPoint, accept, accept_claimed, grey
from backend.rules.directive import Directive, Evidence, Policy, Proceed, Recapture, Wait, decide
from backend.settings import Rules
from backend.store import decisions, journeys
from backend.store.decisions import Decision
from backend.store.engine import Store
from vision.cues import Cue
from vision.quality import Quality, obstacle, policy, rank

POLICY = "2025-12-26"
ASSISTED = f"{POLICY}, claim 1:1"
LIMITS = replace(policy(), least_inter_eye_px=24.0, most_inter_eye_px=1000.0)  # of the crop sent, not the frame


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """points: five (x, y) in pixels of the image.  live: the device's liveness evidence, 0..1."""

    image: bytes
    points: Sequence[tuple[float, float]]
    live: float


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """claimed: the traveller whose document was scanned.  capture: the device's own measures, as it sent them.
    expires_s: the caller's deadline on the monotonic clock."""

    encounter: str
    attempt: int
    journey: str
    device: str
    gate: str
    port: str
    claimed: str | None
    shots: Sequence[Shot]
    capture: bytes
    request_sha256: str
    expires_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    quality: Quality
    obstacle: Cue | None
    template: Vector | None


class Verifier:
    def __init__(
        self,
        store: Store,
        galleries: Galleries,
        imaging: Imaging,
        embedding: Embedding,
        point: OperatingPoint,
        rules: Rules,
    ) -> None:
        self._store, self._galleries, self._imaging, self._embedding = store, galleries, imaging, embedding
        self._point, self._rules = point, rules

    async def verify(self, asked: Submission) -> Decision:
        """Decide and record.  The same question gets the recorded answer.

        After a restart too, once the gallery is ready again.
        Raises NotAllowed, NotReady, TooLate, Repeated, ImageRefused.
        """
        searched = self._galleries.of(asked.journey)
        probes = await asyncio.gather(*(self._probe(shot) for shot in asked.shots))
        if time.monotonic() > asked.expires_s:
            raise TooLate("the deadline passed before the match began")
        templates = [probe.template for probe in probes if probe.template is not None]
        match = _match(searched, templates, asked.claimed)
        hindrance = None if templates else max(probes, key=lambda probe: rank(probe.quality)).obstacle
        size = len(searched.travelers) if asked.claimed is None else int(asked.claimed in searched.travelers)
        return _same(await self._store.run(self._conclude, asked, hindrance, match, size), asked)

    async def _probe(self, shot: Shot) -> _Probe:
        """Judge a shot by our own measures: the device's are evidence, not truth.  A poor one gets no template."""
        aligned = await self._imaging.probe(shot.image, shot.points)
        lacks = obstacle(aligned.quality, LIMITS)
        return _Probe(aligned.quality, lacks, await self._embedding.embed(aligned.face) if lacks is None else None)

    def _conclude(self, db: Connection, asked: Submission, hindrance: Cue | None, match: Match, size: int) -> Decision:
        if (held := decisions.recorded(db, asked.encounter, asked.attempt)) is not None:
            return held
        if (boards := journeys.assigned(db, asked.gate)) != asked.journey:
            now = boards or "no journey"
            raise NotAllowed(f"gate {asked.gate} boards {now}, not {asked.journey}; assign it first")
        crossed = isinstance(match, Best | Compared) and decisions.crossed(db, asked.journey, match.traveler)
        left = self._rules.attempts - asked.attempt
        live = min(shot.live for shot in asked.shots)
        policy = self._policy(size, assisted=asked.claimed is not None)
        directive = decide(Evidence(match, hindrance, live, crossed, left), policy)
        return decisions.record(db, _decision(asked, directive, match, size, policy))

    def _policy(self, size: int, *, assisted: bool) -> Policy:
        """size: of the gallery searched.  A claim has a threshold of its own."""
        point, rules = self._point, self._rules
        threshold = accept_claimed(point, rules.fpir) if assisted else accept(point, max(1, size), rules.fpir)
        return Policy(
            version=ASSISTED if assisted else POLICY,
            accept=threshold,
            grey=grey(point),
            margin=rules.margin,
            least_liveness=rules.least_liveness,
            liveness_enforced=rules.liveness_enforced,
        )


def _match(searched: Gallery, templates: Sequence[Vector], claimed: str | None) -> Match:
    """With a claim 1:1 and nothing else: a claim that is wrong is never made good by a search."""
    if not templates:
        return gallery.NoMatch()
    probe = gallery.fuse(templates)
    return gallery.search(searched, probe) if claimed is None else gallery.compare(searched, probe, claimed)


def _same(held: Decision, asked: Submission) -> Decision:
    """The held decision, if it answers this very question.  Raises Repeated."""
    if held.request_sha256 != asked.request_sha256:
        raise Repeated(f"encounter {asked.encounter} attempt {asked.attempt} was already asked with another payload")
    return held


def _decision(asked: Submission, directive: Directive, match: Match, size: int, policy: Policy) -> Decision:
    score = match.score if isinstance(match, Best | Compared) else None
    return Decision(
        encounter=asked.encounter,
        attempt=asked.attempt,
        request_sha256=asked.request_sha256,
        decision=str(uuid.uuid4()),
        purpose="cross",
        device=asked.device,
        gate=asked.gate,
        port=asked.port,
        journey=asked.journey,
        directive=type(directive).__name__.lower(),
        cue=directive.cue if isinstance(directive, Recapture) else None,
        attempts_left=directive.attempts_left if isinstance(directive, Recapture) else 0,
        concern=directive.concern if isinstance(directive, Wait) else None,
        traveler=directive.traveler if isinstance(directive, Proceed) else None,
        subject=match.traveler if isinstance(match, Best | Compared) else None,
        score=score,
        runner_up=match.runner_up if isinstance(match, Best) else None,
        accept=policy.accept,
        gallery_size=size,
        policy=policy.version,
        assisted=asked.claimed is not None,
        officer=isinstance(directive, Wait),
        allowance=None,
        capture=asked.capture,
        decided_utc_ms=time.time_ns() // 1_000_000,
    )
