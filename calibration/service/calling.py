"""One call by a method's bare name, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from calibration.service.wanted import STREAMS

LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class Call:
    """request: serialized.  patience_s: how long a stream may take to say something."""

    method: str
    request: bytes
    metadata: tuple[tuple[str, str | bytes], ...] = ()
    patience_s: float = LONGEST_S


def said(channel: grpc.Channel, call: Call) -> str:
    """ "ok" with the first reply, or the code and the service's words."""
    try:
        if call.method in STREAMS:
            replies = stream(channel, call, call.patience_s)
            next(replies)
            replies.cancel()
        else:
            unary: Any = channel.unary_unary(call.method)
            unary(call.request, timeout=LONGEST_S, metadata=call.metadata)
    except grpc.RpcError as error:
        return f"{error.code().name} {error.details()}"
    return "ok"


def stream(channel: grpc.Channel, call: Call, timeout_s: float | None = None) -> Any:
    """The replies, an iterator with `cancel`."""
    opened: Any = channel.unary_stream(call.method)
    replies: Iterator[bytes] = opened(call.request, timeout=timeout_s, metadata=call.metadata)
    return replies
