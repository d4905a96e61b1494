"""What an officer decides ahead of boarding about somebody of the hotlist who is on a manifest."""

import pytest

from backend.adjudicating import INTERCEPT, NOT_THIS_PERSON, RELEASE, Verdict
from backend.errors import NotAllowed, Refused, Repeated
from backend.store import allowances, answers, journeys, schema
from tests.integration.desk import MEYER, WARRANT, Desk, rows
from tests.integration.test_expected_alerts import look, raised


def test_hum1_an_interception_ahead_needs_a_ground_that_is_not_the_face_and_who_has_taken_it(desk: Desk) -> None:
    alert = raised(desk)
    with pytest.raises(NotAllowed):
        desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "wanted", WARRANT))
    desk.take(MEYER, alert)
    for ground in ("", "on the hotlist", "match"):
        with pytest.raises(Refused, match="not the face"):
            desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "wanted", ground))
    desk.adjudicate(MEYER, alert, Verdict(INTERCEPT, "wanted", WARRANT))
    assert desk.ask(answers.intercepted, desk.journey) == {desk.people[0]}
    desk.ask(journeys.assign, "G7", desk.journey)
    assert look(desk) == 0, "an officer has decided: it is not told again"


def test_a_release_ahead_gives_one_allowance(desk: Desk) -> None:
    alert = raised(desk)
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(RELEASE, "talked to, nothing found"))
    with desk.engine.begin() as db:
        assert allowances.usable(db, desk.journey, desk.people[0], desk.now_utc_ms) is not None


def test_not_this_person_proposes_the_end_of_the_entry(desk: Desk) -> None:
    alert = raised(desk)
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(NOT_THIS_PERSON, "another of that name"))
    kinds = [row["kind"] for row in desk.ask(rows, schema.proposals) if not row["settled"]]
    assert kinds == ["hotlist_end"]


def test_adjudicating_it_twice_says_so(desk: Desk) -> None:
    alert = raised(desk)
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(RELEASE, "nothing found"))
    with pytest.raises(Repeated):
        desk.adjudicate(MEYER, alert, Verdict(NOT_THIS_PERSON, "nothing found"))
