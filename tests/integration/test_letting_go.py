"""A call that was refused leaves nothing for the collector, which would hold all others up: on a real gRPC server."""

import gc
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from backend.operations.health import Readiness
from backend.operations.metrics import Metrics
from backend.operations.observing import Observing
from backend.wrapping import Context, Replies

CALLS = 50
ALIKE = 10  # objects of no call: of the loop, of the first call of a kind


class Refusing(grpc.aio.ServerInterceptor):
    """What the guard does to a call that has no room."""

    async def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        if details.method.endswith("Stream"):
            return grpc.stream_stream_rpc_method_handler(self._stream)
        return grpc.stream_unary_rpc_method_handler(self._unary)

    async def _unary(self, requests: AsyncIterator[bytes], context: Context) -> Message:
        try:
            raise LookupError("no room")
        except LookupError as error:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
        raise AssertionError("abort raises")

    async def _stream(self, requests: AsyncIterator[bytes], context: Context) -> Replies:
        yield await self._unary(requests, context)


@pytest.mark.parametrize("method", ["/limen.v1.Fleet/Unary", "/limen.v1.Fleet/Stream"])
async def test_sr10_a_refused_call_leaves_no_ring_of_objects(method: str) -> None:
    server = grpc.aio.server(interceptors=[Observing(Metrics(), Readiness([])), Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await refused(channel, method)
        gc.collect()
        gc.disable()
        try:
            for _ in range(CALLS):
                await refused(channel, method)
            left = gc.collect()
        finally:
            gc.enable()
    await server.stop(None)
    assert left < CALLS * ALIKE, f"{left / CALLS:.0f} objects of each call, the client's among them"


async def refused(channel: grpc.aio.Channel, method: str) -> None:
    call: Any = channel.stream_stream(method)
    with pytest.raises(grpc.aio.AioRpcError, match="no room"):
        await call([b"1"]).read()
