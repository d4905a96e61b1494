"""Messages copied field by field: what no field names is not in the copy, at any depth."""

from typing import TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


def copied(message: M, *leaving_out: str) -> M:
    """The named fields of a message and of those within it, but for the fields of these names at its top.

    A message that is stored is one that this made: a face in an unknown field would outlive every purge.
    """
    made = type(message)()
    for one, value in message.ListFields():
        if one.name in leaving_out:
            continue
        if one.is_repeated:
            getattr(made, one.name).extend(_value(one, item) for item in value)
        elif one.message_type:
            getattr(made, one.name).SetInParent()
            getattr(made, one.name).MergeFrom(copied(value))
        else:
            setattr(made, one.name, value)
    return made


def _value(one: FieldDescriptor, item: object) -> object:
    return copied(item) if isinstance(item, Message) else item
