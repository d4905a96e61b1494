"""A manifest as it is understood: what it is for, which legs, who travels with which documents."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.manifests.findings import Finding


class Function(StrEnum):
    """REMOVE: its travellers do not travel.  CLOSE: doors are closed."""

    NEW = "new"
    CHANGE = "change"
    REPLACE = "replace"
    REMOVE = "remove"
    CANCEL = "cancel"
    CLOSE = "close"


class Listing(StrEnum):
    """What a message is a list of (BGM): crew come in one of their own, or among the passengers."""

    PASSENGERS = "745"
    CREW = "250"
    FLIGHT = "266"


class Role(StrEnum):
    """NAD qualifiers."""

    PASSENGER = "FL"
    CREW = "FM"
    TRANSIT = "DDU"
    TRANSIT_CREW = "DDT"

    @property
    def crew(self) -> bool:
        return self in (Role.CREW, Role.TRANSIT_CREW)


@dataclass(frozen=True, slots=True)
class Leg:
    """Times local to the port, YYYY-MM-DDTHH:MM, or YYYY-MM-DD where no time is told; "" for what is not told.

    number: without the carrier's code.  mode: air, sea, bus or rail.  overflight: it lands nowhere here.
    """

    carrier: str
    number: str
    mode: str
    departure_port: str
    arrival_port: str
    departure: str = ""
    arrival: str = ""
    vessel: str = ""
    overflight: bool = False

    @property
    def name(self) -> str:
        return f"{self.carrier}{self.number}"

    @property
    def key(self) -> str:
        """ "" where the leg cannot be named."""
        whole = self.name and self.departure and self.departure_port
        return f"{self.name}/{self.departure[:10].replace('-', '')}/{self.departure_port}" if whole else ""


@dataclass(frozen=True, slots=True)
class Document:
    type: str
    number: str
    issuer: str
    expiry: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """Texts are "" where the manifest does not say.  position, line: of the NAD (or PDT), no part of who it is."""

    role: Role
    surname: str
    given: str
    sex: str
    birth: date | None
    nationality: str
    locator: str
    reference: str
    seat: str
    embarks: str
    debarks: str
    documents: tuple[Document, ...]
    position: int = field(default=0, compare=False)
    line: int = field(default=0, compare=False)

    @property
    def document(self) -> Document | None:
        """The one to travel with: a passport before others, a visa only where there is nothing else."""
        ranked = sorted(self.documents, key=lambda d: (not d.type.startswith("P"), d.type.startswith("V")))
        return ranked[0] if ranked else None


@dataclass(frozen=True, slots=True)
class Part:
    """Of a message in several; reference names the whole."""

    reference: str
    number: int
    last: bool


@dataclass(frozen=True, slots=True)
class Count:
    """What CNT says over all parts, and where."""

    crew: bool
    value: str
    where: Finding


@dataclass(frozen=True, slots=True)
class Message:
    """transaction: RFF TN, else the reference of UNH.  where: the UNH."""

    function: Function
    legs: tuple[Leg, ...]
    travelers: tuple[Person, ...]
    transaction: str
    part: Part | None = None
    counts: tuple[Count, ...] = field(default=(), compare=False)
    where: Finding = field(default=Finding("UNH", 0, 0, ""), compare=False)
    listing: Listing = Listing.PASSENGERS
