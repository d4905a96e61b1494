"""A camera on the network: a real RTSP server with real H.264 behind a password."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import CameraLost
from edge.eye.cameras import open_camera
from edge.tap_link import tapped
from tests.integration.test_cameras import Filming, lost_and_back, problems

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
