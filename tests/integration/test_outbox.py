"""Systems of record are told: at least once over real HTTP, with one effect each, whatever fails in between."""

from pathlib import Path

from sqlalchemy import Engine, select

from backend.amending import Correction, correct
from backend.caller import Caller
from backend.keys import of_gallery
from backend.sending import catch_up
from backend.store import outbox, reconciliations
from backend.store.outbox import SYSTEMS
from backend.store.schema import audit_log
from calibration.service.border import boarded, live_image
from calibration.service.sinks import Sinks
from tests.integration.telling import Telling

CLERK = Caller("r.keller", "records", ports=frozenset({"ZRH"}), purpose="redress")


def test_air2_each_system_does_it_once_and_then_we_keep_no_copy(telling: Telling) -> None:
    crossing = telling.crossed(live_image())
    assert telling.border.held(crossing).sealed is not None
    assert telling.told(("tecs", "adis")) == [1, 1]
    assert telling.border.held(crossing).sealed is not None, "the repository does not hold it yet"
    assert telling.captures() == 1
    assert telling.told() == [1, 0, 0]
    assert [telling.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]
    assert telling.waiting() == []
    assert telling.border.held(crossing).sealed is None
    assert telling.captures() == 0
    log = audit_log.c
    told = select(log.place).where(log.subject == crossing, log.action == "crossing.told")
    assert set(telling.border.ask(lambda db: list(db.execute(told).scalars()))) == set(SYSTEMS)


def test_ret1_the_repository_is_never_told_of_a_citizen_and_the_others_get_no_image(telling: Telling) -> None:
    crossing, image = telling.crossed(live_image(), citizens=1), live_image()
    assert telling.told() == [0, 1, 1]
    assert telling.captures() == 0
    stranger = telling.crossed(image)
    telling.told()
    lines = {s: (telling.sinks.folder / f"{s}.jsonl").read_text().splitlines() for s in SYSTEMS}
    assert not any(crossing in line for line in lines["ident"])
    (told,) = (line for line in lines["ident"] if stranger in line)
    assert f'"image_bytes": {len(image)}' in told
    assert all('"image_bytes": 0' in line for system in ("tecs", "adis") for line in lines[system])


def test_ret2_a_record_whose_image_was_purged_is_told_without_it(telling: Telling) -> None:
    crossing = telling.crossed(live_image())
    telling.border.keys.destroy(of_gallery(telling.border.held(crossing).journey))
    telling.told()
    assert telling.sinks.effects("ident")[crossing] == 1


def test_the_xml_form_is_taken_as_the_traditional_is(engine: Engine, tmp_path: Path, sinks: Sinks) -> None:
    telling = Telling(engine, tmp_path, sinks, ident_form="xml")
    crossing = telling.crossed(live_image())
    telling.told()
    assert [telling.sinks.effects(system)[crossing] for system in SYSTEMS] == [1, 1, 1]


def test_sr05_what_a_replica_has_claimed_no_other_sends_until_the_claim_is_over(telling: Telling) -> None:
    crossing, now = telling.crossed(), telling.border.now_utc_ms
    assert len(telling.border.ask(outbox.claim, "tecs", now, now + 30_000, 10)) == 1
    assert telling.told(("tecs",)) == [0]
    telling.border.now_utc_ms += 30_000
    assert telling.told(("tecs",)) == [1]
    assert telling.sinks.effects("tecs")[crossing] == 1


def test_red1_systems_hear_of_an_amendment_after_the_crossing_and_of_both_once(telling: Telling) -> None:
    journey, (anna, ben, _) = telling.border.journey()
    wrong = telling.border.cross(journey, anna, image=live_image())
    wanted = Correction(wrong, "the photograph shows another person", "RED1234", ben)
    made = telling.border.ask(correct, telling.border.how, CLERK, wanted)
    (right,) = {row.crossing for row in telling.waiting()} - {wrong}
    assert telling.told() == [2, 2, 2], "the wrong crossing and the right one"
    assert telling.captures() == 1, "the amendment is still to be told"
    assert telling.told() == [1, 1, 1]
    assert telling.captures() == 0
    for system in SYSTEMS:
        text = (telling.sinks.folder / f"{system}.jsonl").read_text()
        assert text.index(wrong) < text.index(made)
        assert [telling.sinks.effects(system)[key] for key in (wrong, right, made)] == [1, 1, 1]
        assert f'"key": "{made}", "event": "reattributed", "crossing": "{wrong}"' in text


def test_a_verdict_that_differs_is_for_a_person_to_look_at_and_others_are_not(telling: Telling) -> None:
    told = {}
    for behaviour in ("well", "unknown", "disagree"):
        telling.sinks.behave("ident", behaviour)
        told[behaviour] = telling.crossed(live_image())
        telling.told()
    disputed = told["disagree"]
    assert [one.crossing for one in telling.border.ask(reconciliations.still_open)] == [disputed]
    assert telling.border.held(disputed).voided_utc_ms is None, "nothing happens to it by itself"


def test_what_was_recorded_before_any_system_was_configured_is_told_once_one_is(telling: Telling) -> None:
    telling.border.systems = ()
    by_face, citizens = telling.crossed(), telling.crossed(citizens=1)
    voided = telling.crossed()
    telling.border.ask(correct, telling.border.how, CLERK, Correction(voided, "it did not happen", "", None))
    assert telling.told() == [0, 0, 0]
    for _ in range(2):
        telling.border.ask(catch_up, ("ident", "tecs"), telling.border.now_utc_ms)
    assert telling.told() == [1, 2, 0]
    assert [telling.sinks.effects("tecs")[one] for one in (by_face, citizens, voided)] == [1, 1, 0]
    assert telling.border.ask(outbox.untold) == []


def test_air21_an_agents_boarding_is_told_to_those_who_hold_papers(telling: Telling) -> None:
    journey, (anna, *_) = telling.border.journey()
    telling.border.tell(boarded(journey, anna, telling.border.now_utc_ms))
    assert telling.told() == [0, 1, 1]
