"""Events and effects to JSON objects and back: {"is": name of the type, …its fields}."""

from dataclasses import dataclass, fields, is_dataclass
from inspect import getmembers, isclass
from typing import Any

from pydantic import TypeAdapter

from edge.encounter import events
from edge.encounter.events import Effect, Event

_TYPES: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(kind) for name, kind in getmembers(events, lambda m: isclass(m) and is_dataclass(m))
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a journal: what was heard when, and what was asked for."""

    now_s: float
    event: Event
    effects: tuple[Effect, ...]


def plain(value: Any) -> Any:
    """JSON of any value made of our dataclasses."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__} | {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def value(tree: Any) -> Any:
    """The inverse of `plain`.  Raises KeyError for an unknown type, ValidationError for wrong fields."""
    if isinstance(tree, dict):
        kind, known = tree["is"], {name: value(part) for name, part in tree.items() if name != "is"}
        return _TYPES[kind].validate_python(known)
    return tuple(value(item) for item in tree) if isinstance(tree, list) else tree
