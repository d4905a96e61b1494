"""Keys that live apart from the data."""

from pathlib import Path

import pytest

from backend.errors import KeyGone
from backend.keys import KeyRing, of_citizens, of_gallery


def test_what_a_key_sealed_is_gone_with_the_key(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    keys.make(of_gallery("XX1"))
    box = keys.box(of_gallery("XX1"))
    sealed = box.seal(b"a template", "anna/0")
    assert keys.box(of_gallery("XX1")).open(sealed, "anna/0") == b"a template"
    assert keys.destroy(of_gallery("XX1"))
    assert not keys.destroy(of_gallery("XX1"))
    with pytest.raises(KeyGone, match="gallery/XX1 is not there"):
        keys.box(of_gallery("XX1"))
    keys.make(of_gallery("XX1"))
    with pytest.raises(KeyGone, match="was not sealed with the key"):
        keys.box(of_gallery("XX1")).open(sealed, "anna/0")


def test_what_is_sealed_belongs_to_one_thing_and_one_key(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    for name in (of_gallery("XX1"), of_citizens("XX1")):
        keys.make(name)
    box = keys.box(of_gallery("XX1"))
    sealed = box.seal(b"a template", "anna/0")
    for other, about in ((box, "ben/0"), (keys.box(of_citizens("XX1")), "anna/0")):
        with pytest.raises(KeyGone):
            other.open(sealed, about)


def test_two_replicas_share_what_the_first_of_them_made(tmp_path: Path) -> None:
    ours, theirs = KeyRing(tmp_path), KeyRing(tmp_path)
    ours.make(of_gallery("XX1"))
    theirs.make(of_gallery("XX1"))
    assert theirs.box(of_gallery("XX1")).open(ours.box(of_gallery("XX1")).seal(b"x", "a"), "a") == b"x"


def test_no_key_is_readable_by_others_or_told_in_words(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path / "keys")
    keys.make(of_gallery("XX1"))
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    secret = next((tmp_path / "keys").iterdir()).read_bytes()
    assert secret.hex() not in repr(keys.box(of_gallery("XX1"))) and str(secret) not in repr(
        keys.box(of_gallery("XX1"))
    )
