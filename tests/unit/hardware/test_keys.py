"""A gate's key on disk: nobody else reads it, nothing quotes it, nothing overwrites it."""

from pathlib import Path

import pytest

from hardware.errors import KeyUnfit
from hardware.gate import keys
from hardware.gate.memory import Memory, Site
from tests.unit.hardware.golden import VECTORS

SECRET = "8d1f5e3a9b7c024466f0a1c2d3e4f597"
SITE = Site(7, 5000, 200, bytes.fromhex(SECRET))


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "gate.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_that_was_written_is_read_again(tmp_path: Path) -> None:
    file, image = tmp_path / "gate.key", tmp_path / "gate.hex"
    keys.write(SITE, file, image)
    assert keys.read(file).tag(b"x") == keys.read(key_file(tmp_path, f"  {SECRET.upper()}\n")).tag(b"x")
    assert file.stat().st_mode & 0o777 == image.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o610])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, SECRET, mode)
    with pytest.raises(KeyUnfit, match=rf"{path}: others can read it; run chmod 600 {path}"):
        keys.read(path)


@pytest.mark.parametrize(
    "text",
    [SECRET[:-2], SECRET + "00", SECRET[:-1], SECRET[:-1] + "x", f"key={SECRET}", f"{SECRET}\n{SECRET}", "", "ü" * 32],
)
def test_what_is_no_key_is_refused_and_never_quoted(tmp_path: Path, text: str) -> None:
    path = key_file(tmp_path, text)
    with pytest.raises(KeyUnfit, match=str(path)) as caught:
        keys.read(path)
    assert SECRET[:8] not in str(caught.value)
    assert "python -m hardware key" in str(caught.value)


@pytest.mark.parametrize("text", VECTORS["known_keys"])
def test_a_sample_key_is_refused_and_never_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyUnfit, match="a sample key that everybody knows") as caught:
        keys.read(key_file(tmp_path, text))
    assert text not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, "")
    path.write_bytes(bytes(range(128, 160)))
    with pytest.raises(KeyUnfit, match=str(path)):
        keys.read(path)


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyUnfit, match=r"gone\.key: No such file or directory; `python -m hardware key`"):
        keys.read(tmp_path / "gone.key")


@pytest.mark.parametrize("there", ["gate.key", "gate.hex"])
def test_a_key_is_never_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(FileExistsError):
        keys.write(SITE, tmp_path / "gate.key", tmp_path / "gate.hex")
    assert (tmp_path / there).read_text() == "precious"


def test_new_keys_differ() -> None:
    assert len({keys.new() for _ in range(100)}) == 100


def test_the_image_holds_the_site_and_every_record_its_checksum() -> None:
    image = bytearray()
    *records, last = keys.intel_hex(SITE.image()).splitlines()
    for line in records:
        record = bytes.fromhex(line.removeprefix(":"))
        assert sum(record) % 256 == 0
        assert record[0] == len(record) - 5
        assert int.from_bytes(record[1:3], "big") == len(image)
        image += record[4:-1]
    assert last == ":00000001FF"
    assert Memory(bytes(image)).site() == SITE
