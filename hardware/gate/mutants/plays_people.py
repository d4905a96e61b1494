"""Plays of people, alone and in crowds, and of anything at any time."""

import json
import random
from pathlib import Path

from hardware.gate.lane import WALKER, Defect
from hardware.gate.limits import Pin
from hardware.gate.mutants.stage import BACKWARDS, LONG, PERSON, Play, ask, leap
from hardware.gate.script import READY, SITE, Begin, Bench

TRACES = Path(__file__).parents[1] / "traces"
WALKS = Path(__file__).with_name("walks.json")


def traces(begin: Begin) -> None:
    """Every labelled passage, seen by a controller that nobody speaks to."""
    labelled(begin, "")


def rare_ones(begin: Begin) -> None:
    """Wheels, and somebody who stays too long."""
    labelled(begin, "wheelchair")
    labelled(begin, "limit: given up")


def labelled(begin: Begin, word: str) -> None:
    for file in ("passages.json", "limits.json"):
        for trace in json.loads((TRACES / file).read_text())["traces"]:
            if word not in trace["name"]:
                continue
            bench, before_ms = Bench(begin), 0
            for at_ms, entry, exit_, presence in trace["samples"]:
                _pass(bench, at_ms - before_ms)
                before_ms = at_ms
                bench.lane.pins = int(Pin.ENTRY) * entry | int(Pin.EXIT) * exit_ | PERSON * presence
            bench.run(700)


def _pass(bench: Bench, ms: int) -> None:
    if ms > 8000:
        leap(bench, ms - 4000)
    bench.run(ms if ms <= 8000 else 4000)


def wheels(begin: Begin) -> None:
    """Spokes just too short to be told, just long enough, and more of them than are counted."""
    for spoke_ms, gap_ms, spokes, apart_ms in ((29, 20, 12, 300), (30, 19, 12, 300), (30, 1, 258, 6000)):
        bench = Bench(begin)
        period_ms, wheel_ms = spoke_ms + gap_ms, (spoke_ms + gap_ms) * spokes
        for at_ms in range(wheel_ms + apart_ms):
            entry = at_ms < wheel_ms and at_ms % period_ms < spoke_ms
            exit_ = at_ms >= apart_ms and (at_ms - apart_ms) % period_ms < spoke_ms
            bench.lane.pins = PERSON | int(Pin.ENTRY) * entry | int(Pin.EXIT) * exit_
            bench.run(1)
        bench.lane.pins = 0
        bench.run(300)


def found(begin: Begin) -> None:
    """Walks of which one change or another makes something else; each a list of milliseconds and sensors."""
    for walk in json.loads(WALKS.read_text()):
        bench = Bench(begin)
        for ms, sensed in walk:
            bench.lane.pins = sum(
                pins for at, pins in enumerate((int(Pin.ENTRY), int(Pin.EXIT), PERSON)) if sensed >> at & 1
            )
            _pass(bench, ms)
        bench.lane.pins = 0
        bench.run(300)


def crowds(seed: int) -> Play:
    """Beams broken at random, most of the time by somebody, often at the edge of a limit."""

    def play(begin: Begin) -> None:
        turns, bench = random.Random(seed), Bench(begin)
        for _ in range(12):
            for pins in _walk(turns):
                bench.lane.pins = pins
                bench.run(turns.choice((1, 29, 30, 31, 60, 61, 99, 100, 120, 200, 250, 280, 300, 320, 499, 500, 800)))
            bench.lane.pins = 0
            bench.run(turns.choice((30, 99, 100, 101, 600)))

    return play


def _walk(turns: random.Random) -> list[int]:
    entry, exit_ = int(Pin.ENTRY), int(Pin.EXIT)
    through = [PERSON, PERSON | entry, PERSON | turns.choice((0, entry | exit_)), PERSON | exit_, PERSON]
    if turns.random() < 0.3:
        through.reverse()
    for _ in range(turns.randrange(4)):
        through.insert(turns.randrange(5), turns.choice((PERSON, entry, exit_, PERSON | entry, PERSON | exit_, 0)))
    return through


# --- anything ---------------------------------------------------------------------------------------------------------


def wanderings(seed: int, turns_made: int = 60) -> Play:
    """Anything at any time."""

    def play(begin: Begin) -> None:
        turns = random.Random(seed)
        straps = turns.choice((0, 0, 0, Pin.FAIL_SAFE, Pin.HOLD, Pin.HOLD | Pin.ESCAPE))
        bench = Bench(begin, turns.choice((READY, READY, READY, LONG, SITE.image())), int(straps))
        bench.greet()
        bench.walk = turns.choice((None, WALKER, BACKWARDS))
        for _ in range(turns_made):
            turns.choices(_TURNS, _WEIGHTS)[0](bench, turns)

    return play


def _wants(bench: Bench, turns: random.Random) -> None:
    bench.host.nonce += 1
    grant = turns.choice((0, bench.status.last_grant, bench.status.last_grant + 1, bench.host.nonce))
    for _ in range(turns.randrange(1, 9)):
        bench.run(turns.randrange(70), bench.host.want(grant, turns.randrange(6), turns.randrange(1200)))


def _pins(bench: Bench, turns: random.Random) -> None:
    pins = (Pin.ENTRY, Pin.EXIT, PERSON, Pin.SERVICE, Pin.RELEASE, Pin.FIRE, 0, 0)
    bench.lane.pins = int(turns.choice(pins)) | int(turns.choice(pins)) * turns.randrange(2)
    bench.run(turns.choice((1, 5, 20, 100, 300)), bench.host.want())


def _defects(bench: Bench, turns: random.Random) -> None:
    bench.lane.defects = 1 << turns.randrange(len(Defect))
    bench.want(turns.randrange(700), bench.status.last_grant)
    bench.lane.defects = 0


def _resets(bench: Bench, turns: random.Random) -> None:
    bench.lane.pins = 0
    bench.greet() if bench.host.welcome else None
    ask(bench, turns.randrange(1, 3))


def _noise(bench: Bench, turns: random.Random) -> None:
    bench.run(turns.randrange(30), turns.randbytes(turns.randrange(60)))


def _silence(bench: Bench, turns: random.Random) -> None:
    bench.run(turns.randrange(1400))


def _restart(bench: Bench, turns: random.Random) -> None:
    bench.restart(turns.randrange(40, 80))


def _hello(bench: Bench, turns: random.Random) -> None:
    bench.run(turns.randrange(40), bench.host.hello())


_TURNS = (_wants, _pins, _defects, _resets, _noise, _silence, _restart, _hello)
_WEIGHTS = (12, 6, 1, 2, 1, 1, 1, 2)
