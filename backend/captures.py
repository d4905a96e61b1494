"""Live images that the biometric repository is sent: sealed, never a citizen's (RET-1)."""

from sqlalchemy import Connection

from backend.keys import KeyRing, of_gallery
from backend.store.decisions import Decision
from backend.store.schema import captures


def keep(db: Connection, keys: KeyRing, decision: Decision, image: bytes) -> None:
    """In the decision's transaction.  The caller knows that the traveller's crossings are recorded.  Raises KeyGone."""
    about = f"{decision.encounter}/{decision.attempt}"
    row = {
        "encounter": decision.encounter,
        "attempt": decision.attempt,
        "journey": decision.journey,
        "sealed": keys.box(of_gallery(decision.journey)).seal(image, about),
        "taken_utc_ms": decision.decided_utc_ms,
    }
    db.execute(captures.insert(), row)
