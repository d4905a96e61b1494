"""Which form each system of record is told in."""

from dataclasses import dataclass

from backend.records import ebts, indicator, type10
from backend.records.facts import IDENT, Facts


@dataclass(frozen=True, slots=True)
class Message:
    """key: by it the system knows what it already holds."""

    key: str
    media_type: str
    body: bytes


def message(system: str, ident_form: str, facts: Facts) -> Message:
    """ident_form: traditional or xml.  Raises ImageRefused for a capture that is no image."""
    if system != IDENT:
        return Message(facts.key, indicator.MEDIA_TYPE, indicator.encode(facts))
    if ident_form == "xml":
        return Message(facts.key, ebts.MEDIA_TYPE, ebts.encode(facts))
    return Message(facts.key, type10.MEDIA_TYPE, type10.encode(facts))
