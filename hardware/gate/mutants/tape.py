"""What a controller was given, to the millisecond, and what came of it: played again on any other controller."""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from hardware.gate.controller import Controller
from hardware.gate.script import Begin

_CLOCK = 2**32
_COUNT, _TAPE, _STEP, _EVENT = struct.Struct("<I"), struct.Struct("<IHI"), struct.Struct("<IBHH"), struct.Struct("<IBH")


@dataclass(slots=True)
class Step:
    """hears comes first; then ms pass, with these pins.  at_once: in one tick, to get through long times."""

    ms: int
    pins: int
    hears: bytes = b""
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Tape:
    memory: bytes
    pins: int
    now_ms: int
    steps: list[Step] = field(default_factory=list)


def events(controller: Controller, tape: Tape) -> Iterator[bytes]:
    """Each change of what is driven or remembered and each word, with its time since the start."""
    at_ms, before = 0, (0, tape.memory)
    for step in tape.steps:
        drive, said = before[0], controller.exchange(step.hears)
        for ms in _lengths(step):
            if said or (drive, controller.memory) != before:
                before = drive, controller.memory
                yield _EVENT.pack(at_ms, drive, len(said)) + said + before[1]
            at_ms += ms
            drive = int(controller.tick((tape.now_ms + at_ms) % _CLOCK, step.pins))
            said = controller.exchange(b"")
        if said or (drive, controller.memory) != before:
            before = drive, controller.memory
            yield _EVENT.pack(at_ms, drive, len(said)) + said + before[1]


def _lengths(step: Step) -> Iterable[int]:
    return (step.ms,) if step.at_once else (1,) * step.ms


def expected(begin: Begin, tape: Tape) -> tuple[bytes, ...]:
    controller = begin(tape.memory, tape.pins, tape.now_ms)
    try:
        return tuple(events(controller, tape))
    finally:
        controller.close()


def differs(begin: Begin, tape: Tape, wanted: Iterable[bytes]) -> bool:
    """Whether another controller makes anything else of a tape; the first difference tells."""
    controller, wishes = begin(tape.memory, tape.pins, tape.now_ms), iter(wanted)
    return any(event != next(wishes, None) for event in events(controller, tape)) or next(wishes, None) is not None


def packed(tapes: Iterable[tuple[Tape, Iterable[bytes]]]) -> bytes:
    """For `player.c`: tapes with what is expected of them.  Numbers are little-endian."""
    parts = [
        b"".join(
            (
                _TAPE.pack(tape.now_ms, tape.pins, len(tape.steps)),
                tape.memory,
                *(_STEP.pack(s.ms, s.at_once, s.pins, len(s.hears)) + s.hears for s in tape.steps),
                _COUNT.pack(len(stream := b"".join(wanted))),
                stream,
            )
        )
        for tape, wanted in tapes
    ]
    return _COUNT.pack(len(parts)) + b"".join(parts)


class Recording:
    """A `Controller` that writes down what it is given."""

    def __init__(self, controller: Controller, tape: Tape) -> None:
        self._controller, self._now_ms, self.tape = controller, tape.now_ms, tape
        self._hears = b""

    def tick(self, now_ms: int, pins: int) -> int:
        ms, self._now_ms = (now_ms - self._now_ms) % _CLOCK, now_ms
        last = self.tape.steps[-1] if self.tape.steps else None
        if last and ms == 1 and last.pins == pins and not self._hears and not last.at_once:
            last.ms += 1
        else:
            self.tape.steps.append(Step(ms, int(pins), self._hears, ms > 1))
        self._hears = b""
        return self._controller.tick(now_ms, pins)

    def exchange(self, received: bytes) -> bytes:
        self._hears += received
        return self._controller.exchange(received)

    @property
    def memory(self) -> bytes:
        return self._controller.memory

    def close(self) -> None:
        self._controller.close()


def recorder(begin: Begin, tapes: list[Tape], start_ms: int) -> Begin:
    """Controllers that are recorded; their clocks are start_ms at the bench's 0."""

    def recorded(memory: bytes, pins: int, now_ms: int) -> Controller:
        at_ms = (now_ms + start_ms) % _CLOCK
        tapes.append(Tape(memory, int(pins), at_ms))
        return Shifted(Recording(begin(memory, int(pins), at_ms), tapes[-1]), start_ms)

    return recorded


@dataclass(frozen=True, slots=True)
class Shifted:
    """A controller whose clock is another than its bench's."""

    controller: Controller
    by_ms: int

    def tick(self, now_ms: int, pins: int) -> int:
        return self.controller.tick((now_ms + self.by_ms) % _CLOCK, pins)

    def exchange(self, received: bytes) -> bytes:
        return self.controller.exchange(received)

    @property
    def memory(self) -> bytes:
        return self.controller.memory

    def close(self) -> None:
        self.controller.close()


Play = Callable[[Begin], None]
