"""Agents' shifts at this gate: begun with a password that the service checks, or in an outage by a one-time code."""

import asyncio
import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import grpc
import structlog
from limen.v1.people_pb2 import ReportShiftRequest

from edge.agents import codes, kept
from edge.agents.kept import Kept, Shift
from edge.agents.tries import Tries
from edge.errors import JournalUnfit
from edge.sentences import Refusal
from edge.service import REPORT_S, ServiceClient
from edge.view import OpenShift

log = structlog.get_logger()
FILE = "agents.json"
EVERY_S = 60.0  # codes are fetched anew
MOST = 20  # shifts at a gate at a time; the oldest ends
AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
FINAL = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.PERMISSION_DENIED}


@dataclass(frozen=True, slots=True)
class Begun:
    """cookie: what the browser shows from now on; nothing else that it gets is worth keeping from anybody."""

    cookie: str
    shift: Shift


class Shifts:
    def __init__(
        self,
        service: ServiceClient,
        folder: Path,
        utc_ms: Callable[[], int] | None = None,
        told: Callable[[tuple[OpenShift, ...]], None] = lambda _: None,
    ) -> None:
        """told: which are open, whenever that changes.  Raises JournalUnfit."""
        self._told_of = told
        self._service, self._file = service, folder / FILE
        self._utc_ms = utc_ms or (lambda: time.time_ns() // 1_000_000)
        self._kept = kept.read(self._file)
        self._tries, self._beginning = Tries(), False
        self._writing = asyncio.Lock()
        now_utc_ms, now_s = self._utc_ms(), time.monotonic()
        # From here on by a clock that does not jump (G13): a shift is never longer than it was to be.
        self._ends_s = {one.session: now_s + _left_s(one, now_utc_ms) for one in self._kept.shifts}

    def of(self, cookie: str) -> Shift | None:
        """Whose shift a browser's cookie stands for, if it has not ended."""
        shown, now_s = hashlib.sha256(cookie.encode()).hexdigest(), time.monotonic()
        for one in self._kept.shifts:
            if secrets.compare_digest(one.cookie_sha256, shown):
                return one if now_s < self._ends_s.get(one.session, 0.0) else None
        return None

    async def begin(self, person: str, secret: str, address: str) -> Begun | Refusal:
        """One at a time, who comes meanwhile is sent away: a code that began a shift is told to a page that waits."""
        if self._beginning:
            return Refusal.BUSY
        self._beginning = True
        try:
            if self._tries.wait_s(address, time.monotonic()) > 0:
                return Refusal.SLOWED
            try:
                began = await self._try(person.strip().lower(), secret)
            except JournalUnfit as error:
                log.error("shift.not_kept", why=str(error))
                return Refusal.DISK
            if isinstance(began, Begun):
                self._tries.right(address)
            elif began in (Refusal.WRONG, Refusal.AWAY):
                count = self._tries.wrong(address, time.monotonic())
                log.warning("agent.login_refused", address=address, tries=count)
            return began
        finally:
            self._beginning = False

    async def end(self, shift: Shift) -> None:
        """At once here; the service hears of it if it can be asked."""
        await self.drop(shift.session)
        try:
            await self._service.end_shift(shift.session)
        except grpc.aio.AioRpcError as error:
            log.warning("shift.end_not_told", why=error.code().name)

    async def drop(self, session: str) -> None:
        """The service says that there is no such shift, or its agent has ended it.  What it must hear of stays, as one
        that is over: a start of the appliance does not open it again."""
        self._ends_s.pop(session, None)

        def without(held: Kept) -> Kept:
            rest = tuple(one for one in held.shifts if one.session != session or not one.told)
            over = (replace(one, until_utc_ms=one.begun_utc_ms) if one.session == session else one for one in rest)
            return replace(held, shifts=tuple(over))

        self._publish()
        await self._change(without)

    async def run(self) -> None:
        """Tell what was begun in an outage, fetch codes for the next, and see shifts end, for ever."""
        fetch_s = 0.0
        while True:
            self._publish()  # before a service is waited for: a brain that started again has its agents at once
            await self.deliver()
            if time.monotonic() >= fetch_s:
                await self._fetch()
                fetch_s = time.monotonic() + EVERY_S
            await asyncio.sleep(1.0)

    def _publish(self) -> None:
        now_s = time.monotonic()
        open_ = [one for one in self._kept.shifts if now_s < self._ends_s.get(one.session, 0.0)]
        self._told_of(tuple(OpenShift(one.cookie_sha256, one.person) for one in open_))

    async def deliver(self, session: str = "", within_s: float = REPORT_S) -> bool:
        """Tell the service of this shift, or of all, as far as it has not heard of them; one whose code was not good
        ends.  Whether all was told."""
        for one in [one for one in self._kept.shifts if not one.told and session in ("", one.session)]:
            try:
                good = await self._tell(one, within_s)
            except grpc.aio.AioRpcError as error:
                if error.code() not in FINAL:
                    return False
                log.error("shift.not_reported", session=one.session, why=error.code().name)
                good = False
            await self._change(partial(_settled, one, good))
            if not good:
                log.warning("shift.refused", session=one.session)
                self._ends_s.pop(one.session, None)
                self._publish()
        return True

    async def _tell(self, one: Shift, within_s: float) -> bool:
        """Of one that its agent ended in an outage, the end too."""
        told = ReportShiftRequest(session=one.session, person=one.person, verifier=one.verifier)
        told.begun_utc_ms = one.begun_utc_ms
        good = await self._service.report_shift(told, within_s)
        if good and one.over:
            await self._service.end_shift(one.session)
        return good

    async def _fetch(self) -> None:
        try:
            told = await self._service.shift_codes()
        except grpc.aio.AioRpcError as error:
            if error.code() not in AWAY:
                log.warning("shift_codes.not_fetched", why=error.code().name)
            return

        def renewed(held: Kept) -> Kept:
            verifiers, untold = tuple(told.verifiers), {one.verifier for one in held.shifts if not one.told}
            used = tuple(one for one in held.used if one in verifiers or one in untold)
            return replace(held, salt=told.salt.hex(), verifiers=verifiers, shift_ms=told.shift_ms, used=used)

        await self._change(renewed)

    async def _try(self, person: str, secret: str) -> Begun | Refusal:
        try:
            reply = await self._service.log_in(person, secret)
        except grpc.aio.AioRpcError as error:
            if error.code() in AWAY:
                return await self._by_code(person, secret)
            return Refusal.BUSY if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED else Refusal.WRONG
        return await self._open(self._shift(reply.session, person))

    async def _by_code(self, person: str, secret: str) -> Begun | Refusal:
        """Each code once: it is on the disk as used before its shift begins."""
        found = await asyncio.to_thread(codes.verifier, bytes.fromhex(self._kept.salt), person, secret)
        if found not in self._kept.verifiers or found in self._kept.used:
            return Refusal.AWAY
        return await self._open(replace(self._shift(str(uuid.uuid4()), person), verifier=found, told=False))

    def _shift(self, session: str, person: str) -> Shift:
        """As long as any: of two clocks that disagree, no length can be made.  The service judges each act anew."""
        now_utc_ms = self._utc_ms()
        return Shift(session, person, "", now_utc_ms, now_utc_ms + self._kept.shift_ms)

    async def _open(self, shift: Shift) -> Begun:
        cookie = secrets.token_urlsafe(32)
        shift = replace(shift, cookie_sha256=hashlib.sha256(cookie.encode()).hexdigest())
        now_s = time.monotonic()

        def begun(held: Kept) -> Kept:
            open_ = [one for one in held.shifts if one.told and now_s < self._ends_s.get(one.session, 0.0)]
            untold = [one for one in held.shifts if not one.told]
            used = (*held.used, shift.verifier) if shift.verifier else held.used
            return replace(held, shifts=(*untold, *open_[-MOST + 1 :], shift), used=used)

        await self._change(begun)
        self._ends_s[shift.session] = now_s + _left_s(shift, shift.begun_utc_ms)
        self._publish()
        log.info("shift.begun", session=shift.session, by="code" if shift.verifier else "password")
        return Begun(cookie, shift)

    async def _change(self, change: Callable[[Kept], Kept]) -> None:
        """One after the other, and what is on the disk counts.  Raises JournalUnfit."""
        async with self._writing:
            if (new := change(self._kept)) != self._kept:
                await asyncio.to_thread(kept.write, self._file, new)
                self._kept = new


def _left_s(shift: Shift, now_utc_ms: int) -> float:
    length_ms = shift.until_utc_ms - shift.begun_utc_ms
    return max(0, min(shift.until_utc_ms - now_utc_ms, length_ms)) / 1000


def _settled(one: Shift, good: bool, held: Kept) -> Kept:
    """The service has heard of it: it goes on as one that was told, or not at all.  One that its agent ended while it
    was told is told again, with its end."""
    if not good or one.over:
        return replace(held, shifts=tuple(other for other in held.shifts if other.session != one.session))
    return replace(held, shifts=tuple(replace(other, told=True) if other == one else other for other in held.shifts))
