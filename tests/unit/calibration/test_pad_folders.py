"""Which files are presentations, and of what species."""

from pathlib import Path

import pytest

from calibration.pad.folders import Collection, read
from calibration.rates.errors import FolderUnfit


def laid(root: Path, *names: str) -> Path:
    root.mkdir(exist_ok=True)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def species(held: Collection, root: Path) -> dict[str, list[str]]:
    return {one.name: [str(file.relative_to(root)) for file in one.files] for one in held.attacks}


def test_sub_folders_are_species_and_deeper_ones_are_walked(tmp_path: Path) -> None:
    genuine = laid(tmp_path / "live", "a.jpg", "anna/b.PNG", "anna/deep/c.mkv", "notes.txt")
    attacks = laid(tmp_path / "attacks", "print/1.jpg", "print/ben/2.jpeg", "mask/3.mov", "empty/readme.txt")
    held = read(genuine, attacks)
    assert [file.name for file in held.bona_fide.files] == ["a.jpg", "b.PNG", "c.mkv"]
    assert species(held, attacks) == {"mask": ["mask/3.mov"], "print": ["print/1.jpg", "print/ben/2.jpeg"]}
    assert len(held.files) == 6


def test_loose_files_are_a_species_named_after_the_folder(tmp_path: Path) -> None:
    attacks = laid(tmp_path / "replays", "1.mp4", "phone/2.mp4", "replays/3.avi")
    held = read(laid(tmp_path / "live", "a.jpg"), attacks)
    assert species(held, attacks) == {"phone": ["phone/2.mp4"], "replays": ["1.mp4", "replays/3.avi"]}


def test_a_folder_given_as_the_present_one_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(laid(tmp_path / "prints", "1.jpg"))
    held = read(laid(tmp_path / "live", "a.jpg"), Path())
    assert [one.name for one in held.attacks] == ["prints"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    store = laid(tmp_path / "store", "ben/1.jpg")
    (store / "ben" / "again").symlink_to(store)
    genuine = laid(tmp_path / "live", "a.jpg")
    (genuine / "others").symlink_to(store)
    held = read(genuine, laid(tmp_path / "attacks", "print/2.jpg"))
    assert [file.name for file in held.bona_fide.files] == ["a.jpg", "1.jpg"]


@pytest.mark.parametrize(
    ("genuine", "attacks", "says"),
    [
        ("live", "nowhere", "nowhere does not exist"),
        ("live/a.jpg", "attacks", "a.jpg is a file"),
        ("empty", "attacks", "empty holds no presentation"),
        ("live", "empty", "empty holds no attack"),
        ("live", "live", "one inside the other"),
        (".", "attacks", "one inside the other"),
        ("live", "badly", "a species of .* is called bona_fide"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(tmp_path: Path, genuine: str, attacks: str, says: str) -> None:
    laid(tmp_path, "live/a.jpg", "attacks/print/b.jpg", "empty/c.txt", "badly/bona_fide/d.jpg")
    with pytest.raises(FolderUnfit, match=says):
        read(tmp_path / genuine, tmp_path / attacks)


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(FolderUnfit, match="circle cannot be read"):
        read(circle, laid(tmp_path / "attacks", "print/b.jpg"))
