"""Who stays connected: of each address and of each peer so many, and nobody for long who makes no call.

gRPC accepts connections itself and asks nobody.  So the service's own sockets are looked at ten times a second, and
those beyond the budgets are shut down, which gRPC takes as the caller's leaving.  It costs the calls nothing.  The
system is asked to keep those back that have said nothing yet, and to drop what those say that call too often.
"""

import asyncio
import contextlib
import ctypes
import os
import resource
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from urllib.parse import unquote

import structlog

from backend.settings import Budgets

log = structlog.get_logger()
EVERY_S, SOONEST_S, TOLD_EVERY_S = 0.1, 0.02, 10.0
RESERVE = 256  # descriptors for the database, keys, children and logs: no connection gets them
OF_PEER = 32  # connections
CROWDED = 0.75  # of the room: until then an address may have more than its share, for whoever is ended is back at once
WHY = ("silent", "address", "all", "peer", "calls")
SO_ATTACH_FILTER, BPF_RET = 26, 6  # <asm/socket.h>, <linux/bpf_common.h>
SILENT_S = 5  # the system keeps a connection that has not said anything, tcp(7)
FILES = "/proc/self/fd"


@dataclass(frozen=True, slots=True)
class Connection:
    """number: of its socket, never that of another while it is open.  peer: address and port, as gRPC names them."""

    number: int
    address: str
    peer: str


class Crowd:
    """Pure: whom to end, from who is there and who made a call.  Of unknown ones the oldest make room: whoever is
    quick gets in though others crowd.  Of a peer's the newest go: what works goes on working."""

    def __init__(self, most: Budgets, room: int) -> None:
        self._most, self._room = most, room
        self._since_s: dict[int, float] = {}  # the oldest first
        self._names: dict[int, str] = {}

    def judge(self, present: Mapping[int, Connection], named: Mapping[str, str], now_s: float) -> dict[int, str]:
        """Why each of these must go.  named: the certificate's, by peer, of calls made since the last time."""
        self._since_s = {n: s for n, s in self._since_s.items() if n in present}
        self._names = {n: name for n, name in self._names.items() if n in present}
        for number, one in present.items():
            self._since_s.setdefault(number, now_s)
            if one.peer in named:
                self._names[number] = named[one.peer]
        unknown = [number for number in self._since_s if number not in self._names]
        ended = {n: "silent" for n in unknown if now_s - self._since_s[n] > self._most.handshake_s}
        crowd = self._crowded(present, [n for n in unknown if n not in ended])
        beyond = len(present) - len(ended) - int(self._room * CROWDED)
        ended |= dict.fromkeys(crowd[: max(0, beyond)], "address")
        left = [n for n in unknown if n not in ended]
        beyond = len(left) + len(self._names) - self._room
        ended |= dict.fromkeys(left[: max(0, beyond)], "all")
        return ended | self._peers()

    def _crowded(self, present: Mapping[int, Connection], unknown: list[int]) -> list[int]:
        """Beyond the share of their address, the oldest first."""
        held, beyond = Counter[str](), list[int]()
        for number in reversed(unknown):
            held[present[number].address] += 1
            if held[present[number].address] > self._most.unknown:
                beyond.append(number)
        return beyond[::-1]

    def _peers(self) -> dict[int, str]:
        held, ended = Counter[str](), dict[int, str]()
        for number in self._since_s:
            if (name := self._names.get(number)) is not None:
                held[name] += 1
                if held[name] > OF_PEER:
                    ended[number] = "peer"
        return ended


class Doorkeeper:
    def __init__(self, most: Budgets) -> None:
        self.room = max(1, min(most.connections, _descriptors() - RESERVE))
        self._crowd, self._named = Crowd(most, self.room), dict[str, str]()
        self._calling, self._heard = set[str](), asyncio.Event()
        self.ended: Counter[str] = Counter()
        self.open = 0
        self._seen: dict[str, Connection | None] = {}

    def know(self, peer: str, name: str) -> None:
        """A call was made under a certificate of our authority.  peer: as gRPC says it."""
        self._named[plain(peer)] = name

    def end(self, peer: str) -> None:
        """Its calls are too many.  peer: as gRPC says it."""
        self._calling.add(plain(peer))
        self._heard.set()

    def ended_for(self, why: str) -> float:
        """Connections so far; why: of WHY."""
        return float(self.ended[why])

    async def run(self, port: int) -> None:
        """Look, for ever."""
        gone, told_s = Counter[str](), -TOLD_EVERY_S
        while True:
            named, self._named = self._named, {}
            calling, self._calling = self._calling, set()
            gone += await asyncio.to_thread(self._look, port, named, calling)
            if gone and time.monotonic() >= told_s + TOLD_EVERY_S:
                log.warning("connections.ended", open=self.open, **gone)
                gone, told_s = Counter(), time.monotonic()
            await asyncio.sleep(SOONEST_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), EVERY_S)
            self._heard.clear()

    def _look(self, port: int, named: Mapping[str, str], calling: Set[str]) -> Counter[str]:
        found = self._sockets(port)
        ended = self._crowd.judge({one.number: one for _, one in found}, named, time.monotonic())
        for descriptor, one in found:
            if one.number in ended:
                _do(_end, descriptor, one.number)
            elif one.peer in calling:
                _do(_deafen, descriptor, one.number)
                ended[one.number] = "calls"
        self.open = len(found) - len(ended)
        gone = Counter(ended.values())
        self.ended += gone
        return gone

    def _sockets(self, port: int) -> list[tuple[int, Connection]]:
        """Descriptors of this process that are connected to the port; each socket is asked once what it is."""
        seen, found = dict[str, Connection | None](), list[tuple[int, Connection]]()
        for name in os.listdir(FILES):  # noqa: PTH208
            with contextlib.suppress(OSError):  # it was closed meanwhile
                link = os.readlink(f"{FILES}/{name}")  # noqa: PTH115
                if link.startswith("socket:"):
                    one = seen[link] = self._seen[link] if link in self._seen else _connection(int(name), port)
                    if one is not None:
                        found.append((int(name), one))
        self._seen = seen
        return found


def _connection(descriptor: int, port: int) -> Connection | None:
    """None for what is no connection of the service, or for one that is not made yet.  Raises OSError."""
    with socket.socket(fileno=os.dup(descriptor)) as mine:
        if mine.family not in (socket.AF_INET, socket.AF_INET6) or mine.getsockname()[1] != port:
            return None
        try:
            address, caller_port = mine.getpeername()[:2]
        except OSError:  # it listens, or it went
            mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT_S)
            return None
        address = address.removeprefix("::ffff:")
        return Connection(os.fstat(mine.fileno()).st_ino, address, f"{address}:{caller_port}")


def _do(act: Callable[[socket.socket], None], descriptor: int, number: int) -> None:
    """The descriptor may be another file's by now, so a duplicate is looked at and kept."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as mine:
        if os.fstat(mine.fileno()).st_ino == number:
            act(mine)


def _end(mine: socket.socket) -> None:
    mine.shutdown(socket.SHUT_RDWR)


def _deafen(mine: socket.socket) -> None:
    """What comes is dropped by the system (socket(7), SO_ATTACH_FILTER).  Whoever is ended is back at once with as many
    calls; this one waits, until gRPC finds that it answers no ping."""
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET, 0, 0, 0))
    mine.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(nothing)))


def plain(peer: str) -> str:
    """address:port of what gRPC calls ipv4:127.0.0.1:5 or ipv6:%5B::1%5D:5."""
    return unquote(peer).partition(":")[2].replace("[", "").replace("]", "").removeprefix("::ffff:")


def _descriptors() -> int:
    """As many as this process may have, raised to what it may be raised to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 2**20
