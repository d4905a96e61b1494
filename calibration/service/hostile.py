"""Images made to hurt whoever decodes them: claims, bombs, halves, other files in an image's clothes, noise."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

PNG = b"\x89PNG\r\n\x1a\n"
SIDE_PX = 4_896  # 24 megapixels: the largest that is accepted
SCANS = 3_000
RUN = 32_767  # blocks one end-of-band code may cover


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, interlaced: bool = False, rows: int = 0) -> bytes:
    """rows: how many of blank pixels there are; depth in bits, colour as in IHDR (2 RGB, 6 RGBA)."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    per_row = 1 + width * depth // 8 * (4 if colour == 6 else 3)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(per_row)) for _ in range(rows)) + packer.flush()
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def swollen_text(portrait: bytes) -> bytes:
    """A PNG whose comment unpacks to a gigabyte."""
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(bytes(2**20)) for _ in range(1024)) + packer.flush()
    blank = png(64, 64, rows=64)
    return blank[:33] + chunk(b"zTXt", b"Comment\0\0" + text) + blank[33:]


def jpeg(width: int, height: int, components: int, *, scans: int = 0) -> bytes:
    """A grey JPEG in as few bytes as can be.  components: 1, 3, or 4 as in CMYK.  scans: progressive, so many times
    over."""
    kind = 0xC2 if scans else 0xC0
    parts = bytes(value for number in range(1, components + 1) for value in (number, 0x11, 0))
    frame = _marker(kind, struct.pack(">BHHB", 8, height, width, components) + parts)
    tables = (
        _marker(0xDB, b"\0" + bytes([1] * 64)) + _huffman(0x00, b"\0") + _huffman(0x10, b"\0" if not scans else b"\xe0")
    )
    blocks = -(-width // 8) * -(-height // 8)
    head = b"\xff\xd8" + tables + frame
    selectors = bytes(value for number in range(1, components + 1) for value in (number, 0))
    if not scans:
        scan = _marker(0xDA, bytes([components]) + selectors + b"\x00\x3f\x00")
        return head + scan + bytes(-(-blocks * components * 2 // 8)) + b"\xff\xd9"
    first = _marker(0xDA, bytes([components]) + selectors + b"\x00\x00\x00") + bytes(-(-blocks * components // 8))
    band = _marker(0xDA, b"\x01\x01\x00\x01\x3f\x00") + bytes(-(-blocks // (1 << 14)) * 2 + 2)
    return head + first + band * scans + b"\xff\xd9"


def _marker(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body


def _huffman(table: int, symbol: bytes) -> bytes:
    """One code, of one bit."""
    return _marker(0xC4, bytes([table, 1] + [0] * 15) + symbol)


def swollen_exif(portrait: bytes) -> bytes:
    """Five megabytes of application segments before the picture."""
    return portrait[:2] + _marker(0xE1, b"Exif\0\0" + bytes(65_000)) * 80 + portrait[2:]


def fuzzed(portrait: bytes, seed: int) -> bytes:
    """Some bytes changed, or a stretch cut out, or the file cut off, anywhere behind its first bytes."""
    random, content = np.random.default_rng(seed), bytearray(portrait)
    for at in random.integers(4, len(content), int(random.integers(1, 200))):
        content[at] = int(random.integers(0, 256))
    if seed % 3 == 1:
        start = int(random.integers(4, len(content)))
        del content[start : start + int(random.integers(1, 5000))]
    if seed % 3 == 2:
        del content[int(random.integers(4, len(content))) :]
    return bytes(content)


Make = Callable[[bytes], bytes]
KINDS: Mapping[str, Make] = {
    "PNG of 30,000 x 30,000 in 16 bits": lambda _: png(30_000, 30_000, depth=16, colour=6, rows=8),
    "PNG of 24 megapixels in 16 bits, in 190 kB": lambda _: png(SIDE_PX, SIDE_PX, depth=16, colour=6, rows=SIDE_PX),
    "the same, interlaced": lambda _: png(SIDE_PX, SIDE_PX, depth=16, colour=6, interlaced=True, rows=SIDE_PX),
    "PNG that ends after a tenth": lambda _: png(SIDE_PX, SIDE_PX, rows=SIDE_PX // 10),
    "PNG whose comment unpacks to a gigabyte": swollen_text,
    "PNG of one row, 24,000,000 wide": lambda _: png(24_000_000, 1, rows=1),
    "JPEG of 65,535 x 65,535": lambda _: jpeg(65_535, 65_535, 3),
    "JPEG of 24 megapixels in 70 kB": lambda _: jpeg(SIDE_PX, SIDE_PX, 1),
    "CMYK JPEG": lambda _: jpeg(640, 480, 4),
    "CMYK JPEG of 24 megapixels": lambda _: jpeg(SIDE_PX, SIDE_PX, 4),
    "progressive JPEG of three thousand scans": lambda _: jpeg(SIDE_PX, SIDE_PX, 3, scans=SCANS),
    "half a JPEG": lambda portrait: portrait[: len(portrait) // 2],
    "half a JPEG with an end": lambda portrait: portrait[: len(portrait) // 2] + b"\xff\xd9",
    "JPEG with five megabytes of EXIF": swollen_exif,
    "JPEG that is also an archive and a page": lambda portrait: portrait + b"PK\x03\x04<html><script>" + bytes(1000),
    "PNG header, then a page": lambda _: PNG + b"<html>" * 1000,
    "GIF": lambda _: b"GIF89a" + bytes(1000),
    "TIFF": lambda _: b"II*\0" + bytes(1000),
    "WebP": lambda _: b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(1000),
    "SVG": lambda _: b"<svg xmlns='http://www.w3.org/2000/svg'/>" + bytes(100),
    "nothing": lambda _: b"",
}


def images(portrait: bytes, fuzz: int) -> Iterator[tuple[str, bytes]]:
    """Each kind once, and `fuzz` damaged copies of a portrait."""
    for name, make in KINDS.items():
        yield name, make(portrait)
    for seed in range(fuzz):
        yield f"damaged portrait {seed}", fuzzed(portrait, seed)
