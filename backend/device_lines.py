"""What a device may say happened to it: a closed vocabulary, so that no text about a person gets into the log."""

import re
from collections.abc import Iterable

from limen.v1.audit_pb2 import AuditEntry

from backend.errors import Refused
from backend.store.audit import DeviceLine

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_AGENT = "[A-Za-z0-9][A-Za-z0-9._-]{1,79}"
# What a device does in one step, each by the event it is told as when it comes last.
_SAID = {
    "gate.granted": f"granted by (?:{_UUID}|{_AGENT})",
    "agent.called": "agent called",
    "encounter.ended": "ended: (?:Crossed|NotCrossed|Boarded|NotBoarded)",
}
_PART = "|".join(_SAID.values())
_DETAILS = {event: re.compile(f"(?:(?:{_PART}); ){{0,3}}{last}") for event, last in _SAID.items()}


def lines_of(device: str, entries: Iterable[AuditEntry]) -> list[DeviceLine]:
    """Raises Refused for an event nobody knows, or a detail that is not its own."""
    return [_line(device, entry) for entry in entries]


def _line(device: str, entry: AuditEntry) -> DeviceLine:
    wanted = _DETAILS.get(entry.event)
    if wanted is None:
        raise Refused(f"line {entry.number}: its event is none of {', '.join(sorted(_SAID))}; update the service first")
    if not wanted.fullmatch(entry.detail):
        raise Refused(f"line {entry.number}: its detail is not what {entry.event} is told with")
    return DeviceLine(device, entry.number, entry.at_utc_ms, entry.event, entry.encounter, entry.detail)
