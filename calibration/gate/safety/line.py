"""Benches on this machine's clock and ptys: the line cut and put back, a host process ended, command to movement."""

import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from calibration.gate.safety.controllers import SECRET, SITE, Kind, beginner
from calibration.gate.safety.figure import Figure, spread
from edge.gate_link import GateLink
from hardware.door import Position
from hardware.gate.bench import People, Served
from hardware.gate.driver import Gate
from hardware.gate.lane import Lane
from hardware.gate.mac import Key
from hardware.port import SerialPort

POLL_S = 0.02
BACK_S = 2.0
MOVE_MS = 40


class Cable:
    """A controller on a pty that can be cut and put back."""

    def __init__(self, kind: Kind, folder: Path) -> None:
        self.link, self._kind = folder / "gate.tty", kind
        self.events: list[dict[str, object]] = []
        self.plug()

    def plug(self) -> None:
        """A new pty, and a controller that starts."""
        image = SITE.image(commissioned=True)
        lane = Lane(lambda pins: beginner(self._kind)(image, pins, 0), travel_ms=SITE.travel_ms)
        self._far = Served(lane, People(lane, None, self.events.append), self.link)

    def cut(self) -> None:
        """The pty is closed under whoever has it open."""
        self._far.stop()


@contextmanager
def served(kind: Kind) -> Iterator[Cable]:
    with tempfile.TemporaryDirectory() as folder:
        gate = Cable(kind, Path(folder))
        try:
            yield gate
        finally:
            gate.cut()


def _until(so: Callable[[], object], within_s: float = 10.0) -> float:
    """Seconds it took; within_s if it never came."""
    began_s = time.monotonic()
    while not so() and time.monotonic() - began_s < within_s:
        time.sleep(0.005)
    return time.monotonic() - began_s


def _open(link: Path) -> Callable[[float], Gate]:
    nonces = itertools.count(random.SystemRandom().getrandbits(60))
    return lambda now_s: Gate(SerialPort(str(link)), Key(SECRET), SITE.gate, now_s, lambda: next(nonces))


# --- ER-05 -------------- -------------------------------------------------------------------------------------------


def unplugged(trials: int, rng: random.Random, within_s: float = BACK_S) -> Figure:
    """`GateLink` on a tty that disappears and comes back under the same path."""
    back_s, came_back = [], 0
    with served(Kind.NATIVE) as gate:
        link = GateLink(_open(gate.link), lambda _: None)
        _until(lambda: _ready(link))
        for _ in range(trials):
            gate.cut()
            _poll(link, rng.random() / 2)
            gate.plug()
            back_s.append(_until(lambda: _ready(link)))
            came_back += _ready(link)
        link.close()
    failures = trials - came_back + sum(took_s > within_s for took_s in back_s)
    words = f"in service again after {spread([took_s * 1000 for took_s in back_s])}; {BACK_S:.0f} s allowed"
    return Figure("ER-05", "serial line unplugged and put back", Kind.NATIVE, trials, failures, words, bench=True)


def _poll(link: GateLink, for_s: float) -> None:
    until_s = time.monotonic() + for_s
    while time.monotonic() < until_s:
        link.poll(time.monotonic())
        time.sleep(POLL_S)


def _ready(link: GateLink) -> bool:
    link.poll(time.monotonic())
    return link.state is not None and link.state.ready


# --- command to movement  -------------------------------------------------------------------------------------------


def movement(kind: Kind, trials: int) -> Figure:
    """From the host's grant to the Status that says the leaf moves, on a pty."""
    took_ms: list[float] = []
    with served(kind) as gate:
        host = _open(gate.link)(time.monotonic())
        for _ in range(trials):
            _beat(host, lambda: host.state is not None and host.state.ready and host.state.position is Position.CLOSED)
            if (one_ms := _moved_ms(host)) is not None:
                took_ms.append(one_ms)
            host.shut()
        host.close()
    slow = sorted(took_ms)[len(took_ms) * 95 // 100] > MOVE_MS
    words = (
        f"{spread(took_ms)}; p95 of {MOVE_MS} ms wanted; {trials - len(took_ms)} lost their session to a busy machine"
    )
    return Figure("movement", "command to observed movement", kind, trials, int(slow), words, bench=True)


def _moved_ms(host: Gate) -> float | None:
    """None if the session was lost on the way: then its grant is void."""
    began_s, welcome = time.monotonic(), host.welcome
    host.grant()
    _beat(host, lambda: host.welcome is not welcome or _moves(host))
    return (time.monotonic() - began_s) * 1000 if host.welcome is welcome else None


def _moves(host: Gate) -> bool:
    return host.state is not None and host.state.position is not Position.CLOSED


def _beat(host: Gate, so: Callable[[], bool]) -> None:
    """Speak every 20 ms, and listen in between."""
    spoke_s = 0.0
    until_s = time.monotonic() + 10
    while not so() and time.monotonic() < until_s:
        now_s = time.monotonic()
        if now_s - spoke_s >= POLL_S or (spoke_s == 0.0):
            host.poll(now_s)
            spoke_s = now_s
        else:
            host.listen(now_s)
        time.sleep(0.002)


# --- GS-03 with real processes --------------------------------------------------------------------------------------


def processes(trials: int, rng: random.Random) -> Figure:
    """A host process on the pty is killed or stopped by a real signal while it holds the gate open."""
    took_ms: list[float] = []
    with served(Kind.NATIVE) as gate:
        for _ in range(trials):
            took_ms.append(_ended(gate, rng))
    allowed_ms = SITE.opens_ms + 100 + SITE.travel_ms
    failures = sum(one > allowed_ms for one in took_ms)
    words = f"open for {spread(took_ms)}; {allowed_ms} ms with its travel allowed"
    return Figure("GS-03", "host process killed or stopped", Kind.NATIVE, trials, failures, words, bench=True)


def _ended(gate: Cable, rng: random.Random) -> float:
    """How long the leaf was off its closed contact."""
    gate.events.clear()
    host = subprocess.Popen([sys.executable, "-m", "calibration.gate.safety.host", str(gate.link)])
    try:
        _until(lambda: _at(gate, "moving"))
        time.sleep(rng.random())
        os.kill(host.pid, rng.choice((signal.SIGKILL, signal.SIGSTOP)))
        _until(lambda: _at(gate, "closed"))
    finally:
        host.kill()
        host.wait()
    closed, moving = _at(gate, "closed"), _at(gate, "moving")
    return (closed - moving) * 1000 if closed and moving else 1e6


def _at(gate: Cable, position: str) -> float | None:
    """When it was first so, in seconds; for closed: last."""
    found = [event["at_s"] for event in list(gate.events) if event.get("position") == position]
    numbers = [at_s for at_s in found if isinstance(at_s, float)]
    return (numbers[-1] if position == "closed" else numbers[0]) if numbers else None
