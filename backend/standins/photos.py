"""A stand-in for the systems that hold photos: answers as IDENT, State and visa do, from a folder of photos.

It can be told to be slow, to be down or to talk rubbish, as the real ones sometimes are.
"""

import asyncio
import base64
import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from backend import photos
from backend.sources import itl, state, visa
from backend.sources.photo import Photo
from vision.image import size

DRIP_S = 0.05


class Behaviour(BaseModel):
    """slow_s: before each answer.  drip: a byte now and then, for ever."""

    mode: Literal["well", "down", "rubbish", "drip"] = "well"
    slow_s: float = 0.0


class Conduct:
    """How the stand-in behaves, and how often each system was asked."""

    def __init__(self) -> None:
        self.now = Behaviour()
        self.asked = {"ident": 0, "state": 0, "visa": 0}

    async def meet(self, system: str) -> Response | None:
        """What goes out instead of an answer."""
        self.asked[system] += 1
        await asyncio.sleep(self.now.slow_s)
        match self.now.mode:
            case "well":
                return None
            case "down":
                return Response(status_code=503)
            case "rubbish":
                return Response(secrets.token_bytes(4096), media_type="application/octet-stream")
            case "drip":
                return StreamingResponse(_drips(), media_type="application/octet-stream")


def app(folder: Path, country: str = "USA") -> FastAPI:
    """folder: as the service's own, a sub-folder for each travel document.  country: whose passports State knows."""
    made, conduct, control = FastAPI(openapi_url=None), Conduct(), itertools.count(1)

    @made.post("/behave")
    async def behave(wanted: Behaviour) -> dict[str, int]:
        conduct.now = wanted
        return conduct.asked

    @made.post("/ident")
    async def ident(request: Request) -> Response:
        if (instead := await conduct.meet("ident")) is not None:
            return instead
        found = _held(folder, *itl.asked(await request.body()))
        sized = [(photo, size(photo.content)) for photo in found]
        return Response(itl.answer(sized, "20260101", str(next(control))), media_type=itl.MEDIA_TYPE)

    @made.post("/state")
    async def passports(question: state.Question) -> Response:
        if (instead := await conduct.meet("state")) is not None:
            return instead
        found = _held(folder, "P", country, question.passport)
        rows = [state.Held(format=one.format, image=base64.b64encode(one.content)) for one in found]
        body = state.Answer(photos=rows).model_dump_json()
        return Response(body, media_type="application/json") if found else Response(status_code=404)

    @made.post("/visa")
    async def visas(question: visa.Question) -> Response:
        if (instead := await conduct.meet("visa")) is not None:
            return instead
        found = _held(folder, "P", question.issuer, question.passport)
        return _multipart(found) if found else Response(status_code=404)

    return made


async def _drips() -> AsyncIterator[bytes]:
    while True:
        yield b"."
        await asyncio.sleep(DRIP_S)


def _held(folder: Path, kind: str, issuer: str, number: str) -> list[Photo]:
    files = photos.on_file(folder, photos.key(kind, issuer, number))
    formats = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
    return [Photo(file.read_bytes(), formats[file.suffix.lower()], sap=1) for file in files]


def _multipart(found: Sequence[Photo]) -> Response:
    edge = secrets.token_hex(16)
    parts = [
        f"--{edge}\r\nContent-Type: image/{photo.format}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        + base64.encodebytes(photo.content)
        for photo in found
    ]
    body = b"\r\n".join([*parts, f"--{edge}--\r\n".encode()])
    return Response(body, media_type=f"multipart/mixed; boundary={edge}")
