"""Whatever comes down the line, in whatever order: only a fresh grant opens, and the firmware's code does the same."""

import random
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.gate import frames
from hardware.gate.lane import Defect
from hardware.gate.limits import Drive, Pin
from hardware.gate.mac import Key
from hardware.gate.messages import Want
from hardware.gate.model import GateModel
from hardware.gate.native import Native
from tests.gates import KINDS, READY, SITE, Bench

CLOSED = int(Pin.LEAF_CLOSED)
EPOCH = 4 << 32 | 1
words = st.integers(0, 2**32 - 1)


class Both:
    """Model and firmware's code at once: any difference is an error."""

    def __init__(self, memory: bytes, pins: int, now_ms: int) -> None:
        self._model, self._native = GateModel(memory, pins, now_ms), Native(memory, pins, now_ms)

    def tick(self, now_ms: int, pins: int) -> int:
        drive = self._model.tick(now_ms, pins)
        assert drive == self._native.tick(now_ms, pins)
        return drive

    def exchange(self, received: bytes) -> bytes:
        said = self._model.exchange(received)
        assert said == self._native.exchange(received)
        assert self._model.memory == self._native.memory
        return said

    @property
    def memory(self) -> bytes:
        return self._native.memory

    def close(self) -> None:
        self._native.close()


def greeted() -> GateModel:
    model = GateModel(READY, CLOSED)
    model.tick(100, CLOSED)
    bench = Bench(KINDS["model"])
    model.exchange(bench.host.hello())
    model.tick(130, CLOSED)
    return model


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_no_noise_on_the_line_opens_the_gate(noise: bytes) -> None:
    model = greeted()
    model.exchange(noise)
    assert not model.tick(300, CLOSED) & Drive.RELAY


@settings(max_examples=200)
@given(st.binary(min_size=1, max_size=48))
def test_no_frame_without_the_key_opens_the_gate(payload: bytes) -> None:
    model = greeted()
    model.exchange(frames.encode(payload))
    assert not model.tick(200, CLOSED) & Drive.RELAY


@given(st.integers(0, 2**64 - 1), words, words, words)
def test_a_want_of_another_epoch_or_poll_opens_nothing(epoch: int, sequence: int, poll: int, grant: int) -> None:
    model, key = greeted(), Key(SITE.key)
    honest = Want(SITE.gate, EPOCH, 1, 2, 1, 500, 3)
    for want in (
        replace(honest, epoch=epoch if epoch != EPOCH else 0, sequence=sequence, poll=poll, grant=grant),
        replace(honest, poll=poll if poll not in (1, 2, 3) else 0, grant=grant),
    ):
        model.exchange(frames.encode(key.seal(want.pack())))
        assert not model.tick(150, CLOSED) & Drive.RELAY
    model.exchange(frames.encode(key.seal(honest.pack())))
    assert model.tick(170, CLOSED) & Drive.RELAY, "the honest one does"


def test_a_recorded_line_played_again_opens_nothing() -> None:
    bench = Bench(KINDS["native"])
    sent = [bench.host.hello()]
    bench.run(30, sent[0])
    for grant in (0, 1, 1, 1, 1, 0, 0, 0, 0, 0):
        sent.append(bench.host.want(grant))
        bench.run(40, sent[-1])
    assert bench.closed
    turns = random.Random(5)
    for _ in range(3000):
        bench.run(turns.randrange(1, 9), turns.choice(sent))
        assert not bench.told_open


def turns_of(seed: int) -> Iterator[tuple[str, int]]:
    turns = random.Random(seed)
    kinds = ["want"] * 12 + ["pin"] * 3 + ["defect", "clear", "noise", "replay", "serve", "hello", "restart", "silence"]
    while True:
        yield turns.choice(kinds), turns.randrange(2**16)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, Pin.FAIL_SAFE, Pin.HOLD, Pin.HOLD | Pin.ESCAPE]))
def test_model_and_firmware_do_the_same_through_anything(seed: int, straps: int) -> None:
    bench = Bench(Both, SITE.image(commissioned=seed % 8 > 0), int(straps))
    turns, sent, grant = turns_of(seed), [b"\xa5"], 0
    pins = (Pin.ENTRY, Pin.EXIT, Pin.PRESENCE_A | Pin.PRESENCE_B, Pin.SERVICE, Pin.RELEASE, Pin.FIRE)
    for _ in range(60):
        match next(turns):
            case "want", number:
                grant = 0 if number % 7 == 0 else number % 9 if number % 5 == 0 else grant
                sent.append(bench.host.want(grant, number % 5, number % 700))
                bench.run(number % 60, sent[-1])
            case "pin", number:
                bench.lane.pins ^= int(pins[number % len(pins)])
            case "defect", number:
                bench.lane.defects ^= 1 << number % len(Defect)
            case "clear", _:
                bench.lane.pins = bench.lane.defects = 0
            case "noise", number:
                bench.run(number % 30, random.Random(number).randbytes(number % 60))
            case "replay", number:
                bench.run(number % 30, sent[number % len(sent)])
            case "serve", number:
                bench.run(number % 30, bench.host.service(number % 4, number % 3))
            case "hello", _:
                bench.run(20, bench.host.hello())
            case "restart", _:
                bench.restart()
            case "silence", number:
                bench.run(number % 1500)
    bench.close()
