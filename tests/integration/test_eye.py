"""The eye as a process: sealed, told apart from a broken camera, started again when it dies."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

from calibration.rehearsal.cast import portrait
from edge.encounter.events import Event, Nobody, Seen
from edge.eye_link import EyeLink
from vision.models import cache_dir

CLIPS = cache_dir() / "clips-2"


def clip(name: str) -> Path:
    return CLIPS / f"{name}.mp4"


def sealed(code: str) -> str:
    """What a sealed process prints."""
    script = "from edge.eye.seal import seal\nseal()\n" + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_eye_cannot_open_a_network_socket() -> None:
    tried = """
    import socket
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
        try:
            socket.socket(family, socket.SOCK_RAW if family == socket.AF_PACKET else socket.SOCK_DGRAM)
            print("open", family)
        except PermissionError as error:
            print(error.errno)
    a, b = socket.socketpair()
    a.send(b"local still works")
    print(b.recv(99).decode())
    """
    assert sealed(tried).splitlines() == ["13", "13", "13", "13", "local still works"]


def test_pr04_the_eye_cannot_write_a_file(tmp_path: Path) -> None:
    tried = f"""
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with open({str(tmp_path / "face.jpg")!r}, "wb", buffering=0) as file:
            file.write(b"pixels")
    except OSError as error:
        print(error.strerror)
    """
    assert sealed(tried) == "File too large"
    assert (tmp_path / "face.jpg").stat().st_size == 0


def test_landmarks_are_found_without_the_network_mediapipe_asks_for() -> None:
    tried = f"""
    import cv2
    from vision.detect import Detector
    from vision.landmarks import Landmarker
    pixels = cv2.imread({str(portrait("carla-live"))!r})
    landmarker = Landmarker()
    print(landmarker.find(pixels, Detector().find(pixels)[0]).points.shape)
    landmarker.close()
    """
    assert sealed(tried) == "(478, 2)"


async def hear(
    camera: str, enough: Callable[[EyeLink, list[Event]], bool], act: Callable[[], Awaitable[None]]
) -> EyeLink:
    heard: list[Event] = []
    link = EyeLink(camera, None, heard.append)
    running = asyncio.create_task(link.run())
    acting = asyncio.ensure_future(act())
    try:
        async with asyncio.timeout(40):
            while not enough(link, heard):
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        acting.cancel()
        await asyncio.gather(running, acting, return_exceptions=True)
    return link


async def nothing() -> None:
    return


async def test_an_approach_is_seen_from_too_far_to_acceptable() -> None:
    cues: list[str | None] = []

    def acceptable(link: EyeLink, heard: list[Event]) -> bool:
        cues[:] = [e.cue for e in heard if isinstance(e, Seen)]
        return None in cues

    link = await hear(f"clip:{clip('anna-live')}", acceptable, nothing)
    assert cues[0] == "come_closer"
    assert link.camera is not None
    assert (link.camera.width, link.camera.height) == (1920, 1080)


async def test_an_unreadable_video_is_said_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip("empty").read_bytes()[:5000])
    link = await hear(f"clip:{broken}", lambda link, _: "not a readable video" in link.problem, nothing)
    assert link.camera is None


async def test_no_camera_is_said_in_words() -> None:
    link = await hear("v4l2:/dev/video99", lambda link, _: "no such device" in link.problem, nothing)
    assert "check the cable" in link.problem


async def test_a_killed_eye_is_back_within_seconds() -> None:
    counts = {"before": 0, "killed": 0}

    async def kill() -> None:
        while not counts["before"]:
            await asyncio.sleep(0.05)
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for pid in children:
            if b"edge.eye" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)
                counts["killed"] = counts["before"]

    def back(link: EyeLink, heard: list[Event]) -> bool:
        counts["before"] = sum(isinstance(e, Nobody) for e in heard)
        return counts["killed"] > 0 and counts["before"] > counts["killed"] + 3 and link.problem == ""

    await hear(f"clip:{clip('empty')}", back, kill)
    assert counts["killed"]


async def test_er04_a_frozen_camera_is_told_and_opened_again() -> None:
    problems: list[str] = []

    def back(link: EyeLink, _: list[Event]) -> bool:
        if not problems or link.problem != problems[-1]:
            problems.append(link.problem)
        return len(problems) > 3

    link = await hear(f"fault:frozen:{clip('empty')}", back, nothing)
    assert [problems[0], problems[1], problems[3]] == ["starting", "", ""]
    assert "the picture does not change" in problems[2]
    assert link.camera is not None
