"""No screen lies while a part of the lane stands still: real processes, stopped and continued."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from calibration.rehearsal.__main__ import set_up
from calibration.rehearsal.cast import EMPTY, MORNING
from calibration.rehearsal.lane import AGENT, Lane, LaneFailed, free_port
from calibration.rehearsal.play import Stage

DOWN_S = 3.0 + 2.0  # what the judge is allowed, and what a machine that does other things takes
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    lane, clips = Lane(tmp_path / "lane", port=free_port(0), pages=free_port(0)), set_up()
    try:
        lane.start(clips[EMPTY.name])
        lane.board(MORNING)
        Stage(lane, clips).await_boarding(lane.journeys[MORNING])
        yield lane
    finally:
        lane.stop_all()


@contextmanager
def standing_still(lane: Lane, part: str) -> Iterator[None]:
    os.kill(lane.parts[part].pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(lane.parts[part].pid, signal.SIGCONT)


def wait(lane: Lane, met: Callable[[], bool], what: str, most_s: float = 30.0) -> float:
    began_s = time.monotonic()
    while not met():
        if time.monotonic() - began_s > most_s:
            raise LaneFailed(f"{what} never came; the agent sees {lane.agent_sees()}")
        time.sleep(0.05)
    return time.monotonic() - began_s


def traveler_sees(lane: Lane) -> dict[str, Any]:
    with urllib.request.urlopen(f"{lane.traveller_page}events", timeout=5) as stream:
        state: dict[str, Any] = json.loads(stream.readline().removeprefix(b"data: "))
    return state


def pages(lane: Lane, browser: Browser) -> tuple[Page, Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1080, "height": 1920})
    traveler, agent = context.new_page(), context.new_page()
    traveler.goto(lane.traveller_page)
    agent.goto(lane.agent_page)
    agent.get_by_label("Name").fill(AGENT)
    agent.get_by_label("Password").fill(lane.password)
    agent.get_by_role("button", name="Begin").click()
    expect(agent.locator("#agent")).to_have_text(AGENT)
    return traveler, agent


def test_a_service_that_stands_still_is_down_on_every_page_and_lamp_and_comes_back(
    lane: Lane, browser: Browser
) -> None:
    traveler, agent = pages(lane, browser)
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "welcome")
    expected = lane.agent_sees()["expected"]
    with standing_still(lane, "service"):
        took_s = wait(lane, lambda: not lane.agent_sees()["service_up"], "the outage")
        print(f"service stopped: down after {took_s:.2f} s")
        assert took_s <= DOWN_S
        expect(traveler.locator("body")).to_have_attribute("data-prompt", "documents")
        expect(traveler.locator("h1")).to_have_text("Please show your documents to the agent")
        expect(agent.locator("#states")).to_contain_text("No answer. Check documents")
        wait(lane, lambda: lane.agent_sees()["lamp"] == "see_agent", "the lamp")
        assert lane.agent_sees()["expected"] == expected
    wait(lane, lambda: bool(lane.agent_sees()["service_up"]), "the service")
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "welcome")
    wait(lane, lambda: lane.agent_sees()["lamp"] == "ready", "the lamp")


def test_a_brain_that_stands_still_makes_no_page_promise_anything(lane: Lane, browser: Browser) -> None:
    traveler, agent = pages(lane, browser)
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "welcome")
    expect(agent.locator("#stale")).to_be_hidden()
    with standing_still(lane, "appliance"):
        began_s = time.monotonic()
        expect(traveler.locator("body")).to_have_attribute("data-prompt", "lost", timeout=DOWN_S * 1000)
        print(f"brain stopped: traveler's page not current after {time.monotonic() - began_s:.2f} s")
        expect(traveler.locator("h1")).to_have_text("Please see an agent")
        expect(traveler.locator("#notice")).to_contain_text("Prefer documents?")
        expect(agent.locator("#stale")).to_contain_text("not current", timeout=DOWN_S * 1000)
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "welcome", timeout=20_000)
    expect(agent.locator("#stale")).to_be_hidden()


def test_a_brain_that_was_killed_makes_no_page_promise_anything(lane: Lane, browser: Browser) -> None:
    traveler, agent = pages(lane, browser)
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "welcome")
    expect(agent.locator("#stale")).to_be_hidden()
    os.killpg(lane.parts["appliance"].pid, signal.SIGKILL)
    lane.parts.pop("appliance").wait()
    expect(traveler.locator("body")).to_have_attribute("data-prompt", "lost", timeout=DOWN_S * 1000)
    expect(agent.locator("#stale")).to_be_visible(timeout=DOWN_S * 1000)
    lane.run("appliance", "edge.cli", "run", "--settings", "gate.toml")
    expect(agent.locator("#stale")).to_be_hidden(timeout=60_000)
    assert traveler_sees(lane)["current"]
