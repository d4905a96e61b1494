"""Cameras that fail and come back: clips that go wrong, and a real RTSP server with real H.264 behind a password."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import CameraLost
from edge.eye.cameras import ClipCamera, open_camera
from edge.eye.cameras.film import Handover, film
from edge.eye.cameras.line import Line, Reader
from edge.eye.frame import Cause
from edge.tap_link import tapped

SIZE = (320, 180)
Heard = list[int | str]  # frame numbers and problems, in order


def clip(folder: Path, name: str = "noise", frames: int = 45, grey: int = 110, per_s: float = 100.0) -> Path:
    """A sensor's noise, as MPEG-4."""
    path, random = folder / f"{name}.mp4", np.random.default_rng(grey)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), per_s, SIZE)
    for _ in range(frames):
        writer.write(np.clip(random.normal(grey, 30, (SIZE[1], SIZE[0], 3)), 0, 255).astype(np.uint8))
    writer.release()
    return path


class Filming:
    """The camera thread, and what arrives from it."""

    def __init__(self, address: str, rest_s: float = 0.1) -> None:
        self.shared, self.heard = Handover(), list[int | str]()
        self._thread = threading.Thread(
            target=film, args=(partial(open_camera, address), self.shared, rest_s), daemon=True
        )
        self._thread.start()

    def until(self, enough: Callable[[Heard], bool], within_s: float = 30.0) -> Heard:
        end_s = time.monotonic() + within_s
        while not enough(self.heard):
            if time.monotonic() > end_s:
                raise TimeoutError(f"not enough: {self.heard[-20:]}")
            try:
                frame = self.shared.latest.take(0.05)
                self.heard += [frame.number] if frame else []
            except CameraLost as error:
                self.heard.append(str(error))
        return self.heard

    def end(self) -> None:
        self.shared.ended.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


def problems(heard: Heard) -> list[str]:
    return [item for item in heard if isinstance(item, str)]


def lost_and_back(heard: Heard) -> bool:
    """Frames, a problem, frames again: by how the list begins and ends."""
    return bool(problems(heard)) and isinstance(heard[0], int) and isinstance(heard[-1], int)


# Clips


def test_a_playlist_goes_on_where_it_grows(tmp_path: Path) -> None:
    playlist = tmp_path / "lane.m3u"
    first, second = clip(tmp_path, "first", 20), clip(tmp_path, "second", 20, grey=160)
    playlist.write_text(f"#EXTM3U\n{first}\n")
    camera = ClipCamera(playlist)
    shown = [camera.read().pixels.mean() for _ in range(50)]  # 20 frames, then its end again
    playlist.write_text(f"#EXTM3U\n{first}\n{second}\n")
    after = [camera.read().pixels.mean() for _ in range(3)]
    camera.close()
    assert max(shown) < 130
    assert min(after) > 140


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("black", "is the lens covered"),
        ("frozen", "does not change"),
        ("half", "parts of the frames are missing"),
        ("wrong-size", "another size"),
    ],
)
def test_er04_a_fault_is_named_counted_and_the_camera_opened_again(tmp_path: Path, fault: str, words: str) -> None:
    filming = Filming(f"fault:{fault}:{clip(tmp_path)}")
    try:
        heard = filming.until(lost_and_back)
    finally:
        filming.end()
    assert words in problems(heard)[0]
    assert f"{fault}:noise.mp4" in problems(heard)[0]
    cause = {"half": Cause.INCOMPLETE, "wrong-size": Cause.WRONG_SIZE}.get(fault) or Cause(fault)
    assert filming.shared.latest.counts()[1][cause] > 50


def test_a_slow_and_a_fast_camera_are_cameras(tmp_path: Path) -> None:
    slow, fast = Filming(f"fault:slow:{clip(tmp_path)}"), Filming(f"fault:fast:{clip(tmp_path, 'fast', 400)}")
    try:
        slow.until(lambda heard: len(heard) >= 3)
        fast.until(lambda heard: len(heard) >= 100)
    finally:
        slow.end()
        fast.end()
    assert not problems(slow.heard + fast.heard)


def opened() -> tuple[int, int, int]:
    """File descriptors, threads of every kind, and resident megabytes of this process."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    fds, threads = (sum(1 for _ in Path(f"/proc/self/{what}").iterdir()) for what in ("fd", "task"))
    return fds, threads, resident // 2**20


def test_er04_a_hundred_losses_leave_nothing_behind(tmp_path: Path) -> None:
    filming = Filming(f"fault:vanish:{clip(tmp_path, frames=35, per_s=1000.0)}", rest_s=0.0)
    try:
        filming.until(lambda heard: len(problems(heard)) >= 5, 60)
        before = opened()
        filming.until(lambda heard: len(problems(heard)) >= 105, 100)
        after = opened()
    finally:
        filming.end()
    numbers = [item for item in filming.heard if isinstance(item, int)]
    assert numbers == sorted(set(numbers)), "one number is one frame, whatever camera it came from"
    fds, threads, megabytes = (b - a for a, b in zip(before, after, strict=True))
    assert abs(fds) <= 3  # a clip may be open or not at that moment
    assert abs(threads) <= 4
    assert megabytes < 20


# The line between tap and eye

WRITE = """
import socket, sys, time
from edge.eye.cameras.line import Writer
writer = Writer(int(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
for number in range(1, 400):
    writer.slot(1920, 1080)[:] = number % 256
    writer.announce(1920, 1080, time.monotonic_ns())
writer.complain("that was all")
"""


def test_a_frame_comes_over_the_line_whole_or_not_at_all() -> None:
    line = Line()
    ends = (line.memory, line.writing.fileno())
    command = (sys.executable, "-c", WRITE, *map(str, ends))
    reader, numbers = Reader(line.window, line.reading.dup()), list[int]()
    with subprocess.Popen(command, pass_fds=ends), pytest.raises(CameraLost, match="that was all"):
        while True:
            frame = reader.take(20)
            assert frame is not None
            assert frame.pixels.min() == frame.pixels.max() == frame.number % 256
            numbers.append(frame.number)
    reader.close()
    line.close()
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 3


def test_the_reading_end_cannot_write_and_neither_can_shrink_the_memory() -> None:
    line = Line()
    with pytest.raises(OSError, match="not permitted"):
        os.ftruncate(line.memory, 0)
    with pytest.raises(OSError, match=r"Bad file descriptor|Invalid argument"):
        os.write(line.window, b"x")
    line.close()


def test_a_word_that_cannot_be_true_is_refused() -> None:
    line = Line()
    reader = Reader(line.window, line.reading.dup())
    huge = (1).to_bytes(8, "little") * 2 + (60_000).to_bytes(4, "little") * 2 + b"\0"
    for word, refusal in ((b"f" + huge, "impossible"), (b"?", "nonsense")):
        line.writing.send(word)
        with pytest.raises(CameraLost, match=refusal):
            reader.take(1)
    reader.close()
    line.close()


# RTSP

SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer as Rtsp
Gst.init(None)
server, factory, auth = Rtsp.RTSPServer(), Rtsp.RTSPMediaFactory(), Rtsp.RTSPAuth()
server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory.set_launch(
    "( videotestsrc is-live=true pattern=smpte ! video/x-raw,width=640,height=360,framerate=30/1 "
    "! openh264enc gop-size=15 complexity=low ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
factory.set_shared(True)
role = Rtsp.RTSPPermissions()
role.add_permission_for_role("eye", "media.factory.access", True)
role.add_permission_for_role("eye", "media.factory.construct", True)
factory.set_permissions(role)
token = Rtsp.RTSPToken()
token.set_string("media.factory.role", "eye")
auth.add_basic(Rtsp.RTSPAuth.make_basic("eye", "pa55word"), token)
server.set_auth(auth)
server.get_mount_points().add_factory("/door", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


class Server:
    """GStreamer's RTSP server, started and stopped at will on one port."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        command = ("/usr/bin/python3", "-c", SERVER, str(self.port))
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "GStreamer's RTSP server does not start: are the Makefile's TEST_PACKAGES installed?"
        self.port = int(said)

    def stop(self) -> None:
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def url(self, login: str = "eye:pa55word@", path: str = "door") -> str:
        return f"rtsp://{login}127.0.0.1:{self.port}/{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def taps() -> list[Path]:
    """The taps that are children of this process, whichever of its threads started them."""
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    found = [Path("/proc") / pid for pid in children]
    return [process for process in found if b"edge.eye.cameras.tap" in (process / "cmdline").read_bytes()]


def test_a_camera_on_the_network_gives_fresh_frames_and_keeps_its_password(server: Server) -> None:
    camera = open_camera(server.url())
    tap = taps()[0]
    shown = [camera.read() for _ in range(20)]
    told = (tap / "cmdline").read_bytes() + (tap / "environ").read_bytes()
    camera.close()
    assert b"pa55word" not in told
    assert camera.name == f"rtsp://eye:***@127.0.0.1:{server.port}/door"
    assert camera.size == (640, 360)
    numbers, stamps = [frame.number for frame in shown], [frame.captured_ns for frame in shown]
    assert numbers == sorted(set(numbers))
    assert stamps == sorted(stamps)
    assert len({frame.pixels.tobytes() for frame in shown}) == len(shown)
    assert not taps()


@pytest.mark.parametrize(
    ("login", "path", "words"),
    [("eye:wrong99@", "door", "check path, user and password"), ("eye:pa55word@", "window", "check path")],
)
def test_a_refused_stream_is_said_without_the_password(server: Server, login: str, path: str, words: str) -> None:
    with pytest.raises(CameraLost, match=words) as refused:
        open_camera(server.url(login, path))
    assert "eye:***@127.0.0.1" in str(refused.value)
    assert "wrong99" not in str(refused.value)
    assert "pa55word" not in str(refused.value)


def test_er04_a_server_that_goes_away_is_noticed_and_found_again(server: Server) -> None:
    filming = Filming(server.url())
    try:
        filming.until(lambda heard: len(heard) >= 3)
        server.stop()
        filming.until(lambda heard: any("refused" in problem for problem in problems(heard)))
        server.start()
        filming.until(lost_and_back)
    finally:
        filming.end()
    assert not any("pa55word" in problem for problem in problems(filming.heard))
    assert not taps()


SEALED = """
import socket, sys
from edge.eye.seal import seal
seal()
try:
    socket.socket(socket.AF_INET)
except PermissionError:
    print("sealed", flush=True)
from functools import partial
import threading
from edge.errors import CameraLost
from edge.eye.cameras import open_camera
from edge.eye.cameras.film import Handover, film
shared = Handover()
threading.Thread(target=film, args=(partial(open_camera, sys.argv[1]), shared, 0.1), daemon=True).start()
while True:
    try:
        frame = shared.latest.take(5)
        print(frame.pixels.shape if frame else "none", flush=True)
    except CameraLost as error:
        print("lost", error, flush=True)
"""


async def test_a_sealed_process_sees_the_network_s_camera_and_a_killed_tap_is_replaced(server: Server) -> None:
    async with tapped(server.url()) as (address, ends), asyncio.timeout(40):
        assert "pa55word" not in address
        command = (sys.executable, "-c", textwrap.dedent(SEALED), address)
        eye = await asyncio.create_subprocess_exec(*command, pass_fds=ends, stdout=asyncio.subprocess.PIPE)
        assert eye.stdout is not None
        try:
            assert await eye.stdout.readline() == b"sealed\n"
            await _until(eye.stdout, b"(360, 640, 3)")
            os.kill(int(taps()[0].name), signal.SIGKILL)
            await _until(eye.stdout, b"lost")
            await _until(eye.stdout, b"(360, 640, 3)")
        finally:
            eye.kill()
            await eye.wait()
    assert not taps()


async def _until(lines: asyncio.StreamReader, start: bytes) -> None:
    while not (line := await lines.readline()).startswith(start):
        assert line, "it ended"


ORPHAN = """
import subprocess, sys
from edge.eye.cameras import open_camera
camera = open_camera(sys.argv[1])
print(camera._tap.pid, flush=True)
sys.stdin.read()
"""


def test_a_tap_dies_with_who_started_it(server: Server) -> None:
    command = (sys.executable, "-c", ORPHAN, server.url())
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        tap = Path("/proc") / owner.stdout.readline().decode().strip()
        assert b"edge.eye.cameras.tap" in (tap / "cmdline").read_bytes()
        owner.kill()
    end_s = time.monotonic() + 10
    while tap.exists() and "Z" not in (tap / "stat").read_text().split()[2]:
        if time.monotonic() > end_s:
            raise TimeoutError("the tap lives on alone")
        time.sleep(0.02)
