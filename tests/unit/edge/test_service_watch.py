"""Whether an agent's boarding is asked about hangs on the service's health alone, whatever became of its gallery."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import grpc
import pytest
from limen.v1.fleet_pb2 import HelloReply
from limen.v1.manifests_pb2 import GalleryState

from edge.encounter.events import AgentBoards, AskDocuments, Event, Grant
from edge.encounter.journal import Journal
from edge.encounter.states import State
from edge.sentences import ServiceSays
from edge.service import ServiceClient
from edge.service_health import Call
from edge.service_watch import ServiceWatch
from edge.view import View
from tests.make import play

STREAMS = {
    GalleryState(journey="LX1", ready=True).SerializeToString(): ServiceSays.READY,
    GalleryState(journey="LX1").SerializeToString(): ServiceSays.GALLERY,
    GalleryState().SerializeToString(): ServiceSays.NO_JOURNEY,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ServiceSays.BUSY,
    grpc.StatusCode.PERMISSION_DENIED: ServiceSays.REFUSES,
    grpc.StatusCode.UNAUTHENTICATED: ServiceSays.REFUSES,
    grpc.StatusCode.FAILED_PRECONDITION: ServiceSays.REFUSES,
    grpc.StatusCode.UNAVAILABLE: ServiceSays.CONNECTING,
    None: ServiceSays.CONNECTING,
}
Stream = bytes | grpc.StatusCode | None


class Far:
    """A service that answers its probes or not, and whose gallery is a state, a refusal or nothing."""

    def __init__(self, stream: Stream, healthy: bool) -> None:
        self._stream, self._healthy = stream, healthy

    def listen(self, listener: Callable[[Call, bool], None]) -> None:
        self._listener = listener

    async def probe(self) -> None:
        self._listener(Call.PROBE, self._healthy)

    async def hello(self, software: str) -> HelloReply:
        return HelloReply(liveness_enforced=True)

    async def gallery(self) -> AsyncIterator[GalleryState]:
        if isinstance(self._stream, grpc.StatusCode):
            raise grpc.aio.AioRpcError(self._stream, grpc.aio.Metadata(), grpc.aio.Metadata())
        if self._stream is not None:
            yield GalleryState.FromString(self._stream)
        await asyncio.Event().wait()


@pytest.mark.parametrize("healthy", [True, False])
@pytest.mark.parametrize("stream", STREAMS, ids=str)
async def test_a_boarding_is_asked_about_whenever_the_service_answers(
    stream: Stream, healthy: bool, tmp_path: Path
) -> None:
    events, journal, view = list[Event](), Journal(tmp_path), View()
    watch = ServiceWatch(cast(ServiceClient, Far(stream, healthy)), journal, view, events.append)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            await watch.run()
    journal.close()
    assert view.service is (STREAMS[stream] if healthy else ServiceSays.NO_ANSWER)
    changes = [(0.0, event) for event in events]
    _, done = play(*changes, (0.1, AgentBoards("t9", "AG-7", "e9", stands=True)), start=State())
    assert isinstance(done[0], AskDocuments if healthy else Grant)
    assert any(isinstance(effect, Grant) for effect in done) is not healthy
