"""Photos of visa applications: asked in JSON, answered with an image in each part of a multipart reply."""

from collections.abc import Sequence
from email.errors import MessageError
from email.parser import BytesParser
from email.policy import HTTP

from pydantic import BaseModel

from backend import documents
from backend.biographic import Biographic
from backend.sources.photo import MOST_PHOTOS, NotAsked, Photo, SourceDown
from backend.sources.wire import Reply, Wire

# What the standard library's parser lets escape it.
RUBBISH = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError)


class Question(BaseModel):
    issuer: str
    passport: str


class Visa:
    """Asked about foreign passports only: a country's own holders have no visa for it."""

    def __init__(self, wire: Wire, country: str) -> None:
        self._wire, self._country = wire, country

    @property
    def name(self) -> str:
        return self._wire.name

    async def photos(self, person: Biographic) -> Sequence[Photo]:
        if not person.document_number or documents.issuer_of(person.document_issuer) == self._country:
            return []
        try:
            asked = Question(issuer=person.document_issuer, passport=person.document_number).model_dump_json().encode()
        except ValueError as error:
            raise NotAsked(f"{self.name}: the travel document has characters that are none") from error
        reply = await self._wire.ask(asked, "application/json")
        return [] if reply is None else self._photos(reply)

    def _photos(self, reply: Reply) -> list[Photo]:
        try:
            return self._images(reply)
        except RUBBISH as error:
            raise SourceDown(f"{self.name}: answer is unreadable ({type(error).__name__}); asked again later") from None

    def _images(self, reply: Reply) -> list[Photo]:
        """A multipart reply (RFC 2046) without its end is half a reply: refused whole."""
        head = f"Content-Type: {reply.content_type}\r\n\r\n".encode("latin-1", "replace")
        message = BytesParser(policy=HTTP).parsebytes(head + reply.content)
        if not message.is_multipart() or message.defects:
            raise SourceDown(f"{self.name}: answer is no complete multipart message; it is asked again later")
        found = []
        for part in message.iter_parts():
            content = part.get_payload(decode=True)
            if part.get_content_maintype() == "image" and isinstance(content, bytes):
                found.append(Photo(content, part.get_content_subtype(), str(part.get("Date", ""))))
        return found[:MOST_PHOTOS]
