import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.matching.gallery import Best, Compared, Match, NoMatch, NotListed
from backend.rules.directive import (
    ADVERSE,
    Concern,
    Directive,
    Evidence,
    Proceed,
    Recapture,
    Standing,
    Wait,
    decide,
    decide_documents,
    tells_officer,
)
from tests.make import ANNA, evidence, policy
from vision.cues import Cue

NAN = math.nan


def again(concern: Concern, cue: Cue = Cue.LOOK_HERE) -> Recapture:
    return Recapture(cue, 2, concern)


@pytest.mark.parametrize(
    ("given_evidence", "directive"),
    [
        (evidence(), Proceed(ANNA)),
        (evidence(score=0.5, runner_up=0.4), Proceed(ANNA)),
        (evidence(score=0.49), again(Concern.NO_MATCH)),
        (evidence(score=0.6, runner_up=0.58), again(Concern.AMBIGUOUS)),
        (evidence(score=0.6, runner_up=0.58, attempts_left=0), Wait(Concern.AMBIGUOUS)),
        (evidence(live=0.49), again(Concern.LIVENESS)),
        (evidence(live=NAN), again(Concern.LIVENESS)),
        (evidence(live=0.1, attempts_left=0), Wait(Concern.LIVENESS)),
        (evidence(obstacle=Cue.MORE_LIGHT), again(Concern.QUALITY, Cue.MORE_LIGHT)),
        (evidence(obstacle=Cue.MORE_LIGHT, attempts_left=0), Wait(Concern.QUALITY)),
        (evidence(score=NAN), again(Concern.NO_MATCH)),
        (evidence(runner_up=NAN), again(Concern.AMBIGUOUS)),
        (evidence(score=0.1, attempts_left=0), Wait(Concern.NO_MATCH)),
        (evidence(match=NoMatch(), attempts_left=0), Wait(Concern.NO_MATCH)),
        (evidence(crossed=True), Wait(Concern.ALREADY_CROSSED)),
        (evidence(crossed=True, score=0.1, attempts_left=0), Wait(Concern.NO_MATCH)),
    ],
)
def test_decide(given_evidence: Evidence, directive: Directive) -> None:
    assert decide(given_evidence, policy()) == directive


def test_liveness_is_carried_but_does_not_decide_where_it_is_not_enforced() -> None:
    assert decide(evidence(live=0.0), policy(liveness_enforced=False)) == Proceed(ANNA)


@pytest.mark.parametrize(
    ("given_evidence", "directive"),
    [
        (evidence(match=Compared(ANNA, 0.5)), Proceed(ANNA)),
        (evidence(match=Compared(ANNA, 0.49)), again(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.3)), again(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.49), attempts_left=0), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.49), attempts_left=-1), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.1)), again(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.1), attempts_left=0), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, NAN)), again(Concern.NO_MATCH)),
        (evidence(match=NotListed()), again(Concern.NOT_LISTED)),
        (evidence(match=NotListed(), attempts_left=0), Wait(Concern.NOT_LISTED)),
        (evidence(match=Compared(ANNA, 0.9), crossed=True), Wait(Concern.ALREADY_CROSSED)),
        (evidence(match=Compared(ANNA, 0.1), crossed=True), again(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.9), live=0.49), again(Concern.LIVENESS)),
        (evidence(match=Compared(ANNA, 0.9), obstacle=Cue.MORE_LIGHT), again(Concern.QUALITY, Cue.MORE_LIGHT)),
    ],
)
def test_a_claim_is_decided_by_its_own_score_and_no_other_persons(
    given_evidence: Evidence, directive: Directive
) -> None:
    assert decide(given_evidence, policy()) == directive


scores = st.floats(allow_nan=True, allow_infinity=True)


@given(scores, scores, scores, st.booleans(), st.integers(-3, 3))
def test_nothing_but_a_clear_live_first_match_proceeds(
    score: float, runner_up: float, live: float, crossed: bool, left: int
) -> None:
    given_evidence = evidence(score=score, runner_up=runner_up, live=live, crossed=crossed, attempts_left=left)
    if isinstance(decide(given_evidence, policy()), Proceed):
        assert score >= 0.5
        assert score - runner_up >= 0.05
        assert live >= 0.5
        assert not crossed


HELD = (Standing(hotlisted=True), Standing(intercepted=True), Standing(hotlisted=True, intercepted=True))
SAMPLES = (Best(ANNA, 0.9, 0.1), Compared(ANNA, 0.9))
UNKNOWN: tuple[Match, ...] = (
    Best(ANNA, 0.4, 0.1),
    Best(ANNA, 0.9, 0.89),
    NoMatch(),
    Compared(ANNA, 0.4),
    Compared(ANNA, -0.2),
    NotListed(),
)


@pytest.mark.parametrize("left", [-1, 0, 1, 2])
@pytest.mark.parametrize("standing", HELD)
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("unknown", UNKNOWN)
def test_se12_whoever_an_officer_must_talk_to_is_answered_as_a_stranger_and_an_impostor_are(
    left: int, standing: Standing, sample: Match, unknown: Match
) -> None:
    hit = decide(evidence(match=sample, attempts_left=left, standing=standing), policy())
    nobody = decide(evidence(match=unknown, attempts_left=left), policy())
    assert not isinstance(hit, Proceed)
    assert not isinstance(nobody, Proceed)
    assert hit.concern in ADVERSE
    assert nobody.concern not in ADVERSE
    assert replace(hit, concern=Concern.NO_MATCH) == replace(nobody, concern=Concern.NO_MATCH)


@pytest.mark.parametrize(
    ("standing", "directive"),
    [
        (Standing(hotlisted=True, allowed=True), Proceed(ANNA)),
        (Standing(crossed=True, allowed=True), Proceed(ANNA)),
        (Standing(accommodated=True, allowed=True), Proceed(ANNA)),
        (Standing(hotlisted=True, crossed=True), again(Concern.HOTLIST)),
        (Standing(hotlisted=True, intercepted=True), again(Concern.INTERCEPTED)),
        (Standing(intercepted=True, allowed=True), again(Concern.INTERCEPTED)),
        (Standing(hotlisted=True, removed=True), again(Concern.HOTLIST)),
        (Standing(removed=True), Wait(Concern.REMOVED)),
        (Standing(removed=True, allowed=True), Wait(Concern.REMOVED)),
        (Standing(accommodated=True), Wait(Concern.ACCOMMODATION)),
        (Standing(photographed=False), Wait(Concern.OUT_OF_SCOPE)),
        (Standing(accommodated=True, crossed=True), Wait(Concern.ACCOMMODATION)),
    ],
)
def test_what_is_known_of_who_was_found_decides(standing: Standing, directive: Directive) -> None:
    assert decide(evidence(standing=standing), policy()) == directive


@pytest.mark.parametrize(
    "unclear",
    [
        evidence(score=0.1, standing=Standing(allowed=True)),
        evidence(score=0.6, runner_up=0.58, standing=Standing(allowed=True)),
        evidence(live=0.1, standing=Standing(allowed=True)),
        evidence(obstacle=Cue.MORE_LIGHT, standing=Standing(allowed=True)),
        replace(evidence(standing=Standing(allowed=True)), closed=True),
    ],
)
def test_no_allowance_stands_for_an_identification_or_opens_a_closed_journey(unclear: Evidence) -> None:
    assert not isinstance(decide(unclear, policy()), Proceed)


@pytest.mark.parametrize(
    ("standing", "concern"),
    [
        (Standing(accommodated=True), Concern.ACCOMMODATION),
        (Standing(photographed=False), Concern.OUT_OF_SCOPE),
        (Standing(accommodated=True, hotlisted=True), Concern.HOTLIST),
    ],
)
@pytest.mark.parametrize("match", [Compared(ANNA, 0.9), Compared(ANNA, 0.1), NotListed()])
def test_dig2_who_goes_by_documents_is_not_asked_for_better_pictures(
    standing: Standing, concern: Concern, match: Match
) -> None:
    poor = evidence(match=match, obstacle=Cue.MORE_LIGHT, live=0.0, standing=standing)
    assert decide(poor, policy()) == Wait(concern)


def test_nobody_boards_a_journey_that_is_closed_or_cancelled() -> None:
    assert decide(replace(evidence(), closed=True), policy()) == Wait(Concern.CLOSED)


NONE = frozenset[str]()


@pytest.mark.parametrize(
    ("directive", "told", "tells"),
    [
        (Proceed(ANNA), NONE, False),
        (again(Concern.NO_MATCH), NONE, False),
        (again(Concern.HOTLIST), NONE, True),
        (again(Concern.HOTLIST), {"hotlist"}, False),
        (Wait(Concern.HOTLIST), NONE, True),
        (Wait(Concern.HOTLIST), {"no_match"}, True),
        (Wait(Concern.HOTLIST), {"hotlist"}, False),
        (again(Concern.INTERCEPTED), NONE, True),
        (again(Concern.INTERCEPTED), {"intercepted"}, False),
        (Wait(Concern.INTERCEPTED), {"intercepted"}, False),
        (Wait(Concern.NO_MATCH), NONE, True),
        (Wait(Concern.NO_MATCH), {"hotlist"}, False),
        (Wait(Concern.ALREADY_CROSSED), NONE, True),
        (Wait(Concern.LIVENESS), NONE, True),
        (Wait(Concern.ACCOMMODATION), NONE, False),
        (Wait(Concern.OUT_OF_SCOPE), NONE, False),
        (Wait(Concern.CLOSED), NONE, False),
    ],
)
def test_an_officer_is_told_once_of_who_waits_and_at_once_of_a_hit(
    directive: Directive, told: frozenset[str], tells: bool
) -> None:
    assert tells_officer(directive, frozenset(told), crossing=True) is tells
    hit = not isinstance(directive, Proceed) and directive.concern in ADVERSE
    assert tells_officer(directive, frozenset(told), crossing=False) is (tells and hit), (
        "a touchpoint tells of hits only"
    )


@given(
    st.builds(Standing, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.just(False)),
    st.booleans(),
)
def test_hum1_nobody_on_the_hotlist_proceeds_without_a_named_persons_allowance(standing: Standing, one: bool) -> None:
    found = decide(evidence(match=SAMPLES[one], standing=standing), policy())
    fit = standing == Standing(photographed=True)
    assert isinstance(found, Proceed) is fit


@pytest.mark.parametrize(
    ("standing", "listed", "closed", "directive"),
    [
        (Standing(), True, False, Proceed(ANNA)),
        (Standing(accommodated=True), True, False, Proceed(ANNA)),
        (Standing(photographed=False), True, False, Proceed(ANNA)),
        (Standing(hotlisted=True), True, False, Wait(Concern.HOTLIST)),
        (Standing(hotlisted=True), True, True, Wait(Concern.HOTLIST)),
        (Standing(hotlisted=True, accommodated=True), True, False, Wait(Concern.HOTLIST)),
        (Standing(hotlisted=True, removed=True), True, False, Wait(Concern.HOTLIST)),
        (Standing(hotlisted=True, allowed=True), True, False, Proceed(ANNA)),
        (Standing(intercepted=True), True, False, Wait(Concern.INTERCEPTED)),
        (Standing(intercepted=True, allowed=True), True, True, Wait(Concern.INTERCEPTED)),
        (Standing(removed=True), True, False, Wait(Concern.REMOVED)),
        (Standing(removed=True, allowed=True), True, False, Wait(Concern.REMOVED)),
        (Standing(crossed=True), True, False, Wait(Concern.ALREADY_CROSSED)),
        (Standing(crossed=True, allowed=True), True, False, Proceed(ANNA)),
        (Standing(), True, True, Wait(Concern.CLOSED)),
        (Standing(allowed=True), True, True, Wait(Concern.CLOSED)),
        (Standing(), False, False, Wait(Concern.NOT_LISTED)),
        (Standing(allowed=True), False, False, Wait(Concern.NOT_LISTED)),
    ],
)
def test_hum3_documents_are_asked_of_the_same_rules_as_a_face(
    standing: Standing, listed: bool, closed: bool, directive: Directive
) -> None:
    assert decide_documents(ANNA, standing, listed=listed, closed=closed) == directive


@given(
    st.builds(Standing, *[st.booleans()] * 7),
    st.booleans(),
)
def test_hum3_whom_the_face_check_holds_no_document_lets_pass(standing: Standing, closed: bool) -> None:
    face = decide(replace(evidence(standing=standing), closed=closed), policy())
    excused = {Concern.ACCOMMODATION, Concern.OUT_OF_SCOPE}
    if not isinstance(face, Proceed) and face.concern not in excused:
        assert isinstance(decide_documents(ANNA, standing, listed=True, closed=closed), Wait)
