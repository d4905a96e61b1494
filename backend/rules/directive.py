"""From evidence about one probe to one directive.  Doubt does not open."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from backend.matching.gallery import Best, Compared, Match, NoMatch, NotListed
from vision.cues import Cue


class Concern(StrEnum):
    """Why somebody is asked again or waits.  Stays inside the service: operators must not learn it."""

    QUALITY = "quality"
    LIVENESS = "liveness"
    NO_MATCH = "no_match"
    NOT_LISTED = "not_listed"
    AMBIGUOUS = "ambiguous"
    ALREADY_CROSSED = "already_crossed"
    HOTLIST = "hotlist"
    INTERCEPTED = "intercepted"
    ACCOMMODATION = "accommodation"
    OUT_OF_SCOPE = "out_of_scope"
    REMOVED = "removed"
    CLOSED = "closed"


# Whoever waits for one of these goes by documents or does not travel: nothing an officer must come for.
UNREMARKABLE = frozenset({Concern.ACCOMMODATION, Concern.OUT_OF_SCOPE, Concern.REMOVED, Concern.CLOSED})


@dataclass(frozen=True, slots=True)
class Proceed:
    traveler: str


@dataclass(frozen=True, slots=True)
class Recapture:
    cue: Cue  # what the screen asks for
    attempts_left: int
    concern: Concern


@dataclass(frozen=True, slots=True)
class Wait:
    concern: Concern


Directive = Proceed | Recapture | Wait


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known on this journey of who was found, or claimed.

    crossed: already.  hotlisted: a validated entry stands against the person.  intercepted: an officer has stopped
    the traveller, and none has let pass since.  accommodated: declined, or goes by documents.  photographed: by the
    policy set.  removed: from the manifest.  allowed: a named person lets this traveller pass once.
    """

    crossed: bool = False
    hotlisted: bool = False
    intercepted: bool = False
    accommodated: bool = False
    photographed: bool = True
    removed: bool = False
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """obstacle: what the service's own measures of the best shot ask for.  live: 0..1, worst of the shots.
    closed: the journey's doors, or it was cancelled."""

    match: Match
    obstacle: Cue | None
    live: float
    attempts_left: int
    standing: Standing = field(default=Standing())
    claimed: bool = False
    closed: bool = False


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
    if (early := _before_match(evidence, policy)) is not None:
        return early
    match evidence.match:
        case Best(_, score) if not score >= policy.accept:
            return _again(evidence, Concern.NO_MATCH)
        case Best(_, score, runner_up) if not score - runner_up >= policy.margin:
            return _again(evidence, Concern.AMBIGUOUS)
        case Compared(_, score) if not score >= policy.grey:
            return Wait(Concern.NO_MATCH)  # somebody else's document: another picture changes nothing
        case Compared(_, score) if not score >= policy.accept:
            return _again(evidence, Concern.NO_MATCH)
        case Best(traveler) | Compared(traveler):
            return _found(traveler, evidence)
        case NotListed():
            return Wait(Concern.NOT_LISTED)
        case NoMatch():
            return _again(evidence, Concern.NO_MATCH)
    assert_never(evidence.match)


def _before_match(evidence: Evidence, policy: Policy) -> Directive | None:
    if evidence.closed:
        return Wait(Concern.CLOSED)
    if evidence.claimed and (excused := _excused(evidence.standing)) is not None:
        # Who goes by documents is not asked for better pictures; nor is such a one on the hotlist: it would show.
        return Wait(_adverse(evidence.standing) or excused)
    if evidence.obstacle is not None:
        return _again(evidence, Concern.QUALITY, evidence.obstacle)
    if policy.liveness_enforced and not evidence.live >= policy.least_liveness:
        return _again(evidence, Concern.LIVENESS)
    return None


def tells_officer(directive: Directive, told: frozenset[str], *, crossing: bool) -> bool:
    """Whether an officer must be told of this answer, who was told of the concerns `told` in this encounter.

    A hotlist hit at once, though the traveller is only asked for another picture; everything else when the traveller
    is left waiting, once, and only where a crossing was asked for.
    """
    match directive:
        case Recapture(_, _, Concern.HOTLIST) | Wait(Concern.HOTLIST):
            return Concern.HOTLIST not in told
        case Wait(Concern.INTERCEPTED):
            return Concern.INTERCEPTED not in told
        case Wait(concern):
            return crossing and not told and concern not in UNREMARKABLE
        case Recapture() | Proceed():
            return False
    assert_never(directive)


def _found(traveler: str, evidence: Evidence) -> Directive:
    """A hotlist hit is answered as nobody would be: operators see no difference (HUM-1)."""
    standing = evidence.standing
    if standing.intercepted:
        return Wait(Concern.INTERCEPTED)
    if standing.hotlisted and not standing.allowed:
        return _again(evidence, Concern.HOTLIST)
    if standing.removed:
        return Wait(Concern.REMOVED)
    if standing.allowed:
        return Proceed(traveler)
    if (excused := _excused(standing)) is not None:
        return Wait(excused)
    return Wait(Concern.ALREADY_CROSSED) if standing.crossed else Proceed(traveler)


def _adverse(standing: Standing) -> Concern | None:
    """What an officer must come for."""
    if standing.intercepted:
        return Concern.INTERCEPTED
    return Concern.HOTLIST if standing.hotlisted else None


def _excused(standing: Standing) -> Concern | None:
    """Why a traveller goes by documents without being compared (ACC, DIG-2, SCOPE)."""
    if standing.allowed:
        return None
    if standing.accommodated:
        return Concern.ACCOMMODATION
    return None if standing.photographed else Concern.OUT_OF_SCOPE


def _again(evidence: Evidence, concern: Concern, cue: Cue = Cue.LOOK_HERE) -> Directive:
    left = evidence.attempts_left
    return Recapture(cue, left, concern) if left > 0 else Wait(concern)
