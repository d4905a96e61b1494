"""What goes around RPCs: their types, and a stream that a task may end."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
from google.protobuf.message import Message

Context = grpc.aio.ServicerContext[Any, Any]
Handler = Any  # grpc.RpcMethodHandler, whose behaviours grpc types only by comment
Replies = AsyncGenerator[Message, None]


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
