"""The words between brain and pages: messages with their length before them, and the view as a message."""

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from enum import StrEnum

from limen.v1 import screens_pb2 as pb

from edge.boarding_shown import Boarding, Stage
from edge.encounter.events import Prompt
from edge.sentences import CameraSays, GateSays, LaneSays, Result, ServiceSays
from edge.view import Missing, OpenShift, View, Visit

_SIZE = struct.Struct(">I")
_AS_IT_IS = (
    "lamp",
    "reader",
    "reader_ok",
    "service_up",
    "liveness_enforced",
    "journey",
    "expected",
    "outbox",
    "moved_s",
    "loop_lag_s",
)
_WORDS: dict[str, type[StrEnum]] = {
    "prompt": Prompt,
    "gate": GateSays,
    "camera": CameraSays,
    "service": ServiceSays,
    "lane": LaneSays,
}
_READ: dict[str, Callable[[pb.ScreenView], object]] = {
    "not_guaranteed": lambda told: tuple(told.not_guaranteed),
    "missing": lambda told: tuple(Missing(p.traveler, p.name, p.seat) for p in told.missing),
    "visits": lambda told: deque((Visit(v.at, v.encounter, Result(v.result)) for v in told.visits), maxlen=12),
    "gate_checks": lambda told: tuple(told.gate_checks),
    "photos": lambda told: (told.photos_done, told.photos_total),
    "boarding": lambda told: _boarding(told.boarding) if told.HasField("boarding") else None,
    "shifts": lambda told: tuple(OpenShift(s.cookie_sha256, s.person) for s in told.shifts),
}


def framed(body: bytes) -> bytes:
    return _SIZE.pack(len(body)) + body


async def receive(reader: asyncio.StreamReader, most_bytes: int) -> bytes:
    """One message.  Raises ValueError if it is longer than allowed, asyncio.IncompleteReadError at the end."""
    (size,) = _SIZE.unpack(await reader.readexactly(_SIZE.size))
    if size > most_bytes:
        raise ValueError(f"message of {size} bytes, at most {most_bytes} are taken")
    return await reader.readexactly(size)


class ViewPacker:
    """The view as bytes of a `ToScreens`; a long list of the missing is packed once for all states that have it."""

    def __init__(self) -> None:
        self._missing: tuple[Missing, ...] | None = None
        self._packed = b""

    def pack(self, view: View) -> bytes:
        if view.missing is not self._missing:
            self._missing = view.missing
            listed = pb.ScreenView()
            for person in view.missing:
                listed.missing.add(traveler=person.traveler, name=person.name, seat=person.seat)
            self._packed = pb.ToScreens(view=listed).SerializeToString()
        told = pb.ScreenView(not_guaranteed=view.not_guaranteed, gate_checks=view.gate_checks)
        told.photos_done, told.photos_total = view.photos
        for name in (*_AS_IT_IS, *_WORDS):
            setattr(told, name, getattr(view, name))
        for shift in view.shifts:
            told.shifts.add(cookie_sha256=shift.cookie_sha256, person=shift.person)
        for visit in view.visits:
            told.visits.add(at=visit.at, encounter=visit.encounter, result=visit.result)
        if (shown := view.boarding) is not None:
            result = shown.result or ""
            told.boarding.CopyFrom(
                pb.ScreenBoarding(encounter=shown.encounter, traveler=shown.traveler, stage=shown.stage, result=result)
            )
        return self._packed + pb.ToScreens(view=told).SerializeToString()  # protobuf merges what is concatenated


def unpack(told: pb.ScreenView) -> dict[str, object]:
    """The fields of a view, for `View.update`.  Raises ValueError for a word that this release does not know."""
    words = {name: word(getattr(told, name)) for name, word in _WORDS.items()}
    return (
        {name: getattr(told, name) for name in _AS_IT_IS} | words | {name: read(told) for name, read in _READ.items()}
    )


def _boarding(told: pb.ScreenBoarding) -> Boarding:
    result = Result(told.result) if told.result else None
    return Boarding(told.encounter, told.traveler, Stage(told.stage), result)
