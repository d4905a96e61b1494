"""The outbox's job alone in a process, to be killed at any moment."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

import structlog

from backend.clock import utc_ms
from backend.keys import KeyRing
from backend.sending import Sending
from backend.settings import Records
from backend.store.engine import Store, open_store


@dataclass(frozen=True, slots=True)
class Asked:
    """ahead_ms: by how much the clock is put forward, so that what a killed sender claimed is due again."""

    state: Path
    url: str
    keys: Path
    records: Records
    ahead_ms: int


def main(asked: Asked) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    store = Store(open_store(asked.state, asked.url))
    sending = Sending(store, KeyRing(asked.keys), lambda: utc_ms() + asked.ahead_ms, asked.records)
    asyncio.run(sending.run())
