"""Keys of days: what was sealed and is told, or never completed, opens from no copy once its day is over."""

import asyncio

import pytest
from sqlalchemy import select

from backend.amending import Correction, correct
from backend.biographic import Biographic
from backend.caller import Caller
from backend.daily import Daily, day
from backend.errors import KeyGone
from backend.keys import MANIFESTS, RECORDS
from backend.retention import days
from backend.retention import engine as retention
from backend.retention.due import DAY_MS, Terms
from backend.store import messages, outbox
from backend.store.engine import Store
from backend.store.messages import Sent
from backend.store.schema import audit_log
from backend.store.schema import messages as rows
from calibration.service.border import NOW, Border

TERMS = Terms(14 * DAY_MS, DAY_MS)
LATEST = NOW + 15 * DAY_MS
CLERK = Caller("r.keller", "records", ports=frozenset({"ZRH"}), purpose="redress")


def crossed(border: Border) -> str:
    journey, (anna,) = border.journey(1)
    return border.cross(journey, anna)


def copied(border: Border, crossing: str) -> bytes:
    """What a backup made now would hold of it."""
    return border.held(crossing).sealed or b""


def name(border: Border, sealed: bytes, crossing: str) -> str:
    return Biographic.unpack(Daily(border.keys, RECORDS).open(sealed, crossing)).surname


def tell(border: Border) -> None:
    """Every system says it holds everything."""
    for system in outbox.SYSTEMS:
        for due in border.ask(outbox.claim, system, border.now_utc_ms, border.now_utc_ms + 1, 100):
            assert border.ask(outbox.sent, due, border.now_utc_ms)


def test_pr03_a_copy_of_a_crossing_that_was_told_opens_nothing_after_its_day_is_over(border: Border) -> None:
    crossing = crossed(border)
    copy = copied(border, crossing)
    tell(border)
    assert border.ask(days.end, border.keys, NOW + 14 * DAY_MS) == 0
    assert name(border, copy, crossing) == "SPECIMEN"
    assert border.ask(days.end, border.keys, LATEST) == 1
    with pytest.raises(KeyGone):
        name(border, copy, crossing)
    said = select(audit_log.c.subject).where(audit_log.c.action == "day.purged")
    assert border.ask(lambda db: list(db.execute(said).scalars())) == [f"records/{day(NOW)}"]
    assert border.ask(days.end, border.keys, LATEST) == 0


def test_pr03_a_record_that_waits_keeps_its_days_key_and_no_other(border: Border) -> None:
    told = crossed(border)
    tell(border)
    border.now_utc_ms += DAY_MS
    waits = crossed(border)
    copy = copied(border, waits)
    assert border.ask(days.end, border.keys, LATEST + DAY_MS) == 1
    assert border.keys.days(RECORDS) == [day(NOW + DAY_MS)]
    assert border.held(told).sealed is None
    assert name(border, copy, waits) == "SPECIMEN"
    tell(border)
    assert border.ask(days.end, border.keys, LATEST + DAY_MS) == 1
    with pytest.raises(KeyGone):
        name(border, copy, waits)


def test_what_no_system_was_configured_for_waits_until_one_is_and_what_was_voided_does_not(border: Border) -> None:
    border.systems = ()
    crossing = crossed(border)
    assert border.ask(days.end, border.keys, LATEST) == 0
    border.ask(correct, border.how, CLERK, Correction(crossing, "it did not happen", "", None))
    assert border.ask(days.end, border.keys, LATEST) == 1


def test_pr03_a_copy_of_what_was_said_of_a_part_opens_nothing_two_days_later(border: Border) -> None:
    part, store = Sent("0" * 64, "carrier", "", NOW), Store(border.engine)
    border.ask(messages.answer, border.keys, part, b"SPECIMEN has no sex")
    assert border.ask(messages.answered, border.keys, "carrier", part.sha256) == b"SPECIMEN has no sex"
    copy = border.ask(lambda db: db.execute(select(rows.c.sealed)).scalar_one())

    def purge(now_utc_ms: int) -> None:
        assert asyncio.run(retention.once(store, border.keys, lambda: now_utc_ms, TERMS)) == 0

    purge(NOW + DAY_MS)
    assert Daily(border.keys, MANIFESTS).open(copy, part.sha256) == b"SPECIMEN has no sex"
    purge(NOW + 2 * DAY_MS)
    with pytest.raises(KeyGone):
        Daily(border.keys, MANIFESTS).open(copy, part.sha256)
