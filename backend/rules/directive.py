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


ADVERSE = frozenset({Concern.HOTLIST, Concern.INTERCEPTED})  # an officer must talk to the traveler
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
    """accept: similarity whose FPIR at this gallery's size is the one wanted (ISO/IEC 19795-1)."""

    version: str
    accept: float
    margin: float
    least_liveness: float
    liveness_enforced: bool


def decide(evidence: Evidence, policy: Policy) -> Directive:
    """Quality and liveness outrank a match; comparisons are written so that NaN never proceeds.

    Whoever is hotlisted, intercepted, somebody else than the document says, or unknown is answered alike: as often
    asked again, then left waiting.  A wrong claim could be turned away at once, but then the others would show.
    """
    if (early := _before_match(evidence, policy)) is not None:
        return early
    match evidence.match:
        case Best(_, score) if not score >= policy.accept:
            return _again(evidence, Concern.NO_MATCH)
        case Best(_, score, runner_up) if not score - runner_up >= policy.margin:
            return _again(evidence, Concern.AMBIGUOUS)
        case Compared(_, score) if not score >= policy.accept:
            return _again(evidence, Concern.NO_MATCH)
        case Best(traveler) | Compared(traveler):
            return _found(traveler, evidence)
        case NotListed():
            return _again(evidence, Concern.NOT_LISTED)
        case NoMatch():
            return _again(evidence, Concern.NO_MATCH)
    assert_never(evidence.match)


def _before_match(evidence: Evidence, policy: Policy) -> Directive | None:
    if evidence.closed:
        return Wait(Concern.CLOSED)
    if evidence.claimed and (excused := _excused(evidence.standing)) is not None:
        # Who goes by documents is not asked for better pictures; nor is such a one on the hotlist: it would show.
        return Wait(held(evidence.standing) or excused)
    if evidence.obstacle is not None:
        return _again(evidence, Concern.QUALITY, evidence.obstacle)
    if policy.liveness_enforced and not evidence.live >= policy.least_liveness:
        return _again(evidence, Concern.LIVENESS)
    return None


def tells_officer(directive: Directive, told: frozenset[str], *, crossing: bool) -> bool:
    """Whether an officer must be told of this answer, who was told of the concerns `told` in this encounter.

    Of whom an officer must talk to at once, though the traveller is only asked for another picture; of everything else
    when the traveller is left waiting, once, and only where a crossing was asked for.
    """
    match directive:
        case Recapture(_, _, concern) | Wait(concern) if concern in ADVERSE:
            return concern not in told
        case Wait(concern):
            return crossing and not told and concern not in UNREMARKABLE
        case Recapture() | Proceed():
            return False
    assert_never(directive)


def _found(traveler: str, evidence: Evidence) -> Directive:
    """Whoever an officer must talk to is answered as nobody would be: operators see no difference (HUM-1)."""
    standing = evidence.standing
    if (adverse := held(standing)) is not None:
        return _again(evidence, adverse)
    concern = _left_behind(standing, _excused(standing))
    return Proceed(traveler) if concern is None else Wait(concern)


def decide_documents(traveler: str, standing: Standing, *, listed: bool, closed: bool) -> Directive:
    """Whether a traveler whose documents an agent has checked may pass (HUM-3): the rules of a face, without a face.

    Going by documents needs neither photo nor scope (DIG-2, SCOPE).  An officer is told of somebody who is held also
    where the doors are closed.  listed: on the manifest of this journey, now or before.
    """
    concern = held(standing)
    if concern is None and closed:
        concern = Concern.CLOSED
    if concern is None:
        concern = _left_behind(standing, None) if listed else Concern.NOT_LISTED
    return Proceed(traveler) if concern is None else Wait(concern)


def held(standing: Standing) -> Concern | None:
    """What an officer must talk to the traveler for."""
    if standing.intercepted:
        return Concern.INTERCEPTED
    return Concern.HOTLIST if standing.hotlisted and not standing.allowed else None


def _left_behind(standing: Standing, excused: Concern | None) -> Concern | None:
    """Why somebody who is identified does not pass here and now, if anything; excused: from the face check."""
    if standing.removed:
        return Concern.REMOVED
    if standing.allowed:
        return None
    return excused or (Concern.ALREADY_CROSSED if standing.crossed else None)


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
