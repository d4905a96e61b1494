"""Whatever comes down the line, in whatever order: only a fresh grant opens, and the firmware's code does the same."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.gate import frames
from hardware.gate.limits import Drive, Pin
from hardware.gate.mac import Key
from hardware.gate.messages import Want
from hardware.gate.model import GateModel
from hardware.gate.script import READY, SITE, Bench
from tests.gates import KINDS
from tests.unit.hardware.golden import VECTORS

CLOSED = int(Pin.LEAF_CLOSED)
EPOCH = 4 << 32 | 1
words = st.integers(0, 2**32 - 1)


def greeted() -> GateModel:
    model = GateModel(READY, CLOSED)
    model.tick(40, CLOSED)
    model.exchange(bytes.fromhex(VECTORS["session"]["hello"]))
    model.tick(50, CLOSED)
    return model


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_no_noise_on_the_line_opens_the_gate(noise: bytes) -> None:
    model = greeted()
    model.exchange(noise)
    assert not model.tick(60, CLOSED) & Drive.RELAY


@settings(max_examples=100)
@given(st.binary(min_size=1, max_size=48))
def test_no_frame_without_the_key_opens_the_gate(payload: bytes) -> None:
    model = greeted()
    model.exchange(frames.encode(payload))
    assert not model.tick(60, CLOSED) & Drive.RELAY


@given(st.integers(0, 2**64 - 1), words, words, words)
def test_a_want_of_another_epoch_or_poll_opens_nothing(epoch: int, sequence: int, poll: int, grant: int) -> None:
    model, key = greeted(), Key(SITE.key)
    honest = Want(SITE.gate, EPOCH, 1, 2, 1, 500, 3)
    for want in (
        replace(honest, epoch=epoch if epoch != EPOCH else 0, sequence=sequence, poll=poll, grant=grant),
        replace(honest, poll=poll if poll not in (1, 2, 3) else 0, grant=grant),
    ):
        model.exchange(frames.encode(key.seal(want.pack())))
        assert not model.tick(60, CLOSED) & Drive.RELAY
    model.exchange(frames.encode(key.seal(honest.pack())))
    assert model.tick(70, CLOSED) & Drive.RELAY, "the honest one does"


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
