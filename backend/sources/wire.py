"""One exchange with a system that holds photos: a POST, bounded in time and in bytes."""

import asyncio
from dataclasses import dataclass, field

import httpx2

from backend.sources.photo import NotAsked, SourceDown

MOST_BYTES = 32 * 2**20
NOBODY = (204, 404)
ABOUT_ONE = (400, 409, 410, 413, 414, 422)  # others, such as 401 and 429, are about us


@dataclass(frozen=True, slots=True)
class Reply:
    content_type: str
    content: bytes = field(repr=False)


class Wire:
    """What is asked is in the body: addresses end up in the far end's logs.  Close it within its loop."""

    def __init__(self, name: str, url: str, timeout_s: float) -> None:
        self.name, self._url, self._timeout_s = name, url, timeout_s
        self._client = httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def ask(self, content: bytes, content_type: str) -> Reply | None:
        """None if the far end knows nobody of that description.  Raises SourceDown, NotAsked."""
        try:
            async with asyncio.timeout(self._timeout_s):  # of the whole: a far end may send a byte a second
                return await self._exchange(content, content_type)
        except TimeoutError as error:
            raise SourceDown(f"{self.name}: no answer within {self._timeout_s} s; it is asked again later") from error
        except httpx2.HTTPError as error:
            raise SourceDown(f"{self.name}: {type(error).__name__}; it is asked again later") from error

    async def _exchange(self, content: bytes, content_type: str) -> Reply | None:
        headers = {"Content-Type": content_type, "Accept-Encoding": "identity"}  # nothing unpacks to more than it is
        async with self._client.stream("POST", self._url, content=content, headers=headers) as response:
            if response.status_code in NOBODY:
                return None
            if response.status_code in ABOUT_ONE:
                raise NotAsked(f"{self.name}: refused the question with status {response.status_code}")
            if response.status_code != 200:
                raise SourceDown(f"{self.name}: status {response.status_code}; it is asked again later")
            received = bytearray()
            async for chunk in response.aiter_raw():
                received += chunk
                if len(received) > MOST_BYTES:
                    raise SourceDown(f"{self.name}: more than {MOST_BYTES} bytes for one traveller")
            return Reply(response.headers.get("Content-Type", ""), bytes(received))

    async def close(self) -> None:
        await self._client.aclose()
