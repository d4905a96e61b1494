"""What is told of one crossing or amendment, read from the store in one transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from backend.biographic import Biographic
from backend.daily import Daily
from backend.errors import KeyGone
from backend.keys import RECORDS, KeyRing, of_gallery
from backend.store import crossings, journeys
from backend.store.crossings import Amendment, Crossing
from backend.store.journeys import Journey
from backend.store.outbox import Due
from backend.store.schema import captures, decisions

IDENT = "ident"  # the only system that is given an image


@dataclass(frozen=True, slots=True)
class Facts:
    """key: the same for every try.  amendment: what is wrong with the crossing, None for the crossing itself.
    replaced_by: the crossing that now stands for the encounter.  image: the live one, JPEG or PNG."""

    key: str
    crossing: Crossing
    journey: Journey
    biographic: Biographic | None
    amendment: Amendment | None
    replaced_by: str | None
    image: bytes | None


def read(db: Connection, keys: KeyRing, due: Due) -> Facts:
    """Raises KeyGone if the crossing's own seal cannot be opened.  An image that was purged is not there."""
    crossing = crossings.find(db, due.crossing)
    assert crossing is not None, "the outbox refers to it"
    journey = journeys.find(db, crossing.journey)
    assert journey is not None, "the crossing refers to it"
    amendment = crossings.amendment(db, due.amendment) if due.amendment else None
    told = crossing.sealed if amendment is None else None
    sealed = Daily(keys, RECORDS).open(told, crossing.crossing) if told else None
    return Facts(
        key=due.key,
        crossing=crossing,
        journey=journey,
        biographic=Biographic.unpack(sealed) if sealed else None,
        amendment=amendment,
        replaced_by=crossings.standing(db, crossing.encounter) if amendment else None,
        image=_image(db, keys, crossing) if due.system == IDENT and amendment is None else None,
    )


def _image(db: Connection, keys: KeyRing, crossing: Crossing) -> bytes | None:
    """The capture the PROCEED was given for, else the last.  Never of a citizen (RET-1), whatever the table holds."""
    if crossing.citizen:
        return None
    both = captures.join(
        decisions, (captures.c.encounter == decisions.c.encounter) & (captures.c.attempt == decisions.c.attempt)
    )
    taken = select(captures).select_from(both).where(captures.c.encounter == crossing.encounter)
    taken = taken.order_by((decisions.c.directive == "proceed").desc(), captures.c.attempt.desc()).limit(1)
    row = db.execute(taken).one_or_none()
    if row is None:
        return None
    try:
        return keys.box(of_gallery(row.journey)).open(row.sealed, f"{row.encounter}/{row.attempt}")
    except KeyGone:  # the gallery was purged (RET-2): the crossing is told without its image
        return None
