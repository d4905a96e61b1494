"""A real browser for the lanes whose pages are looked at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.integration.screens_rig import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
