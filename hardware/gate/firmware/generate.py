"""Write `limits.h` from `limits.py` and `lights.py`: one page of numbers for both sides of the line."""

import sys
from enum import IntFlag
from pathlib import Path

from hardware import lights
from hardware.gate import limits
from hardware.gate.limits import Action, Drive, FailMode, Faults, Flag, Pin, Refusal
from hardware.lights import Lamp, Pattern

HEADER = Path(__file__).parent / "limits.h"
_ENUMS = (
    ("PIN", Pin),
    ("DRIVE", Drive),
    ("FAULT", Faults),
    ("FLAG", Flag),
    ("REFUSED", Refusal),
    ("FAIL", FailMode),
    ("ACTION", Action),
    ("LAMP", Lamp),
)


def text() -> str:
    """The header, as it must stand in the tree."""
    lines = ["/* Generated from limits.py and lights.py by `make firmware`: change those. */", "#ifndef LIMEN_LIMITS_H"]
    lines += ["#define LIMEN_LIMITS_H", "", "#include <stdint.h>", ""]
    plain = {name: value for name, value in vars(limits).items() if name.isupper() and type(value) is int}
    lines += [f"#define {name} {_number(value)}" for name, value in plain.items()]
    lines += [f"#define STARTS_{at} {address}" for at, address in enumerate(limits.STARTS)]
    lines += [f"#define FIRMWARE_{part} {n}" for part, n in zip(("MAJOR", "MINOR"), limits.FIRMWARE, strict=True)]
    lines += [f"#define MAGIC_{at} 0x{byte:02X}" for at, byte in enumerate(limits.MAGIC)]
    lines += [f"#define FAULTS_STANDING {int(limits.STANDING)}u", f"#define PHASE_MS {lights.PHASE_MS}"]
    for prefix, kind in _ENUMS:
        unsigned = "u" if issubclass(kind, IntFlag) else ""
        lines += [f"#define {prefix}_{member.name} {int(member)}{unsigned}" for member in kind]
    keys = ", ".join("{" + ", ".join(f"0x{byte:02X}" for byte in key) + "}" for key in limits.KNOWN_KEYS)
    lines += ["", f"#define KNOWN_KEYS {len(limits.KNOWN_KEYS)}", f"#define KNOWN_KEYS_TABLE {{{keys}}}"]
    lines += ["", "/* red, amber, green, agent, buzzer, chirp; by lamp */", f"#define LAMPS {len(Lamp)}"]
    lines += [f"#define LAMPS_TABLE {{{', '.join(_pattern(lights.PATTERNS[lamp]) for lamp in Lamp)}}}", "", "#endif"]
    return "\n".join(lines) + "\n"


def _number(value: int) -> str:
    return f"{value}UL" if value > 32767 else str(value)


def _pattern(pattern: Pattern) -> str:
    bits = (pattern.red, pattern.amber, pattern.green, pattern.agent, pattern.buzzer)
    return "{" + ", ".join([f"0x{value:02X}" for value in bits] + [str(int(pattern.chirp))]) + "}"


def main() -> int:
    """With --check: 1 and a line if the header in the tree is another."""
    if "--check" in sys.argv:
        if HEADER.read_text() != text():
            print(f"{HEADER}: differs from limits.py and lights.py; run make firmware", file=sys.stderr)
            return 1
        return 0
    HEADER.write_text(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
