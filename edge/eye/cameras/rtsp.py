"""A camera on the network, by RTSP.  Only the tap, a process of its own, touches the network; frames come by a line."""

import os
import socket
import subprocess
import sys
from typing import Self
from urllib.parse import urlsplit

from edge.errors import CameraLost
from edge.eye.cameras.line import Line, Reader
from edge.eye.exposure import Exposure
from edge.eye.frame import Frame

OPEN_S = 4.0
SILENT_S = 1.0


def spoken(address: str) -> str:
    """An address as it may be said and written down: of a URL no password and no query, which may hold one."""
    if address.startswith("tap:"):
        address = address.split(",", 2)[-1]
    kind, found, rest = address.partition("://")
    if not found:
        return address
    if "?" in rest.rpartition("@")[0]:  # of a password or of a query: nobody can tell where either ends
        return f"{kind}://***"
    where, asked, _ = rest.partition("?")
    host, path_from, path = where.partition("/")
    if "@" in where:  # a password may hold a slash: everything before the last @ is no host
        login, _, where = where.rpartition("@")
        host, path_from, path = where.partition("/")
        host = f"{login.partition(':')[0]}:***@{host}" if ":" in login else f"{login}@{host}"
    return f"{kind}://{host}{path_from}{path}{'?***' if asked else ''}"


def check(url: str) -> None:
    """Raises CameraLost if it is no RTSP address."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("rtsp", "rtsps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit or any(ord(letter) <= 32 for letter in url):
        raise CameraLost(f"camera {spoken(url)!r}: expected rtsp://USER:PASSWORD@HOST:PORT/PATH, odd letters as %XX")


def command(line: Line) -> tuple[str, ...]:
    """Starts a tap that writes to `line`; it reads the URL from its standard input and ends when that is closed."""
    ends = ("--memory", str(line.memory), "--words", str(line.writing.fileno()))
    return (sys.executable, "-m", "edge.eye.cameras.tap", *ends)


class TapCamera:
    """The near end of a line whose tap somebody else keeps running; closing it has the tap started afresh."""

    remarks = ()

    def __init__(self, reader: Reader, name: str) -> None:
        self.name, self._reader = name, reader
        reader.forget()
        try:
            self._first: Frame | None = self._take(OPEN_S)
        except CameraLost:
            self.close()
            raise
        height, width = self._first.pixels.shape[:2]
        self.size = (width, height)

    @classmethod
    def parse(cls, where: str) -> Self:
        """where: WINDOW,WORDS,NAME, two file descriptors of this process and what to call the camera."""
        window, _, rest = where.partition(",")
        words, _, name = rest.partition(",")
        if not (window.isdecimal() and words.isdecimal()):
            raise CameraLost(f"camera tap:{where}: expected tap:WINDOW,WORDS,NAME as the brain gives it")
        return cls(Reader(int(window), socket.socket(fileno=os.dup(int(words)))), name)

    def read(self) -> Frame:
        frame, self._first = self._first, None
        return frame or self._take(SILENT_S)

    def expose(self, wanted: Exposure) -> bool:
        return False

    def close(self) -> None:
        self._reader.leave()
        self._reader.close()

    def _take(self, wait_s: float) -> Frame:
        try:
            frame = self._reader.take(wait_s)
        except CameraLost as error:
            raise CameraLost(f"camera {self.name}: {error}") from error
        if frame is None:
            raise CameraLost(f"camera {self.name}: no frame for {wait_s:g} s; check the camera's power and the network")
        return frame


class RtspCamera:
    """A camera with a tap of its own, for a process that is not sealed off the network."""

    remarks = ()

    def __init__(self, url: str) -> None:
        check(url)
        line = Line()
        ends = (line.memory, line.writing.fileno())
        quiet = subprocess.DEVNULL  # FFmpeg's own words name addresses
        self._tap = subprocess.Popen(
            command(line), pass_fds=ends, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, bufsize=0
        )
        try:
            reader = Reader(line.window, line.reading.dup())
            line.close()
            assert self._tap.stdin is not None
            self._tap.stdin.write(url.encode() + b"\n")
            self._camera = TapCamera(reader, spoken(url))
        except (CameraLost, OSError):
            self._end()
            raise
        self.name, self.size = self._camera.name, self._camera.size

    def read(self) -> Frame:
        return self._camera.read()

    def expose(self, wanted: Exposure) -> bool:
        return False

    def close(self) -> None:
        self._camera.close()
        self._end()

    def _end(self) -> None:
        self._tap.kill()
        if self._tap.stdin:
            self._tap.stdin.close()
        self._tap.wait()
