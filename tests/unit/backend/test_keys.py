"""Keys that live apart from the data."""

import os
from pathlib import Path

import pytest

from backend.daily import Daily
from backend.errors import KeyGone
from backend.keys import MANIFESTS, RECORDS, KeyRing, of_citizens, of_gallery


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


def test_pr03_no_reader_sees_half_a_destroyed_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyRing(tmp_path)
    keys.make(of_gallery("XX1"))
    seen: list[bool] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        seen.append(keys.has(of_gallery("XX1")))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert keys.destroy(of_gallery("XX1"))
    assert seen and not any(seen)


@pytest.mark.parametrize("again", ["destroy", "start"])
def test_pr03_a_destruction_that_was_cut_off_is_finished(tmp_path: Path, again: str) -> None:
    keys = KeyRing(tmp_path)
    before = set(tmp_path.iterdir())
    keys.make(of_gallery("XX1"))
    (path,) = set(tmp_path.iterdir()) - before
    half = path.rename(path.with_name(f"{path.name}.gone.1234"))
    os.link(half, tmp_path.with_name(f"{tmp_path.name}-same"))  # the same bytes on disk, to see what became of them
    if again == "destroy":
        assert keys.destroy(of_gallery("XX1"))
    else:
        KeyRing(tmp_path)
    assert set(tmp_path.iterdir()) == before
    assert tmp_path.with_name(f"{tmp_path.name}-same").read_bytes() == bytes(32)


def test_a_key_that_is_no_key_opens_nothing(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    before = set(tmp_path.iterdir())
    keys.make(of_gallery("XX1"))
    (path,) = set(tmp_path.iterdir()) - before
    path.write_bytes(b"")
    with pytest.raises(KeyGone, match="has 0 bytes instead of 32"):
        keys.box(of_gallery("XX1"))


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(40)])
def test_what_was_never_sealed_is_not_opened(tmp_path: Path, sealed: bytes) -> None:
    with pytest.raises(KeyGone):
        KeyRing(tmp_path).box(RECORDS).open(sealed, "anna")


def test_days_are_sealed_apart_and_what_names_no_day_is_opened_as_before(tmp_path: Path) -> None:
    keys = KeyRing(tmp_path)
    daily = Daily(keys, RECORDS)
    first, second = daily.seal(b"one", "a", 0), daily.seal(b"two", "a", 86_400_000)
    assert keys.days(RECORDS) == ["1970-01-01", "1970-01-02"]
    assert keys.days(MANIFESTS) == []
    assert keys.destroy("records/1970-01-01")
    with pytest.raises(KeyGone):
        daily.open(first, "a")
    with pytest.raises(KeyGone):
        daily.open(b"1970-01-02" + first[10:], "a")
    assert daily.open(second, "a") == b"two"
    assert daily.open(keys.box(RECORDS).seal(b"old", "a"), "a") == b"old"
