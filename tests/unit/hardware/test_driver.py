"""The host's end of the gate line: each way a line can be bad has its own code, and none of them opens anything."""

import random
from collections.abc import Callable

import pytest

from hardware.door import Fault, Position
from hardware.errors import LinkSilent
from hardware.gate import faults, frames
from hardware.gate.driver import Gate
from hardware.gate.lane import Walk
from hardware.gate.limits import MEMORY_SIZE, Action, Drive, Pin
from hardware.gate.mac import Key
from hardware.gate.memory import ERASED, Site
from hardware.gate.messages import Want
from hardware.gate.model import GateModel
from hardware.gate.script import READY, SITE
from hardware.lights import Lamp
from tests.gates import Driven

OTHER_KEY = bytes(range(0x61, 0x71))
BACKWARDS = Walk(entry=(700, 900), exit=(400, 600), presence=(200, 1100))
CHECK = {fault.code: fault.check for fault in vars(faults).values() if isinstance(fault, Fault)}


def driven(memory: bytes = READY, key: bytes = SITE.key, gate: int = SITE.gate) -> Driven:
    return Driven(GateModel, memory, key, gate)


def wrong_baud(said: bytes) -> bytes:
    """As a receiver at half the speed samples it: two bits of every byte in one, and fewer bytes."""
    return bytes(byte & 0x55 | byte << 1 & 0xAA | 0x80 for byte in said[::2]).replace(b"\xa5", b"\xb5")


def old_firmware(said: bytes) -> bytes:
    """Statuses of version 1: 23 bytes, no authentication."""
    return frames.encode(b"S\x01" + bytes(21)) if said else b""


def silent_after(bench: Driven) -> LinkSilent:
    with pytest.raises(LinkSilent) as caught:
        bench.run(2000)
    assert bench.now_s <= 1.1
    assert bench.gate.grant() is None
    assert bench.gate.state is None
    assert not bench.lane.drive & Drive.RELAY
    return caught.value


# --- a line without a session -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("no_answer", lambda said: b""),
        ("noise", lambda said: random.Random(len(said)).randbytes(40).replace(b"\xa5", b"")),
        ("noise", wrong_baud),
        ("half_frames", lambda said: said[:20]),
        ("other_version", old_firmware),
    ],
)
def test_a_bad_line_is_named_within_a_second_or_so(code: str, line: Callable[[bytes], bytes]) -> None:
    bench = driven()
    bench.wire.to_host = line
    silent = silent_after(bench)
    assert silent.code == code
    assert CHECK[code] in str(silent)


def test_an_echo_of_our_own_frames_is_named() -> None:
    bench = driven()
    bench.wire.echoes = True
    bench.wire.to_host = lambda said: b""
    assert silent_after(bench).code == "echo"


@pytest.mark.parametrize(
    ("code", "bench"),
    [
        ("wrong_key", lambda: driven(key=OTHER_KEY)),
        ("other_gate", lambda: driven(gate=8)),
        ("other_gate", lambda: driven(key=OTHER_KEY, gate=8)),
        ("unprovisioned", lambda: driven(bytes((ERASED,)) * MEMORY_SIZE)),
        ("unprovisioned", lambda: driven(Site(7, 1000, 100, bytes(16)).image(commissioned=True))),
        ("no_welcome", lambda: driven(READY[:32] + bytes(range(1, 14)) + READY[45:])),
    ],
)
def test_a_controller_that_is_not_ours_is_named(code: str, bench: Callable[[], Driven]) -> None:
    assert silent_after(bench()).code == code


def test_a_key_is_never_told() -> None:
    assert SITE.key.hex() not in str(silent_after(driven(key=OTHER_KEY)))


# --- a session that is hindered ---------------------------------------------------------------------------------------


def ready() -> Driven:
    bench = driven()
    bench.run(600)
    assert bench.gate.state is not None
    assert bench.gate.state.ready
    assert bench.codes == set()
    return bench


def test_a_controller_that_is_not_commissioned_says_so_until_a_technician_was_there() -> None:
    bench = driven(SITE.image())
    bench.run(600)
    assert bench.codes == {"not_commissioned"}
    assert bench.gate.grant() is None
    bench.lane.pins |= Pin.SERVICE
    bench.run(100)
    assert bench.codes == {"service_mode", "not_commissioned"}
    bench.gate.serve(Action.COMMISSION, 5)
    bench.run(100)
    assert bench.codes == {"service_mode"}
    bench.lane.pins &= ~Pin.SERVICE
    bench.run(100)
    assert bench.codes == set()
    assert bench.gate.grant() == 1


@pytest.mark.parametrize(("pin", "code"), [(Pin.FIRE, "emergency"), (Pin.SERVICE, "service_mode")])
def test_what_stands_against_a_grant_is_named_and_none_is_given(pin: Pin, code: str) -> None:
    bench = ready()
    bench.lane.pins |= pin
    bench.run(100)
    assert bench.codes == {code}
    assert bench.gate.grant() is None


def test_swapped_beams_are_found_out_after_three_grants() -> None:
    bench = ready()
    bench.walk = BACKWARDS
    for _ in range(3):
        assert bench.codes == set()
        assert bench.gate.grant() is not None
        bench.run(1600)
    assert bench.codes == {"beams_swapped"}
    assert bench.gate.grant() is None


def test_a_slow_line_is_named_while_it_still_works() -> None:
    bench = ready()
    late: list[tuple[float, bytes]] = []

    def hold_back(said: bytes) -> bytes:
        late.append((bench.now_s, said))
        return b"".join(late.pop(0)[1] for _ in range(len(late)) if bench.now_s - late[0][0] >= 0.3)

    bench.wire.to_host = hold_back
    bench.run(1500)
    assert bench.codes == {"slow"}
    bench.wire.to_host = lambda said: said
    bench.run(500)
    assert bench.codes == set()


def test_another_program_that_takes_our_answers_is_noticed() -> None:
    bench = ready()
    stolen = frames.encode(Key(OTHER_KEY).seal(Want(7, 0, 1, 1, 0, 0, 0).pack()))
    bench.wire.to_controller = lambda sent: sent + stolen
    bench.run(100)
    assert bench.codes == {"wrong_key"}


def test_one_frame_sent_twice_opens_nothing_and_is_noticed() -> None:
    bench = ready()
    bench.wire.to_controller = lambda sent: sent * 2
    bench.run(100)
    assert bench.codes == {"behind"}


# --- what the line may bring and must not move us ---------------------------------------------------------------------


def test_statuses_played_again_change_nothing() -> None:
    bench = ready()
    recorded = bench.wire.record()
    assert bench.gate.grant() == 1
    bench.run(400)
    assert bench.gate.state is not None
    assert bench.gate.state.position is Position.OPEN
    bench.gate.shut()
    bench.wire.to_host = lambda said: said
    bench.run(400)
    before = bench.gate.state
    bench.wire.came += b"".join(recorded)
    assert bench.gate.listen(bench.now_s) == []
    assert bench.gate.state == before


def test_statuses_played_again_do_not_count_as_an_answer() -> None:
    bench = ready()
    recorded = bench.wire.record()
    bench.run(200)
    bench.wire.to_host = lambda said: recorded[0]
    with pytest.raises(LinkSilent):
        bench.run(1500)


def test_a_welcome_played_again_begins_no_session() -> None:
    first = driven()
    recorded = first.wire.record()
    first.run(600)
    other = driven()
    other._nonces = 100
    other.wire.to_host = lambda said: recorded.pop(0) if recorded else b""
    assert silent_after(other).code == "no_welcome"


def test_a_controller_that_started_anew_voids_the_grant_and_is_greeted_again() -> None:
    bench = ready()
    bench.walk = None
    assert bench.gate.grant() == 1
    bench.run(400)
    session = bench.gate.state.session if bench.gate.state else 0
    bench.lane._begin = lambda pins: GateModel(bench.lane.controller.memory, pins, bench.lane.now_ms)
    bench.lane.restart()
    bench.run(1000)
    assert bench.gate.state is not None
    assert bench.gate.state.session > session
    assert bench.gate.state.ready
    assert bench.gate.state.position is Position.CLOSED
    assert bench.gate.grant() == 2, "a grant number is not used again"


def test_after_silence_the_session_is_new_and_the_next_grant_opens() -> None:
    bench = ready()
    assert bench.gate.grant() == 1
    bench.run(400)
    bench.walk, bench.wire.to_controller = None, lambda sent: b""
    bench.run(1200)
    assert bench.lane.leaf_ms == 0
    bench.wire.to_controller = lambda sent: sent
    bench.run(500)
    assert bench.lane.leaf_ms == 0
    assert bench.gate.grant() == 2
    bench.run(300)
    assert bench.lane.fully_open


def test_a_host_that_starts_anew_gives_numbers_above_the_last() -> None:
    bench = ready()
    assert bench.gate.grant() == 1
    bench.run(300)
    bench.gate.shut()
    bench.run(300)
    nonces = iter(range(100, 200))
    bench.gate = Gate(bench.wire, Key(SITE.key), SITE.gate, bench.now_s, lambda: next(nonces))
    bench.run(500)
    assert bench.gate.grant() == 2


def test_a_line_that_was_cut_a_moment_goes_on() -> None:
    bench = ready()
    bench.wire.to_controller = bench.wire.to_host = lambda lost: b""
    bench.run(600)
    bench.wire.to_controller = bench.wire.to_host = lambda kept: kept
    bench.run(200)
    assert bench.gate.state is not None
    assert bench.gate.state.ready


def test_one_grant_is_one_opening_and_no_grant_before_the_controller_has_spoken() -> None:
    bench = driven()
    assert bench.gate.grant() is None
    assert bench.gate.state is None
    bench.run(600)
    assert bench.gate.grant() == 1
    bench.run(3000)
    assert bench.lane.leaf_ms == 0, "the driver went on wanting it"
    assert bench.gate.state is not None
    assert (bench.gate.state.forward, bench.gate.state.reverse, bench.gate.state.doubtful) == (1, 0, 0)


def test_the_lamp_wished_for_is_shown() -> None:
    bench = ready()
    for lamp in (Lamp.READY, Lamp.LOOKING, Lamp.SEE_AGENT, Lamp.OFF):
        bench.gate.light(lamp)
        bench.run(150)
        assert bench.gate.state is not None
        assert bench.gate.state.lamp is lamp


def test_any_noise_between_frames_leaves_the_session_alone() -> None:
    bench, turns = ready(), random.Random(3)
    bench.wire.to_host = bench.wire.to_controller = lambda data: turns.randbytes(turns.randrange(8)) + data
    session = bench.gate.state.session if bench.gate.state else 0
    bench.run(3000)
    assert bench.gate.state is not None
    assert bench.gate.state.session == session
