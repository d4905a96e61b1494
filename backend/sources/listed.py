"""The sources a service's settings list, opened and closed with it."""

import contextlib
from collections.abc import AsyncIterator

from backend.clock import Clock
from backend.settings import Settings, Source
from backend.sources.folder import Folder
from backend.sources.ident import Ident
from backend.sources.photo import PhotoSource
from backend.sources.state import State
from backend.sources.visa import Visa
from backend.sources.wire import Wire


@contextlib.asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[list[PhotoSource]]:
    """The folder first, then as listed.  Two of one kind are told apart by a number."""
    async with contextlib.AsyncExitStack() as stack:
        found: list[PhotoSource] = [Folder(settings.photos_dir)]
        for source in settings.sources:
            before = sum(known.name.split("-")[0] == source.kind for known in found)
            name = f"{source.kind}-{before + 1}" if before else source.kind
            wire = Wire(name, source.url, source.timeout_s)
            stack.push_async_callback(wire.close)
            found.append(_source(source, wire, settings.country, clock))
        yield found


def _source(source: Source, wire: Wire, country: str, clock: Clock) -> PhotoSource:
    match source.kind:
        case "ident":
            return Ident(wire, clock)
        case "state":
            return State(wire, country)
        case "visa":
            return Visa(wire, country)
