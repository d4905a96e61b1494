"""Boarding by documents on the agent's page: one person, one place, asked once, by keyboard alone."""

import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from edge.boarding_shown import Boarding, Stage
from edge.encounter.events import AgentBoards, AgentWithdraws, Event, Prompt
from edge.sentences import LaneSays, Result, ServiceSays
from edge.view import Missing
from tests.integration.screens_rig import PASS, Screens, of_today
from tests.podium import AGENT

PEOPLE = tuple(Missing(f"t{i}", f"NAME{i:02} GIVEN", f"{i}A") for i in range(1, 31))

PLACES = """() => Object.fromEntries([...document.querySelectorAll("#panel, #missing li, #sought, #scanned")]
  .map((e) => [e.dataset.traveler ?? e.id, [e.getBoundingClientRect().x, e.getBoundingClientRect().y]]))"""


def checked(page: Page) -> Locator:
    return page.get_by_role("button", name="Documents checked")


def yes(page: Page) -> Locator:
    return page.get_by_role("button", name="Yes, open the gate")


def only(screens: Screens, page: Page) -> Event:
    await_heard(screens, page, 1)
    (event,) = screens.heard
    return event


def await_heard(screens: Screens, page: Page, count: int) -> None:
    """So many events, and a while in which one more would come."""
    until_s = time.monotonic() + 10
    while len(screens.heard) < count and time.monotonic() < until_s:
        page.wait_for_timeout(20)
    page.wait_for_timeout(300)


def places(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(PLACES)
    return found


def test_one_selected_person_is_asked_about_once_and_boarded_in_the_own_name(screens: Screens, boarding: Page) -> None:
    expect(checked(boarding)).to_be_disabled()
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    checked(boarding).click()
    expect(boarding.locator("#panel")).to_contain_text("12A SPECIMEN ANNA")
    assert screens.heard == [], "not before it was asked once"
    boarding.wait_for_timeout(500)
    yes(boarding).click()
    event = only(screens, boarding)
    assert isinstance(event, AgentBoards)
    assert (event.traveler, event.agent, event.stands) == ("t1", AGENT, False)


def test_a_double_click_does_not_answer_the_question_it_brought_up(screens: Screens, boarding: Page) -> None:
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    checked(boarding).dblclick()
    boarding.wait_for_timeout(500)
    assert screens.heard == []
    expect(yes(boarding)).to_be_visible()


def test_a_key_that_is_held_selects_and_says_nothing_more(screens: Screens, boarding: Page) -> None:
    boarding.get_by_label("Find by name or seat").fill("SPECIMEN")
    for _ in range(3):
        boarding.keyboard.down("Enter")
        boarding.wait_for_timeout(500)
    boarding.keyboard.up("Enter")
    expect(checked(boarding)).to_be_focused()
    assert screens.heard == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"prompt": Prompt.GO}, "Somebody is passing"),
        ({"missing": ()}, "No longer missing"),
        ({"boarding": Boarding("e1", "t2", Stage.ASKED)}, "Somebody else is being served"),
    ],
)
def test_it_is_not_offered_where_it_may_not_be_and_says_why(
    screens: Screens, boarding: Page, change: dict[str, Any], why: str
) -> None:
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    expect(checked(boarding)).to_be_enabled()
    screens.update(**change)
    expect(checked(boarding)).to_be_disabled()
    expect(boarding.locator("#panel")).to_contain_text(why)
    checked(boarding).click(force=True)
    expect(yes(boarding)).to_have_count(0)


@pytest.mark.parametrize(
    ("lane", "stands", "status"),
    [
        (LaneSays.NOBODY, "false", 409),
        (LaneSays.NOBODY, "true", 303),
        (LaneSays.NO_CAMERA, "false", 409),
        (LaneSays.NO_CAMERA, "true", 303),
        (LaneSays.SOMEBODY, "false", 303),
    ],
)
def test_the_appliance_refuses_it_too(
    screens: Screens, boarding: Page, lane: LaneSays, stands: str, status: int
) -> None:
    screens.update(lane=lane)
    form: dict[str, str | float | bool] = {"traveler": "t1", "stands": stands}
    assert screens.post(boarding, "/agent/board", form).status == status
    assert len(screens.heard) == (status == 303)


@pytest.mark.parametrize("lane", [LaneSays.NO_CAMERA, LaneSays.NOBODY])
def test_dig2_whom_no_camera_sees_the_agent_says_stands_there(screens: Screens, boarding: Page, lane: LaneSays) -> None:
    screens.update(lane=lane)
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    checked(boarding).click()
    expect(yes(boarding)).to_be_disabled()
    boarding.get_by_label("The traveler stands in the lane").check()
    boarding.wait_for_timeout(500)
    yes(boarding).click()
    event = only(screens, boarding)
    assert isinstance(event, AgentBoards)
    assert event.stands


def back(page: Page) -> Locator:
    return page.get_by_role("button", name="Take back")


def asked(page: Page) -> None:
    """The agent has said yes for Anna."""
    page.get_by_role("option", name="SPECIMEN ANNA").click()
    checked(page).click()
    page.wait_for_timeout(500)
    yes(page).click()


def test_a_key_meant_for_what_has_gone_opens_nothing(screens: Screens, boarding: Page) -> None:
    screens.update(lane=LaneSays.NOBODY)
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    checked(boarding).click()
    expect(boarding.get_by_label("The traveler stands in the lane")).to_be_focused()
    boarding.wait_for_timeout(500)
    screens.update(lane=LaneSays.SOMEBODY)
    expect(yes(boarding)).to_be_focused()
    boarding.keyboard.press("Space")
    boarding.wait_for_timeout(300)
    assert screens.heard == []


def test_a_scan_types_over_the_box_and_answers_no_question(screens: Screens, boarding: Page) -> None:
    screens.update(lane=LaneSays.NOBODY)
    boarding.get_by_role("option", name="MUSTER BEN").click()
    checked(boarding).click()
    box = boarding.get_by_label("The traveler stands in the lane")
    expect(box).to_be_focused()
    boarding.keyboard.type(of_today(PASS))
    expect(boarding.get_by_label("Scan a boarding pass")).to_have_value(of_today(PASS))
    expect(box).not_to_be_checked()


def test_who_is_scanned_while_another_is_served_is_not_said_to_be_selected(screens: Screens, boarding: Page) -> None:
    boarding.get_by_role("option", name="MUSTER BEN").click()
    screens.update(boarding=Boarding("e1", "t2", Stage.OPEN))
    expect(boarding.locator("#panel")).to_contain_text("open for one person")
    boarding.keyboard.type(of_today(PASS) + "\n\n")
    expect(boarding.locator("#found")).to_contain_text("Not selected while somebody is served")
    expect(boarding.locator("#found")).to_have_attribute("data-state", "bad")
    expect(boarding.locator("#panel")).to_contain_text("MUSTER BEN")


def test_the_list_never_moves_under_the_pointer(screens: Screens, boarding: Page) -> None:
    screens.update(missing=PEOPLE, expected=40)
    expect(boarding.locator("#missing li")).to_have_count(30)
    boarding.get_by_role("option", name="NAME05").hover()
    before = places(boarding)
    come = Missing("t0", "NAME00 GIVEN", "1F")
    screens.update(missing=(come, *PEOPLE[3:]), service=ServiceSays.GALLERY, outbox=7, prompt=Prompt.SEE_AGENT)
    expect(boarding.locator("#count")).to_have_text("(28)")
    now = places(boarding)
    assert {name: now[name] for name in before} == before
    expect(boarding.locator("#missing li.gone")).to_have_count(3)
    boarding.locator("#missing li.gone").first.click(force=True)
    expect(boarding.locator("#panel")).to_contain_text("No traveler selected")
    boarding.locator("#panel").hover()
    expect(boarding.locator("#missing li")).to_have_count(28)
    expect(boarding.locator("#missing li").first).to_contain_text("NAME00")
    assert places(boarding)["panel"] == before["panel"]


def test_keyboard_alone_while_events_arrive(screens: Screens, boarding: Page) -> None:
    screens.update(missing=PEOPLE, expected=40)
    expect(boarding.locator("#missing li")).to_have_count(30)
    boarding.get_by_label("Find by name or seat").focus()

    def event_arrives(number: int) -> None:
        screens.update(outbox=number, missing=PEOPLE[: 30 - number])
        expect(boarding.locator("#count")).to_have_text(f"({30 - number})")

    for number, key in enumerate(("N", "A", "M", "E", "1", "ArrowDown", "ArrowDown"), 1):
        boarding.keyboard.press(key)
        event_arrives(number)
        expect(boarding.get_by_label("Find by name or seat")).to_be_focused()
    boarding.keyboard.press("Enter")
    expect(boarding.locator("#panel")).to_contain_text("NAME12")
    expect(checked(boarding)).to_be_focused()
    event_arrives(8)
    expect(checked(boarding)).to_be_focused()
    boarding.keyboard.press("Enter")
    expect(yes(boarding)).to_be_focused()
    boarding.keyboard.press("Escape")
    expect(checked(boarding)).to_be_focused()
    boarding.keyboard.press("Enter")
    event_arrives(9)
    boarding.wait_for_timeout(500)
    expect(yes(boarding)).to_be_focused()
    boarding.keyboard.press("Enter")
    event = only(screens, boarding)
    assert isinstance(event, AgentBoards)
    assert event.traveler == "t12"
    screens.update(boarding=Boarding("e1", "t12", Stage.ASKED))
    expect(boarding.get_by_role("button", name="Take back")).to_be_focused()
    boarding.keyboard.press("Escape")
    await_heard(screens, boarding, 2)
    assert screens.heard[1:] == [AgentWithdraws("e1")]
    screens.update(boarding=Boarding("e1", "t12", Stage.ENDED, Result.TAKEN_BACK))
    expect(boarding.get_by_role("button", name="Done")).to_be_focused()
    boarding.keyboard.press("Enter")
    expect(boarding.get_by_label("Scan a boarding pass")).to_be_focused()


def test_a_scan_selects_the_traveler_and_boards_nobody_even_over_a_focused_button(
    screens: Screens, boarding: Page
) -> None:
    boarding.get_by_role("option", name="MUSTER BEN").click()
    expect(checked(boarding)).to_be_focused()
    boarding.keyboard.type(of_today(PASS) + "\n\n")
    expect(boarding.locator("#found")).to_have_text("Name, flight and seat agree.")
    expect(boarding.locator("#panel")).to_contain_text("SPECIMEN ANNA")
    expect(boarding.locator("#missing [aria-selected=true]")).to_contain_text("SPECIMEN ANNA")
    expect(boarding.get_by_label("Scan a boarding pass")).to_have_value("")
    expect(boarding.get_by_label("Scan a boarding pass")).to_be_focused()
    assert screens.heard == []


def test_a_page_that_is_not_current_says_so_and_offers_nothing(screens: Screens, boarding: Page) -> None:
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    expect(checked(boarding)).to_be_enabled()
    screens.moves = False
    expect(boarding.locator("#stale")).to_contain_text("This page is not current", timeout=8000)
    expect(checked(boarding)).to_be_disabled()
    grey = boarding.evaluate("getComputedStyle(document.getElementById('lamp')).backgroundColor")
    assert grey == "rgb(138, 146, 153)"
    screens.moves = True
    expect(boarding.locator("#stale")).to_be_hidden()
    expect(checked(boarding)).to_be_enabled()
