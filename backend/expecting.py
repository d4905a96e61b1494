"""A manifest to who is expected: added, changed, removed, in the transaction of whoever sent it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from backend import identifying
from backend.access import CARRIER
from backend.acting import Acting
from backend.errors import NotAllowed, Refused
from backend.identifying import Index
from backend.keys import of_citizens, of_gallery
from backend.manifests.findings import Finding
from backend.manifests.messages import Function, Listing, Person
from backend.manifests.runs import Run
from backend.retention import purge
from backend.store import decisions, journeys, templates, travelers
from backend.store.journeys import Journey
from backend.store.travelers import Listed, Traveler


@dataclass(slots=True)
class Change:
    """What a message did to a journey.  told: those it named, as they are now expected."""

    told: list[Traveler] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    removed: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.removed} removed"

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def own(db: Connection, acting: Acting, journey: str) -> Journey:
    """The journey, if it is the caller's to change.  Raises Refused, NotAllowed."""
    known = journeys.announced(db, journey)
    _check_own(acting, known)
    return known


def _check_own(acting: Acting, known: Journey) -> None:
    if acting.who.role == CARRIER and known.carrier != acting.who.name:
        raise NotAllowed(f"journey {known.journey} was announced by another carrier")
    if acting.who.role != CARRIER:
        acting.who.require(known.port)
    if known.purged_utc_ms is not None:
        raise Refused(f"journey {known.journey} is over and purged")


def apply(db: Connection, acting: Acting, run: Run, function: Function, country: str) -> Change:
    """Raises Refused, NotAllowed: nothing of the transaction may then stay."""
    if function in (Function.NEW, Function.CHANGE, Function.REPLACE):
        change = _expect(db, acting, run, country, whole=function is Function.REPLACE)
    else:
        change = _end(db, acting, run, function, country)
    known = journeys.find(db, run.key)
    acting.note(db, "manifest.submitted", run.key, known.port if known else "", f"{function}: {change}")
    return change


def _end(db: Connection, acting: Acting, run: Run, function: Function, country: str) -> Change:
    known = own(db, acting, run.key)
    match function:
        case Function.CANCEL:
            _still_open(known)
            if run.listing is Listing.CREW:
                return _cancel_crew(db, acting, known)
            journeys.cancel(db, run.key)
            acting.note(db, "journey.cancelled", run.key, known.port)
            return Change()
        case Function.CLOSE:
            close_doors(db, acting, known)
            return Change()
        case _:
            return _remove_listed(db, acting, run, country)


def close_doors(db: Connection, acting: Acting, known: Journey) -> tuple[int, int]:
    """Nobody is added any more, and where nobody is to arrive citizens' templates go (RET-1); how many crossed, how
    many did not.

    Their key goes once this is committed, by the retention job: what is undone here would not bring a key back.
    """
    journeys.close(db, known.journey, acting.now_utc_ms)
    if known.direction != "in":
        purge.citizens_templates(db, known.journey)
    crossed = travelers.crossed(db, known.journey)
    expected = travelers.count(db, known.journey)
    if known.closed_utc_ms is None:
        told = f"{len(crossed)} crossed, {expected - len(crossed)} did not"
        acting.note(db, "doors.closed", known.journey, known.port, told)
    return len(crossed), expected - len(crossed)


def remove(db: Connection, acting: Acting, known: Journey, traveler: str, reason: str) -> None:
    """Who does not travel.  Raises Refused for somebody unknown, or who has crossed."""
    expected = travelers.one(db, acting.keys, known.journey, traveler) is not None
    crossed = decisions.crossed(db, known.journey, traveler)
    _check_removable(known.journey, traveler, expected=expected, crossed=crossed)
    _drop(db, [traveler])
    acting.note(db, "traveler.removed", traveler, known.journey, reason)


def _check_removable(journey: str, traveler: str, *, expected: bool, crossed: bool) -> None:
    if not expected:
        raise Refused(f"traveler {traveler} is not expected on {journey}")
    if crossed:
        raise Refused(f"traveler {traveler} has crossed on {journey}; a crossing is amended, not removed")


def accommodate(db: Connection, acting: Acting, known: Journey, traveler: str, kind: str) -> None:
    """kind: "" takes photos again, opt_out for citizens, documents for anybody (DIG-2).  Raises Refused."""
    one = travelers.one(db, acting.keys, known.journey, traveler)
    if one is None:
        raise Refused(f"traveler {traveler} is not expected on {known.journey}")
    if kind == "opt_out" and not one.citizen:
        raise Refused("only citizens may decline the photo; who cannot have one taken goes by documents")
    travelers.accommodate(db, traveler, kind)
    if kind:
        templates.forget(db, [traveler])
    acting.note(db, "traveler.accommodated", traveler, known.journey, kind or "none")


class _Intake:
    """A list of people being taken in, person after person."""

    def __init__(self, db: Connection, acting: Acting, run: Run, country: str) -> None:
        self._db, self._keys, self._run, self._country = db, acting.keys, run, country
        self._index = Index(travelers.listed(db, acting.keys, run.key), acting.keys)
        self._crossed = travelers.crossed(db, run.key)
        self._named: set[str] = set()
        # Written at the end, all in a few statements: a list has thousands, and others wait to write meanwhile.
        self._fresh: list[Traveler] = []
        self._told_anew: list[Traveler] = []
        self._named_again: list[Traveler] = []  # maybe with a document more
        self._resealed: list[str] = []
        self._replaced: set[str] = set()
        self.change = Change()

    def take(self, one: Person) -> None:
        """As told: added, changed, or known already."""
        wanted = identifying.traveler(one, self._run, self._country)
        if not identifying.nationality(one):
            self._report(one, "neither the nationality nor the passport's issuer is known; kept as a citizen")
        held = self._index.find(wanted)
        if held is not None and held.traveler.traveler in self._named:
            self._report(one, "is listed twice; expected once")
            # What stands against any of their documents stands.
            self._named_again.append(replace(wanted, origin=held.traveler.first))
            return
        taken = self._new(wanted) if held is None else self._again(one, wanted, held)
        self._named |= {taken.traveler, held.traveler.traveler} if held else {taken.traveler}
        self.change.told.append(taken)

    def finish(self, now_utc_ms: int, *, whole: bool) -> Change:
        """whole: of those the list speaks for, who was not named does not travel."""
        travelers.expect(self._db, self._keys, self._run.key, self._fresh, now_utc_ms)
        gone = self._index.expected(self._spoken_for()) - self._named - self._crossed if whole else set()
        templates.forget(self._db, self._resealed)
        travelers.amend(self._db, self._keys, self._run.key, *self._told_anew)
        travelers.know_documents(self._db, self._keys, self._named_again)
        _drop(self._db, gone | self._replaced)
        self.change.removed += len(gone)
        return self.change

    def _spoken_for(self) -> set[bool]:
        """Whether crew: by a list of crew they alone, by another passengers, and crew where it names any."""
        if self._run.listing is Listing.CREW:
            return {True}
        return {False} | {one.role.crew for one in self._run.people}

    def _new(self, wanted: Traveler) -> Traveler:
        self._fresh.append(wanted)
        self._index.add(Listed(wanted, removed=False))
        self.change.added += 1
        return wanted

    def _again(self, told: Person, wanted: Traveler, held: Listed) -> Traveler:
        one = held.traveler
        if one.biographic.document == wanted.biographic.document:
            kept = replace(self._as_known(wanted, one), traveler=one.traveler)
            if kept.citizen != one.citizen:
                self._resealed.append(one.traveler)  # sealed under the other key; made anew under the right one
            if kept != one or held.removed:
                self._told_anew.append(kept)
                self.change.changed += 1
            else:
                self._named_again.append(kept)
            return kept
        if one.traveler in self._crossed:
            self._report(told, "has crossed with another document; the record stands")
            self._named_again.append(self._as_known(wanted, one))
            return one
        # Photos are those of a document: with another document it is another traveller to look for.
        self._replaced.add(one.traveler)
        self.change.changed += 1
        fresh = self._as_known(wanted, one)
        self._fresh.append(fresh)
        return fresh

    def _as_known(self, wanted: Traveler, one: Traveler) -> Traveler:
        """With what stands of somebody whatever the carrier tells."""
        return replace(wanted, accommodation=one.accommodation, protected=one.protected, origin=one.origin)

    def _report(self, one: Person, problem: str) -> None:
        self.change.findings.append(Finding("NAD", one.position, one.line, problem))


def _expect(db: Connection, acting: Acting, run: Run, country: str, *, whole: bool) -> Change:
    known = _announced(db, acting, run)
    intake = _Intake(db, acting, run, country)
    for one in run.people:
        intake.take(one)
    change = intake.finish(acting.now_utc_ms, whole=whole)
    if change.any:
        _still_open(known)
    return change


def _announced(db: Connection, acting: Acting, run: Run) -> Journey:
    known = journeys.find(db, run.key)
    if known is not None:
        _check_own(acting, known)
        if known.closed_utc_ms is None:
            journeys.retime(db, run.key, run.departs_utc_ms, run.arrives_utc_ms)
        return known
    for name in (of_gallery(run.key), of_citizens(run.key)):
        acting.keys.make(name)
    made = Journey(
        journey=run.key,
        mode=run.leg.mode,
        direction=run.direction,
        carrier=acting.who.name,
        departure_port=run.leg.departure_port,
        arrival_port=run.leg.arrival_port,
        departs_utc_ms=run.departs_utc_ms,
        arrives_utc_ms=run.arrives_utc_ms,
        policy=run.policy.version,
        received_utc_ms=acting.now_utc_ms,
    )
    if acting.who.role != CARRIER:
        acting.who.require(made.port)
    journeys.announce(db, made)
    return made


def _still_open(known: Journey) -> None:
    if known.closed_utc_ms is not None:
        raise Refused(f"the doors of {known.journey} are closed; nobody can be added or changed any more")


def _remove_listed(db: Connection, acting: Acting, run: Run, country: str) -> Change:
    index, change = Index(travelers.listed(db, acting.keys, run.key), acting.keys), Change()
    crossed = travelers.crossed(db, run.key)
    gone: set[str] = set()
    for one in run.people:
        held = index.find(identifying.traveler(one, run, country))
        if held is None or held.removed:
            where = Finding("NAD", one.position, one.line, "is not expected, and cannot be removed")
            change.findings.append(where)
            continue
        traveler = held.traveler.traveler
        _check_removable(run.key, traveler, expected=traveler not in gone, crossed=traveler in crossed)
        acting.note(db, "traveler.removed", traveler, run.key, "told by the carrier")
        gone.add(traveler)
    _drop(db, gone)
    change.removed = len(gone)
    return change


def _cancel_crew(db: Connection, acting: Acting, known: Journey) -> Change:
    """Passengers are listed elsewhere; who has crossed has crossed."""
    crew = {one.traveler for one in travelers.of_journey(db, acting.keys, known.journey) if one.crew}
    gone = crew - travelers.crossed(db, known.journey)
    _drop(db, gone)
    return Change(removed=len(gone))


def _drop(db: Connection, gone: Iterable[str]) -> None:
    ids = sorted(gone)
    templates.forget(db, ids)
    travelers.remove(db, *ids)
