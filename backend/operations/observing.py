"""Around every RPC, outermost: how long it took and how it ended; a stream ends when the service drains."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any

import grpc
from google.protobuf.message import Message
from limen.v1.verification_pb2 import VerifyReply

from backend.interceptors import Context
from backend.operations.health import Readiness
from backend.operations.metrics import Metrics

Handler = Any  # grpc.RpcMethodHandler, whose behaviours grpc types only by comment
Replies = AsyncGenerator[Message, None]


class Observing(grpc.aio.ServerInterceptor):
    def __init__(self, metrics: Metrics, readiness: Readiness) -> None:
        self._metrics, self._readiness = metrics, readiness

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        self._readiness.taken += 1
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        how = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(self._stream(method, handler.stream_stream), **how)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._stream(method, handler.unary_stream), **how)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **how)

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
                async with (
                    contextlib.aclosing(serve(request, context)) as served,
                    contextlib.aclosing(until(ended, served)) as replies,
                ):
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


async def until(ended: asyncio.Event, replies: Replies) -> Replies:
    """The replies until `ended` is set, also while the next one is waited for."""
    ending = asyncio.create_task(ended.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(replies, None))
            try:
                await asyncio.wait((following, ending), return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():  # it is told, so that its own clean-up runs
                    following.cancel()
                    await asyncio.wait((following,))
            if following.cancelled() or (reply := following.result()) is None:
                return
            yield reply
    finally:
        ending.cancel()


def _code(context: Context) -> str:
    """UNKNOWN where the caller left; the context holds 0 or nothing for what went well."""
    code = context.code()
    if isinstance(code, grpc.StatusCode):
        return code.name
    return next((known.name for known in grpc.StatusCode if known.value[0] == (code or 0)), "UNKNOWN")
