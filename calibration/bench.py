"""`python -m calibration.bench`: each figure beside the bare cost of the same work, measured in the same run.

Simulated gate, synthetic footage, this machine: it says nothing about the field.
"""

import json
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from calibration import bench_gate
from calibration.bench_service import ServiceBench
from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, acts, portrait
from calibration.rehearsal.lane import Lane
from calibration.rehearsal.play import Stage
from edge.eye.frame import Frame
from edge.eye.look import Look
from vision.detect import Detector
from vision.faces import Pixels

OUT = Path("var/bench.json")
FLIGHTS = tuple(f"XX02{i:02}" for i in range(5))  # three openings each


@dataclass(frozen=True, slots=True)
class Figure:
    """value and bare in `unit`; ratio is value over bare, None where there is no bare cost."""

    name: str
    value: float
    unit: str
    bare: float | None
    ratio: float | None


def figure(name: str, value: float, unit: str, bare: float | None = None) -> Figure:
    ratio = round(value / bare, 3) if bare else None
    return Figure(name, round(value, 3), unit, round(bare, 3) if bare else None, ratio)


def looks(clips: dict[str, Path]) -> list[Figure]:
    """`look()` on 1080p footage on one core, against decoding and detecting alone."""
    cv2.setNumThreads(1)
    look, detector, found = Look(), Detector(), []
    try:
        for what, clip in (("empty", clips[EMPTY.name]), ("face", clips["relit"])):
            frames = _decoded(clip)
            value = float(np.percentile(_times(frames, look), 95))
            bare = float(np.percentile(_times(frames, lambda f: detector.find(f.pixels)), 95))
            found.append(figure(f"look.p95.{what}", value, "ms", bare))
        found += [_sustained(clips["anna-live"], look), _idle(clips[EMPTY.name], look)]
    finally:
        look.close()
    return found


def _sustained(clip: Path, look: Look) -> Figure:
    """An approach as fast as it goes: one thread decodes, the other looks.  Bare: decoding alone."""
    ahead: queue.Queue[Frame | None] = queue.Queue(2)

    def decode() -> None:
        video, number = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG), 0
        while (read := video.read())[0]:
            number += 1
            ahead.put(Frame(number, number * 33_000_000, np.asarray(read[1], np.uint8)))
        ahead.put(None)

    began, frames = time.perf_counter(), 0
    thread = threading.Thread(target=decode)
    thread.start()
    while (frame := ahead.get()) is not None:
        look(frame)
        frames += 1
    took_s = time.perf_counter() - began
    thread.join()
    return figure("look.fps", frames / took_s, "frames/s", 1000 / float(np.mean(_decode_ms(clip))))


def _idle(clip: Path, look: Look) -> Figure:
    """Share of one core while nobody is there, at 15 frames a second, decoding included."""
    video, began_s, frames = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG), time.process_time(), 0
    while (read := video.read())[0]:
        frames += 1
        look(Frame(frames, frames * 66_000_000, np.asarray(read[1], np.uint8)))
    return figure("look.idle", 15 * 100 * (time.process_time() - began_s) / frames, "% of a core")


def _decoded(clip: Path) -> list[Frame]:
    """Every second frame: all of them would not fit a small machine's memory."""
    frames: list[Frame] = []
    video = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG)
    number = 0
    while (read := video.read())[0]:
        number += 1
        if number % 2:
            pixels: Pixels = np.asarray(read[1], np.uint8)
            frames.append(Frame(number, number * 33_000_000, pixels))
    return frames


def _decode_ms(clip: Path) -> list[float]:
    """Decoding time of the frames `_decoded` gives."""
    video, times = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG), list[float]()
    while True:
        began = time.perf_counter()
        held, _ = video.read()
        if not held:
            return times[::2]
        times.append((time.perf_counter() - began) * 1000)


def _times(frames: list[Frame], act: Callable[[Frame], object]) -> list[float]:
    act(frames[0])
    times = []
    for frame in frames:
        began = time.perf_counter()
        act(frame)
        times.append((time.perf_counter() - began) * 1000)
    return times


def openings(clips: dict[str, Path], folder: Path) -> list[Figure]:
    """First acceptable frame to observed open, at 30 frames/s, three travellers on each of several flights."""
    lane, took_ms = Lane(folder / "lane", FLIGHTS), []
    try:
        lane.start(clips[EMPTY.name])
        stage = Stage(lane, clips)
        for flight in FLIGHTS:
            lane.board(flight)
            stage.await_boarding(lane.journeys[flight])
            for act in acts(portrait)[:3]:
                seen = stage.play(act)
                took_ms.append(seen.face_to_open_ms or float("inf"))
    finally:
        lane.stop_all()
    percentiles = [figure(f"open.p{p}", float(np.percentile(took_ms, p)), "ms") for p in (50, 95)]
    return [*percentiles, figure("open.count", len(took_ms), "openings")]


def stolen(before: tuple[int, int]) -> Figure:
    """How much of the processors' time other guests of this machine's host took since then: what blurs the rest."""
    total, taken = (now - then for now, then in zip(ticks(), before, strict=True))
    return figure("machine.stolen", 100 * taken / max(1, total), "%")


def ticks() -> tuple[int, int]:
    """Of all processors since the start: all, and those stolen (proc_stat(5))."""
    counted = [int(value) for value in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(counted), counted[7]


def main() -> None:
    console, clips, figures = Console(), set_up(), []
    before = ticks()
    with tempfile.TemporaryDirectory(prefix="limen-bench-") as scratch, console.status("measuring: seven minutes"):
        figures += looks(clips)
        with ServiceBench(Path(scratch)) as service:
            for name, value, unit, bare in service.figures():
                figures.append(figure(name, value, unit, bare))
        figures += [figure(name, *of) for name, of in bench_gate.measure().items()]
        figures += openings(clips, Path(scratch))
    figures.append(stolen(before))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"figures": [asdict(f) for f in figures]}, indent=2) + "\n")
    table = Table("figure", "value", "unit", "bare", "ratio")
    for f in figures:
        beside = ("", "") if f.bare is None else (f"{f.bare:g}", f"{f.ratio:.2f}")
        table.add_row(f.name, f"{f.value:g}", f.unit, *beside)
    console.print(table)
    console.print(f"written to {OUT}")


if __name__ == "__main__":
    main()
