"""Tell the service what happened, in order, until it has it: at least once on the wire, once in effect."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import grpc
import structlog
from limen.v1.audit_pb2 import AuditEntry

from edge.encounter.events import Boarded, CallAgent, Grant, NotBoarded, Outcome
from edge.encounter.journal import Journal, Notice
from edge.service import ServiceClient
from edge.view import View

log = structlog.get_logger()
RETRY_S = 1.0
FINAL = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS}  # telling it again cannot help


class Courier:
    """What is still to be told survives a stop: it is read back from the journals."""

    def __init__(
        self, service: ServiceClient, vouch: Callable[[str], Awaitable[bool]], journal: Journal, view: View
    ) -> None:
        """vouch: see to it that the service has heard of a shift; whether it has."""
        self._service, self._vouch, self._journal, self._view = service, vouch, journal, view
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            self._news.clear()
            for notice in list(self._journal.pending.values()):
                if not await self._deliver(notice):
                    break
            self._view.update(outbox=len(self._journal.pending))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S if self._journal.pending else None):
                    await self._news.wait()

    async def _deliver(self, notice: Notice) -> bool:
        """Whether to go on with the next: not while the service is away, or has not heard of whose act this is."""
        if (session := _session(notice)) and not await self._vouch(session):
            return False
        try:
            status = await self._report(notice)
            await self._append(notice)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.PERMISSION_DENIED  # this one stays pending, the others need not
        await self._journal.delivered(notice.number, status)
        return True

    async def _append(self, notice: Notice) -> None:
        """A line that the service refuses for good holds up no other; it stays in the journal."""
        try:
            await self._service.append(_entries(notice))
        except grpc.aio.AioRpcError as error:
            if error.code() not in FINAL:
                raise
            log.error("audit_line.refused", number=notice.number, why=error.details())

    async def _report(self, notice: Notice) -> str:
        """The service's verdict; a refusal that repeating cannot change is one too, and stays in the journal."""
        for effect in notice.step.effects:
            if isinstance(effect, Outcome):
                try:
                    return await self._service.report(effect, notice.journey, notice.utc_ms)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in FINAL:
                        raise
                    log.error("outcome.refused", number=notice.number, why=error.details())
                    return f"refused:{error.code().name.lower()}"
        return "told"


def _session(notice: Notice) -> str:
    """Of the shift in which an agent had the gate opened; "" for any other step."""
    for effect in notice.step.effects:
        match effect:
            case Outcome(_, Boarded() as boarding) | Outcome(_, NotBoarded(Boarded() as boarding)):
                return boarding.session
    return ""


def _entries(notice: Notice) -> list[AuditEntry]:
    """One line: what was asked for in this step, without anything about the person."""
    told = [effect for effect in notice.step.effects if isinstance(effect, (Grant, CallAgent, Outcome))]
    names = {Grant: "gate.granted", CallAgent: "agent.called", Outcome: "encounter.ended"}
    detail = "; ".join(_detail(effect) for effect in told)
    entry = AuditEntry(number=notice.number, at_utc_ms=notice.utc_ms, event=names[type(told[-1])], detail=detail)
    entry.encounter = told[-1].encounter
    return [entry]


def _detail(effect: Grant | CallAgent | Outcome) -> str:
    match effect:
        case Grant(_, by):
            return f"granted by {by}"
        case CallAgent():
            return "agent called"
        case Outcome(_, what):
            return f"ended: {type(what).__name__}"
