"""GS-03 and GS-04: the host dies, is stopped or is unplugged at any instant; the controller's clock decides."""

import random
from collections.abc import Callable

from calibration.gate.safety.attacks import BEAT_MS, world
from calibration.gate.safety.controllers import Kind
from calibration.gate.safety.figure import Figure, spread
from calibration.gate.safety.world import World
from hardware.door import Position
from hardware.gate.limits import Flag

SLACK_MS = 100
SILENCE_MS = 1000
SAID_MS = 20  # until the Status that says it has left the controller
BACK_MS = 2000
MOVE_MS = 40


# --- GS-03: SIGKILL, SIGSTOP, unplug --------------------------------------------------------------------------------


def killed(of: World, rng: random.Random) -> None:
    """Half a frame may still leave."""
    of.poll()
    of.wire.to_gate = of.wire.to_gate[: rng.randrange(60)]


def stopped(of: World, rng: random.Random) -> None:
    """It goes on later as if nothing had happened: its wishes are old then."""
    of.advance(rng.randrange(100, 8000))
    of.converse(400)


def unplugged(of: World, rng: random.Random) -> None:
    """The pins of a plug part one after the other, with noise, while the host goes on."""
    of.inject(rng.randbytes(rng.randrange(30)))
    for _ in range(rng.randrange(20)):
        of.wire.tampers = lambda _: b""
        of.poll()
        of.advance(BEAT_MS)


ENDS: tuple[Callable[[World, random.Random], None], ...] = (killed, stopped, unplugged)


def bounded_opening(kind: Kind, trials: int, rng: random.Random) -> Figure:
    """From the command to open until the leaf is closed again."""
    took_ms, failures = [], 0
    of = world(kind)
    site = of.setting.site
    for _ in range(trials):
        of.open()
        opened_ms = of.now_ms
        of.converse(rng.randrange(20, site.opens_ms), BEAT_MS)
        of.advance(rng.randrange(BEAT_MS))
        rng.choice(ENDS)(of, rng)
        while not of.observer.leaf.rests and of.now_ms - opened_ms < 3 * site.opens_ms:
            of.advance(1)
        closed_ms = of.observer.leaf.rested_ms if of.observer.leaf.rests else of.now_ms
        took_ms.append(float(closed_ms - opened_ms))
        failures += took_ms[-1] > site.opens_ms + SLACK_MS + site.travel_ms
        of.restart_host()
        of.converse(300)
    failures += len(of.observer.violations)
    of.close()
    words = f"open for {spread(took_ms)}; {site.opens_ms + SLACK_MS} ms and {site.travel_ms} ms of travel allowed"
    return Figure("GS-03", "host killed, stopped, unplugged at any instant", kind, trials, failures, words)


# --- GS-04: the dead man  -------------------------------------------------------------------------------------------


def nothing(of: World, rng: random.Random) -> None:
    """No byte."""


def only_noise(of: World, rng: random.Random) -> None:
    of.inject(rng.randbytes(rng.randrange(60)))


def only_replays(of: World, rng: random.Random) -> None:
    wants = [frame for frame in of.wire.captured if frame[2:3] == b"W"]
    of.inject(rng.choice(wants))


SILENCES = (nothing, only_noise, only_replays)


def dead_man(kind: Kind, trials: int, rng: random.Random) -> Figure:
    """Nothing that counts is heard any more: from the last Want that counted to safe, and from the host's return."""
    safe_ms, back_ms, failures = [], [], 0
    of = world(kind)
    late_ms = SAID_MS + of.setting.late_ms
    for _ in range(trials):
        (of.open if rng.random() < 0.5 else of.settle)()
        of.converse(rng.randrange(20, 400))
        of.advance(rng.randrange(BEAT_MS))
        took_ms = _until_safe(of, rng)
        safe_ms.append(float(took_ms))
        of.restart_host()
        back_ms.append(float(_until_ready(of)))
        failures += took_ms > SILENCE_MS + late_ms or back_ms[-1] > BACK_MS
    failures += len(of.observer.violations)
    of.close()
    words = f"safe after {spread(safe_ms)} (said up to {late_ms} ms later), in service again after {spread(back_ms)}"
    return Figure("GS-04", "heartbeat lost", kind, trials, failures, words)


def _until_safe(of: World, rng: random.Random) -> int:
    """Milliseconds from the last Want that counted until the controller has said that it is safe."""
    silence, host, safe = rng.choice(SILENCES), of.host, False
    began_ms = of.now_ms
    while not safe and of.now_ms - began_ms < 5 * SILENCE_MS:
        silence(of, rng)
        of.advance(3)
        host.listen(0.0)  # its clock stands still: it must not give up by itself
        safe = host.status is None or bool(host.status.flags & Flag.SAFE)
    heard_ms = of.observer.authority.heard_ms
    return of.now_ms - (heard_ms or 0)


def _until_ready(of: World) -> int:
    """Milliseconds until a grant would be taken."""
    back_ms = of.now_ms
    while not (of.host.state and of.host.state.ready):
        of.converse(BEAT_MS)
        if of.now_ms - back_ms > 5 * BACK_MS:
            break
    return of.now_ms - back_ms


# --- command to observed movement -----------------------------------------------------------------------------------


def movement(kind: Kind, trials: int, rng: random.Random) -> Figure:
    """From the host's grant to the Status that says the leaf moves, read every millisecond; the line takes its time."""
    of, took_ms = world(kind), []
    for _ in range(trials):
        of.settle()
        of.advance(rng.randrange(3 * BEAT_MS))
        of.grant()
        granted_ms = of.now_ms
        while not _moves(of) and of.now_ms - granted_ms < SILENCE_MS:
            if (of.now_ms - granted_ms) % BEAT_MS == 0:
                of.poll()
            of.advance(1)
        took_ms.append(float(of.now_ms - granted_ms))
        of.host.shut()
        of.converse(500)
    of.close()
    failures = sorted(took_ms)[len(took_ms) * 95 // 100] > MOVE_MS
    words = f"{spread(took_ms)}; p95 of {MOVE_MS} ms wanted"
    return Figure("movement", "command to observed movement", kind, trials, int(failures), words)


def _moves(of: World) -> bool:
    of.host.listen(of.now_ms / 1000)
    return of.host.status is not None and of.host.status.position != Position.CLOSED
