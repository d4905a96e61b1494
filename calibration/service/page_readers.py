"""SR-08, SR-10: 1,500 strangers at the traveler's page in every way, while honest travelers pass the gate."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, MORNING, Act, acts, portrait
from calibration.rehearsal.lane import Lane
from calibration.rehearsal.play import Encounter, Stage, with_records
from calibration.service.figure import Figure
from calibration.service.page_crowd import WORDS

STRANGERS = 1500
SETTLED_S = 5.0
MANY = 100  # of them at the same time; the page has places for 128 of eight addresses
LAG_S = 0.1
ENDED_S = 2.0


@contextmanager
def crowded(lane: Lane, kind: str, count: int = STRANGERS) -> Iterator[None]:
    """Strangers of this kind for as long as the block lasts; in the field they have machines of their own."""
    command = [sys.executable, "-m", "calibration.service.page_crowd", str(lane.pages), kind, str(count)]
    before = _turned_away(lane)
    with tempfile.TemporaryFile() as dots:
        crowd = subprocess.Popen(["nice", "-n", "10", *command], stdout=dots, stderr=subprocess.DEVNULL)
        try:
            time.sleep(SETTLED_S)
            held = metric(lane, 'limen_gate_connections{of="strangers"}')
            assert held > MANY or _turned_away(lane) > before, f"{kind}: nobody came"
            assert kind != "readers" or os.fstat(dots.fileno()).st_size > MANY, "few read the stream"
            yield
            assert crowd.poll() is None, f"{kind}: they went home"
        finally:
            crowd.kill()
            crowd.wait()


def metric(lane: Lane, name: str) -> float:
    """As Prometheus is told."""
    with urllib.request.urlopen(f"{lane.traveller_page}metrics", timeout=30) as page:
        lines = page.read().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def _turned_away(lane: Lane) -> float:
    return metric(lane, "limen_gate_connections_ended") + metric(lane, "limen_gate_connections_refused")


def loop_lag_s(lane: Lane) -> float:
    """Most that the gate's loop was late in the last minute."""
    return metric(lane, "limen_gate_loop_lag_seconds")


def safe(lane: Lane) -> int:
    """How often the controller made itself safe."""
    return sum(event.get("safe") is True for event in lane.controller())


def end(lane: Lane) -> tuple[int, float]:
    """SIGTERM to the appliance: what it ended with, after how many seconds."""
    appliance, began_s = lane.parts.pop("appliance"), time.monotonic()
    os.kill(appliance.pid, signal.SIGTERM)
    return appliance.wait(timeout=30), time.monotonic() - began_s


def honest() -> list[Act]:
    return [act for act in acts(portrait) if act.flight == MORNING and act.expected == "proceed"]


def figures(quick: bool) -> Iterator[Figure]:
    clips = set_up()
    kinds = ["readers"] if quick else list(WORDS)
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            lane = Lane(Path(folder) / "lane")
            try:
                lane.start(clips[EMPTY.name])
                lane.board(MORNING)
                yield _attacked(lane, Stage(lane, clips), kind)
            finally:
                lane.stop_all()


def _attacked(lane: Lane, stage: Stage, kind: str) -> Figure:
    stage.await_boarding(lane.journeys[MORNING])
    before, quiet_s = safe(lane), loop_lag_s(lane)
    with crowded(lane, kind):
        seen: list[Encounter] = [stage.play(act) for act in honest()]
        lag_s, safes = loop_lag_s(lane), safe(lane) - before
        visits = with_records(seen, lane)
        code, took_s = end(lane)
    opened_ms = [visit.face_to_open_ms or 0.0 for visit in visits]
    failures = sum(not visit.ok for visit in visits) + safes + (lag_s > LAG_S) + (code != 0 or took_s > ENDED_S)
    words = (
        f"loop lag most {lag_s * 1000:.0f} ms ({quiet_s * 1000:.0f} before, {LAG_S * 1000:.0f} allowed), safe {safes} "
        f"times, face to open most {max(opened_ms):.0f} ms, SIGTERM ended it after {took_s:.2f} s"
    )
    return Figure("SR-08", f"{STRANGERS:,} at the page: {kind}", "", len(visits) + 3, failures, words)
