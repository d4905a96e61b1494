"""How large a request may be: counted in its bytes before anything is made of them.

Every limit is read from the validation rules in `protos/`, so there is no second table: a message may hold as many
elements and bytes as the largest valid one, and room for what a later release adds.  A wire is walked once, no deeper
and no further than that: a hundred thousand elements of nothing are refused after some hundreds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from backend.errors import Refused, StoreUnfit

DEEPEST = 8  # messages within messages
TEXT_BYTES = 1024  # of a text without a limit of its own
TAG_BYTES = 8  # of a tag and a length
ROOM, ROOM_BYTES = 64, 4096  # for fields of a later release
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
WIDE = {FieldDescriptor.TYPE_DOUBLE: 8, FieldDescriptor.TYPE_FIXED64: 8, FieldDescriptor.TYPE_SFIXED64: 8}
WIDE |= {FieldDescriptor.TYPE_FLOAT: 4, FieldDescriptor.TYPE_FIXED32: 4, FieldDescriptor.TYPE_SFIXED32: 4}


@dataclass(frozen=True, slots=True)
class Part:
    """A field: how often it may come, and the limits of the message in it.  packed: the fewest bytes of an element, of
    which many may come as one; 0 where each comes alone."""

    name: str
    most: int
    packed: int
    inner: "Limits | None"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one kind of message.  elements: fields on the wire, with those inside."""

    name: str
    elements: int
    size: int
    parts: Mapping[int, Part] = field(repr=False)


@cache
def limits(message: Descriptor) -> Limits:
    """Raises StoreUnfit for a repeated field without a rule for how many there may be."""
    elements, size, parts = 0, 0, dict[int, Part]()
    for one in message.fields:
        inner = limits(one.message_type) if one.message_type else None
        most = _most(one) if one.is_repeated else 1
        elements += most * (1 + (inner.elements if inner else 0))
        size += most * (TAG_BYTES + (inner.size if inner else _size(one)))
        parts[one.number] = Part(f"{message.name}.{one.name}", most, _packed(one), inner)
    return Limits(message.name, elements, size, parts)


def check(content: bytes, kind: Limits) -> None:
    """Raises Refused for a request that is larger than a valid one could be, or no message at all."""
    if len(content) > kind.size + ROOM_BYTES:
        raise Refused(f"{kind.name} holds {len(content)} bytes, at most {kind.size + ROOM_BYTES} are read; send less")
    try:
        _walk(content, 0, len(content), kind, kind.elements + ROOM, 0)
    except IndexError as error:
        raise Refused(f"{kind.name} ends within a field; compressed messages are not read") from error


def _walk(content: bytes, at: int, end: int, kind: Limits, left: int, depth: int) -> int:
    """How many more elements may come after those in content[at:end]."""
    seen = dict[int, int]()
    while at < end:
        tag, at = _varint(content, at)
        part = kind.parts.get(tag >> 3)
        at, length = _past(content, at, tag & 7)
        if at > end:
            raise Refused(f"{kind.name} ends within a field; send whole messages")
        left -= 1
        if part is not None:
            left -= length // part.packed if part.packed else 0
            seen[tag] = seen.get(tag, 0) + 1
            if seen[tag] > part.most:
                raise Refused(f"{part.name} comes more than {part.most} times; send no more")
            if part.inner is not None and tag & 7 == LENGTH:
                if depth == DEEPEST:
                    raise Refused(f"{part.name} is more than {DEEPEST} messages deep")
                left = _walk(content, at - length, at, part.inner, left, depth + 1)
        if left < 0:
            raise Refused(f"{kind.name} holds more elements than a valid request could; send no more")
    return left


def _past(content: bytes, at: int, wire: int) -> tuple[int, int]:
    """Where the value that begins there ends, and its length if it says one.  Raises IndexError, Refused."""
    if wire == VARINT:
        return _varint(content, at)[1], 0
    if wire == LENGTH:
        length, at = _varint(content, at)
        return at + length, length
    if wire in (FIXED64, FIXED32):
        return at + (8 if wire == FIXED64 else 4), 0
    raise Refused(f"wire type {wire} is not read; groups and compressed messages are not taken")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = content[at]
    if value < 0x80:
        return value, at + 1
    value &= 0x7F
    for shift in range(7, 70, 7):
        at += 1
        value |= (content[at] & 0x7F) << shift
        if content[at] < 0x80:
            return value, at + 1
    raise Refused("a number of more than 10 bytes is no number")


def _rules(one: FieldDescriptor) -> validate_pb2.FieldRules:
    rules: validate_pb2.FieldRules = one.GetOptions().Extensions[validate_pb2.field]
    return rules


def _most(one: FieldDescriptor) -> int:
    if not (most := _rules(one).repeated.max_items):
        raise StoreUnfit(f"{one.full_name} has no max_items: a request could hold any number")
    return most


def _packed(one: FieldDescriptor) -> int:
    alone = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE)
    return 0 if not one.is_repeated or one.type in alone else WIDE.get(one.type, 1)


def _size(one: FieldDescriptor) -> int:
    rules = _rules(one)
    if one.type == FieldDescriptor.TYPE_BYTES:
        return rules.bytes.max_len or TEXT_BYTES
    if one.type == FieldDescriptor.TYPE_STRING:
        return 4 * rules.string.max_len or TEXT_BYTES
    return 10
