"""The job that tells systems of record: at least once over HTTP, each row again until its system holds it.

A row is claimed for a while before it is sent and marked when it is answered, each in a transaction of its own.  Killed
in between, it is sent again once the claim is over; the key that goes with it lets the system know it, so that its
effect stays one.  No system waits for another, and of one crossing nothing is told before what came first.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx2
import structlog
from nistitl import NistException
from sqlalchemy import Connection

from backend.clock import Clock
from backend.crossing import systems_for
from backend.errors import KeyGone, StoreDown
from backend.keys import KeyRing
from backend.records import facts
from backend.records.facts import IDENT
from backend.records.messages import Message, message
from backend.settings import Records
from backend.store import audit, crossings, outbox, reconciliations
from backend.store.audit import Note
from backend.store.bell import Topic
from backend.store.engine import Store
from backend.store.outbox import SYSTEMS, UNREACHED, Due
from vision.errors import ImageRefused

log = structlog.get_logger()
AT_ONCE = 8  # requests to one system
BATCH = 4 * AT_ONCE
GATHER_S = 0.1  # what comes together goes together: a batch is one transaction
LOOK_S = 1.0  # at least so often, whether or not the bell was rung
LONGEST_DELAY_S = 3600.0
MOST_ANSWER = 65_536  # bytes
IDENT_SAYS = frozenset({"confirmed", "differs", "unknown"})
KEY = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Held:
    """verdict: the biometric repository's, confirmed, differs or unknown; "" of the others."""

    verdict: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The system, or the record itself, says no: a person must look."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """No answer, so nobody knows whether it arrived."""

    why: str


Outcome = Held | Refusal | Unreached


class Sending:
    def __init__(self, store: Store, keys: KeyRing, clock: Clock, settings: Records) -> None:
        self._store, self._keys, self._clock, self._settings = store, keys, clock, settings
        rounds = BATCH / AT_ONCE + 1
        self._claim_ms = int(1000 * (rounds * settings.timeout_s + settings.retry_s))

    async def run(self) -> None:
        """For ever, one task for each system that is configured."""
        configured = tuple(system for system in SYSTEMS if self._settings.url(system))
        await self._store.run(catch_up, configured, self._clock())
        async with self.client() as client, asyncio.TaskGroup() as tasks:
            for system in configured:
                tasks.create_task(self._serve(client, system))

    def client(self) -> httpx2.AsyncClient:
        limits = httpx2.Limits(max_connections=AT_ONCE * len(SYSTEMS))
        return httpx2.AsyncClient(timeout=self._settings.timeout_s, limits=limits, trust_env=False)

    async def _serve(self, client: httpx2.AsyncClient, system: str) -> None:
        while True:
            seen = self._store.bell.revision(Topic.OUTBOX)
            try:
                tried = await self.once(client, system)
            except StoreDown as error:  # what was sent meanwhile is sent again, its system knows the key
                log.warning("outbox.waits", system=system, why=str(error))
                tried = 0
            if not tried:
                await self._store.bell.wait(Topic.OUTBOX, seen, LOOK_S)
                await asyncio.sleep(GATHER_S)

    async def once(self, client: httpx2.AsyncClient, system: str) -> int:
        """Try what is due now, up to a batch; how many rows that were."""
        now_utc_ms = self._clock()
        if not await self._store.read(outbox.due, system, now_utc_ms, BATCH):
            return 0
        due = await self._store.run(outbox.claim, system, now_utc_ms, now_utc_ms + self._claim_ms, BATCH)
        if not due:  # another replica was as quick
            return 0
        told = await self._store.read(_messages, self._keys, due, self._settings.ident_form)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(what: Message | Refusal) -> Outcome:
            async with limit:
                if isinstance(what, Refusal):
                    return what
                return read(system, await post(client, self._settings.url(system), what, self._settings.timeout_s))

        outcomes = await asyncio.gather(*(one(what) for what in told))
        await self._store.run(_settle, system, list(zip(due, outcomes, strict=True)), self._clock(), self._delay_ms)
        return len(due)

    def _delay_ms(self, tries: int) -> int:
        """Doubled with each try, up to an hour."""
        return int(1000 * min(LONGEST_DELAY_S, self._settings.retry_s * 2.0 ** min(tries - 1, 40)))


def catch_up(db: Connection, configured: tuple[str, ...], now_utc_ms: int) -> None:
    """Queue what was recorded while no system at all was configured."""
    for crossing in outbox.untold(db) if configured else ():
        held = crossings.find(db, crossing)
        if held is not None:
            recorded = crossings.recorded(db, held.traveler)
            outbox.queue(db, crossing, systems_for(configured, held.kind, recorded=recorded), now_utc_ms)


def _messages(db: Connection, keys: KeyRing, due: list[Due], ident_form: str) -> list[Message | Refusal]:
    """The words for what was claimed."""
    return [_message(db, keys, row, ident_form) for row in due]


def _message(db: Connection, keys: KeyRing, row: Due, ident_form: str) -> Message | Refusal:
    """A record that cannot be read holds up nobody else's."""
    try:
        return message(row.system, ident_form, facts.read(db, keys, row))
    except (KeyGone, ImageRefused) as error:
        return Refusal(f"our own record cannot be told: {error}")
    except (ValueError, NistException) as error:  # what a form cannot hold; the error may quote a name
        return Refusal(f"our own record cannot be told: {type(error).__name__}")


async def post(client: httpx2.AsyncClient, url: str, what: Message, longest_s: float) -> bytes | Outcome:
    """What is answered.  longest_s: for all of it, however slowly the answer drips."""
    headers = {KEY: what.key, "Content-Type": what.media_type, "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(longest_s),
            client.stream("POST", url, content=what.body, headers=headers) as answer,
        ):
            if answer.status_code >= 500:
                return Unreached(f"HTTP {answer.status_code}")
            if answer.status_code != 200:
                return Refusal(f"HTTP {answer.status_code}")
            return await _content(answer)
    except (httpx2.HTTPError, TimeoutError) as error:
        return Unreached(type(error).__name__)


async def _content(answer: httpx2.Response) -> bytes | Refusal:
    """As it came: nothing unpacks to more than it is."""
    content = b""
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > MOST_ANSWER:
            return Refusal(f"its answer is longer than {MOST_ANSWER} bytes")
    return content


def read(system: str, answer: bytes | Outcome) -> Outcome:
    """Nothing of an answer goes any further but a verdict we know."""
    if not isinstance(answer, bytes):
        return answer
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return Refusal("its answer is not JSON")
    match said:
        case {"verdict": str(verdict)}:
            known = verdict in IDENT_SAYS if system == IDENT else verdict == ""
            return Held(verdict) if known else Refusal("its answer has a verdict that is none")
    return Refusal("its answer has no verdict")


def _settle(
    db: Connection,
    system: str,
    outcomes: Sequence[tuple[Due, Outcome]],
    now_utc_ms: int,
    delay_ms: Callable[[int], int],
) -> None:
    """What came of a batch, in one transaction."""
    down_ms, why, answered = 0, "", False
    for row, outcome in outcomes:
        match outcome:
            case Held(verdict):
                answered = True
                _held(db, row, verdict, now_utc_ms)
            case Refusal(reason):
                log.warning("record.refused", system=system, crossing=row.crossing, tries=row.tries, why=reason)
                outbox.failed(db, row, reason, now_utc_ms + delay_ms(row.tries))
            case Unreached(reason):
                why, down_ms = f"{UNREACHED}{reason}", max(down_ms, delay_ms(row.tries))
                outbox.failed(db, row, why, now_utc_ms + delay_ms(row.tries))
    if answered:
        outbox.wake(db, system, now_utc_ms)
    elif down_ms:
        outbox.rest(db, system, why, now_utc_ms + down_ms)
        log.warning("record.unreached", system=system, why=why, pause_s=down_ms / 1000)


def _held(db: Connection, row: Due, verdict: str, now_utc_ms: int) -> None:
    """Another try may have been answered before; the first is what counts."""
    if not outbox.sent(db, row, now_utc_ms):
        return
    if verdict == "differs" and not row.amendment:
        reconciliations.open_one(db, row.crossing, verdict, now_utc_ms)
        log.warning("record.disputed", system=row.system, crossing=row.crossing)
    what = "amendment.told" if row.amendment else "crossing.told"
    audit.note(
        db, Note(now_utc_ms, "outbox", "service", what, row.crossing, row.system, result=verdict or f"try {row.tries}")
    )
