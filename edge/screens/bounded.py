"""Requests with a short body only."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 16 * 1024  # a scan has at most 4,096 characters, mostly ASCII


class Bounded:
    """Around the pages: what is longer is refused at the byte that is too much."""

    def __init__(self, pages: ASGIApp) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(413, f"at most {MOST_BYTES} bytes are taken", {"Connection": "close"})
            return message

        await self._pages(scope, counted, send)
