"""Answers for carriers: made of what is kept about a journey, kept until the carrier has them."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from backend.keys import KeyRing
from backend.manifests.cusres import Answer, Code, Envelope, Kind, Trip, Verdict, interchange
from backend.manifests.places import local
from backend.store import answers, journeys, travelers
from backend.store.answers import Kept
from backend.store.journeys import Journey
from backend.store.travelers import Traveler


def tell_carrier(db: Connection, keys: KeyRing, journey: str, traveler: str, code: Code, now_utc_ms: int) -> bool:
    """Tell the carrier, unasked, what to do with a traveller; False if nobody is expected under that id.

    A name of the traveller is not needed: the carrier knows its own references.  Raises KeyGone once purged.
    """
    run, one = journeys.find(db, journey), travelers.one(db, keys, journey, traveler)
    if run is None or one is None:
        return False
    answer = Answer(Kind.UNSOLICITED, "", trip(run), (verdict(one, code),))
    keep(db, keys, run, answer, now_utc_ms)
    return True


def keep(db: Connection, keys: KeyRing, run: Journey, answer: Answer, now_utc_ms: int) -> bytes:
    """Have the answer delivered; its interchange."""
    name = str(uuid.uuid4())
    answer = answer if answer.reference else Answer(answer.kind, name[:14], answer.trip, answer.verdicts)
    made = together(run.carrier, name, (answer,), now_utc_ms)
    answers.keep(db, keys, Kept(name, run.carrier, run.journey, made, now_utc_ms))
    return made


def together(carrier: str, name: str, told: Sequence[Answer], now_utc_ms: int) -> bytes:
    """One interchange of several answers.  name: an id, whose beginning becomes the control reference."""
    made = datetime.fromtimestamp(now_utc_ms / 1000, UTC)
    return interchange(Envelope(carrier, name.replace("-", "")[:14], made), told)


def trip(run: Journey) -> Trip:
    return Trip(
        run.journey.partition("/")[0],
        run.departure_port,
        run.arrival_port,
        local(run.departure_port, run.departs_utc_ms),
        local(run.arrival_port, run.arrives_utc_ms),
    )


def verdict(one: Traveler, code: Code) -> Verdict:
    return Verdict(one.biographic.locator, one.biographic.reference, code)


def code_of(one: Traveler, stopped: frozenset[str]) -> Code:
    """What a manifest is answered for a person.  The hotlist has no part in it: a person of it is cleared like anybody,
    until an officer who looked has stopped him (HUM-1), so an answer tells nothing of lists."""
    if one.traveler in stopped:
        return Code.DO_NOT_BOARD
    return Code.CLEARED if one.biographic.document_number else Code.INSUFFICIENT
