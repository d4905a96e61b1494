"""Around every RPC: who calls, is the request valid, and which code an error becomes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, NoReturn

import grpc
import protovalidate
import structlog
from google.protobuf.message import DecodeError, Message

from backend import access, bounds, ca, errors
from backend.budgets import BURST_S, OF_PERSON, PEOPLE, Budget, Budgets, Sessions
from backend.caller import NOBODY, Caller, caller, set_caller
from backend.doorkeeper import Doorkeeper
from backend.operations.metrics import Metrics
from backend.parts import Parts
from backend.refusals import Few, Refusals
from backend.standing import KNOWN_S, Credentials, Standings, credentials
from backend.store.bell import Topic
from backend.wrapping import Context, Handler, Replies, until
from vision.errors import ImageRefused

log = structlog.get_logger()
SESSION = "/limen.v1.Manifests/WatchGallery"
SHED = frozenset({"/limen.v1.Verification/Verify", "/limen.v1.Verification/Identify"})
LONGEST_S = 60.0  # a unary call with no deadline, or a later one, is refused
FIRST_S = 10.0  # in which the request must have come
MOST_TOLD, LONGEST_WORDS = 5, 500  # violations, characters of a status: both ends pay for them
Requests = AsyncIterator[bytes]

CODES: dict[type[Exception], grpc.StatusCode] = {
    errors.NotAllowed: grpc.StatusCode.PERMISSION_DENIED,
    errors.NoShift: grpc.StatusCode.UNAUTHENTICATED,
    errors.NotReady: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Mismatch: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Changed: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Repeated: grpc.StatusCode.ALREADY_EXISTS,
    errors.TooLate: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.Busy: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.SecondSession: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.KeyGone: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Refused: grpc.StatusCode.INVALID_ARGUMENT,
    errors.StoreFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.StoreDown: grpc.StatusCode.UNAVAILABLE,
    ImageRefused: grpc.StatusCode.INVALID_ARGUMENT,
}


# Kept in the audit log, the first few in a minute: who asked for what is not allowed, or took back what was said.
RECORDED: dict[type[Exception], str] = {
    errors.NotAllowed: "access.refused",
    errors.SecondSession: "access.refused",
    errors.NoShift: "access.refused",
    errors.Repeated: "request.contradicted",
}


class Guard(grpc.aio.ServerInterceptor):
    """The one place that turns exceptions into codes, and one of two with a broad except.

    A request is read as bytes, once its caller is known and has room for it, and becomes a message after its bounds
    were checked: every call is served as a stream of bytes in, of which the first is the request.
    """

    def __init__(self, parts: Parts, metrics: Metrics, doorkeeper: Doorkeeper) -> None:
        self._bell, self._admission = parts.store.bell, parts.verifier.admission
        self._standings = Standings(parts.store, parts.clock, parts.settings.issuer)
        self._refusals = Refusals(parts.store, parts.clock)
        self._budgets, self._sessions = Budgets(parts.settings.budgets), Sessions()
        self._few = Few()
        self._second, self._doorkeeper = metrics.second_sessions, doorkeeper

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._conversation(method, handler.stream_stream),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        kind = handler.request_deserializer.__self__
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._stream(method, kind, handler.unary_stream), response_serializer=handler.response_serializer
            )
        return grpc.stream_unary_rpc_method_handler(
            self._unary(method, kind, handler.unary_unary), response_serializer=handler.response_serializer
        )

    def _unary(
        self, method: str, kind: type[Message], serve: Callable[[Message, Context], Awaitable[Message]]
    ) -> Handler:
        async def guarded(requests: Requests, context: Context) -> Message:
            try:
                async with self._entered(method, context, self._budgets.calls):
                    left_s = context.time_remaining()
                    if left_s is None or left_s > LONGEST_S:
                        raise errors.Refused(f"a deadline of at most {LONGEST_S:g} s is needed on every call")
                    if method in SHED:  # whoever cannot be admitted is refused before the images are read
                        self._admission.check(1, time.monotonic() + left_s)
                    content = await _first(requests)
                    with self._read(context, len(content)):
                        return await serve(_message(content, kind), context)
            except Exception as error:  # noqa: BLE001
                await self._abort(method, error, context)

        return guarded

    def _read(self, context: Context, size: int) -> contextlib.AbstractContextManager[None]:
        peer = _provisional(_names(context))
        self._budgets.pace.read(peer.name, size)
        return self._budgets.bytes.held(peer.name, size)

    def _stream(self, method: str, kind: type[Message], serve: Callable[[Message, Context], Replies]) -> Handler:
        async def asked(requests: Requests, context: Context) -> Replies:
            async with contextlib.aclosing(serve(_message(await _first(requests), kind), context)) as replies:
                async for reply in replies:
                    yield reply

        return self._conversation(method, asked)

    def _conversation(self, method: str, serve: Callable[[Any, Context], Replies]) -> Handler:
        async def guarded(requests: Any, context: Context) -> Replies:
            try:
                async with (
                    self._entered(method, context, self._budgets.streams) as shown,
                    self._session(method, context),
                    contextlib.aclosing(self._lasting(method, shown, serve(requests, context))) as replies,
                ):
                    async for reply in replies:
                        yield reply
            except Exception as error:  # noqa: BLE001
                await self._abort(method, error, context)

        return guarded

    def _session(self, method: str, context: Context) -> contextlib.AbstractAsyncContextManager[None]:
        return self._sessions.held(caller().name, context.peer()) if method == SESSION else contextlib.nullcontext()

    @contextlib.asynccontextmanager
    async def _entered(self, method: str, context: Context, budget: Budget) -> AsyncIterator[Credentials]:
        """In its turn, with room in the budgets of the certificate, before the database is asked, and of the person
        behind it."""
        names = _names(context)
        peer = _provisional(names)
        set_caller(peer)
        if peer.name:
            self._doorkeeper.know(context.peer(), peer.name)
        metadata = context.invocation_metadata() or ()
        await self._turn(peer.name, next((said for key, said in metadata if key == "authorization"), ""))
        with budget.held(peer.name, times=PEOPLE if peer.role == access.CONSOLE else 1):
            shown = credentials(names, metadata)
            who = await self._standings.caller(method, shown)
            set_caller(who)
            with budget.held(f"person {who.name}", counted=True) if shown.token else contextlib.nullcontext():
                yield shown

    async def _turn(self, peer: str, token: str | bytes) -> None:
        """Of whoever's token it is first, so that nobody takes the turns of the others behind a console."""
        pace = self._budgets.pace
        if token:
            try:
                await asyncio.sleep(pace.wait_s(f"{peer} {hash(token)}", time.monotonic(), OF_PERSON, BURST_S))
            except errors.TooMany as error:
                raise errors.Busy(str(error)) from error  # the connection is everybody's
        if wait_s := pace.wait_s(peer, time.monotonic()):
            await asyncio.sleep(wait_s)

    async def _lasting(self, method: str, shown: Credentials, replies: Replies) -> Replies:
        """The replies, for as long as who asked may have them."""
        ended = asyncio.create_task(self._until_ended(method, shown))
        async with contextlib.aclosing(until(ended, replies)) as lasting:
            async for reply in lasting:
                yield reply

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
        why = str(error)[:LONGEST_WORDS]
        if isinstance(error, errors.TooMany):
            self._doorkeeper.end(context.peer())
        busy = isinstance(error, errors.Busy)  # these are counted: thousands of lines would make it worse
        if not busy and (more := self._few.more(caller().name, int(time.monotonic() * 1000))) is not None:
            log.info("rpc.refused", method=method, code=code.name, why=why + more)
        if isinstance(error, errors.SecondSession):
            self._second.inc()
            log.warning("session.second_refused", device=caller().name)
        if action := RECORDED.get(type(error)):
            with contextlib.suppress(errors.StoreDown):  # it is in our log; who was refused is told so all the same
                await self._refusals.record(caller(), method, why, action)
        await context.abort(code, why)


async def _first(requests: Requests) -> bytes:
    """Raises Refused where none comes, TooLate where it does not come soon: until then it holds a place."""
    try:
        async with asyncio.timeout(FIRST_S):
            content = await anext(requests, None)
    except TimeoutError as error:
        raise errors.TooLate(f"no request came within {FIRST_S:g} s") from error
    if content is None:
        raise errors.Refused("the call carries no request")
    return content


def _message(content: bytes, kind: type[Message]) -> Message:
    """Of named fields only, each within its limits.  Raises Refused."""
    bounds.check(content, bounds.limits(kind.DESCRIPTOR))
    try:
        request = kind.FromString(content)
    except DecodeError as error:
        raise errors.Refused(f"{kind.DESCRIPTOR.name} cannot be read: {error}") from error
    request.DiscardUnknownFields()
    if violations := protovalidate.collect_violations(request):
        raise errors.Refused("; ".join(_told(violation) for violation in violations[:MOST_TOLD]))
    return request


def _names(context: Context) -> list[bytes]:
    """Of the certificate."""
    return list(context.auth_context().get("x509_subject_alternative_name", []))


def _provisional(names: Iterable[bytes]) -> Caller:
    """Whom a refusal is put down to until it is known who calls."""
    named = ca.identity([name.decode() for name in names])
    return Caller(named.name, named.role) if named else NOBODY


def _told(violation: protovalidate.Violation) -> str:
    where = violation.proto.field
    path = ".".join(element.field_name for element in where.elements) if where else "request"
    return f"{path}: {violation.proto.message}"
