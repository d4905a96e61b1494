"""Photos of a country's own passports: JSON over HTTP, images in base64."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, Field, ValidationError

from backend import documents
from backend.biographic import Biographic
from backend.sources.photo import MOST_PHOTOS, NotAsked, Photo, SourceDown
from backend.sources.wire import Wire


class Question(BaseModel):
    passport: str


class Held(BaseModel):
    """What may come beside these is not read."""

    format: Annotated[str, Field(max_length=20)] = ""
    issued: Annotated[str, Field(max_length=10)] = ""
    image: Base64Bytes


class Answer(BaseModel):
    photos: Annotated[list[Held], Field(max_length=MOST_PHOTOS)]


class State:
    """Asked about passports of its own country only, by their number: it has no other."""

    def __init__(self, wire: Wire, country: str) -> None:
        self._wire, self._country = wire, country

    @property
    def name(self) -> str:
        return self._wire.name

    async def photos(self, person: Biographic) -> Sequence[Photo]:
        if not (person.document_number and documents.issuer_of(person.document_issuer) == self._country):
            return []
        if documents.class_of(person.document_type) != documents.PASSPORT:
            return []
        try:
            asked = Question(passport=person.document_number).model_dump_json().encode()
        except ValueError as error:
            raise NotAsked(f"{self.name}: the travel document has characters that are none") from error
        reply = await self._wire.ask(asked, "application/json")
        return [] if reply is None else self._photos(reply.content)

    def _photos(self, content: bytes) -> list[Photo]:
        try:
            held = Answer.model_validate_json(content).photos
        except ValidationError as error:
            raise SourceDown(f"{self.name}: answer has {error.error_count()} faults; it is asked again later") from None
        except (ValueError, RecursionError) as error:
            raise SourceDown(f"{self.name}: answer is unreadable ({type(error).__name__}); asked again later") from None
        return [Photo(one.image, one.format, one.issued) for one in held]
