"""The one interface of photo sources, and what they give."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from backend.biographic import Biographic
from backend.errors import ServiceError

MOST_PHOTOS = 12  # of one traveller from one source


class SourceDown(ServiceError):
    """A source did not answer, in time or at all, or what it said cannot be read.  Says the source and what went
    wrong, never whom was asked about."""


class NotAsked(ServiceError):
    """A source cannot be asked about this one traveller, or says no to the question: it is not asked it again, and
    about others as before.  Says the source and why, never whom it is about."""


@dataclass(frozen=True, slots=True)
class Photo:
    """content: an image file as the source holds it, not looked at yet.  format, taken (a date) and sap (subject
    acquisition profile, ANSI/NIST-ITL field 10.013) are what the source says of it; "" and None where it does not."""

    content: bytes = field(repr=False)
    format: str = ""
    taken: str = ""
    sap: int | None = None


class PhotoSource(Protocol):
    @property
    def name(self) -> str: ...

    async def photos(self, person: Biographic) -> Sequence[Photo]:
        """Photos on file of the holder of a travel document; none is a common answer.  Raises SourceDown,
        NotAsked."""
        ...
