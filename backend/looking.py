"""From the shots of a submission to templates of the good ones.  Nothing is begun after the caller's deadline."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.embedding import Embedding
from backend.errors import TooLate
from backend.imaging import Imaging
from backend.matching.gallery import Vector
from vision.cues import Cue
from vision.quality import Quality, obstacle, policy, rank

LIMITS = replace(policy(), least_inter_eye_px=24.0, most_inter_eye_px=1000.0)  # of the crop sent, not the frame
IN_WORK = 3  # submissions: enough to keep every thread busy, few enough that the first to come is the first to go


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """points: five (x, y) in pixels of the image.  live: the device's liveness evidence, 0..1."""

    image: bytes
    points: Sequence[tuple[float, float]]
    live: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a submission's images gave.  obstacle: of the best shot, if no shot gave a template.  live: the worst
    shot's.  image: the best shot."""

    templates: Sequence[Vector]
    live: float
    obstacle: Cue | None = None
    image: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class _Probe:
    quality: Quality
    obstacle: Cue | None
    template: Vector | None


class Looking:
    """Make within the event loop that uses it."""

    def __init__(self, imaging: Imaging, embedding: Embedding) -> None:
        self._imaging, self._embedding = imaging, embedding
        self._in_work = asyncio.Semaphore(IN_WORK)
        self._decoding = asyncio.Lock()

    async def look(self, shots: Sequence[Shot], expires_s: float) -> Seen:
        """expires_s: the caller's deadline on the monotonic clock.  Raises TooLate, ImageRefused."""
        async with self._in_work:
            probes = await asyncio.gather(*(self._probe(shot, expires_s) for shot in shots))
        best, shot = max(zip(probes, shots, strict=True), key=lambda pair: _order(pair[0]))
        templates = [probe.template for probe in probes if probe.template is not None]
        live = min(one.live for one in shots)
        return Seen(templates, live, None if templates else best.obstacle, shot.image)

    async def _probe(self, shot: Shot, expires_s: float) -> _Probe:
        """Judge a shot by our own measures: the device's are evidence, not truth.  A poor one gets no template."""
        async with self._decoding:
            in_time(expires_s)
            aligned = await self._imaging.probe(shot.image, shot.points)
        if (lacks := obstacle(aligned.quality, LIMITS)) is not None:
            return _Probe(aligned.quality, lacks, None)
        return _Probe(aligned.quality, None, await self._embedding.embed(aligned.face, expires_s))


def _order(probe: _Probe) -> tuple[bool, float]:
    return probe.template is not None, rank(probe.quality)


def in_time(expires_s: float) -> None:
    """Raises TooLate."""
    if time.monotonic() >= expires_s:
        raise TooLate("the deadline passed before the match began")
