"""The pages in a real browser, fed by the real server."""

import socket

import pytest
from playwright.sync_api import Page, expect

from edge.encounter.events import Prompt
from edge.sentences import READER_LOST, LaneSays, Result, ServiceSays
from edge.view import Missing, Visit
from tests.integration.screens_rig import PASS, Screens, of_today
from tests.podium import AGENT, CODES


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
    screens.begin(page)
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
    screens.begin(page)
    expect(page.locator("#states")).to_contain_text("camera")
    expect(page.locator("#states")).not_to_contain_text("reader")
    screens.update(reader="document read: seat 12A. The name agrees.")
    expect(page.locator("#states")).to_contain_text("reader: document read: seat 12A")
    expect(page.locator("#states li.bad", has_text="reader")).to_have_count(0)
    screens.update(reader=READER_LOST, reader_ok=False)
    expect(page.locator("#states li.bad", has_text="reader")).to_contain_text("check its cable")


def test_who_has_no_shift_is_asked_to_log_in_and_told_nothing(screens: Screens, page: Page) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),))
    page.goto(screens.url("/agent?key=anything"))
    expect(page.get_by_role("heading", name="Begin your shift")).to_be_visible()
    assert "ANNA" not in page.content()
    assert page.request.get(screens.url("/agent/events")).status == 403
    assert screens.post(page, "/agent/board", {"traveler": "t1"}).status == 403
    assert screens.post(page, "/agent/scan", {"text": of_today(PASS)}).status == 403
    assert screens.heard == []


def test_a_wrong_code_is_not_accepted_and_a_code_begins_one_shift_only(screens: Screens, page: Page) -> None:
    screens.begin(page, "0000-0000-0000")
    expect(page.get_by_role("alert")).to_contain_text("Not accepted")
    screens.begin(page, CODES[0])
    page.get_by_role("button", name="End shift").click()
    expect(page.get_by_role("heading", name="Begin your shift")).to_be_visible()
    screens.begin(page, CODES[0])
    expect(page.get_by_role("alert")).to_contain_text("Not accepted")


def test_the_cookie_is_for_this_site_its_pages_and_no_script(screens: Screens, page: Page) -> None:
    screens.begin(page)
    expect(page.locator("#agent")).to_have_text(AGENT)
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (
        True,
        True,
        "Strict",
        "/agent",
    )
    assert page.evaluate("document.cookie") == ""
    kept = (screens.root / "journal" / "agents.json").read_text()
    assert cookie["value"] not in kept


def test_a_page_whose_shift_ends_elsewhere_shows_nothing_any_more(screens: Screens, page: Page) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),))
    screens.begin(page)
    expect(page.locator("#missing")).to_contain_text("ANNA")
    assert screens.post(page, "/agent/logout", {}).status == 303
    screens.update(outbox=7)
    expect(page.get_by_role("heading", name="Begin your shift")).to_be_visible()


def test_a_boarding_that_may_not_be_opens_nothing(screens: Screens, page: Page) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),))
    screens.begin(page)
    assert screens.post(page, "/agent/board", {"traveler": "t9"}).status == 409
    assert screens.post(page, "/agent/board", {"traveler": "t1"}, "https://elsewhere.example").status == 403
    assert page.request.post(screens.url("/agent/board"), form={"traveler": "t1"}).status == 403, "from no page at all"
    assert screens.heard == []


def test_nobody_is_boarded_while_somebody_passes(screens: Screens, page: Page) -> None:
    screens.update(missing=(Missing("t1", "SPECIMEN ANNA", "12A"),), prompt=Prompt.GO, lane=LaneSays.SOMEBODY)
    screens.begin(page)
    answer = screens.post(page, "/agent/board", {"traveler": "t1"})
    assert (answer.status, "wait until the gate is closed" in answer.text()) == (409, True)
    assert screens.heard == []


def test_no_page_is_kept_framed_or_made_of_anything_from_elsewhere(screens: Screens, page: Page) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    for path in ("/", "/agent", "/events", "/pages/agent.js", "/nowhere"):
        answer = page.request.head(screens.url(path)) if path == "/events" else page.request.get(screens.url(path))
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    screens.begin(page)
    expect(page.locator("#states")).to_contain_text("camera")
    page.goto(screens.url("/"))
    expect(page.locator("h1")).to_have_text("Walk up and look at the camera")
    assert wrong == [], "the policy forbids nothing that the pages need"


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("127.0.0.1:{port}", True),
        ("localhost", True),
        ("LOCALHOST:{port}", True),
        ("[::1]:{port}", True),
        ("evil.example:{port}", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1:80:80", False),
        ("", False),
    ],
)
def test_a_foreign_name_that_leads_here_is_not_answered(
    screens: Screens, page: Page, host: str, answered: bool
) -> None:
    with socket.create_connection(("127.0.0.1", screens.port), timeout=10) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: {host.format(port=screens.port)}\r\nConnection: close\r\n\r\n".encode())
        status = line.makefile("rb").readline().split()[1]
    assert (status == b"200") == answered


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


def test_the_answer_to_a_scan_has_no_field_of_the_document(screens: Screens, page: Page) -> None:
    screens.begin(page)
    answer = screens.post(page, "/agent/scan", {"text": of_today(PASS)}).json()
    assert set(answer) == {"kind", "ok", "findings", "traveler", "why"}
    assert (answer["kind"], answer["ok"], answer["traveler"]) == ("bcbp", True, None)
