"""What an agent asked of the gate is followed to its end, and taken back until the leaf moves, on the real page."""

from playwright.sync_api import Page, expect

from edge.boarding_shown import Boarding, Stage
from edge.encounter.events import AgentWithdraws
from edge.sentences import Result
from tests.integration.screens_rig import Screens
from tests.integration.test_agents_page import asked, back, checked, only


def test_it_is_followed_to_its_end_and_taken_back_until_the_leaf_is_open(screens: Screens, boarding: Page) -> None:
    panel, back = boarding.locator("#panel"), boarding.get_by_role("button", name="Take back")
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    screens.update(boarding=Boarding("e1", "t1", Stage.ASKED))
    expect(panel).to_contain_text("Checking")
    expect(back).to_be_visible()
    screens.update(boarding=Boarding("e1", "t1", Stage.OPENING))
    expect(panel).to_contain_text("The gate is opening")
    back.click()
    assert only(screens, boarding) == AgentWithdraws("e1")
    screens.update(boarding=Boarding("e1", "t1", Stage.OPEN))
    expect(panel).to_contain_text("open for one person")
    expect(back).to_have_count(0)
    screens.update(boarding=Boarding("e1", "t1", Stage.ENDED, Result.WAIT_HERE))
    expect(panel).to_contain_text("Please let the traveler wait here; an officer may come.")


def test_what_is_taken_back_before_it_is_shown_is_taken_back_once_it_is(screens: Screens, boarding: Page) -> None:
    screens.update(boarding=Boarding("e0", "t1", Stage.ENDED, Result.NOT_PASSED))
    asked(boarding)
    only(screens, boarding)
    expect(boarding.locator("#panel")).to_contain_text("Checking")
    back(boarding).click()
    expect(boarding.locator("#panel")).to_contain_text("Taking back")
    screens.update(boarding=Boarding("e1", "t1", Stage.ASKED))
    boarding.wait_for_timeout(500)
    assert screens.heard[1:] == [AgentWithdraws("e1")]


def test_a_boarding_of_which_nothing_is_heard_gives_the_panel_back(screens: Screens, boarding: Page) -> None:
    asked(boarding)
    only(screens, boarding)
    expect(boarding.locator("#panel")).to_contain_text("Nothing was heard of it", timeout=8000)
    checked(boarding).click()
    boarding.keyboard.press("Escape")
    expect(boarding.locator("#panel")).not_to_contain_text("Nothing was heard of it")


def test_why_it_was_not_taken_back_is_said(screens: Screens, boarding: Page) -> None:
    asked(boarding)
    screens.update(boarding=Boarding("e1", "t1", Stage.OPENING))
    boarding.route("**/agent/withdraw", lambda route: route.fulfill(status=409, json={"detail": "too late"}))
    back(boarding).click()
    expect(boarding.locator("#panel")).to_contain_text("too late")
    screens.update(boarding=Boarding("e1", "t1", Stage.OPEN))
    expect(boarding.locator("#panel")).to_contain_text("too late")


def test_it_is_taken_back_after_a_reload_or_at_another_podium_too(screens: Screens, boarding: Page) -> None:
    screens.update(boarding=Boarding("e1", "t1", Stage.ASKED))
    boarding.reload()
    boarding.get_by_role("option", name="SPECIMEN ANNA").click()
    back(boarding).click()
    assert only(screens, boarding) == AgentWithdraws("e1")
