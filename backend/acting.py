"""Who acts, when, and with which keys: what every act of an officer needs beside its own words."""

from dataclasses import dataclass

from sqlalchemy import Connection

from backend.caller import Caller
from backend.keys import KeyRing
from backend.store import audit


@dataclass(frozen=True, slots=True)
class Acting:
    who: Caller
    keys: KeyRing
    now_utc_ms: int

    def note(self, db: Connection, action: str, subject: str, place: str = "", result: str = "") -> None:
        """In the audit log, in the transaction of the act."""
        audit.note(db, audit.by(self.who, self.now_utc_ms, action, subject, place, result))
