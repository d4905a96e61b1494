"""The firmware's controller, compiled for this machine."""

import ctypes
from functools import cache
from pathlib import Path

from hardware.gate.firmware import build
from hardware.gate.limits import MEMORY_SIZE

_ROOM = 4096  # bytes of one answer


@cache
def _library(path: Path, changed_ns: int) -> ctypes.CDLL:
    """changed_ns: of the file, so that a new build is loaded again."""
    library = ctypes.CDLL(str(path))
    library.native_size.restype = library.native_exchange.restype = ctypes.c_size_t
    library.native_start.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint16, ctypes.c_uint32)
    library.native_tick.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint16)
    library.native_tick.restype = ctypes.c_uint8
    sizes = ctypes.c_size_t
    library.native_exchange.argtypes = (ctypes.c_void_p, ctypes.c_char_p, sizes, ctypes.c_char_p, sizes)
    library.native_memory.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    return library


class Native:
    """A `Controller`.  Each is on its own; library: another build of it, as of changed sources."""

    def __init__(self, memory: bytes, pins: int, now_ms: int = 0, *, library: Path | None = None) -> None:
        if len(memory) != MEMORY_SIZE:
            raise ValueError(f"memory must be {MEMORY_SIZE} bytes, got {len(memory)}")
        path = library or build.native()
        self._library = _library(path, path.stat().st_mtime_ns)
        self._gate = ctypes.create_string_buffer(self._library.native_size())
        self._said = ctypes.create_string_buffer(_ROOM)
        self._library.native_start(self._gate, memory, int(pins), now_ms)

    def tick(self, now_ms: int, pins: int) -> int:
        return int(self._library.native_tick(self._gate, now_ms, int(pins)))

    def exchange(self, received: bytes) -> bytes:
        size = self._library.native_exchange(self._gate, received, len(received), self._said, _ROOM)
        return self._said.raw[:size]

    @property
    def memory(self) -> bytes:
        image = ctypes.create_string_buffer(MEMORY_SIZE)
        self._library.native_memory(self._gate, image)
        return image.raw

    def close(self) -> None:
        """Nothing is held but memory."""
