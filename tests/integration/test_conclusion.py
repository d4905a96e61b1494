"""What is decided, written and kept once a probe has been searched for, on both stores."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import IntegrityError

from backend import auditing
from backend.access import TOUCHPOINT
from backend.captures import keep
from backend.conclusion import conclude
from backend.errors import NotAllowed, Repeated
from backend.keys import KeyRing, of_gallery
from backend.question import CROSS, IDENTIFY
from backend.rules.directive import Concern
from backend.store import allowances, schema
from backend.store.allowances import Allowance
from backend.store.decisions import Decision
from backend.store.schema import audit_log, captures, decisions, travelers
from calibration.service.border import intercept
from calibration.service.deciding import NOW, asked, case, claiming, of, staged
from calibration.service.journeys import people
from calibration.service.rig import stand_against
from tests.make import unit

JOURNEY, IMAGE = "XX1/20270115/ZRH", b"\xff\xd8\xff a live image"


def allow(db: Connection, traveler: str) -> str:
    given = Allowance(
        str(uuid.uuid4()), JOURNEY, traveler, "officer", "looked at the passport", None, NOW, NOW + 60_000
    )
    allowances.give(db, given)
    return given.allowance


Statements = list[tuple[str, int]]


def stored(value: object) -> int:
    """Bytes of a value in a row; a number is one whatever its digits."""
    return len(value) if isinstance(value, str | bytes) else 8


@contextmanager
def watched(engine: Engine) -> Iterator[Statements]:
    """Each statement that runs, and how many bytes its values take up."""
    seen: Statements = []

    def note(_c: object, _cursor: DBAPICursor, statement: str, values: object, *_: object) -> None:
        assert isinstance(values, tuple | dict)
        seen.append((statement, sum(map(stored, values.values() if isinstance(values, dict) else values))))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_air22_a_hit_and_a_no_match_run_the_same_statements_on_rows_of_the_same_size(
    engine: Engine, keys: KeyRing
) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        stand_against(db, keys, who[0], NOW)
    ran: dict[str, list[Statements]] = {"hit": [], "nobody": []}
    answers: dict[str, list[Decision]] = {"hit": [], "nobody": []}
    for what, probe in (("hit", of(searched, who[0])), ("nobody", unit(999))):
        encounter = str(uuid.uuid4())
        for attempt in (1, 2, 3):
            with watched(engine) as seen, engine.begin() as db:
                answers[what].append(conclude(db, keys, case(asked(JOURNEY, attempt, encounter), searched, probe)))
            ran[what].append(seen)
    for hit, nobody in zip(ran["hit"], ran["nobody"], strict=True):
        assert [statement for statement, _ in hit] == [statement for statement, _ in nobody]
        lengths = [(a, b) for (_, a), (_, b) in zip(hit, nobody, strict=True)]
        letters = len(Concern.NO_MATCH) - len(Concern.HOTLIST)
        assert {b - a for a, b in lengths} <= {0, letters}, "the concern in clear, in an encrypted page"
    told = [(a.directive, a.cue, a.attempts_left) for a in answers["hit"]]
    assert told == [(a.directive, a.cue, a.attempts_left) for a in answers["nobody"]]
    assert [a.directive for a in answers["hit"]] == ["recapture", "recapture", "wait"]
    assert {a.concern for a in answers["hit"]} == {Concern.HOTLIST}
    assert {a.concern for a in answers["nobody"]} == {Concern.NO_MATCH}
    assert [a.officer for a in answers["hit"]] == [True, False, False], "at once, and once"
    assert [a.officer for a in answers["nobody"]] == [False, False, True]


def test_air22_who_is_on_the_hotlist_proceeds_only_by_an_allowance_and_once(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        stand_against(db, keys, who[0], NOW)
        allowance = allow(db, who[0].traveler)
        first = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        second = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
    assert (first.directive, first.allowance) == ("proceed", allowance)
    assert (second.directive, second.allowance, second.concern) == ("recapture", None, Concern.HOTLIST)


def test_sr02_a_hundred_of_one_key_are_one_decision_and_another_payload_is_an_error(
    engine: Engine, keys: KeyRing
) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
    question = asked(JOURNEY)
    held: list[Decision] = []

    def ask() -> None:
        for _ in range(25):
            with engine.begin() as db:
                held.append(conclude(db, keys, case(question, searched, of(searched, who[1]))))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 100
    assert len({one.decision for one in held}) == 1
    with pytest.raises(Repeated), engine.begin() as db:
        conclude(db, keys, case(replace(question, request_sha256="other"), searched, of(searched, who[1])))
    with pytest.raises(Repeated), engine.begin() as db:
        conclude(db, keys, case(replace(question, request_sha256="identify"), searched, unit(999)))
    with engine.connect() as db:
        assert len(db.execute(select(decisions)).all()) == 1


def test_ret1_only_a_recorded_non_citizen_who_proceeds_leaves_a_live_image(engine: Engine, keys: KeyRing) -> None:
    who = people("XX1", 4, citizens=1)
    who[1] = replace(who[1], recorded=False)  # compared, but not in the scope of records
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY, who)
        for one in who[:3]:
            conclude(db, keys, case(asked(JOURNEY), searched, of(searched, one), IMAGE))
        conclude(db, keys, case(asked(JOURNEY), searched, unit(999), IMAGE))
        conclude(db, keys, case(asked(JOURNEY, purpose=IDENTIFY), searched, of(searched, who[3]), IMAGE))
        rows = db.execute(select(captures, decisions.c.traveler).join(decisions)).all()
    assert [row.traveler for row in rows] == [who[2].traveler]
    about = f"{rows[0].encounter}/{rows[0].attempt}"
    assert keys.box(of_gallery(JOURNEY)).open(rows[0].sealed, about) == IMAGE
    assert IMAGE not in rows[0].sealed


def test_a_capture_belongs_to_its_decision(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        made = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
    elsewhere = replace(made, encounter=str(uuid.uuid4()))
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), engine.begin() as db:
        keep(db, keys, elsewhere, IMAGE)


def test_air1_a_touchpoint_is_told_who_it_is_without_a_crossing_and_the_search_is_logged(
    engine: Engine, keys: KeyRing
) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        stand_against(db, keys, who[1], NOW)
        allowance = allow(db, who[0].traveler)
        elsewhere = replace(asked(JOURNEY, purpose=IDENTIFY), gate="CHECK-IN", role=TOUCHPOINT)
        found = conclude(db, keys, case(elsewhere, searched, of(searched, who[0])))
        hit = conclude(db, keys, case(asked(JOURNEY, purpose=IDENTIFY), searched, of(searched, who[1])))
        nobody = conclude(db, keys, case(asked(JOURNEY, 3, purpose=IDENTIFY), searched, unit(999)))
        assert allowances.usable(db, JOURNEY, who[0].traveler, NOW) == allowance, "not spent"
        named = audit_log.c.action == "traveler.identified"
        log = db.execute(select(audit_log).where(named).order_by(audit_log.c.number)).all()
    assert (found.directive, found.traveler, found.purpose) == ("proceed", who[0].traveler, IDENTIFY)
    assert (hit.directive, hit.traveler, hit.officer) == ("recapture", None, True)
    assert (nobody.directive, nobody.officer) == ("wait", False), "documents, at the counter"
    assert [(row.action, row.subject, row.result) for row in log[-3:]] == [
        ("traveler.identified", who[0].traveler, "proceed"),
        ("traveler.identified", "", "recapture"),
        ("traveler.identified", "", "wait"),
    ]


def test_air22_who_is_intercepted_does_not_pass_until_an_officer_allows_it_later(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        intercept(db, JOURNEY, who[0].traveler, NOW - 1)
        held = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        other = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[1])))
        allow(db, who[0].traveler)
        freed = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        intercept(db, JOURNEY, who[0].traveler, NOW)
        again = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
    assert (held.directive, held.concern, held.officer) == ("recapture", Concern.INTERCEPTED, True)
    assert [other.directive, freed.directive] == ["proceed", "proceed"]
    assert (again.directive, again.concern) == ("recapture", Concern.INTERCEPTED)


@pytest.mark.parametrize("purpose", [CROSS, IDENTIFY])
def test_a_device_asks_about_journeys_of_its_own_port(engine: Engine, keys: KeyRing, purpose: str) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
    far = replace(asked(JOURNEY, purpose=purpose), port="HKG")
    with pytest.raises(NotAllowed, match="stands at HKG"), engine.begin() as db:
        conclude(db, keys, case(far, searched, of(searched, who[0])))


@pytest.mark.parametrize(
    ("change", "concern"),
    [
        ({"accommodation": "opt_out"}, Concern.ACCOMMODATION),
        ({"accommodation": "documents"}, Concern.ACCOMMODATION),
        ({"photographed": False}, Concern.OUT_OF_SCOPE),
        ({"removed": True}, Concern.REMOVED),
    ],
)
def test_acc_dig2_scope_who_goes_by_documents_waits_for_the_agent_and_no_officer_comes(
    engine: Engine, keys: KeyRing, change: dict[str, object], concern: Concern
) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        db.execute(travelers.update().where(travelers.c.traveler == who[0].traveler).values(change))
        found = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        claimed = conclude(db, keys, case(claiming(asked(JOURNEY), who[0]), searched, of(searched, who[0])))
    for one in (found, claimed):
        assert (one.directive, one.concern, one.officer, one.traveler) == ("wait", concern, False, None)


EDITS = ({"score": 0.99}, {"subject": None}, {"concern": "no_match"}, {"accept": 0.1}, {"capture": b"other"})


def test_se06_a_decision_edited_or_deleted_later_is_found_by_the_log(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        stand_against(db, keys, who[1], NOW)
        made = [conclude(db, keys, case(asked(JOURNEY), searched, of(searched, one))) for one in who[:3]]
        conclude(db, keys, case(asked(JOURNEY, purpose=IDENTIFY), searched, unit(999)))
    with engine.begin() as db:
        assert auditing.verify(db, []) == []
    hit = decisions.c.decision == made[1].decision
    for change in (*(decisions.update().where(hit).values(edit) for edit in EDITS), decisions.delete().where(hit)):
        with engine.connect() as db:
            db.execute(change)
            assert [found.what for found in auditing.verify(db, [])] == [
                f"the decision {made[1].decision} is not what it was"
            ]
            db.rollback()


def test_scope_who_arrives_is_seen_though_doors_closed_abroad(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        inbound = {"direction": "in", "departure_port": "HKG", "arrival_port": "ZRH", "closed_utc_ms": NOW - 1}
        db.execute(schema.journeys.update().values(inbound))
        seen = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        db.execute(schema.journeys.update().values(cancelled=True))
        cancelled = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[1])))
    assert (seen.directive, cancelled.concern) == ("proceed", Concern.CLOSED)


@pytest.mark.parametrize("column", ["closed_utc_ms", "cancelled"])
def test_nobody_boards_after_the_doors_closed_or_the_flight_was_cancelled(
    engine: Engine, keys: KeyRing, column: str
) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        db.execute(schema.journeys.update().values({column: True if column == "cancelled" else NOW}))
        held = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
    assert (held.directive, held.concern, held.officer) == ("wait", Concern.CLOSED, False)


def test_scope_a_decision_names_the_policy_set_of_its_journey(engine: Engine, keys: KeyRing) -> None:
    with engine.begin() as db:
        who, searched = staged(db, keys, JOURNEY)
        db.execute(schema.journeys.update().values(policy="2017"))
        searched_for = conclude(db, keys, case(asked(JOURNEY), searched, of(searched, who[0])))
        claimed = conclude(db, keys, case(claiming(asked(JOURNEY), who[0]), searched, of(searched, who[0])))
    assert (searched_for.policy, claimed.policy) == ("2017", "2017, claim 1:1")
