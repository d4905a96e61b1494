"""A border and its systems of record, told step by step: what is tried, what waits, what is left."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, func, select

from backend.keys import KeyRing
from backend.sending import Sending
from backend.settings import Records
from backend.store import outbox
from backend.store.engine import Store
from backend.store.outbox import SYSTEMS, Waiting
from backend.store.schema import captures
from calibration.service.border import Border
from calibration.service.sinks import Sinks

RETRY_MS = 2_000


class Telling:
    """A border whose systems are told when `tell` is called, by a clock that stands still in between.  They behave
    until told otherwise."""

    def __init__(self, engine: Engine, root: Path, sinks: Sinks, **settings: str) -> None:
        self.border, self.sinks = Border(engine, KeyRing(root / "keys")), sinks
        self._records = Records.model_validate(sinks.urls() | settings)
        self._engine = engine
        for system in SYSTEMS:
            sinks.behave(system)

    async def tell(self, systems: Sequence[str] = SYSTEMS) -> list[int]:
        """One look at what is due, at each system; how many rows were tried."""
        store = Store(self._engine)
        sending = Sending(store, self.border.keys, lambda: self.border.now_utc_ms, self._records)
        async with sending.client() as client:
            return [await sending.once(client, system) for system in systems]

    def told(self, systems: Sequence[str] = SYSTEMS) -> list[int]:
        return asyncio.run(self.tell(systems))

    def waiting(self, crossing: str = "") -> list[Waiting]:
        return [row for row in self.border.ask(outbox.waiting) if crossing in ("", row.crossing)]

    def crossed(self, image: bytes | None = None, citizens: int = 0) -> str:
        journey, (traveler,) = self.border.journey(1, citizens=citizens)
        return self.border.cross(journey, traveler, image=image)

    def captures(self) -> int:
        return int(self.border.ask(lambda db: db.execute(select(func.count()).select_from(captures)).scalar_one()))
