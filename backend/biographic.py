"""What a manifest says about a traveller, and the fingerprint that stands for the person."""

import json
from dataclasses import dataclass

from backend import documents
from backend.keys import Box


@dataclass(frozen=True, slots=True)
class Biographic:
    """birth and expiry as YYYY-MM-DD; "" where the manifest does not say.  Kept sealed, never logged."""

    surname: str
    given: str
    sex: str = ""
    birth: str = ""
    nationality: str = ""
    document_type: str = ""
    document_number: str = ""
    document_issuer: str = ""
    document_expiry: str = ""
    locator: str = ""
    reference: str = ""  # the carrier's own for this passenger (RFF ABO)

    @property
    def name(self) -> str:
        return f"{self.surname} {self.given}".strip()

    @property
    def document(self) -> str:
        """However it was written, the same; see `documents.name`."""
        return documents.name(self.document_type, self.document_issuer, self.document_number)

    def pack(self) -> bytes:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "Biographic":
        return cls(**json.loads(packed))


def person(persons: Box, of: Biographic) -> str:
    """One for each travel document, the same on every journey; without a document by name and birth."""
    return fingerprint(
        persons, of.document if documents.number_of(of.document_number) else f"{of.name}:{of.birth}".upper()
    )


def fingerprint(persons: Box, document: str) -> str:
    """document: as `Biographic.document`."""
    return persons.fingerprint(document)
