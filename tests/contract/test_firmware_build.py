"""How the firmware is built, and what is said if it cannot be."""

from pathlib import Path

import pytest

from hardware.gate.firmware import build, stack
from hardware.gate.limits import MEMORY_SIZE, Drive, Pin
from hardware.gate.native import Native
from hardware.gate.simulator import Simulator, SimulatorLost
from tests.contract.chip import CLOSED, READY


def test_native_may_start_at_any_time_of_its_clock() -> None:
    native = Native(READY, CLOSED, 2**32 - 200)
    assert native.tick(2**32 - 100, CLOSED | Pin.RELEASE) & Drive.RELAY
    assert native.tick(100, CLOSED | Pin.RELEASE) & Drive.RELAY
    assert not native.tick(400, CLOSED) & Drive.RELAY
    native.close()


def test_a_memory_of_another_size_is_refused() -> None:
    for kind in (Native, Simulator):
        with pytest.raises(ValueError, match=str(MEMORY_SIZE)):
            kind(bytes(63), CLOSED)


def test_a_simulator_that_is_gone_says_so(tmp_path: Path) -> None:
    nonsense = tmp_path / "limen-gate.elf"
    nonsense.write_bytes(b"no program")
    with pytest.raises(SimulatorLost, match="no firmware"):
        Simulator(None, CLOSED, program=nonsense)


def test_program_variables_and_stack_fit_the_chip() -> None:
    assert "of 32768 bytes of flash" in build.report(build.elf())


def test_nothing_is_built_twice(tmp_path: Path) -> None:
    first = build.native(into=tmp_path).stat().st_ino
    assert build.native(into=tmp_path).stat().st_ino == first


def test_a_missing_compiler_is_told_with_the_packages_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.BuildFailed, match=r"no avr-gcc; run apt-get install .*gcc-avr"):
        build.elf(into=tmp_path)


def test_what_a_compiler_finds_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return missing; }\n")
    with pytest.raises(build.BuildFailed, match="missing"):
        build.elf(tmp_path, tmp_path)


LISTING = """
00000010 <__vector_14>:
      10:	push	r24
      12:	reti

00000020 <main>:
      20:	push	r28
      22:	push	r29
      24:	sbiw	r28, 0x10	; 16
      26:	out	0x3e, r29	; 62
      28:	call	0x40	; 0x40 <leaf>
      2c:	adiw	r28, 0x10	; 16
      2e:	out	0x3e, r29	; 62

00000040 <leaf>:
      40:	push	r17
      42:	{last}
"""


def test_the_deepest_stack_is_counted() -> None:
    assert stack.depth(LISTING.format(last="ret")) == (2 + 2 + 16) + (2 + 1) + (2 + 1)


@pytest.mark.parametrize("last", ["call	0x20	; 0x20 <main>", "icall"])
def test_a_stack_that_cannot_be_told_is_refused(last: str) -> None:
    with pytest.raises(ValueError, match="no depth can be told"):
        stack.depth(LISTING.format(last=last))
