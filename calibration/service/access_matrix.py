"""Every role, method, port and purpose tried on a running service, and compared with what is wanted (SE-04)."""

import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
from limen.v1 import verification_pb2 as pb

from backend.people.posts import Post
from calibration.service.border_post import Place, device, requests, session
from calibration.service.calling import Call, said
from calibration.service.rig import PORT, Rig
from calibration.service.wanted import CARRIER, DEVICES, GATE, PEOPLE, PURPOSES, TOUCHPOINT, WANTED, Wanted

PORTS = {"there": PORT, "elsewhere": "GVA", "everywhere": "*"}
NAMED = ("right", "wrong", "none")  # purpose
REFUSED = re.compile("may not call|needs a purpose|no such purpose|has no post at port|is seen at|is held at none")
BROKEN = re.compile("INTERNAL|UNAVAILABLE|UNIMPLEMENTED|UNKNOWN")  # neither allowed nor refused
ALLOWED_S, REFUSED_S = 0.5, 10.0  # a stream that is allowed may have nothing to say
LOGOUT = "/limen.v1.People/Logout"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """port: of PORTS; purpose: of NAMED."""

    method: str
    role: str
    port: str
    purpose: str


def wanted(cell: Cell) -> bool:
    """Whether the caller should get past: what is said after that is no matter of access."""
    row = WANTED[cell.method]
    if cell.role not in row.roles or cell.purpose == "wrong" or (row.purposes and cell.purpose == "none"):
        return False
    if not row.there or cell.role == CARRIER:  # a carrier is bound to its own journeys instead
        return True
    return cell.port == "there" or (cell.port == "everywhere" and cell.role not in (GATE, TOUCHPOINT))


def purpose(row: Wanted, named: str) -> str:
    """The words for it: a right one, one that is known but not for this (or known to nobody), none."""
    others = [one for one in PURPOSES if one not in row.purposes]
    match named:
        case "right":
            return row.purposes[0] if row.purposes else PURPOSES[0]
        case "wrong":
            return others[0] if row.purposes else "curiosity"
        case _:
            return ""


def cells() -> list[Cell]:
    """All of them; those elsewhere first, while nothing is settled yet."""
    ports = ("elsewhere", "there", "everywhere")
    return [
        Cell(method, role, port, named)
        for port, method, role, named in itertools.product(ports, WANTED, (*DEVICES, *PEOPLE), NAMED)
    ]


class Matrix:
    """Call `enrol` first."""

    def __init__(self, rig: Rig, place: Place) -> None:
        self._rig, self._requests = rig, requests(place)
        self._channels: dict[str, grpc.Channel] = {}
        self._tokens: dict[str, str] = {}

    def enrol(self) -> None:
        device(self._rig, "console", "console", "")
        for role, port in itertools.product(DEVICES, PORTS):
            device(self._rig, f"{role}.{port}", role, PORTS[port])
        for role, port in itertools.product(PEOPLE, PORTS):
            self._tokens[f"{role}.{port}"] = self._session(role, port)

    def wrong(self, tried: list[Cell]) -> Iterator[tuple[Cell, str]]:
        """The cells in which it is not as wanted, with what was said."""
        for cell in tried:
            came = self.said(cell)
            if wanted(cell) != (REFUSED.search(came) is None) or BROKEN.match(came):
                yield cell, came

    def said(self, cell: Cell) -> str:
        """What came of a call: "ok", or the code and the service's words."""
        name = f"{cell.role}.{cell.port}"
        metadata = [("x-limen-purpose", words)] if (words := purpose(WANTED[cell.method], cell.purpose)) else []
        if cell.role in PEOPLE:
            token = self._session(cell.role, cell.port) if cell.method == LOGOUT else self._tokens[name]
            metadata.append(("authorization", f"Bearer {token}"))
        caller = self._channel("console" if cell.role in PEOPLE else name)
        return said(caller, Call(cell.method, self._request(cell, name), tuple(metadata), _patience_s(cell)))

    def _request(self, cell: Cell, name: str) -> bytes:
        request = self._requests[cell.method]
        if isinstance(request, pb.VerifyRequest | pb.VerifyDocumentsRequest):
            request.device, request.encounter = name, str(uuid.uuid4())
        return request.SerializeToString()

    def _session(self, role: str, port: str) -> str:
        return self._rig.ask(session, f"{role}.{port}", [Post(role, PORTS[port])])

    def _channel(self, name: str) -> grpc.Channel:
        if name not in self._channels:
            self._channels[name] = self._rig.connect(name)
        return self._channels[name]

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()


def _patience_s(cell: Cell) -> float:
    return ALLOWED_S if wanted(cell) else REFUSED_S


def whole(methods: list[str]) -> list[str]:
    """What the service serves and the table does not know, or the other way."""
    return sorted(set(methods) ^ {method for method in WANTED if not method.startswith("/grpc.")})
