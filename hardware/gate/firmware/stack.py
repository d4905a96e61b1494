"""How deep the firmware's stack can get, read off its machine code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_LABEL = re.compile(r"^[0-9a-f]+ <(\w[\w.]*)>:$")
_GOES = re.compile(r"^(call|rcall|jmp|rjmp)\s.*<([\w.]+)>$")
_RETURN_ADDRESS = 2  # bytes


@dataclass(slots=True)
class Function:
    """own: bytes it takes itself.  calls: what it calls; the return address counts there.  leaves: what it jumps to."""

    own: int = 0
    calls: set[str] = field(default_factory=set)
    leaves: set[str] = field(default_factory=set)


def depth(listing: str) -> int:
    """Bytes of the deepest path from main, with the deepest interrupt on top of it.

    listing: as `avr-objdump -d --no-show-raw-insn` writes it.  Raises ValueError for recursion and for calls through
    pointers, whose depth cannot be told.
    """
    functions = _functions(listing)
    interrupts = [name for name in functions if re.fullmatch(r"__vector_\d+", name)]
    return (
        _RETURN_ADDRESS
        + _deepest(functions, "main", ())
        + max((_RETURN_ADDRESS + _deepest(functions, name, ()) for name in interrupts), default=0)
    )


def _deepest(functions: Mapping[str, Function], name: str, path: tuple[str, ...]) -> int:
    if name in path:
        raise ValueError(f"stack of {name}: it calls itself through {' > '.join(path)}; no depth can be told")
    function, path = functions[name], (*path, name)
    below = [_RETURN_ADDRESS + _deepest(functions, called, path) for called in function.calls]
    beside = [_deepest(functions, taken, path) for taken in function.leaves if taken in functions]
    return max(function.own + max(below, default=0), *beside, 0)


def _functions(listing: str) -> dict[str, Function]:
    functions: dict[str, Function] = {}
    name, frame = "", 0
    for line in _instructions(listing):
        if label := _LABEL.match(line):
            name, frame = label[1], 0
            functions[name] = Function()
        elif name:
            frame = _frame(line, frame)
            _count(functions[name], name, line)
            if line.startswith("out 0x3e, r29"):  # the stack pointer becomes Y
                functions[name].own += frame
                frame = 0
    return functions


def _instructions(listing: str) -> Iterator[str]:
    """Labels as they are, instructions without address; the target in < > at the end if there is one."""
    for line in listing.splitlines():
        if _LABEL.match(line):
            yield line
        elif line.startswith(" "):
            yield line.partition("\t")[2].strip().replace("\t", " ")


def _frame(line: str, frame: int) -> int:
    """The constant last taken off Y, the frame pointer; 0 if one was added."""
    if found := re.match(r"(sbiw|subi) r28, (0x[0-9A-F]+)", line):
        return int(found[2], 16)
    if found := re.match(r"sbci r29, (0x[0-9A-F]+)", line):
        taken = frame + (int(found[1], 16) << 8)
        return taken if taken < 0x8000 else 0
    return 0 if line.startswith("adiw r28,") else frame


def _count(function: Function, name: str, line: str) -> None:
    if line.startswith("push "):
        function.own += 1
    elif line.startswith("rcall .+0 "):  # two bytes of frame, made the short way
        function.own += _RETURN_ADDRESS
    elif line.startswith(("icall", "eicall")):
        raise ValueError(f"stack of {name}: it calls through a pointer; no depth can be told")
    elif (goes := _GOES.match(line)) and goes[2] != name:
        (function.calls if "call" in goes[1] else function.leaves).add(goes[2])
