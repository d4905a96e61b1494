"""A person of a manifest as the traveller he becomes, and who of those known is meant."""

import uuid

from backend import documents
from backend.biographic import Biographic, person
from backend.documents import issuer_of
from backend.keys import PERSONS, KeyRing
from backend.manifests.messages import Person
from backend.manifests.places import alpha3
from backend.manifests.runs import Run
from backend.rules.scope import scope
from backend.store.travelers import Listed, Traveler


class Index:
    """Finds who is meant: by document, by name with the carrier's reference or with the birth."""

    def __init__(self, listed: list[Listed], keys: KeyRing) -> None:
        self._persons = keys.box(PERSONS)
        self._by: dict[tuple[str, ...], Listed] = {}
        self._expected = {held.traveler.traveler: held.traveler.crew for held in listed if not held.removed}
        for held in sorted(listed, key=lambda one: one.removed):
            self.add(held)

    def expected(self, crew: set[bool]) -> set[str]:
        """Ids of those who were, before anything was taken in.  crew: True for crew, False for passengers."""
        return {traveler for traveler, works in self._expected.items() if works in crew}

    def add(self, held: Listed) -> None:
        for name in self._names(held.traveler.biographic):
            self._by.setdefault(name, held)

    def find(self, wanted: Traveler) -> Listed | None:
        return next((self._by[name] for name in self._names(wanted.biographic) if name in self._by), None)

    def _names(self, of: Biographic) -> list[tuple[str, ...]]:
        names: list[tuple[str, ...]] = [("person", person(self._persons, of))]
        if of.reference:
            names.append(("reference", of.reference, of.surname.upper()))
        if of.surname and of.birth:
            names.append(("name", of.name.upper(), of.birth))
        return names


def nationality(one: Person) -> str:
    """As told, else the state that issued the passport; "" where neither is one."""
    issuers = (_state(document.issuer) for document in one.documents if document.type.startswith("P"))
    return _state(one.nationality) or next(issuers, "")


def _state(code: str) -> str:
    """By three letters; "" for what is no state."""
    told = issuer_of(code)
    return told if alpha3(told) else ""


def traveler(one: Person, run: Run, country: str) -> Traveler:
    of = scope(run.policy, nationality(one), one.birth, country, run.day)
    document = one.document
    biographic = Biographic(
        surname=one.surname,
        given=one.given,
        sex=one.sex,
        birth=one.birth.isoformat() if one.birth else "",
        nationality=_state(one.nationality) or one.nationality,
        document_type=document.type if document else "",
        document_number=document.number if document else "",
        document_issuer=(alpha3(document.issuer) or document.issuer) if document else "",
        document_expiry=document.expiry.isoformat() if document and document.expiry else "",
        locator=one.locator,
        reference=one.reference,
    )
    return Traveler(
        traveler=str(uuid.uuid4()),
        biographic=biographic,
        seat=one.seat,
        crew=one.role.crew,
        citizen=of.citizen,
        photographed=of.photographed,
        recorded=of.recorded,
        documents=tuple(
            documents.name(paper.type, paper.issuer, paper.number)
            for paper in one.documents
            if documents.number_of(paper.number)
        ),
    )
