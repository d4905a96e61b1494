"""What happened is told in order, and an agent's act not before the shift it was done in."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from limen.v1.audit_pb2 import AuditEntry

from edge.courier import Courier
from edge.encounter.codec import Step
from edge.encounter.events import Boarded, NotBoarded, Outcome, Tick, Why
from edge.encounter.journal import Journal
from edge.service import ServiceClient
from edge.view import View


class Far:
    """A service that keeps what it is told, and hears of a shift at the second try."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def report(self, outcome: Outcome, journey: str, ended_utc_ms: int) -> str:
        self.heard.append(outcome.encounter)
        return "recorded"

    async def append(self, entries: Sequence[AuditEntry]) -> None:
        pass

    async def vouch(self, session: str) -> bool:
        self.heard.append(session)
        return self.heard.count(session) > 1


async def test_ops1_the_service_hears_of_a_shift_before_what_was_done_in_it(tmp_path: Path) -> None:
    journal, far = Journal(tmp_path), Far()
    boarded, turned_back = Boarded("t1", "a.keller", session="s1"), Boarded("t2", "a.keller", session="s1")
    for encounter, what in (("e1", boarded), ("e2", NotBoarded(turned_back, Why.NOBODY_PASSED))):
        await journal.write(Step(0.0, Tick(), (Outcome(encounter, what, 0),)), "LX1")
    courier = Courier(cast(ServiceClient, far), far.vouch, journal, View())
    running = asyncio.create_task(courier.run())
    async with asyncio.timeout(5):
        while journal.pending:
            await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    journal.close()
    assert far.heard == ["s1", "s1", "e1", "s1", "e2"]
