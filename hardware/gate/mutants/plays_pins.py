"""Plays of what happens at the pins: each rule on both sides of its limit."""

from hardware.gate import limits
from hardware.gate.lane import WALKER, Defect
from hardware.gate.limits import Action, Pin
from hardware.gate.mutants.stage import BACKWARDS, LONG, NOBODY, PERSON, Play, around, ask, leap, session
from hardware.gate.script import Begin, Bench
from hardware.lights import Lamp


def an_opening(begin: Begin) -> None:
    bench = session(begin)
    bench.walk = WALKER
    for grant in (1, 1, 2, 5, 4, 5, 6):
        bench.want(300, grant, Lamp.GO)
        bench.want(1900, grant * (grant % 2), Lamp.LOOKING)
    bench.run(1200)


def pulses(pin: int, limit_ms: int) -> Play:
    """A pin, up and down again, just short of its limit and just past it."""

    def play(begin: Begin) -> None:
        bench = session(begin)
        for ms in (1, *around(limit_ms)):
            bench.lane.pins ^= pin
            bench.run(ms)
            bench.lane.pins ^= pin
            bench.run(limit_ms + 30)
            bench.lane.pins ^= pin
            bench.run(limit_ms + 30)
            bench.lane.pins ^= pin
            bench.run(ms)
            bench.lane.pins ^= pin
            bench.run(40, bench.host.want())
            bench.lane.pins ^= pin

    return play


def defects(defect: int, limit_ms: int, grant: int) -> Play:
    """Something broken just short of what is forgiven, and just past it, then reset and tried again."""

    def play(begin: Begin) -> None:
        for ms in around(limit_ms):
            bench = session(begin)
            bench.want(200, grant, Lamp.GO)
            bench.lane.defects = defect
            bench.want(ms, grant, Lamp.GO)
            bench.lane.defects = 0
            bench.want(400, grant)
            bench.lane.defects = defect
            bench.want(700, 2 * grant)
            ask(bench, Action.RESET)
            bench.lane.defects = 0
            bench.want(300)
            ask(bench, Action.RESET)
            bench.want(300, 7)

    return play


def two_defects(begin: Begin) -> None:
    """Found anew at the same moment, since a reset does not mend them."""
    bench = session(begin)
    bench.lane.defects = Defect.CONTACTS_SHORT | Defect.PRESENCE_CUT
    bench.want(300)
    ask(bench, Action.RESET)
    bench.want(300)


def fail_safe(begin: Begin) -> None:
    """The relay is energised while the leaf is closed."""
    for defect in Defect:
        bench = session(begin, straps=int(Pin.FAIL_SAFE))
        bench.lane.defects = int(defect)
        bench.want(limits.FEEDBACK_MS + 200)
        bench.lane.defects = 0
        ask(bench, Action.RESET)
        bench.want(700, 1)


def travels(begin: Begin) -> None:
    """Leaves that arrive just in time and just not; somebody in a closing leaf, early and late."""
    for travel_ms in (50, *range(292, 303)):
        bench = Bench(begin, LONG, 0, travel_ms)
        bench.greet()
        bench.want(360, 1)
        bench.want(travel_ms - 20)
        bench.turn(Pin.ENTRY, 120)
        bench.turn(Pin.ENTRY, 500)
        bench.want(200, 2)
    for late_ms in range(280, 330, 4):
        bench = session(begin)
        bench.open(1)
        bench.lane.defects = Defect.LEAF_STUCK
        bench.want(5)
        bench.run(late_ms)
        bench.turn(Pin.EXIT, 60)
        bench.lane.defects = 0
        bench.turn(Pin.EXIT, 300)


def held_open(begin: Begin) -> None:
    for pin in (Pin.ENTRY, Pin.EXIT, Pin.PRESENCE_A, Pin.PRESENCE_B, Pin.PRESENCE_A | Pin.PRESENCE_B):
        bench = session(begin)
        bench.open(1)
        bench.turn(int(pin))
        bench.want(1100, 1)
        bench.turn(int(pin), 99)
        bench.turn(int(pin), 20)
        bench.turn(int(pin), 400)
        bench.turn(int(pin))
        bench.turn(int(pin), 100)


def caught(begin: Begin) -> None:
    """A leaf found open, closed and caught later; a leaf that is pushed when the next grant comes."""
    bench = session(begin)
    bench.open(1)
    bench.restart()
    bench.run(300)
    bench.greet()
    bench.open(2)
    bench.lane.defects = Defect.LEAF_STUCK
    bench.want(400)
    bench.turn(Pin.ENTRY, 100)
    bench.turn(Pin.ENTRY, 300)
    bench = session(begin)
    bench.lane.defects = Defect.LEAF_FORCED
    bench.run(30, bench.host.want())
    bench.run(30, bench.host.want(1))


def swapped(begin: Begin) -> None:
    for walks in ((BACKWARDS,) * 3, (BACKWARDS, BACKWARDS, WALKER, BACKWARDS, BACKWARDS, NOBODY, BACKWARDS)):
        bench = session(begin)
        for grant, walk in enumerate(walks, 1):
            bench.walk = walk
            bench.open(grant)
            bench.want(700, grant)
            bench.want(900)
        ask(bench, Action.RESET)
        bench.walk = BACKWARDS
        for grant in (90, 91, 92):
            bench.open(grant)
            bench.want(1500, grant)


def swapped_and_cut(begin: Begin) -> None:
    """Another fault is found while the third passage is under way."""
    bench = session(begin)
    bench.walk = BACKWARDS
    for grant in (1, 2, 3):
        bench.lane.defects = Defect.PRESENCE_CUT * (grant == 3)
        bench.open(grant)
        bench.want(130, grant)
        bench.lane.defects = 0
        bench.want(1500, grant)


def fire_and_release(begin: Begin) -> None:
    for straps in (0, Pin.FAIL_SAFE, Pin.HOLD, Pin.HOLD | Pin.ESCAPE, Pin.HOLD | Pin.FAIL_SAFE, Pin.ESCAPE):
        bench = session(begin, straps=int(straps))
        for pins in (Pin.FIRE, Pin.FIRE | Pin.SERVICE, Pin.SERVICE, 0, Pin.RELEASE, Pin.SERVICE, Pin.FIRE, 0):
            bench.lane.pins = int(pins)
            bench.want(150, 3, Lamp.GO)
        bench.run(1100)
        bench.restart()
        bench.greet()
        bench.want(60, 4)
        bench.lane.pins = int(Pin.SERVICE)
        bench.run(4, bench.host.want())
        bench.lane.pins = int(Pin.SERVICE | Pin.FIRE)
        bench.want(30)
        bench.lane.pins = 0
        bench.want(300, 5)


def fire_comes_again(begin: Begin) -> None:
    """Too short to be believed, as the service switch is turned on that would end the emergency."""
    for late_ms in range(limits.SWITCH_MS - limits.FIRE_MS, limits.SWITCH_MS + 3):
        bench = session(begin)
        for pins in (Pin.FIRE, 0):
            bench.lane.pins = int(pins)
            bench.want(40)
        for pins, ms in ((Pin.SERVICE, late_ms), (Pin.SERVICE | Pin.FIRE, 3), (Pin.SERVICE, 60)):
            bench.lane.pins = int(pins)
            bench.run(ms)


def left_open(begin: Begin) -> None:
    """Starts with the leaf in every position, and who ends a hold."""
    for straps in (0, int(Pin.HOLD), int(Pin.HOLD | Pin.ESCAPE)):
        for end in ("want", "switch", "fire", "release"):
            bench = session(begin, straps=straps)
            bench.open(1)
            bench.restart()
            bench.run(1100)
            if end == "want":
                bench.greet()
            bench.lane.pins = int({"switch": Pin.SERVICE, "fire": Pin.FIRE, "release": Pin.RELEASE}.get(end, 0))
            bench.run(150)
            bench.lane.pins = 0
            bench.run(300)


def ten_minutes(begin: Begin) -> None:
    bench = session(begin)
    bench.turn(Pin.SERVICE)
    leap(bench, limits.SERVICE_MS - 1000)
    bench.run(990)
    bench.greet()
    bench.turn(Pin.SERVICE)
    bench.turn(Pin.SERVICE, 100)


def lights(begin: Begin) -> None:
    bench = session(begin)
    for lamp in range(9):
        bench.want(1300, 0, lamp)
    bench.greet()
    bench.open(1)
    bench.want(500, 1, Lamp.GO)
    bench.turn(PERSON, 1200)
    bench.want(1100, 1, Lamp.GO)
