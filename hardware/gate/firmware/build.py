"""Build the firmware for its chip and for this machine, and the bench that simulates the chip."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hardware.errors import HardwareError
from hardware.gate.firmware import generate, stack

SOURCES = Path(__file__).parent
MADE = SOURCES.parents[2] / "var" / "firmware"
PACKAGES = "gcc libc6-dev gcc-avr avr-libc libsimavr-dev"
RAM_BYTES, FLASH_BYTES = 2048, 32768

_CAREFUL = ("-std=c11", "-Wall", "-Wextra", "-Werror")
_CHIP = ("avr-gcc", *_CAREFUL, "-Os", "-flto", "-mmcu=atmega328p", "-DF_CPU=16000000UL")
_HOST = ("gcc", *_CAREFUL, "-O2")
_CHIP_ONLY, _NATIVE_ONLY, _BENCH = "main.c", "native.c", "avr_bench.c"


class BuildFailed(HardwareError):
    """Names what was built, what the compiler said, and the Debian packages it takes."""


def elf(sources: Path = SOURCES, into: Path = MADE) -> Path:
    """The firmware for the chip.  Raises BuildFailed."""
    return _built(into / "limen-gate.elf", [*_shared(sources), sources / _CHIP_ONLY], _CHIP)


def native(sources: Path = SOURCES, into: Path = MADE) -> Path:
    """The same controller as a shared library of this machine.  Raises BuildFailed."""
    command = (*_HOST, "-fPIC", "-shared")
    return _built(into / "limen-gate.so", [*_shared(sources), sources / _NATIVE_ONLY], command)


def bench(sources: Path = SOURCES, into: Path = MADE) -> Path:
    """The program that simulates the chip.  Raises BuildFailed."""
    return _built(into / "avr_bench", [sources / _BENCH], (*_HOST, "-std=gnu11"), ("-lsimavr",))


def _shared(sources: Path) -> list[Path]:
    """What chip and native build have in common."""
    return [file for file in sorted(sources.glob("*.c")) if file.name not in (_CHIP_ONLY, _NATIVE_ONLY, _BENCH)]


def _built(product: Path, files: Sequence[Path], command: Sequence[str], libraries: Sequence[str] = ()) -> Path:
    """Nothing is done if nothing is newer; two builders at once do not see each other's halves."""
    headers = files[0].parent.glob("*.h")
    newest_ns = max(file.stat().st_mtime_ns for file in (*files, *headers, Path(__file__)))
    if product.exists() and product.stat().st_mtime_ns >= newest_ns:
        return product
    product.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=product.parent) as folder:
        made = Path(folder) / product.name
        _run(product.name, [*command, *map(str, files), "-o", str(made), *libraries])
        os.utime(made, ns=(newest_ns, newest_ns))  # not now: a source may have changed meanwhile
        made.replace(product)
    return product


def _run(product: str, command: Sequence[str]) -> str:
    if shutil.which(command[0]) is None:
        raise BuildFailed(f"{product}: there is no {command[0]}; run apt-get install {PACKAGES}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{product}: {command[0]} failed (it takes the packages {PACKAGES}):\n{done.stderr.strip()}")
    return done.stdout


def report(program: Path) -> str:
    """Flash, RAM and the deepest stack of the firmware.  Raises BuildFailed if they do not fit together."""
    sizes = _run(program.name, ["avr-size", "-A", str(program)])
    text, start_values, zeroed = (_section(sizes, name) for name in (".text", ".data", ".bss"))
    deepest = stack.depth(_run(program.name, ["avr-objdump", "-d", "--no-show-raw-insn", str(program)]))
    flash, ram = text + start_values, start_values + zeroed
    if ram + deepest > RAM_BYTES:
        raise BuildFailed(f"{program.name}: {ram} bytes of variables, {deepest} of stack; RAM has {RAM_BYTES}")
    return (
        f"{program}: {flash} of {FLASH_BYTES} bytes of flash, {ram} bytes of variables"
        f" and at most {deepest} of stack in {RAM_BYTES} of RAM"
    )


def _section(sizes: str, name: str) -> int:
    found = re.search(rf"^{re.escape(name)}\s+(\d+)", sizes, re.MULTILINE)
    return int(found[1]) if found else 0


def _hex(program: Path) -> Path:
    """What programmers read: the code alone; fuses and lock bits are in the ELF file."""
    made = program.with_suffix(".hex")
    without = [word for name in (".eeprom", ".fuse", ".lock") for word in ("-R", name)]
    _run(made.name, ["avr-objcopy", "-O", "ihex", *without, str(program), str(made)])
    return made


def main() -> int:
    """Renew limits.h, build for the chip, and say what it takes."""
    if generate.HEADER.read_text() != generate.text():
        generate.HEADER.write_text(generate.text())
    program = elf()
    _hex(program)
    print(report(program))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
