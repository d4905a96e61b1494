"""From evidence about one probe to one directive.  Doubt does not open."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from backend.matching.gallery import Best, Compared, Match, NoMatch, NotListed
from vision.cues import Cue


class Concern(StrEnum):
    """Why somebody waits.  Stays inside the service: operators must not learn it."""

    QUALITY = "quality"
    LIVENESS = "liveness"
    NO_MATCH = "no_match"
    NOT_LISTED = "not_listed"
    AMBIGUOUS = "ambiguous"
    ALREADY_CROSSED = "already_crossed"


@dataclass(frozen=True, slots=True)
class Proceed:
    traveler: str


@dataclass(frozen=True, slots=True)
class Recapture:
    cue: Cue  # what the screen asks for
    attempts_left: int


@dataclass(frozen=True, slots=True)
class Wait:
    concern: Concern


Directive = Proceed | Recapture | Wait


@dataclass(frozen=True, slots=True)
class Evidence:
    """obstacle: what the service's own measures of the best shot ask for.  live: 0..1, worst of the shots.
    crossed: who was found, or claimed, has already crossed on this journey."""

    match: Match
    obstacle: Cue | None
    live: float
    crossed: bool
    attempts_left: int


@dataclass(frozen=True, slots=True)
class Policy:
    """accept: similarity whose FPIR at this gallery's size is the one wanted (ISO/IEC 19795-1).
    grey: for a claim, the similarity from which another picture may bring it up to `accept`."""

    version: str
    accept: float
    grey: float
    margin: float
    least_liveness: float
    liveness_enforced: bool


def decide(evidence: Evidence, policy: Policy) -> Directive:
    """Quality and liveness outrank a match; comparisons are written so that NaN never proceeds."""
    if evidence.obstacle is not None:
        return _again(evidence, evidence.obstacle, Concern.QUALITY)
    if policy.liveness_enforced and not evidence.live >= policy.least_liveness:
        return _again(evidence, Cue.LOOK_HERE, Concern.LIVENESS)
    match evidence.match:
        case Best(_, score) if not score >= policy.accept:
            return _again(evidence, Cue.LOOK_HERE, Concern.NO_MATCH)
        case Best(_, score, runner_up) if not score - runner_up >= policy.margin:
            return _again(evidence, Cue.LOOK_HERE, Concern.AMBIGUOUS)
        case Compared(_, score) if not score >= policy.grey:
            return Wait(Concern.NO_MATCH)  # somebody else's document: another picture changes nothing
        case Compared(_, score) if not score >= policy.accept:
            return _again(evidence, Cue.LOOK_HERE, Concern.NO_MATCH)
        case Best(traveler) | Compared(traveler):
            return Wait(Concern.ALREADY_CROSSED) if evidence.crossed else Proceed(traveler)
        case NotListed():
            return Wait(Concern.NOT_LISTED)
        case NoMatch():
            return _again(evidence, Cue.LOOK_HERE, Concern.NO_MATCH)
    assert_never(evidence.match)


def _again(evidence: Evidence, cue: Cue, concern: Concern) -> Directive:
    return Recapture(cue, evidence.attempts_left) if evidence.attempts_left > 0 else Wait(concern)
