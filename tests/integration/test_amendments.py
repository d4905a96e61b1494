"""A record that is wrong is amended by a named person with a reason; the one wronged can cross afterwards (RED-1)."""

import pytest
from sqlalchemy import select

from backend import viewing
from backend.acting import Acting
from backend.amending import Correction, correct, reconcile
from backend.caller import Caller
from backend.crossing import Status
from backend.errors import KeyGone, NotAllowed, Refused
from backend.keys import of_gallery
from backend.store import crossings, decisions, outbox, reconciliations
from backend.store.schema import audit_log
from calibration.service.border import DAY_MS, NOW, Border, boarded, passed

CLERK = Caller("r.keller", "records", ports=frozenset({"ZRH"}), purpose="redress")


def amend(border: Border, crossing: str, traveler: str | None = None, who: Caller = CLERK) -> str:
    wanted = Correction(crossing, "the photograph shows another person", "RED1234567", traveler)
    return str(border.ask(correct, border.how, who, wanted))


def noted(border: Border, subject: str) -> list[tuple[str, str, str, str]]:
    """(who, action, purpose, result) of the log's entries about an id."""
    log = audit_log.c
    with border.engine.begin() as db:
        rows = db.execute(select(log.who, log.action, log.purpose, log.result).where(log.subject == subject))
        return [tuple(row) for row in rows.all()]


def test_red1_a_voided_crossing_stays_with_who_voided_it_and_why(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    crossing = border.cross(journey, anna)
    border.now_utc_ms += DAY_MS
    made = border.ask(crossings.amendment, amend(border, crossing))
    assert made is not None
    assert (made.crossing, made.what, made.amended_by, made.redress) == (crossing, "voided", "r.keller", "RED1234567")
    held = border.held(crossing)
    assert (held.voided_utc_ms, held.crossed_utc_ms) == (NOW + DAY_MS, NOW)
    assert noted(border, crossing)[-1] == (
        "r.keller",
        "crossing.amended",
        "redress",
        "voided; at the traveller's redress request",
    )


def test_red1_every_system_that_was_told_is_told_of_the_amendment_after_the_crossing(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    crossing = border.cross(journey, anna)
    made = amend(border, crossing)
    waiting = [(row.system, row.amendment) for row in border.ask(outbox.waiting)]
    assert waiting == [(s, "") for s in outbox.SYSTEMS] + [(s, made) for s in outbox.SYSTEMS]
    for system in outbox.SYSTEMS:
        (due,) = border.ask(outbox.claim, system, NOW, NOW + 1, 10)
        assert due.amendment == "", "what it amends comes first"
        border.ask(outbox.sent, due, NOW)
        (due,) = border.ask(outbox.claim, system, NOW, NOW + 1, 10)
        assert due.amendment == made
    border.tell(boarded(journey, ben, NOW))
    (by_papers,) = (one.crossing for one in border.ask(crossings.of_journey, journey) if one.traveler == ben)
    only = {row.system for row in border.ask(outbox.waiting) if row.amendment and row.crossing == by_papers}
    assert only == set()
    amend(border, by_papers)
    only = {row.system for row in border.ask(outbox.waiting) if row.amendment and row.crossing == by_papers}
    assert only == {"tecs", "adis"}, "the repository was never told of it"


def test_red1_the_victim_of_a_false_match_crosses_once_the_record_is_another_travellers(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    wrong = border.cross(journey, anna)  # it was Ben, taken for Anna
    assert border.tell(passed(border.proceed(journey, anna), NOW)) is Status.DUPLICATE
    amend(border, wrong, ben)
    assert not border.ask(decisions.crossed, journey, anna)
    right = border.held(border.ask(crossings.standing, border.held(wrong).encounter) or "")
    assert (right.traveler, right.kind, right.crossed_utc_ms, right.gate) == (ben, "biometric", NOW, "G1")
    assert right.person != border.held(wrong).person
    assert {row.system for row in border.ask(outbox.waiting) if row.crossing == right.crossing} == set(outbox.SYSTEMS)
    assert border.tell(passed(border.proceed(journey, anna), NOW)) is Status.RECORDED
    assert border.tell(passed(border.proceed(journey, ben), NOW)) is Status.DUPLICATE
    assert len([c for c in border.ask(crossings.of_journey, journey) if c.voided_utc_ms is None]) == 2


def test_red1_a_record_may_be_amended_again_and_again_but_only_the_one_that_stands(border: Border) -> None:
    journey, (anna, ben, carla) = border.journey()
    first = border.cross(journey, anna)
    encounter = border.held(first).encounter
    for traveler in (ben, carla, anna):
        amend(border, border.ask(crossings.standing, encounter) or "", traveler)
    with pytest.raises(Refused, match="was voided before"):
        amend(border, first)
    assert [c.voided_utc_ms is None for c in border.ask(crossings.of_journey, journey)].count(True) == 1
    assert border.held(border.ask(crossings.standing, encounter) or "").traveler == anna


def test_red1_a_crossing_is_not_given_to_somebody_who_crossed_or_is_not_expected(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    _, (stranger, *_) = border.journey()
    crossing, _ = border.cross(journey, anna), border.cross(journey, ben)
    with pytest.raises(Refused, match="has crossed on this journey already"):
        amend(border, crossing, ben)
    for nobody in (stranger, anna):
        with pytest.raises(Refused, match="name another one who is expected"):
            amend(border, crossing, nobody)
    assert border.held(crossing).voided_utc_ms is None, "nothing was half written"
    assert len(border.ask(outbox.waiting)) == 6
    with pytest.raises(Refused, match="is unknown"):
        amend(border, "6f4dd3f1-45a5-4b14-9a4c-0b4d2b6a1c11")


def test_red1_nobody_amends_another_ports_record_or_without_a_reason(border: Border) -> None:
    journey, (anna, *_) = border.journey()
    crossing = border.cross(journey, anna)
    with pytest.raises(NotAllowed, match="has no post at port ZRH"):
        amend(border, crossing, who=Caller("r.dubois", "records", ports=frozenset({"GVA"}), purpose="redress"))
    with pytest.raises(Refused, match="an amendment says why"):
        border.ask(correct, border.how, CLERK, Correction(crossing, "   ", "", None))
    assert border.held(crossing).voided_utc_ms is None


def test_red1_a_purged_journeys_record_can_be_voided_but_not_given_to_another(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    crossing = border.cross(journey, anna)
    border.keys.destroy(of_gallery(journey))
    with pytest.raises(KeyGone):
        amend(border, crossing, ben)
    amend(border, crossing)
    assert border.held(crossing).voided_utc_ms is not None


@pytest.mark.parametrize("stands", [True, False], ids=["ours stands", "voided"])
def test_red1_a_records_officer_settles_what_the_repository_disputes_once(border: Border, stands: bool) -> None:
    journey, (anna, *_) = border.journey()
    crossing = border.cross(journey, anna)
    border.ask(reconciliations.open_one, crossing, "differs", NOW)
    assert [one.crossing for one in border.ask(viewing.disagreements, Acting(CLERK, border.keys, NOW))] == [crossing]
    elsewhere = Caller("r.dubois", "records", ports=frozenset({"GVA"}), purpose="case")
    assert border.ask(viewing.disagreements, Acting(elsewhere, border.keys, NOW)) == []
    with pytest.raises(NotAllowed):
        border.ask(reconcile, border.how, elsewhere, crossing, stands, "compared by hand")
    border.ask(reconcile, border.how, CLERK, crossing, stands, "compared by hand")
    assert (border.held(crossing).voided_utc_ms is None) == stands
    assert sum(bool(row.amendment) for row in border.ask(outbox.waiting)) == (0 if stands else 3)
    assert ("r.keller", "reconciliation.settled", "redress", "stands" if stands else "voided") in noted(
        border, crossing
    )
    with pytest.raises(Refused, match="no disagreement about it is open"):
        border.ask(reconcile, border.how, CLERK, crossing, not stands, "changed my mind")


def test_acc1_every_crossing_shown_is_in_the_log_with_who_and_why(border: Border) -> None:
    journey, (anna, ben, _) = border.journey()
    mine = {border.cross(journey, anna), border.cross(journey, ben)}
    officer = Caller("o.meyer", "officer", ports=frozenset({"ZRH"}), purpose="inspection")
    seen = border.ask(viewing.crossings_of, Acting(officer, border.keys, NOW), journey)
    assert {one.crossing.crossing for one in seen} == mine
    assert {one.name for one in seen} == {"SPECIMEN P0", "SPECIMEN P1"}
    assert {one.queued_for for one in seen} == {outbox.SYSTEMS}
    for crossing in mine:
        assert ("o.meyer", "crossing.viewed", "inspection", "") in noted(border, crossing)
    with pytest.raises(NotAllowed):
        stranger = Caller("o.x", "officer", ports=frozenset({"GVA"}))
        border.ask(viewing.crossings_of, Acting(stranger, border.keys, NOW), journey)
