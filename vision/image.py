"""Read an image's size from its first bytes, so that nothing is decoded that claims too much."""

import stat
import struct
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from vision.errors import ImageRefused
from vision.faces import Pixels

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 24_000_000  # a large passport photograph; an attacker's 1 MB PNG can claim a thousand times more
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_SIZED = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG start-of-frame markers


class Size(NamedTuple):
    width: int
    height: int


def size(content: bytes) -> Size:
    """Width and height an image claims (PNG, JPEG; ISO/IEC 15948 §11.2.2, ISO/IEC 10918-1 §B.2.2).

    Raises ImageRefused for anything else, for a cut header and for a claim above the limits.
    """
    if len(content) > MOST_BYTES:
        raise ImageRefused(f"image has {len(content)} bytes, at most {MOST_BYTES} are accepted")
    try:
        claimed = _png(content) if content.startswith(PNG) else _jpeg(content)
    except (struct.error, IndexError) as error:
        raise ImageRefused("image header is cut short") from error
    if not (claimed.width > 0 and claimed.height > 0 and claimed.width * claimed.height <= MOST_PIXELS):
        raise ImageRefused(
            f"image claims {claimed.width} x {claimed.height}, at most {MOST_PIXELS} pixels are accepted"
        )
    return claimed


def decode(content: bytes, *, halved: bool = False) -> Pixels:
    """BGR pixels.  Checks the header first.  halved: at half the width and height, for a fraction of time and memory.

    Raises ImageRefused.
    """
    size(content)
    if content.startswith(JPEG) and b"\xff\xd9" not in content[-4096:]:
        raise ImageRefused("JPEG ends before its end marker: half a file")
    form = cv2.IMREAD_REDUCED_COLOR_2 if halved else cv2.IMREAD_COLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), form)
    except cv2.error as error:
        raise ImageRefused("image cannot be decoded") from error
    if pixels is None:
        raise ImageRefused("image cannot be decoded")
    return np.asarray(pixels, np.uint8)


def read(file: Path) -> Pixels:
    """BGR pixels of a file; one that is too large is not read.  Raises OSError, ImageRefused."""
    found = file.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
        raise ImageRefused(f"{file} is no file of at most {MOST_BYTES} bytes")
    return decode(file.read_bytes())


def _png(content: bytes) -> Size:
    if content[12:16] != b"IHDR":
        raise ImageRefused("PNG does not begin with IHDR")
    return Size(*struct.unpack(">II", content[16:24]))


def _jpeg(content: bytes) -> Size:
    if not content.startswith(JPEG):
        raise ImageRefused("image is neither JPEG nor PNG")
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ImageRefused("JPEG markers are damaged")
        marker = content[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _SIZED:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Size(width, height)
        else:
            at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
