"""Strangers at the pages of a whole lane: the gate works on, and SIGTERM ends it at once with all it started."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, MORNING
from calibration.rehearsal.lane import Lane
from calibration.rehearsal.play import Stage, with_records
from calibration.service.page_readers import ENDED_S, crowded, end, honest, loop_lag_s, safe
from edge.brain import PROGRESS_S

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(tmp_path / "lane")
    try:
        lane.start(set_up()[EMPTY.name])
        yield lane
    finally:
        lane.stop_all()


def children(pid: int) -> set[int]:
    found = set[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.add(int(folder.name))
    return found


def runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_a_traveler_passes_while_1500_read_the_page_and_sigterm_ends_all_of_it(lane: Lane) -> None:
    clips = set_up()
    lane.board(MORNING)
    stage = Stage(lane, clips)
    stage.await_boarding(lane.journeys[MORNING])
    started = children(lane.parts["appliance"].pid)
    assert len(started) >= 2, "eye and pages"
    safes = safe(lane)
    with crowded(lane, "readers"):
        (visit,) = with_records([stage.play(honest()[0])], lane)
        assert visit.ok, visit
        assert loop_lag_s(lane) < PROGRESS_S, "nothing that readers do comes near the heartbeat"
        assert safe(lane) == safes, "the controller heard the gate all the time"
        assert lane.agent_sees()["journey"] == lane.journeys[MORNING], "an agent reads on"
        lane.play(clips[honest()[1].scene.name])  # somebody is before the camera when it ends
        code, took_s = end(lane)
    assert (code, took_s <= ENDED_S) == (0, True), took_s
    assert [pid for pid in started if runs(pid)] == []
    assert b"Traceback" not in (lane.root / "logs" / "appliance.log").read_bytes()
