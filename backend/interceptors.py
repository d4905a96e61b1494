"""Around every RPC: who calls, is the request valid, and which code an error becomes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, NoReturn

import grpc
import protovalidate
import structlog
from google.protobuf.message import Message

from backend import ca, errors
from backend.caller import NOBODY, Caller, caller, set_caller
from backend.parts import Parts
from backend.refusals import Refusals
from backend.standing import KNOWN_S, Credentials, Standings, credentials
from backend.store.bell import Topic
from backend.wrapping import Context, Handler, Replies, until, wrapped
from vision.errors import ImageRefused

log = structlog.get_logger()
SHED = frozenset({"/limen.v1.Verification/Verify", "/limen.v1.Verification/Identify"})
LONGEST_S = 60.0  # a unary call with no deadline, or a later one, is refused

CODES: dict[type[Exception], grpc.StatusCode] = {
    errors.NotAllowed: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotReady: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Mismatch: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Repeated: grpc.StatusCode.ALREADY_EXISTS,
    errors.TooLate: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.Busy: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.KeyGone: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Refused: grpc.StatusCode.INVALID_ARGUMENT,
    errors.StoreDown: grpc.StatusCode.UNAVAILABLE,
    ImageRefused: grpc.StatusCode.INVALID_ARGUMENT,
}


class Guard(grpc.aio.ServerInterceptor):
    """The one place that turns exceptions into codes, and one of two with a broad except."""

    def __init__(self, parts: Parts) -> None:
        self._bell, self._admission = parts.store.bell, parts.verifier.admission
        self._standings = Standings(parts.store, parts.clock, parts.settings.issuer)
        self._refusals = Refusals(parts.store, parts.clock)

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        method = handler_call_details.method
        handler = await wrapped(continuation, handler_call_details, self._unary, self._stream)
        return self._shedding(method, handler) if handler and method in SHED else handler

    def _unary(self, method: str, serve: Callable[[Message, Context], Awaitable[Message]]) -> Handler:
        async def guarded(request: Message, context: Context) -> Message:
            try:
                await self._admit(method, request, context)
                left_s = context.time_remaining()
                if left_s is None or left_s > LONGEST_S:
                    raise errors.Refused(f"a deadline of at most {LONGEST_S:g} s is needed on every call")
                return await serve(request, context)
            except Exception as error:  # noqa: BLE001
                await self._abort(method, error, context)

        return guarded

    def _shedding(self, method: str, handler: Handler) -> Handler:
        """Whoever cannot be admitted is refused before the images are read."""

        async def shed(requests: AsyncIterator[Message], context: Context) -> Message:
            try:
                self._admission.check(1, time.monotonic() + (context.time_remaining() or LONGEST_S))
                if (request := await anext(requests, None)) is None:
                    raise errors.Refused("the call carries no request")
            except (errors.Busy, errors.Refused) as error:
                await self._abort(method, error, context)
            reply: Message = await handler.unary_unary(request, context)
            return reply

        return grpc.stream_unary_rpc_method_handler(
            shed, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    def _stream(self, method: str, serve: Callable[[Any, Context], Replies]) -> Handler:
        async def guarded(request: Any, context: Context) -> Replies:
            try:
                shown = await self._admit(method, request, context)
                ended = asyncio.create_task(self._until_ended(method, shown))
                async with contextlib.aclosing(until(ended, serve(request, context))) as replies:
                    async for reply in replies:
                        yield reply
            except Exception as error:  # noqa: BLE001
                await self._abort(method, error, context)

        return guarded

    async def _admit(self, method: str, request: Any, context: Context) -> Credentials:
        names = list(context.auth_context().get("x509_subject_alternative_name", []))
        set_caller(_provisional(names))
        shown = credentials(names, context.invocation_metadata() or ())
        set_caller(await self._standings.caller(method, shown))
        if isinstance(request, Message) and (violations := protovalidate.collect_violations(request)):
            raise errors.Refused("; ".join(_told(violation) for violation in violations))
        return shown

    async def _until_ended(self, method: str, shown: Credentials) -> None:
        """Raises NotAllowed once whoever opened a stream may no longer; never returns."""
        while True:
            seen = self._bell.revision(Topic.ACCESS)
            await self._standings.caller(method, shown)
            await self._bell.wait(Topic.ACCESS, seen, KNOWN_S)

    async def _abort(self, method: str, error: Exception, context: Context) -> NoReturn:
        code = next((code for kind, code in CODES.items() if isinstance(error, kind)), grpc.StatusCode.INTERNAL)
        if code is grpc.StatusCode.INTERNAL:
            log.error("rpc.failed", method=method, kind=type(error).__name__, at_s=time.monotonic(), exc_info=True)
            await context.abort(code, "the service failed; its log says why")
        if not isinstance(error, errors.Busy):  # these are counted: thousands of lines would make it worse
            log.info("rpc.refused", method=method, code=code.name, why=str(error))
        if isinstance(error, errors.NotAllowed):
            await self._refusals.record(caller(), method, str(error))
        await context.abort(code, str(error))


def _provisional(names: Iterable[bytes]) -> Caller:
    """Whom a refusal is put down to until it is known who calls."""
    named = ca.identity([name.decode() for name in names])
    return Caller(named.name, named.role) if named else NOBODY


def _told(violation: protovalidate.Violation) -> str:
    where = violation.proto.field
    path = ".".join(element.field_name for element in where.elements) if where else "request"
    return f"{path}: {violation.proto.message}"
