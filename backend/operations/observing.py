"""Around every RPC, outermost: how long it took and how it ended; a stream ends when the service drains."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import grpc
from google.protobuf.message import Message
from limen.v1.verification_pb2 import VerifyReply

from backend.operations.health import Readiness
from backend.operations.metrics import Metrics
from backend.wrapping import Context, Handler, Replies, letting_go, stream_letting_go, until


class Observing(grpc.aio.ServerInterceptor):
    def __init__(self, metrics: Metrics, readiness: Readiness) -> None:
        self._metrics, self._readiness = metrics, readiness

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Of a guarded call the request is a stream, of one message or more."""
        self._readiness.taken += 1
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        how = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
        if handler.response_streaming:
            observed = self._stream(method, handler.stream_stream)
            return grpc.stream_stream_rpc_method_handler(stream_letting_go(observed), **how)
        return grpc.stream_unary_rpc_method_handler(letting_go(self._unary(method, handler.stream_unary)), **how)

    def _unary(self, method: str, serve: Callable[[Message, Context], Awaitable[Message]]) -> Handler:
        async def observed(request: Message, context: Context) -> Message:
            with self._timed(method, context):
                reply = await serve(request, context)
            if isinstance(reply, VerifyReply):
                self._metrics.answers.labels(method, reply.WhichOneof("directive")).inc()
            return reply

        return observed

    def _stream(self, method: str, serve: Callable[[Any, Context], Replies]) -> Handler:
        # Who watches our health is told that we drain, instead of being cut off.
        ended = asyncio.Event() if method.startswith("/grpc.health.") else self._readiness.draining

        async def observed(request: Any, context: Context) -> Replies:
            with self._timed(method, context):
                ending = asyncio.create_task(ended.wait())
                async with contextlib.aclosing(until(ending, serve(request, context))) as replies:
                    async for reply in replies:
                        yield reply
                if ended.is_set():
                    await context.abort(
                        grpc.StatusCode.UNAVAILABLE, "this replica is going out of service: ask another"
                    )

        return observed

    @contextlib.contextmanager
    def _timed(self, method: str, context: Context) -> Iterator[None]:
        began_s, metrics = time.monotonic(), self._metrics
        metrics.in_flight.labels(method).inc()
        try:
            yield
        finally:
            code = _code(context)
            metrics.in_flight.labels(method).dec()
            metrics.rpcs.labels(method, code).observe(time.monotonic() - began_s)
            if code == grpc.StatusCode.RESOURCE_EXHAUSTED.name:
                metrics.shed.labels(method).inc()


def _code(context: Context) -> str:
    """UNKNOWN where the caller left; the context holds 0 or nothing for what went well."""
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return next((known.name for known in grpc.StatusCode if known.value[0] == (code or 0)), "UNKNOWN")
