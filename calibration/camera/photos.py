"""The board in a folder of photographs."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from calibration.camera.board import Board, Finder, Sighting
from calibration.camera.errors import PicturesUnfit
from vision.faces import Pixels

KINDS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}
LARGEST_PX = 50_000_000


@dataclass(frozen=True, slots=True)
class Skipped:
    name: str
    why: str


Looked = Sighting | Skipped


def files_in(folder: Path) -> list[Path]:
    """Raises PicturesUnfit if there are none."""
    found = sorted(f for f in folder.iterdir() if f.suffix.lower() in KINDS) if folder.is_dir() else []
    if not found:
        raise PicturesUnfit(f"photos {folder}: no such folder, or no {' '.join(sorted(KINDS))} in it")
    return found


def look(files: Sequence[Path], board: Board, progress: Callable[[Looked], None]) -> list[Looked]:
    """Every picture, told to `progress` as it is done.  Raises PicturesUnfit if their sizes differ."""
    finder, found, hashes = Finder(board), list[Looked](), set[str]()
    size: tuple[int, int] | None = None
    for file in files:
        picture, sha256 = read_picture(file), hashlib.sha256(file.read_bytes()).hexdigest()
        if picture is None:
            result: Looked = Skipped(file.name, "not a readable picture, or too large")
        elif sha256 in hashes:
            result = Skipped(file.name, "the same picture again")
        else:
            size = _same_size(file, picture, size)
            result = sight(finder, picture, file.name, sha256)
        hashes.add(sha256)
        found.append(result)
        progress(result)
    return found


def sight(finder: Finder, picture: Pixels, name: str, sha256: str) -> Looked:
    if (corners := finder.find(picture)) is None:
        return Skipped(name, "the board is not seen: too small, blurred, cut off, or other --squares")
    return Sighting(name, picture.shape[1], picture.shape[0], *corners, sha256)


def read_picture(file: Path) -> Pixels | None:
    """As the sensor saw it: a note in the file that it should be turned is not followed.  Raises OSError."""
    coded = np.frombuffer(file.read_bytes(), np.uint8)
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if coded.size else None
    if picture is None or picture.shape[0] * picture.shape[1] > LARGEST_PX:
        return None
    return np.asarray(picture, np.uint8)


def _same_size(file: Path, picture: Pixels, size: tuple[int, int] | None) -> tuple[int, int]:
    own = picture.shape[1], picture.shape[0]
    if size is not None and own != size:
        raise PicturesUnfit(
            f"picture {file.name} is {own[0]} x {own[1]}, the ones before are {size[0]} x {size[1]}: "
            "take all with the same camera at the same setting"
        )
    return own
