"""Something around every RPC: a handler made anew with what goes around it, and a stream that a task may end."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import Message

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Any  # grpc.RpcMethodHandler, whose behaviours grpc types only by comment
Replies = AsyncGenerator[Message, None]
Around = Callable[[str, Callable[..., Any]], Handler]  # a method's name and what serves it


async def wrapped(
    continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
    details: grpc.HandlerCallDetails,
    unary: Around,
    stream: Around,
) -> Handler:
    """The handler of a call with `unary` or `stream` around it; None for a method nobody serves."""
    handler, method = await continuation(details), details.method
    if handler is None:
        return None
    how = {"request_deserializer": handler.request_deserializer, "response_serializer": handler.response_serializer}
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(stream(method, handler.stream_stream), **how)
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(unary(method, handler.stream_unary), **how)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(stream(method, handler.unary_stream), **how)
    return grpc.unary_unary_rpc_method_handler(unary(method, handler.unary_unary), **how)


async def until(ended: asyncio.Task[Any], replies: Replies) -> Replies:
    """The replies until `ended` is done, also while the next one is waited for.  Raises what `ended` raises."""
    try:
        while True:
            following = asyncio.create_task(_next(replies))
            try:
                await asyncio.wait((following, ended), return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _stop(following)
            if ended.done():
                ended.result()
            if following.cancelled() or (reply := following.result()) is None:
                return
            yield reply
    finally:
        await _stop(ended)
        await replies.aclose()


async def _next(replies: Replies) -> Message | None:
    return await anext(replies, None)


async def _stop(task: asyncio.Task[Any]) -> None:
    """Cancel what is not done, and wait until it is: a servicer's own clean-up runs in there."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # whoever wants it asks for the result
