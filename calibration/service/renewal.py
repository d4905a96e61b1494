"""Certificates and authorities that change under load, and callers who are turned away on live channels (SE-02)."""

import threading
import time
from dataclasses import dataclass, field

import grpc

from backend import ca
from backend.people.posts import Post
from backend.store import peers, people
from backend.store.peers import Peer
from calibration.service.border_post import device, session
from calibration.service.calling import Call, said, stream
from calibration.service.rig import Rig

CALLERS = 4
EVERY_S = 0.01  # a caller's pause
SETTLE_S = 0.3  # between two rotations: calls and handshakes on either side of each
SUCCESSION = 5  # every so many rotations the authority itself is followed by another
LATEST_S = 60.0  # a revoked caller is out
HEALTH = Call("/grpc.health.v1.Health/Check", b"")
GALLERY, ALERTS = "/limen.v1.Manifests/WatchGallery", "/limen.v1.Alerts/Watch"
WHO = "/limen.v1.People/WhoAmI"


@dataclass(slots=True)
class Load:
    """Callers on channels that stay, and one that makes a new channel for each call."""

    rig: Rig
    identity: str
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def stay(self) -> None:
        identity, channel = self.identity, self.rig.connect(self.identity)
        while not self.ended.wait(EVERY_S):
            if identity != self.identity:
                channel.close()
                identity, channel = self.identity, self.rig.connect(self.identity)
            self._count(said(channel, HEALTH))
        channel.close()

    def come_and_go(self) -> None:
        while not self.ended.wait(EVERY_S):
            with self.rig.connect(self.identity) as channel:
                self._count(said(channel, HEALTH))

    def _count(self, came: str) -> None:
        self.calls += 1
        if came != "ok":
            self.failed.append(came)


def rotate(rig: Rig, rotations: int) -> tuple[int, list[str]]:
    """Renew the service's and the callers' certificates so often under load; how many calls, and what failed."""
    device(rig, "c0", "console", "")
    load = Load(rig, "c0")
    threads = [threading.Thread(target=load.stay) for _ in range(CALLERS)] + [threading.Thread(target=load.come_and_go)]
    for thread in threads:
        thread.start()
    for number in range(1, rotations + 1):
        _rotate(rig, load, number)
    load.ended.set()
    for thread in threads:
        thread.join()
    return load.calls, load.failed


def _rotate(rig: Rig, load: Load, number: int) -> None:
    authority, follows = rig.root / "tvs" / "ca", number % SUCCESSION == 0
    if follows:
        ca.succeed(authority)
    ca.renew(authority)
    ca.add(authority, rig.root / f"c0-{number}", "console", "c0")
    load.identity = f"c0-{number}"
    time.sleep(SETTLE_S)
    if follows:
        ca.retire(authority)
        time.sleep(SETTLE_S)


def cut_device(rig: Rig, number: int) -> tuple[float, str]:
    """Seconds until the open stream of a removed gate ends, and with what; then a call on the same channel."""
    name = f"cut-{number}"
    device(rig, name, "gate", "ZRH")
    with rig.connect(name) as channel:
        opened = stream(channel, Call(GALLERY, b""), 2 * LATEST_S)
        next(opened)
        began = time.monotonic()
        rig.ask(peers.refuse, name)
        ended = _ended(opened)
        took_s = time.monotonic() - began
        again = said(channel, HEALTH)
    return took_s, ended if again.startswith("PERMISSION_DENIED") else f"still served: {again}"


def cut_person(rig: Rig, number: int) -> tuple[float, str]:
    """The same for a person who is barred, at a console that stays welcome."""
    name = f"barred-{number}"
    token = rig.ask(session, name, [Post("officer", "ZRH")])
    if number == 0:
        rig.ask(peers.welcome, Peer("desk", "console", None))
        ca.add(rig.root / "tvs" / "ca", rig.root / "desk", "console", "desk")
    shown = (("authorization", f"Bearer {token}"),)
    with rig.connect("desk") as channel:
        opened = stream(channel, Call(ALERTS, b"", shown), 2 * LATEST_S)
        if (before := said(channel, Call(WHO, b"", shown))) != "ok":
            return 0.0, f"never served: {before}"
        began = time.monotonic()
        rig.ask(people.welcome, name, False)
        ended = _ended(opened)
        took_s = time.monotonic() - began
        again = said(channel, Call(WHO, b"", shown))
    return took_s, ended if again.startswith("PERMISSION_DENIED") else f"still served: {again}"


def _ended(opened: grpc.Call) -> str:
    try:
        for _ in opened:  # type: ignore[attr-defined]
            pass
    except grpc.RpcError as error:
        return str(error.code().name)
    return "ended without a word"
