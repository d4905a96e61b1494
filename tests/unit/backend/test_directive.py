import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.matching.gallery import Compared, NoMatch, NotListed
from backend.rules.directive import Concern, Directive, Evidence, Proceed, Recapture, Wait, decide
from tests.make import ANNA, evidence, policy
from vision.cues import Cue

NAN = math.nan
AGAIN = Recapture(Cue.LOOK_HERE, 2)


@pytest.mark.parametrize(
    ("given_evidence", "directive"),
    [
        (evidence(), Proceed(ANNA)),
        (evidence(score=0.5, runner_up=0.4), Proceed(ANNA)),
        (evidence(score=0.49), AGAIN),
        (evidence(score=0.6, runner_up=0.58), AGAIN),
        (evidence(score=0.6, runner_up=0.58, attempts_left=0), Wait(Concern.AMBIGUOUS)),
        (evidence(live=0.49), AGAIN),
        (evidence(live=NAN), AGAIN),
        (evidence(live=0.1, attempts_left=0), Wait(Concern.LIVENESS)),
        (evidence(obstacle=Cue.MORE_LIGHT), Recapture(Cue.MORE_LIGHT, 2)),
        (evidence(obstacle=Cue.MORE_LIGHT, attempts_left=0), Wait(Concern.QUALITY)),
        (evidence(score=NAN), AGAIN),
        (evidence(runner_up=NAN), AGAIN),
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
        (evidence(match=Compared(ANNA, 0.49)), AGAIN),
        (evidence(match=Compared(ANNA, 0.3)), AGAIN),
        (evidence(match=Compared(ANNA, 0.49), attempts_left=0), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.49), attempts_left=-1), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.29)), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, NAN)), Wait(Concern.NO_MATCH)),
        (evidence(match=NotListed()), Wait(Concern.NOT_LISTED)),
        (evidence(match=Compared(ANNA, 0.9), crossed=True), Wait(Concern.ALREADY_CROSSED)),
        (evidence(match=Compared(ANNA, 0.1), crossed=True), Wait(Concern.NO_MATCH)),
        (evidence(match=Compared(ANNA, 0.9), live=0.49), AGAIN),
        (evidence(match=Compared(ANNA, 0.9), obstacle=Cue.MORE_LIGHT), Recapture(Cue.MORE_LIGHT, 2)),
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
