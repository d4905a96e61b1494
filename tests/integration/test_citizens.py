"""RET-1: what is left of a citizen's face, by looking into every file there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration.service.citizens import lived
from calibration.service.observed import found, windows
from calibration.service.postgres import Postgres


@pytest.fixture(params=["sqlcipher", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a server of its own: all its files are searched, and what other tests keep is theirs."""
    if request.param == "sqlcipher":
        yield ""
        return
    with Postgres() as server:
        yield server.database()


def test_ret1_pr01_nothing_of_a_citizens_face_is_in_any_file_or_backup(url: str, tmp_path: Path) -> None:
    seen = lived(tmp_path, url, 1)
    assert (seen.found, seen.late, seen.opened, seen.unproven) == ([], 0, 0, [])
    assert (seen.looked_for, seen.sealed) == (7, 2), "two live faces and their templates, three templates on file"


def test_the_search_finds_a_face_wherever_it_lies_and_says_whose() -> None:
    face, other = bytes(range(200)), bytes(200)
    wanted = {"face": windows(face, 4), "elsewhere": [b"x" * 32]}
    assert found(wanted, iter([other, other + face[60:]])) == {"face"}
    assert found(wanted, iter([other])) == set()
    with pytest.raises(ValueError, match="nothing to look for"):
        windows(b"short", 4)
