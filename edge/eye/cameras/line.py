"""Frames from one process to another: pixels in shared memory, a word for each frame over a socket pair.

Three slots, written in turn.  Before a frame is announced the next slot is marked as not to be read; a reader copies
the newest announced slot, then looks at its mark: unchanged, the copy is whole.  Both sides pass the kernel between
pixels and marks (send, recv), which orders their memory on every processor.
"""

import contextlib
import fcntl
import mmap
import os
import select
import socket
import struct
import time

import numpy as np

from edge.errors import CameraLost
from edge.eye.frame import Frame
from vision.faces import Pixels

SLOTS = 3
SLOT_BYTES = 3840 * 2160 * 3
MARKS_BYTES = mmap.PAGESIZE
BYTES = MARKS_BYTES + SLOTS * SLOT_BYTES  # pages nobody writes cost nothing
_WORD = struct.Struct("<QqIIB")  # number, captured_ns, width, height, slot
_MARK = struct.Struct("<Q")
FRAME, PROBLEM, LEAVE = b"f", b"!", b"x"
MOST_WORD_BYTES = 512
# The far end decodes what a network sends: it must not be able to take the memory from under us.
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


class Line:
    """Both ends, for whoever starts the processes.  Close it."""

    def __init__(self) -> None:
        self.memory = os.memfd_create("limen-frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.memory, BYTES)
        fcntl.fcntl(self.memory, fcntl.F_ADD_SEALS, _SEALS)
        self.window = os.open(f"/proc/self/fd/{self.memory}", os.O_RDONLY | os.O_CLOEXEC)
        self.reading, self.writing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def close(self) -> None:
        os.close(self.memory)
        os.close(self.window)
        self.reading.close()
        self.writing.close()


class Writer:
    """The end that has the frames."""

    def __init__(self, memory: int, words: socket.socket) -> None:
        self._memory = mmap.mmap(memory, BYTES)
        self._words, self._number = words, 0

    def slot(self, width: int, height: int) -> Pixels:
        """Where the next frame goes; to be filled before `announce`.  Raises CameraLost if it is too big."""
        if not 0 < width * height * 3 <= SLOT_BYTES:
            raise CameraLost(f"frames of {width} x {height}; at most 3840 x 2160 are taken: choose another mode")
        where = MARKS_BYTES + self._number % SLOTS * SLOT_BYTES
        return np.frombuffer(self._memory, np.uint8, width * height * 3, where).reshape(height, width, 3)

    def announce(self, width: int, height: int, captured_ns: int) -> None:
        """The slot is filled.  A reader that is behind is not waited for.  Raises OSError when it is gone."""
        slot, self._number = self._number % SLOTS, self._number + 1
        self._mark(slot, self._number)
        self._mark(self._number % SLOTS, 0)
        self._send(FRAME + _WORD.pack(self._number, captured_ns, width, height, slot))

    def complain(self, problem: str) -> None:
        self._send(PROBLEM + problem.encode()[: MOST_WORD_BYTES - 1])

    def _mark(self, slot: int, number: int) -> None:
        _MARK.pack_into(self._memory, slot * 64, number)

    def _send(self, word: bytes) -> None:
        try:
            self._words.send(word, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return  # many unread words wait there already; the frame is counted by its missing number


class Reader:
    """The end that wants the newest frame.  `words` is closed with it."""

    def __init__(self, window: int, words: socket.socket) -> None:
        self._window = mmap.mmap(window, BYTES, prot=mmap.PROT_READ)
        self._words = words
        self._newest: tuple[int, int, int, int, int] | None = None

    def take(self, wait_s: float) -> Frame | None:
        """A copy of the newest frame, None if none came.  Raises CameraLost with what the far end said of itself."""
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            if self._newest is None:
                select.select([self._words], [], [], left_s)
            self._listen()
            word, self._newest = self._newest, None
            if word and (frame := self._copy(*word)):
                return frame
        return None

    def forget(self) -> None:
        """What was said before counts no longer."""
        with contextlib.suppress(BlockingIOError):
            while self._words.recv(MOST_WORD_BYTES, socket.MSG_DONTWAIT):
                pass
        self._newest = None

    def leave(self) -> None:
        """Tell the far end to go: whoever keeps it starts another."""
        try:
            self._words.send(LEAVE, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            return  # it is gone, or was told often enough

    def close(self) -> None:
        self._window.close()
        self._words.close()

    def _listen(self) -> None:
        while True:
            try:
                word = self._words.recv(MOST_WORD_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if word[:1] == FRAME and len(word) == 1 + _WORD.size:
                self._newest = _WORD.unpack(word[1:])
            elif word[:1] == PROBLEM:
                raise CameraLost(word[1:].decode(errors="replace"))
            else:
                raise CameraLost("the process that fetches frames has gone" if not word else "it said nonsense")

    def _copy(self, number: int, captured_ns: int, width: int, height: int, slot: int) -> Frame | None:
        """None if the slot is written again already.  The word is not trusted: the far end reads from a network."""
        if not (slot < SLOTS and 0 < width * height * 3 <= SLOT_BYTES):
            raise CameraLost(f"a frame of {width} x {height} in slot {slot} was announced: impossible")
        where = MARKS_BYTES + slot * SLOT_BYTES
        flat = np.frombuffer(self._window, np.uint8, width * height * 3, where).copy()
        self._listen()
        if _MARK.unpack_from(self._window, slot * 64)[0] != number:
            return None
        return Frame(number, captured_ns, flat.reshape(height, width, 3))
