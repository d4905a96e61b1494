import contextlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.errors import ImageRefused
from vision.image import MOST_BYTES, decode, size


def png(width: int, height: int) -> bytes:
    """The header of a PNG that claims a size, and nothing behind it."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def picture(suffix: str, width: int, height: int) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return bytes(cv2.imencode(suffix, pixels)[1].tobytes())


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (31, 77), (640, 480)])
def test_size_is_read_from_the_header_and_matches_the_decoder(suffix: str, width: int, height: int) -> None:
    content = picture(suffix, width, height)
    assert size(content) == (width, height)
    assert decode(content).shape == (height, width, 3)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (png(60_000, 60_000), "claims 60000 x 60000"),
        (png(0, 5), "claims 0 x 5"),
        (b"GIF89a" + bytes(100), "neither JPEG nor PNG"),
        (b"\xff\xd8\xff", "cut short"),
        (picture(".jpg", 64, 64)[:-200], "half a file"),
        (bytes(MOST_BYTES + 1), "at most"),
        (png(8, 8), "cannot be decoded"),
        (b"", "neither JPEG nor PNG"),
    ],
)
def test_se08_hostile_and_broken_images_are_refused_with_the_reason(content: bytes, why: str) -> None:
    with pytest.raises(ImageRefused, match=why):
        decode(content)


@given(st.binary(max_size=300), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
def test_no_bytes_break_the_header_reader(noise: bytes, start: bytes) -> None:
    with contextlib.suppress(ImageRefused):
        assert size(start + noise).width > 0
