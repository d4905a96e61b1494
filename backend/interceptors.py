"""Around every RPC: who calls, is the request valid, and which code an error becomes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import grpc
import protovalidate
import structlog
from google.protobuf.message import Message

from backend import access, ca, errors
from backend.caller import EVERYWHERE, Caller, set_caller
from backend.store import peers
from backend.store.engine import Store
from backend.store.peers import Peer
from vision.errors import ImageRefused

log = structlog.get_logger()
Context = grpc.aio.ServicerContext[Any, Any]
Handler = Any  # grpc.RpcMethodHandler, whose behaviours grpc types only by comment
LONGEST_S = 60.0  # a unary call with no deadline, or a later one, is refused

KNOWN_S = 2.0

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

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[Peer | None, float]] = {}  # by name, with the time to ask again

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        how = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._stream(method, handler.unary_stream), **how)
        return grpc.unary_unary_rpc_method_handler(self._unary(method, handler.unary_unary), **how)

    def _unary(self, method: str, serve: Callable[[Message, Context], Awaitable[Message]]) -> Handler:
        async def guarded(request: Message, context: Context) -> Message:
            try:
                await self._admit(method, request, context)
                left_s = context.time_remaining()
                if left_s is None or left_s > LONGEST_S:
                    raise errors.Refused(f"a deadline of at most {LONGEST_S:g} s is needed on every call")
                return await serve(request, context)
            except Exception as error:  # noqa: BLE001
                await _abort(method, error, context)

        return guarded

    def _stream(self, method: str, serve: Callable[[Message, Context], AsyncIterator[Message]]) -> Handler:
        async def guarded(request: Message, context: Context) -> AsyncIterator[Message]:
            try:
                await self._admit(method, request, context)
                async for reply in serve(request, context):
                    yield reply
            except Exception as error:  # noqa: BLE001
                await _abort(method, error, context)

        return guarded

    async def _admit(self, method: str, request: Message, context: Context) -> None:
        names = context.auth_context().get("x509_subject_alternative_name", [])
        known = ca.identity([name.decode() for name in names])
        if known is None:
            raise errors.NotAllowed("the certificate names no peer of ours")
        role, name = known
        peer = await self._peer(name)
        if peer is None or peer.role != role:
            raise errors.NotAllowed(
                f"{role} {name} is not registered here, or was turned away; `limen-tvs device add` registers one"
            )
        ports = frozenset({peer.port}) if peer.port else frozenset({EVERYWHERE})
        set_caller(Caller(name, access.check(method, {role}), peer.gate, ports))
        if violations := protovalidate.collect_violations(request):
            raise errors.Refused("; ".join(_told(violation) for violation in violations))

    async def _peer(self, name: str) -> Peer | None:
        """Who is registered under a name, as of at most KNOWN_S ago: that is how soon a peer is turned away."""
        peer, until_s = self._known.get(name, (None, 0.0))
        if time.monotonic() >= until_s:
            peer = await self._store.run(peers.welcomed, name)
            self._known[name] = (peer, time.monotonic() + KNOWN_S if peer else 0.0)
        return peer


def _told(violation: protovalidate.Violation) -> str:
    where = violation.proto.field
    path = ".".join(element.field_name for element in where.elements) if where else "request"
    return f"{path}: {violation.proto.message}"


async def _abort(method: str, error: Exception, context: Context) -> NoReturn:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), grpc.StatusCode.INTERNAL)
    if code is grpc.StatusCode.INTERNAL:
        log.error("rpc.failed", method=method, kind=type(error).__name__, at_s=time.monotonic(), exc_info=True)
        await context.abort(code, "the service failed; its log says why")
    log.info("rpc.refused", method=method, code=code.name, why=str(error))
    await context.abort(code, str(error))
