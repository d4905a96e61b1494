"""Ask all sources about a traveller; leave one that is down alone for a while."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from backend.biographic import Biographic
from backend.sources.photo import NotAsked, Photo, PhotoSource, SourceDown

log = structlog.get_logger()
RETRY_S = 15.0


@dataclass(frozen=True, slots=True)
class Found:
    """photos: with their source's name, in the sources' order.  silent: sources that must be asked again.
    refused: sources that cannot be asked about this traveller, and why."""

    photos: tuple[tuple[str, Photo], ...]
    silent: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()


class Sources:
    """One after the other, so that none sees more at once than it would alone."""

    def __init__(
        self,
        listed: Sequence[PhotoSource],
        *,
        retry_s: float = RETRY_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed, self._retry_s, self._now_s = tuple(listed), retry_s, now_s
        self._lost: dict[str, float] = {}  # until when it is not asked

    async def about(self, person: Biographic) -> Found:
        """A source that is down costs its photos: nothing is raised."""
        photos: list[tuple[str, Photo]] = []
        silent, refused = [], []
        for source in self._listed:
            if not self.asked(source.name):
                silent.append(source.name)
                continue
            try:
                photos += [(source.name, photo) for photo in await source.photos(person)]
                self._back(source.name)
            except NotAsked as error:
                refused.append((source.name, str(error)))
                self._back(source.name)
            except SourceDown as error:
                silent.append(source.name)
                self._lose(source.name, error)
        return Found(tuple(photos), tuple(silent), tuple(refused))

    def asked(self, name: str) -> bool:
        """Whether a source would be asked now; one no longer listed never is."""
        known = any(source.name == name for source in self._listed)
        return known and self._now_s() >= self._lost.get(name, 0.0)

    def _lose(self, name: str, error: SourceDown) -> None:
        if name not in self._lost or self._now_s() >= self._lost[name]:
            log.warning("source.lost", source=name, why=str(error), asked_again_in_s=self._retry_s)
        self._lost[name] = self._now_s() + self._retry_s

    def _back(self, name: str) -> None:
        if self._lost.pop(name, None) is not None:
            log.info("source.came_back", source=name)
