"""A whole lane as processes, on decoded footage of real faces, with faults: judged by gate positions and records."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.clock import utc_ms
from backend.keys import KeyRing
from backend.store import travelers
from backend.store.engine import open_store
from backend.store.schema import alerts
from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, MORNING, TRAVELERS, Act, acts, portrait
from calibration.rehearsal.lane import Lane, LaneFailed
from calibration.rehearsal.play import Line, Stage, with_records
from calibration.service.rig import stand_against

OPENS_S, TRAVEL_S = 5.0, 0.2  # of the gate that `hardware serve` is

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def clips() -> dict[str, Path]:
    return set_up()


@pytest.fixture
def lane(tmp_path: Path, clips: dict[str, Path]) -> Iterator[Lane]:
    lane = Lane(tmp_path / "lane")
    try:
        lane.start(clips[EMPTY.name])
        yield lane
    finally:
        lane.stop_all()


@pytest.fixture
def boarding(lane: Lane, clips: dict[str, Path]) -> Stage:
    lane.board(MORNING)
    stage = Stage(lane, clips)
    stage.await_boarding(lane.journeys[MORNING])
    return stage


def act(start: str) -> Act:
    return next(a for a in acts(portrait) if a.label.startswith(start))


def wait(lane: Lane, met: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + 30
    while not met():
        if time.monotonic() > until_s:
            raise LaneFailed(f"{what} never came; the agent sees {lane.agent_sees()}")
        time.sleep(0.05)


def told(lane: Lane) -> list[Line]:
    return [line for line in lane.journal() if "delivered" in line]


def test_the_cast_walks_through_and_everyone_ends_as_expected(lane: Lane, clips: dict[str, Path]) -> None:
    stage, seen, flight = Stage(lane, clips), [], ""
    for one in acts(portrait):
        if one.flight != flight:
            lane.board(flight := one.flight)
            stage.await_boarding(lane.journeys[flight])
        seen.append(stage.play(one))
    for visit in with_records(seen, lane):
        assert visit.ok, visit
    _every_opening_was_written_before(lane)
    _nothing_about_anybody_on_disk(lane)
    _a_replay_shows_no_difference(lane)


def _every_opening_was_written_before(lane: Lane) -> None:
    """GS-12: one line with a grant's number for each opening, earlier than it."""
    written = [(line["grant"], line["now_s"]) for line in lane.journal() if "grant" in line]
    opened_s = [event["at_s"] for event in lane.controller() if event.get("position") == "open"]
    assert len(written) == len(opened_s) == len({number for number, _ in written})
    assert all(told_s < at_s for (_, told_s), at_s in zip(written, opened_s, strict=True))


def _nothing_about_anybody_on_disk(lane: Lane) -> None:
    """PR-04: no image, no name, no document number in the appliance's files or in anybody's log."""
    for path in [*(lane.root / "journal").iterdir(), *(lane.root / "logs").iterdir(), lane.root / "controller.jsonl"]:
        content = path.read_bytes()
        assert b"\xff\xd8\xff" not in content, path
        for traveler in TRAVELERS:
            assert traveler.surname.encode() not in content, path
            assert traveler.number.encode() not in content, path


def _a_replay_shows_no_difference(lane: Lane) -> None:
    journals = [str(path) for path in (lane.root / "journal").glob("*.jsonl")]
    command = [sys.executable, "-m", "edge.cli", "replay", *journals]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "no differences" in done.stdout


def test_ops1_without_the_service_agents_board_and_records_arrive_later_exactly_once(
    lane: Lane, boarding: Stage, clips: dict[str, Path]
) -> None:
    someone = lane.agent_sees()["missing"][0]["traveler"]
    lane.stop("service")
    wait(lane, lambda: lane.agent_sees()["service"] == "no_answer", "the outage on the agent's page")
    lane.play(clips["stranger-live"])
    wait(lane, lambda: lane.agent_sees()["prompt"] == "see_agent", "the alternate procedure on screen")
    wait(lane, lambda: lane.agent_sees()["lane"] == "somebody", "somebody in the lane")
    assert not any(event.get("position") == "open" for event in lane.controller())

    _board(lane, someone)
    wait(lane, lambda: lane.agent_sees()["outbox"] > 0, "the queued record")
    wait(lane, lambda: any(e.get("position") == "open" for e in lane.controller()), "the opening by the agent")
    lane.play(clips[EMPTY.name])
    ended = "Outcome"
    wait(lane, lambda: any(e["is"] == ended for s in lane.journal() for e in s.get("effects", ())), "the passage")
    assert told(lane) == []

    lane.run("service", "backend.cli", "serve", "--settings", "tvs.toml")
    wait(lane, lambda: lane.agent_sees()["outbox"] == 0, "the delivery")
    (crossing,) = lane.crossings()
    assert crossing["kind"] == "biographic"
    assert lane.agent_sees()["aboard"] == 1
    numbers = [line["delivered"] for line in told(lane)]
    assert len(numbers) == len(set(numbers))


def test_hum3_whom_an_officer_must_talk_to_is_held_by_documents_and_told_of_after_an_outage(
    lane: Lane, boarding: Stage, clips: dict[str, Path]
) -> None:
    held = {one["name"]: one["traveler"] for one in lane.agent_sees()["missing"]}
    _list(lane, held)
    lane.play(clips["stranger-live"])  # somebody stands in the lane
    wait(lane, lambda: lane.agent_sees()["lane"] == "somebody", "somebody in the lane")
    _board(lane, next(iter(held.values())))
    wait(lane, lambda: (lane.agent_sees()["boarding"] or {}).get("stage") == "ended", "the answer")
    assert lane.agent_sees()["boarding"]["result"].startswith("please let the traveler wait here")
    wait(lane, lambda: _reasons(lane) == ["hotlist"], "the officer's alert")
    assert not any(event.get("position") == "open" for event in lane.controller())

    lane.stop("service")
    wait(lane, lambda: lane.agent_sees()["service"] == "no_answer", "the outage on the agent's page")
    _board(lane, next(iter(held.values())))
    wait(lane, lambda: any(e.get("position") == "open" for e in lane.controller()), "the opening by the agent")
    lane.run("service", "backend.cli", "serve", "--settings", "tvs.toml")
    wait(lane, lambda: _reasons(lane) == ["hotlist", "held_boarded"], "the alert after the outage")
    assert [one["kind"] for one in lane.crossings()] == ["biographic"]


def _list(lane: Lane, held: dict[str, str]) -> None:
    """A validated entry against everybody who is missing."""
    keys = KeyRing(lane.root / "tvs" / "keys")
    engine = open_store(lane.root / "tvs")
    with engine.begin() as db:
        for one in travelers.of_journey(db, keys, lane.journeys[MORNING]):
            assert one.traveler in held.values()
            stand_against(db, keys, one, utc_ms())
    engine.dispose()


def _reasons(lane: Lane) -> list[str]:
    """Of the alerts about a held traveler, in order."""
    engine = open_store(lane.root / "tvs", to_read=True)
    with engine.begin() as db:
        found = db.execute(select(alerts.c.reason).order_by(alerts.c.raised_utc_ms)).scalars().all()
    engine.dispose()
    return [reason for reason in found if reason in ("hotlist", "held_boarded")]


def _board(lane: Lane, traveler: str) -> None:
    lane.agent_asks("/board", {"traveler": traveler}).close()


def test_gs03_gs04_a_killed_host_leaves_the_gate_closed_and_the_encounter_not_counted(
    lane: Lane, boarding: Stage, clips: dict[str, Path]
) -> None:
    lane.play(clips["anna-live"])
    wait(lane, lambda: any(e.get("position") == "open" for e in lane.controller()), "the opening")
    os.killpg(lane.parts["appliance"].pid, signal.SIGKILL)
    lane.parts.pop("appliance").wait()
    wait(lane, lambda: lane.controller()[-1].get("position") == "closed", "the closing")
    moves = {e["position"]: e["at_s"] for e in lane.controller() if "position" in e}
    assert moves["closed"] - moves["open"] <= OPENS_S + 0.1 + TRAVEL_S, "by the controller's own clock"

    with lane.playlist.open("w") as playlist:
        playlist.write(f"{clips[EMPTY.name]}\n")
    lane.run("appliance", "edge.cli", "run", "--settings", "gate.toml")
    wait(lane, lambda: len(told(lane)) >= 2, "the report of what was cut off")
    outcomes = [e["what"] for s in lane.journal() for e in s.get("effects", ()) if e["is"] == "Outcome"]
    assert [(o["is"], o["why"]) for o in outcomes] == [("NotCrossed", "interrupted")]
    assert all(line["status"] == "recorded" or line["status"] == "told" for line in told(lane)), "the service has it"
    assert lane.crossings() == []
    assert [e["position"] for e in lane.controller() if e.get("position") == "open"] == ["open"], "not opened again"


@pytest.mark.parametrize("part", ["decision loop", "camera"])
def test_gs05_the_heartbeat_ends_when_a_part_makes_no_progress(lane: Lane, boarding: Stage, part: str) -> None:
    brain = lane.parts["appliance"].pid
    frozen = brain if part == "decision loop" else _child(brain, "edge.eye")
    wait(lane, lambda: _safe(lane) == [False], "the session")
    os.kill(frozen, signal.SIGSTOP)
    try:
        wait(lane, lambda: _safe(lane)[-1], "the safe state")
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait(lane, lambda: not _safe(lane)[-1], "the next session")


def _safe(lane: Lane) -> list[bool]:
    return [event["safe"] for event in lane.controller() if "safe" in event]


def _child(pid: int, module: str) -> int:
    for status in Path("/proc").glob("[0-9]*/stat"):
        words = status.read_text().rsplit(")", 1)[1].split()
        if int(words[1]) == pid and module.encode() in (status.parent / "cmdline").read_bytes():
            return int(status.parent.name)
    raise LaneFailed(f"process {pid} has no child that runs {module}")


def test_er05_a_cut_line_is_noticed_and_taken_up_again(lane: Lane, boarding: Stage) -> None:
    lane.stop("controller")
    wait(lane, lambda: lane.agent_sees()["gate"] not in ("closed", "open", "moving"), "the cut on the agent's page")
    assert "check its cable" in lane.agent_sees()["says"]["gate"]["words"]
    lane.start_controller()
    wait(lane, lambda: lane.agent_sees()["gate"] == "closed", "the gate")


def test_a_traveller_passes_the_gate_that_the_firmware_drives_in_its_simulated_chip(
    tmp_path: Path, clips: dict[str, Path]
) -> None:
    lane = Lane(tmp_path / "lane", controller_kind="firmware")
    try:
        lane.start(clips[EMPTY.name])
        lane.board(MORNING)
        stage = Stage(lane, clips)
        stage.await_boarding(lane.journeys[MORNING])
        (visit,) = with_records([stage.play(act("anna, other"))], lane)
        assert visit.ok, visit
    finally:
        lane.stop_all()


def test_an_appliance_with_wrong_settings_does_not_start_and_says_which(lane: Lane) -> None:
    settings = lane.root / "wrong.toml"
    settings.write_text((lane.root / "gate.toml").read_text() + "colour = 1\n")
    command = [sys.executable, "-m", "edge.cli", "run", "--settings", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=lane.root)
    assert done.returncode == 2
    assert "screens.colour: Extra inputs are not permitted" in done.stderr
