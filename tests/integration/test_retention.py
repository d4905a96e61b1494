"""What must go goes, keys first, and nothing that must stay."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from backend.errors import KeyGone
from backend.keys import KeyRing, of_citizens, of_gallery
from backend.retention import engine as retention
from backend.retention import purge
from backend.retention.due import DAY_MS, HOUR_MS, Terms
from backend.store import templates, travelers
from backend.store.engine import Store, open_store
from backend.store.schema import audit_log, holds, journeys, proposals, traveler_documents
from backend.store.schema import templates as kept
from backend.store.schema import travelers as everyone
from calibration.service.journeys import announce, people, vectors
from calibration.service.retention import lived
from calibration.service.stores import Scratch
from vision.embed import template_version

TERMS = Terms(14 * DAY_MS, 24 * HOUR_MS)
NOW, DEPARTS = 100 * DAY_MS, 101 * DAY_MS


@pytest.fixture
def flown(engine: Engine, keys: KeyRing) -> Engine:
    """XX1 with six people, two of them citizens."""
    with engine.begin() as db:
        announce(db, keys, "XX1", people("XX1", 6, 2), vectors(np.random.default_rng(1), 6), NOW, DEPARTS)
    return engine


def purged(engine: Engine, keys: KeyRing, now_ms: int) -> None:
    async def once() -> None:
        store = Store(engine)
        assert await retention.once(store, keys, lambda: now_ms, TERMS) == 0
        store.close()

    asyncio.run(once())


def held(engine: Engine) -> int:
    with engine.connect() as db:
        return len(db.execute(select(kept)).all())


def test_ret1_citizens_templates_go_twelve_hours_after_departure_and_the_others_stay(
    flown: Engine, keys: KeyRing
) -> None:
    purged(flown, keys, DEPARTS + 12 * HOUR_MS - 1)
    assert held(flown) == 6
    purged(flown, keys, DEPARTS + 12 * HOUR_MS)
    with flown.connect() as db:
        assert len(templates.samples(db, keys, "XX1", template_version())) == 4
    assert not keys.has(of_citizens("XX1"))
    assert keys.has(of_gallery("XX1"))


def test_ret1_citizens_templates_go_with_the_doors(flown: Engine, keys: KeyRing) -> None:
    with flown.begin() as db:
        db.execute(journeys.update().values(closed_utc_ms=DEPARTS - HOUR_MS))
    purged(flown, keys, DEPARTS - HOUR_MS)
    assert held(flown) == 4


def test_ret2_after_fourteen_days_nobody_can_be_named_or_found(flown: Engine, keys: KeyRing) -> None:
    end = NOW + 14 * DAY_MS
    purged(flown, keys, end - 1)
    with flown.connect() as db:
        assert len(travelers.of_journey(db, keys, "XX1")) == 6
    purged(flown, keys, end)
    with flown.connect() as db, pytest.raises(KeyGone):
        travelers.of_journey(db, keys, "XX1")
    with flown.connect() as db:
        assert db.execute(select(traveler_documents)).all() == []
    assert held(flown) == 0


def test_pr03_the_receipt_says_what_went_and_stands_in_the_log(flown: Engine, keys: KeyRing) -> None:
    purged(flown, keys, NOW + 14 * DAY_MS)
    with flown.connect() as db:
        receipts = db.execute(select(audit_log).where(audit_log.c.action == "gallery.purged")).all()
    assert len(receipts) == 1
    assert '"travelers": 6' in receipts[0].result
    assert "SPECIMEN" not in receipts[0].result


def test_a_journey_on_hold_stays_until_the_hold_ends(flown: Engine, keys: KeyRing) -> None:
    with flown.begin() as db:
        db.execute(
            proposals.insert(),
            {
                "proposal": "p", "kind": "hold", "sealed": b"", "reason": "case 7", "proposed_by": "a",
                "proposed_utc_ms": NOW, "settled": "approved", "settled_by": "b", "made": "h",
            },
        )  # fmt: skip
        db.execute(holds.insert(), {"hold": "h", "journey": "XX1", "proposal": "p"})
    purged(flown, keys, NOW + 20 * DAY_MS)
    assert held(flown) == 6
    with flown.begin() as db:
        db.execute(holds.update().values(ended_utc_ms=NOW + 20 * DAY_MS))
    purged(flown, keys, NOW + 20 * DAY_MS)
    assert held(flown) == 0


def test_a_purge_that_stopped_after_the_keys_went_is_finished_by_the_next(flown: Engine, keys: KeyRing) -> None:
    for name in (of_gallery("XX1"), of_citizens("XX1")):
        keys.destroy(name)
    purged(flown, keys, NOW + 14 * DAY_MS)
    assert held(flown) == 0
    with flown.connect() as db:
        assert purge.galleries_due(db, TERMS, NOW + 15 * DAY_MS) == []


def test_ret1_a_key_of_citizens_that_is_there_again_is_not_taken_for_purged(flown: Engine, keys: KeyRing) -> None:
    over = DEPARTS + 12 * HOUR_MS
    purged(flown, keys, over)
    with flown.connect() as db:
        assert purge.citizens_due(db, keys, over) == []
        keys.make(of_citizens("XX1"))
        assert purge.citizens_due(db, keys, over) == ["XX1"]
    purged(flown, keys, over)
    assert not keys.has(of_citizens("XX1"))


def test_pr02_nothing_is_older_than_it_may_be_although_a_fifth_of_the_work_fails(tmp_path: Path) -> None:
    engine = open_store(tmp_path)
    seen = asyncio.run(lived(Scratch("sqlcipher", tmp_path, "", engine, KeyRing(tmp_path / "keys")), 16))
    engine.dispose()
    assert (seen.late, seen.read) == (0, 0)
    assert seen.purged > 0
    assert seen.readable_before == len(seen.copies) > 0


def test_a_template_that_cannot_be_opened_costs_itself_and_not_the_gallery(flown: Engine, keys: KeyRing) -> None:
    with flown.begin() as db:
        (first, second, *_) = db.execute(select(everyone.c.traveler).order_by("traveler")).scalars().all()
        db.execute(kept.update().where(kept.c.traveler == first).values(sealed=b"tampered with, and long enough"))
        turned = everyone.update().where(everyone.c.traveler == second)
        db.execute(turned.values(citizen=~everyone.c.citizen))
        with capture_logs() as logs:
            found = {traveler for traveler, _ in templates.samples(db, keys, "XX1", template_version())}
    assert len(found) == 4 and not found & {first, second}
    assert {line["traveler"] for line in logs} == {first, second}
