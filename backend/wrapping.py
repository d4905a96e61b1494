"""What goes around RPCs: their types, a stream that a task may end, and what lets go of a call that was refused.

gRPC keeps what a call was aborted with, and its traceback keeps every frame on the way, of which each knows the call.
Such a ring waits for the collector: of a thousand refused calls it held all others up for a tenth of a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
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


def letting_go(serve: Callable[[Any, Context], Awaitable[Message]]) -> Callable[[Any, Context], Awaitable[Message]]:
    """The outermost of what goes around a call: one that is aborted leaves nothing behind."""

    async def served(requests: Any, context: Context) -> Message:
        try:
            return await serve(requests, context)
        except grpc.aio.AbortError as aborted:
            _forget(aborted)
            raise
        finally:
            del requests, context

    return served


def stream_letting_go(serve: Callable[[Any, Context], Replies]) -> Callable[[Any, Context], Replies]:
    async def served(requests: Any, context: Context) -> Replies:
        replies = serve(requests, context)
        try:
            async with contextlib.aclosing(replies):
                async for reply in replies:
                    yield reply
        except grpc.aio.AbortError as aborted:
            _forget(aborted)
            raise
        finally:
            del requests, context, replies

    return served


def _forget(aborted: BaseException) -> None:
    aborted.__traceback__ = aborted.__context__ = None


async def _next(replies: Replies) -> Message | None:
    return await anext(replies, None)


async def _stop(task: asyncio.Task[Any]) -> None:
    """Cancel what is not done, and wait until it is: a servicer's own clean-up runs in there."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # whoever wants it asks for the result
