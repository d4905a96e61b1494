"""Which pooled connections may still be used: none from before the database went away or its address led elsewhere."""

from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError


class Era:
    """Of one engine's pool.  Connections in use when an era ends finish what they do and are closed after it."""

    def __init__(self, engine: Engine) -> None:
        self.number = 0
        self._used: set[Any] = set()
        event.listen(engine, "connect", self._made)
        event.listen(engine, "checkout", self._taken)
        event.listen(engine, "checkin", self._given_back)
        event.listen(engine, "invalidate", self._broken)

    def end(self) -> None:
        self.number += 1

    def cancel(self) -> None:
        """What PostgreSQL was asked and has not answered: its caller is told that the outcome is unknown."""
        for raw in list(self._used):
            if isinstance(raw, psycopg.Connection) and not raw.closed:
                raw.cancel_safe(timeout=1.0)

    def _made(self, _raw: object, record: Any) -> None:
        record.info["era"] = self.number

    def _taken(self, raw: object, record: Any, _fairy: object) -> None:
        """SQLAlchemy then closes it and makes another."""
        if record.info.setdefault("era", 0) != self.number:
            raise DisconnectionError("of an earlier era")
        self._used.add(raw)

    def _given_back(self, raw: object, _record: object) -> None:
        self._used.discard(raw)

    def _broken(self, raw: object, _record: object, _error: object) -> None:
        """Nobody gives it back any more."""
        self._used.discard(raw)
