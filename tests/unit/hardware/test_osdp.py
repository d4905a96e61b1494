"""What can be asked of an OSDP reader, and with which key."""

from pathlib import Path

import osdp_sys
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import KeyUnfit
from hardware.lights import PATTERNS, Lamp
from hardware.osdp.commands import (
    LONGEST_MS,
    AskInputs,
    AskTamper,
    Buzz,
    Command,
    Light,
    Open,
    Shut,
    buzz,
    light,
    words,
)
from hardware.osdp.keys import DEFAULT, Key

RED, GREEN, AMBER = osdp_sys.LED_COLOR_RED, osdp_sys.LED_COLOR_GREEN, osdp_sys.LED_COLOR_AMBER
numbers, units = st.integers(0, 255), st.integers(0, 255)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(Open, numbers, st.integers(100, LONGEST_MS)),
    st.builds(Shut, numbers),
    st.builds(Light, units, units, units, units),
    st.builds(Buzz, units, units, units),
    st.sampled_from([AskInputs(), AskTamper()]),
)


@given(commands)
def test_no_command_holds_an_output_on(command: Command) -> None:
    said = words(command)
    if said["command"] == osdp_sys.CMD_OUTPUT:
        assert said["control_code"] in (1, 5)
        assert said["control_code"] == 1 or 1 <= int(said["timer_count"]) <= 100  # a timer of 0 is for ever


@given(st.integers(), st.integers())
def test_an_opening_is_short_or_refused(output: int, for_ms: int) -> None:
    if 0 <= output <= 255 and 100 <= for_ms <= LONGEST_MS:
        assert words(Open(output, for_ms))["timer_count"] == for_ms // 100
    else:
        with pytest.raises(ValueError, match="must"):
            Open(output, for_ms)


@pytest.mark.parametrize(
    ("lamp", "wanted"),
    [
        (Lamp.OFF, Light(0, 0, 1, 1)),
        (Lamp.READY, Light(AMBER, 0, 1, 9)),
        (Lamp.LOOKING, Light(AMBER, 0, 5, 5)),
        (Lamp.GO, Light(GREEN, GREEN, 1, 1)),
        (Lamp.SEE_AGENT, Light(RED, 0, 1, 1)),
        (Lamp.FAULT, Light(RED, 0, 4, 1)),
        (Lamp.HELD, Light(RED, 0, 2, 2)),
        (Lamp.EMERGENCY, Light(RED, 0, 8, 2)),
    ],
)
def test_one_light_keeps_the_rhythm_of_the_table(lamp: Lamp, wanted: Light) -> None:
    assert light(lamp) == wanted


def test_no_two_lamps_look_alike() -> None:
    assert len({light(lamp) for lamp in PATTERNS}) == len(PATTERNS)


@pytest.mark.parametrize(
    ("lamp", "wanted"),
    [
        (Lamp.READY, Buzz(0, 0, 0)),
        (Lamp.GO, Buzz(1, 1, 1)),
        (Lamp.SEE_AGENT, Buzz(1, 1, 2)),
        (Lamp.HELD, Buzz(2, 2, 0)),
    ],
)
def test_the_buzzer_chirps_as_often_as_in_the_table(lamp: Lamp, wanted: Buzz) -> None:
    assert buzz(lamp) == wanted


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (DEFAULT, "SCBK-D"),
        (bytes(16), "all bytes are 0x00"),
        (b"\xff" * 16, "all bytes are 0xFF"),
        (bytes(range(16)), "count up"),
        (bytes(15), "15 bytes"),
    ],
)
def test_a_key_that_everybody_knows_is_refused_by_name(secret: bytes, why: str) -> None:
    with pytest.raises(KeyUnfit, match=why):
        Key(secret)


def _file(folder: Path, text: str, mode: int) -> Path:
    file = folder / "door.key"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_key_is_read_from_its_owners_file(tmp_path: Path) -> None:
    text = "8f3a1c5577e0a92bd4461e08b3f7c96a"
    assert Key.read(_file(tmp_path, text + "\n", 0o600)).secret == bytes.fromhex(text)
    assert text not in repr(Key(bytes.fromhex(text)))


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("8f3a1c5577e0a92bd4461e08b3f7c96a", 0o640, "mode is 0640, must be 0600; run chmod 600"),
        ("secret", 0o600, "32 hexadecimal digits"),
        ("8f3a", 0o600, "2 bytes, must be 16"),
    ],
)
def test_an_unfit_key_file_says_what_to_do(tmp_path: Path, text: str, mode: int, why: str) -> None:
    with pytest.raises(KeyUnfit, match=why) as refused:
        Key.read(_file(tmp_path, text, mode))
    assert text not in str(refused.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyUnfit, match=r"gone\.key"):
        Key.read(tmp_path / "gone.key")
