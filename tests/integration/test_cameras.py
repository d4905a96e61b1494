"""Cameras that fail and come back, and the line frames come over from another process."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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


def test_a_playlist_that_lost_what_was_played_goes_on_and_begins_anew_at_its_head(tmp_path: Path) -> None:
    playlist = tmp_path / "lane.m3u"
    first, second, third = (clip(tmp_path, str(grey), 20, grey=grey) for grey in (60, 110, 160))
    playlist.write_text(f"{first}\n{second}\n")
    camera = ClipCamera(playlist)
    for _ in range(30):
        camera.read()
    playlist.write_text(f"#EXT-X-MEDIA-SEQUENCE:1\n{second}\n{third}\n")
    after = [camera.read().pixels.mean() for _ in range(20)]
    camera.close()
    assert max(after[:5]) < 130 < 140 < min(after[15:])
    again = ClipCamera(playlist)
    assert 80 < again.read().pixels.mean() < 130
    again.close()
    playlist.write_text("#EXT-X-MEDIA-SEQUENCE:x\n")
    with pytest.raises(CameraLost, match=r"playlist .*lane\.m3u: invalid"):
        ClipCamera(playlist)


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
    time.sleep(0.02 if number > 370 else 0)  # at first faster than anybody reads, then as a camera
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
