"""What the traveler reads, from how far, and when the page says that it is not current: in a real browser."""

import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from edge.encounter.events import Prompt
from tests.integration.screens_rig import Screens

PANELS: dict[str, ViewportSize] = {
    "phone": {"width": 360, "height": 640},
    "phone on its side": {"width": 844, "height": 390},
    "small": {"width": 600, "height": 800},
    "tablet": {"width": 800, "height": 1280},
    "portrait": {"width": 1080, "height": 1920},
    "landscape": {"width": 1920, "height": 1080},
    "4K": {"width": 3840, "height": 2160},
    "4K portrait": {"width": 2160, "height": 3840},
    "square": {"width": 1000, "height": 1000},
    "5:4": {"width": 1280, "height": 1024},
}
LANGUAGES = ("en", "de", "fr", "es")
CAPITAL = 0.729  # of the type's size: DejaVu Sans
DIAGONALS_MM = [inches * 25.4 for inches in (15.6, 21.5, 32)]
READ_FROM_MM, ARC = 3000, 250  # capitals of 1/250 of the distance
SIZE = "(id) => parseFloat(getComputedStyle(document.getElementById(id)).fontSize) / Math.min(innerWidth, innerHeight)"
CONTRAST = """() => {
  const part = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map((v) => part(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const style = getComputedStyle(document.body), [a, b] = [light(style.color), light(style.backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
CUT_OFF = """() => {
  const words = ["sentence", "notice"].map((id) => document.getElementById(id));
  const boxes = words.map((one) => { const range = document.createRange(); range.selectNodeContents(one);
    return range.getBoundingClientRect(); });
  const outside = boxes.some((b) => b.left < 0 || b.top < 0 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1);
  const overlap = boxes[0].bottom > boxes[1].top;
  const wide = words.some((one) => one.scrollWidth > one.clientWidth + 1);
  const page = document.documentElement;
  const picture = document.getElementById("pictogram").getBoundingClientRect();
  const small = picture.height < 0.15 * Math.min(innerWidth, innerHeight);
  return { outside, overlap, wide, small, scrolls: page.scrollHeight > innerHeight || page.scrollWidth > innerWidth };
}"""
NOT_CURRENT_MS = 8000  # of three seconds, on a machine that does other things too


@pytest.fixture
def panel(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport=PANELS[request.param])
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("panel", list(PANELS), indirect=True)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_not1_notice_and_opt_out_stand_whole_beside_every_sentence(screens: Screens, panel: Page, lang: str) -> None:
    panel.route("**/events", lambda route: route.abort())
    panel.goto(screens.url(f"/?lang={lang}"))
    expect(panel.locator("#sentence")).not_to_be_empty()
    assert not any(panel.evaluate(CUT_OFF).values()), "not current"
    panel.unroute("**/events")
    panel.reload()
    notice = panel.locator("#notice").inner_text()
    assert "?" in notice
    for prompt in Prompt:
        screens.update(prompt=prompt)
        expect(panel.locator("body")).to_have_attribute("data-prompt", prompt)
        expect(panel.locator("#notice")).to_have_text(notice)
        cut_off = panel.evaluate(CUT_OFF)
        assert not any(cut_off.values()), (prompt, cut_off)
        assert panel.evaluate(CONTRAST) >= 4.5, prompt


@pytest.mark.parametrize("panel", [name for name in PANELS if "phone" not in name], indirect=True)
def test_not1_the_notice_is_read_from_three_metres_on_every_panel_of_15_inches_or_more(
    screens: Screens, panel: Page
) -> None:
    panel.goto(screens.url("/"))
    shares = {id_: CAPITAL * panel.evaluate(SIZE, id_) for id_ in ("notice", "sentence")}
    assert shares["sentence"] > shares["notice"]
    width, height = panel.evaluate("[innerWidth, innerHeight]")
    for diagonal_mm in DIAGONALS_MM:
        side_mm = diagonal_mm * min(width, height) / math.hypot(width, height)
        assert shares["notice"] * side_mm >= READ_FROM_MM / ARC, (shares, side_mm)


def test_not1_the_notice_is_there_before_any_script_has_run(screens: Screens, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(screens.url("/"))
    expect(page.locator("#notice")).to_contain_text("Prefer documents? Please tell the agent")
    expect(page.locator("#sentence")).to_have_text("Please see an agent")
    context.close()


def test_a_page_that_lost_the_appliance_promises_nothing_until_it_is_back(screens: Screens, page: Page) -> None:
    screens.update(prompt=Prompt.GO)
    page.goto(screens.url("/"))
    expect(page.locator("body")).to_have_attribute("data-prompt", "go")
    screens.stop()
    expect(page.locator("body")).to_have_attribute("data-prompt", "lost", timeout=NOT_CURRENT_MS)
    expect(page.locator("h1")).to_have_text("Please see an agent")
    screens.start_again()
    expect(page.locator("body")).to_have_attribute("data-prompt", "go", timeout=15_000)


def test_a_brain_that_stands_still_behind_pages_that_run_is_no_news(screens: Screens, page: Page) -> None:
    screens.update(prompt=Prompt.WELCOME)
    page.goto(screens.url("/"))
    expect(page.locator("body")).to_have_attribute("data-prompt", "welcome")
    screens.moves = False
    expect(page.locator("body")).to_have_attribute("data-prompt", "lost", timeout=NOT_CURRENT_MS)
    screens.moves = True
    expect(page.locator("body")).to_have_attribute("data-prompt", "welcome")
