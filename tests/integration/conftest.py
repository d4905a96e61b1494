"""What several of these tests begin with: keys, a border, an officers' desk, systems of record, a gate."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from backend.acting import Acting
from backend.caller import EVERYWHERE
from backend.caller import Caller as Who
from backend.keys import KeyRing
from calibration.service.border import Border
from calibration.service.sinks import Sinks
from edge.sentences import LaneSays
from edge.view import Missing
from tests.conftest import Caller
from tests.integration.acts import Gate
from tests.integration.desk import Desk
from tests.integration.lists import NOW_UTC_MS
from tests.integration.screens_rig import Screens, chromium
from tests.integration.telling import Telling


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.fixture
def acting(keys: KeyRing) -> Acting:
    """A carrier."""
    return Acting(Who("carrier", "carrier", None, frozenset({EVERYWHERE})), keys, NOW_UTC_MS)


@pytest.fixture
def border(engine: Engine, keys: KeyRing) -> Border:
    return Border(engine, keys)


@pytest.fixture
def desk(engine: Engine, keys: KeyRing) -> Desk:
    return Desk(engine, keys)


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sinks]:
    with Sinks(tmp_path_factory.mktemp("sinks")) as sinks:
        yield sinks


@pytest.fixture
def telling(engine: Engine, tmp_path: Path, sinks: Sinks) -> Telling:
    return Telling(engine, tmp_path, sinks)


@pytest.fixture(scope="module")
def g1(gate: Caller) -> Gate:
    return Gate(gate, "g1")


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[Screens]:
    screens = Screens(tmp_path)
    yield screens
    screens.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1080, "height": 1920})
    yield context.new_page()
    context.close()


@pytest.fixture
def boarding(screens: Screens, page: Page) -> Page:
    """The agent's page at a gate that boards XX123 today, two travellers missing."""
    today = datetime.now().astimezone().date()
    missing = (Missing("t1", "SPECIMEN ANNA", "12A"), Missing("t2", "MUSTER BEN", "12B"))
    screens.update(missing=missing, journey=f"XX123/{today:%Y%m%d}/ZRH", expected=5, lane=LaneSays.SOMEBODY)
    screens.begin(page)
    expect(page.locator("#count")).to_have_text("(2)")
    return page
