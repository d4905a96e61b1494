"""What can happen next in a world: one list for the random walker and for the stateful test."""

import random
from collections.abc import Callable

from calibration.gate.safety.controllers import SECRET, SITE
from calibration.gate.safety.world import PRESENCE, Setting, World
from hardware.gate.lane import WALKER, Defect, Walk
from hardware.gate.limits import Action, Pin
from hardware.gate.memory import Site
from hardware.lights import WISHES, Lamp

Move = Callable[[World, random.Random], None]
_LAMPS = sorted(WISHES)
_WALKS = (
    WALKER,
    Walk(entry=(1000, 1300), exit=(500, 800), presence=(200, 1600)),  # the wrong way
    Walk(entry=(0, 300), exit=(0, 0), presence=(0, 6500)),  # stays in it
)


def wait(world: World, rng: random.Random) -> None:
    """Mostly short, now and then longer than any timer."""
    world.advance(rng.choice((1, 1, 2, 3, 3, 5, 8, 10, 20)) if rng.random() < 0.995 else rng.randrange(50, 1500))


def poll(world: World, rng: random.Random) -> None:
    world.poll()
    world.advance(rng.choice((1, 2, 5, 10, 20)))


def grant(world: World, rng: random.Random) -> None:
    world.grant()
    poll(world, rng)


def shut(world: World, rng: random.Random) -> None:
    world.host.shut()


def light(world: World, rng: random.Random) -> None:
    world.light(rng.choice(_LAMPS))


def converse(world: World, rng: random.Random) -> None:
    world.converse(rng.choice((40, 60, 100)))


def passage(world: World, rng: random.Random) -> None:
    """What happens all day: a grant, the leaf opens, somebody walks through it or not."""
    world.converse(100)
    if world.grant():
        world.light(Lamp.GO)
        world.converse(240)
        world.walk(rng.choice((WALKER, *_WALKS)))
        world.converse(rng.choice((40, 300, 700)))


def slow_host(world: World, rng: random.Random) -> None:
    world.converse(rng.choice((200, 1200)), 50)


def open_on(world: World, rng: random.Random) -> None:
    """The host wants it open for ever."""
    if world.grant():
        world.converse(world.setting.site.opens_ms + 300, 50)


def forge(world: World, rng: random.Random) -> None:
    world.forge(rng)
    world.advance(1)


def restart_host(world: World, rng: random.Random) -> None:
    world.restart_host()


def person(world: World, rng: random.Random) -> None:
    world.walk(rng.choice(_WALKS))


def stand(world: World, rng: random.Random) -> None:
    world.press(rng.choice((Pin.ENTRY, Pin.EXIT, PRESENCE, PRESENCE, Pin.PRESENCE_B)))


def leave(world: World, rng: random.Random) -> None:
    world.gate.pins = 0


def fire(world: World, rng: random.Random) -> None:
    world.press(Pin.FIRE)
    world.advance(rng.choice((1, 4, 6, 30)))


def alarm(world: World, rng: random.Random) -> None:
    """Fire for a while; then the power fails, or not."""
    world.press(Pin.FIRE)
    world.advance(rng.choice((30, 200, 400)))
    world.press(Pin.FIRE)
    world.advance(rng.choice((1, 30, 300)))
    if rng.random() < 0.5:
        world.reset()
        world.advance(300)


def release(world: World, rng: random.Random) -> None:
    world.press(Pin.RELEASE)


def service_switch(world: World, rng: random.Random) -> None:
    world.press(Pin.SERVICE)


def serve(world: World, rng: random.Random) -> None:
    world.service(rng.choice(tuple(Action)))


def defect(world: World, rng: random.Random) -> None:
    world.breaks(rng.choice(tuple(Defect)))


def reset(world: World, rng: random.Random) -> None:
    world.reset()


def repair(world: World, rng: random.Random) -> None:
    world.repair()


def replay(world: World, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 3))):
        world.replay(rng)


def foreign(world: World, rng: random.Random) -> None:
    world.foreign(rng)


def noise(world: World, rng: random.Random) -> None:
    world.inject(rng.randbytes(rng.randrange(1, 60)))


def lose(world: World, rng: random.Random) -> None:
    world.wire.tampers = lambda data: data[: rng.randrange(len(data))]


def twice(world: World, rng: random.Random) -> None:
    world.wire.tampers = lambda data: data + data


def corrupt(world: World, rng: random.Random) -> None:
    at, bit = rng.random(), 1 << rng.randrange(8)
    world.wire.tampers = lambda data: _flip(data, int(at * len(data)), bit)


def reorder(world: World, rng: random.Random) -> None:
    world.reorder()


def deafen(world: World, rng: random.Random) -> None:
    world.wire.deaf = not world.wire.deaf


def _flip(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :]


WEIGHTS: dict[Move, float] = {
    wait: 30, poll: 25, grant: 5, shut: 1.5, light: 2, converse: 3, passage: 0.15, slow_host: 0.06, open_on: 0.06,
    restart_host: 0.15, person: 0.5, stand: 1, leave: 1.5, fire: 0.08, alarm: 0.05, release: 0.4,
    service_switch: 0.15, serve: 0.3, defect: 0.1, reset: 0.2, repair: 0.12,
    replay: 7, foreign: 2, forge: 12, noise: 2, lose: 2, twice: 2, corrupt: 2, reorder: 2, deafen: 0.2,
}  # fmt: skip
SHORT = Site(gate=7, opens_ms=1000, travel_ms=200, key=SECRET)


def settings(rng: random.Random, late_ms: int = 0) -> Setting:
    """One gate as it might be installed, mostly with a short opening: more of them fit into an hour."""
    straps = rng.choice((0, 0, Pin.FAIL_SAFE, Pin.HOLD, Pin.ESCAPE, Pin.ESCAPE | Pin.FAIL_SAFE))
    return Setting(int(straps), rng.random() < 0.8, SITE if rng.random() < 0.2 else SHORT, late_ms)


MOST_BARRED_STEPS = 150  # then a technician comes


def walk(world: World, rng: random.Random, steps: int) -> None:
    """Take so many random steps."""
    moves, weights = list(WEIGHTS), list(WEIGHTS.values())
    for move in rng.choices(moves, weights, k=steps):
        world.steps += 1
        barred = world.observer.faults.due or world.observer.switches.emergency_may or world.wire.deaf
        if barred and rng.random() < 1 / MOST_BARRED_STEPS:
            repair(world, rng)
        else:
            move(world, rng)
