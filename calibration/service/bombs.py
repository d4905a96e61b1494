"""Requests of most elements of nothing: every field of every message, as often as it fits; and what no field names."""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

UNKNOWN = 1999  # a field no message has
LENGTH = 2
DEEPEST = 4


def bombs(message: Descriptor, times: int) -> Iterator[tuple[str, bytes]]:
    """Each with the name of what is in it so often: at the top, and as deep as messages go."""
    nothing = _tag(UNKNOWN, LENGTH) + b"\0"
    yield f"{message.name}: unknown fields", nothing * times
    yield f"{message.name}: unknown numbers", (_tag(UNKNOWN, 0) + b"\1") * times
    yield f"{message.name}: groups", _tag(UNKNOWN, 3) * times
    yield from _within(message, times, ())


def _within(message: Descriptor, times: int, path: tuple[FieldDescriptor, ...]) -> Iterator[tuple[str, bytes]]:
    for one in message.fields:
        kind = LENGTH if one.message_type or one.type in (one.TYPE_STRING, one.TYPE_BYTES) else 0
        kind = {one.TYPE_FLOAT: 5, one.TYPE_DOUBLE: 1}.get(one.type, kind)
        value = {LENGTH: b"\0", 0: b"\0", 1: bytes(8), 5: bytes(4)}[kind]
        content = (_tag(one.number, kind) + value) * times
        for outer in reversed(path):
            content = _tag(outer.number, LENGTH) + varint(len(content)) + content
        yield ".".join(part.name for part in (*path, one)), content
        if one.message_type and len(path) < DEEPEST:
            yield from _within(one.message_type, times, (*path, one))


def tainted(message: Message, canary: bytes) -> bytes:
    """The message with the canary in an unknown field of it, and of each message within it."""
    plain = type(message)()
    plain.CopyFrom(message)
    inner = b""
    for one, value in message.ListFields():
        if one.message_type:
            plain.ClearField(one.name)
            for item in value if one.is_repeated else [value]:
                content = tainted(item, canary)
                inner += _tag(one.number, LENGTH) + varint(len(content)) + content
    unknown = _tag(UNKNOWN, LENGTH) + varint(len(canary)) + canary
    return plain.SerializeToString() + inner + unknown


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _tag(number: int, wire: int) -> bytes:
    return varint(number << 3 | wire)
