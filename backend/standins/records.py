"""Systems of record to try the outbox on: they take what IDENT, TECS and ADIS take, once each, and misbehave on demand.

What they did stands in an append-only file for each, so that a stand-in that is killed still knows it; names and images
do not: only keys, kinds and digests.
"""

import asyncio
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.types import Receive, Scope, Send

from backend.errors import Refused
from backend.records import ebts, indicator, type10
from backend.store.outbox import SYSTEMS

DECODERS = {type10.MEDIA_TYPE: type10.decode, ebts.MEDIA_TYPE: ebts.decode}


class Behaviour(BaseModel):
    """answer: well; slow and hold_… answer in the end; down refuses; drop does it and cuts the line; disagree and
    unknown are verdicts.  times: requests until it behaves well again, 0 for all."""

    model_config = ConfigDict(extra="forbid")
    system: Literal["ident", "tecs", "adis"]
    answer: Literal["well", "slow", "down", "drop", "disagree", "unknown", "hold_before", "hold_after"] = "well"
    slow_s: float = 1.0
    times: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a system did: the first message with its key."""

    key: str
    event: str
    crossing: str
    verdict: str
    image_bytes: int
    sha256: str


class Ledger:
    """The effects of one system, each on disk before it is answered."""

    def __init__(self, file: Path) -> None:
        self._file, self.seen = file, 0
        self.effects: dict[str, Effect] = {}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        whole = file.read_bytes().rpartition(b"\n")[0]  # a line cut by a kill was never answered
        for line in whole.splitlines():
            effect = Effect(**json.loads(line))
            self.effects[effect.key] = effect
        os.truncate(file, len(whole) + bool(whole))

    def take(self, effect: Effect) -> Effect:
        """Do it, unless it was done under this key: then what was said of it first."""
        if effect.key not in self.effects:
            with self._file.open("ab") as out:
                out.write(json.dumps(asdict(effect)).encode() + b"\n")
                out.flush()
                os.fsync(out.fileno())
            self.effects[effect.key] = effect
        return self.effects[effect.key]


class Cut(Response):
    """The line goes dead in the middle of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"20")]})


class Systems:
    def __init__(self, folder: Path) -> None:
        self.ledgers = {system: Ledger(folder / f"{system}.jsonl") for system in SYSTEMS}
        self._behaves = {system: Behaviour(system=system) for system in SYSTEMS}  # type: ignore[arg-type]
        self._released = {system: asyncio.Event() for system in SYSTEMS}
        self.held = dict.fromkeys(SYSTEMS, 0)

    def behave(self, wanted: Behaviour) -> None:
        self._behaves[wanted.system] = wanted
        self._released[wanted.system].set()  # whoever is held goes on
        self._released[wanted.system] = asyncio.Event()

    async def answer(self, system: str, key: str, media_type: str, body: bytes) -> Response:
        ledger, how = self.ledgers[system], self._next(system)
        ledger.seen += 1
        if how.answer == "down":
            raise HTTPException(503, "down for maintenance")
        effect = _effect(system, key, media_type, body, how)
        if how.answer == "slow":
            await asyncio.sleep(how.slow_s)
        if how.answer == "hold_before":
            await self._hold(system)
        done = ledger.take(effect)
        if how.answer == "hold_after":
            await self._hold(system)
        if how.answer == "drop":
            return Cut()
        return Response(json.dumps({"verdict": done.verdict}), media_type="application/json")

    def _next(self, system: str) -> Behaviour:
        how = self._behaves[system]
        if how.times:
            left = how.times - 1
            self._behaves[system] = how.model_copy(update={"times": left}) if left else Behaviour(system=how.system)
        return how

    async def _hold(self, system: str) -> None:
        self.held[system] += 1
        await self._released[system].wait()
        self.held[system] -= 1


def _effect(system: str, key: str, media_type: str, body: bytes, how: Behaviour) -> Effect:
    """What a message asks for.  A system refuses what it cannot read: HTTP 400."""
    try:
        said, image = _ident(media_type, body, key) if system == "ident" else _indicator(body)
    except (Refused, ValueError) as error:
        raise HTTPException(400, str(error)) from error
    verdict = {"disagree": "differs", "unknown": "unknown"}.get(how.answer, "confirmed") if system == "ident" else ""
    return Effect(key, said["event"], said["crossing"], verdict, image, hashlib.sha256(body).hexdigest())


def _ident(media_type: str, body: bytes, key: str) -> tuple[dict[str, str], int]:
    if media_type not in DECODERS:
        raise Refused(f"{media_type}: not a form this repository takes")
    told = DECODERS[media_type](body)
    if told.key != key:
        raise Refused("the transaction's control number is not its key")
    return told.said, len(told.image or b"")


def _indicator(body: bytes) -> tuple[dict[str, str], int]:
    said = json.loads(body)
    if not isinstance(said, dict) or (missing := indicator.lacks(said)):
        raise Refused(f"not an indicator: it does not say {missing}")
    return said, 0


def app(folder: Path) -> FastAPI:
    """POST /ident, /tecs, /adis as the systems take it; POST /behave; GET /state for what they did."""
    made, systems = FastAPI(openapi_url=None), Systems(folder)

    @made.post("/behave")
    async def behave(wanted: Behaviour) -> None:
        systems.behave(wanted)

    @made.get("/state")
    async def state() -> dict[str, dict[str, object]]:
        return {
            system: {"seen": ledger.seen, "held": systems.held[system], "effects": list(ledger.effects)}
            for system, ledger in systems.ledgers.items()
        }

    @made.post("/{system}", response_model=None)
    async def told(
        system: Literal["ident", "tecs", "adis"], request: Request, idempotency_key: str = Header()
    ) -> Response:
        form = request.headers.get("content-type", "")
        return await systems.answer(system, idempotency_key, form, await request.body())

    return made
