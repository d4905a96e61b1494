"""The pages in a real browser, fed by the real server."""

import pytest
from playwright.sync_api import Page, expect

from edge.encounter.events import Prompt
from edge.sentences import READER_LOST, LaneSays, Result, ServiceSays
from edge.view import Missing, Visit
from tests.integration.screens_rig import KEY, PASS, Screens, of_today


def test_the_traveller_sees_one_picture_and_one_sentence_at_once(screens: Screens, page: Page) -> None:
    page.goto(screens.url("/"))
    expect(page.locator("h1")).to_have_text("Walk up and look at the camera")
    expect(page.locator("footer")).to_contain_text("Prefer documents? Please tell the agent")
    pictures = set()
    for prompt in Prompt:
        screens.update(prompt=prompt)
        expect(page.locator("body")).to_have_attribute("data-prompt", prompt)
        pictures.add(page.locator("#pictogram").inner_html())
        assert page.locator("h1").inner_text()
    assert len(pictures) == len(Prompt), "each prompt has a picture of its own: colour is never the only sign"


@pytest.mark.parametrize(
    ("lang", "words"), [("de", "Bitte durchgehen"), ("fr", "Passez"), ("es", "Pase"), ("xx", "Please walk through")]
)
def test_the_sentence_is_in_the_travellers_language(screens: Screens, page: Page, lang: str, words: str) -> None:
    screens.update(prompt=Prompt.GO)
    page.goto(screens.url(f"/?lang={lang}"))
    expect(page.locator("h1")).to_contain_text(words)


def test_the_agent_sees_lights_encounters_the_missing_and_the_service(screens: Screens, page: Page) -> None:
    page.goto(screens.url(f"/agent?key={KEY}"))
    missing = (Missing("t1", "<b>SPECIMEN</b> ANNA", "12A"), Missing("t2", "MUSTER BEN", "12B"))
    screens.update(lamp="see_agent", missing=missing, expected=5, service=ServiceSays.NO_ANSWER, outbox=2)
    screens.visited(Visit("10:30:00", "0a1b2c3d", Result.WAITS))
    expect(page.locator("#lamp")).to_contain_text("see agent")
    expect(page.locator("#aboard")).to_have_text("3 of 5")
    expect(page.locator("#missing")).to_contain_text("<b>SPECIMEN</b> ANNA")
    expect(page.locator("#visits")).to_contain_text("waits for an agent")
    expect(page.locator("#states")).to_contain_text("Check documents; everything is kept and sent later")
    expect(page.locator("#states")).to_contain_text("to be sent: 2")
    expect(page.locator("#flat")).to_be_hidden()
    screens.update(liveness_enforced=False)
    expect(page.locator("#flat")).to_contain_text("not enforced")


def test_the_agent_reads_what_the_lanes_own_reader_says_where_there_is_one(screens: Screens, page: Page) -> None:
    page.goto(screens.url(f"/agent?key={KEY}"))
    expect(page.locator("#states")).to_contain_text("camera")
    expect(page.locator("#states")).not_to_contain_text("reader")
    screens.update(reader="document read: seat 12A. The name agrees.")
    expect(page.locator("#states")).to_contain_text("reader: document read: seat 12A")
    expect(page.locator("#states li.bad", has_text="reader")).to_have_count(0)
    screens.update(reader=READER_LOST, reader_ok=False)
    expect(page.locator("#states li.bad", has_text="reader")).to_contain_text("check its cable")


@pytest.mark.parametrize("path", ["/agent", "/agent?key=wrong", "/agent/events?key="])
def test_the_agents_page_needs_its_key(screens: Screens, page: Page, path: str) -> None:
    answer = page.goto(screens.url(path))
    assert answer is not None
    assert answer.status == 403


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"key": "wrong", "traveler": "t1", "agent": "AG-7"}, 403),
        ({"key": KEY, "traveler": "t1", "agent": "AG 7; x"}, 422),
        ({"key": KEY, "traveler": "t9", "agent": "AG-7"}, 409),
    ],
)
def test_a_boarding_that_may_not_be_opens_nothing(
    screens: Screens, page: Page, form: dict[str, str | float | bool], status: int
) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),))
    assert page.request.post(screens.url("/agent/board"), form=form).status == status
    assert screens.heard == []


def test_nobody_is_boarded_while_somebody_passes(screens: Screens, page: Page) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),), prompt=Prompt.GO, lane=LaneSays.SOMEBODY)
    form: dict[str, str | float | bool] = {"key": KEY, "traveler": "t1", "agent": "AG-7"}
    answer = page.request.post(screens.url("/agent/board"), form=form)
    assert (answer.status, "wait until the gate is closed" in answer.text()) == (409, True)
    assert screens.heard == []


def test_a_reader_types_a_passport_line_by_line(boarding: Page) -> None:
    boarding.keyboard.type("V<UTOMUSTER<<BEN<<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F5012103<<<<<<<<\n")
    expect(boarding.locator("#found")).to_have_text("The name agrees.")
    expect(boarding.locator("#missing .chosen")).to_contain_text("MUSTER BEN")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PASS.replace("XX 0123", "XX 0124"), "this gate boards XX123"),
        (PASS.replace("ANNA ", "CARLA"), "Nobody of this name is missing"),
        (PASS.replace("ZRH", "QQQ"), "not read without errors"),
        ("hello", "not read without errors"),
    ],
)
def test_a_scan_in_doubt_marks_nobody_and_says_why(boarding: Page, text: str, words: str) -> None:
    boarding.keyboard.type(of_today(PASS) + "\n")
    expect(boarding.locator("#missing .chosen")).to_have_count(1)
    boarding.get_by_label("Scan a boarding pass").fill(of_today(text))
    boarding.get_by_role("button", name="Find").click()
    expect(boarding.locator("#found")).to_contain_text(words)
    expect(boarding.locator("#missing .chosen")).to_have_count(0)


def test_a_scan_needs_the_agents_key(screens: Screens, page: Page) -> None:
    form: dict[str, str | float | bool] = {"key": "wrong", "text": of_today(PASS)}
    assert page.request.post(screens.url("/agent/scan"), form=form).status == 403


def test_the_answer_to_a_scan_has_no_field_of_the_document(screens: Screens, page: Page) -> None:
    answer = page.request.post(screens.url("/agent/scan"), form={"key": KEY, "text": of_today(PASS)}).json()
    assert set(answer) == {"kind", "ok", "findings", "traveler", "why"}
    assert (answer["kind"], answer["ok"], answer["traveler"]) == ("bcbp", True, None)
