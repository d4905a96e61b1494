"""Two-dimensional barcodes out of an image: PDF417, Aztec, QR code, Data Matrix."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from zxingcpp import BarcodeFormat, BarcodeFormats

Pixels = npt.NDArray[np.uint8]
FORMATS = BarcodeFormats((BarcodeFormat.PDF417, BarcodeFormat.Aztec, BarcodeFormat.QRCode, BarcodeFormat.DataMatrix))
STEP_DEG = 2.0  # zxing-cpp reads PDF417 up to about 3° off a multiple of 90°: two copies or more see each code straight
MOST_DEG = 22.0
NEAR_DEG = (0.0, 1.0, -1.0)  # around the tilt the edges speak of
MOST_PIXELS = 4_000_000  # of a copy: the tries on a larger photograph would take minutes


@dataclass(frozen=True, slots=True)
class Barcode:
    """turned_deg: how far the image was turned, counter-clockwise, when it was read."""

    text: str
    symbology: str
    turned_deg: float


def read(pixels: Pixels) -> tuple[Barcode, ...]:
    """Every barcode at the first try that finds any: as it is, then turned and enlarged copies.

    A tilted PDF417 can pass its own error correction with a wrong text: one counts only when two copies agree.
    pixels: (h, w, 3) BGR or (h, w) grey, uint8.  Raises ValueError if it is neither: a bug upstream, not a bad photo.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise ValueError(f"pixels must be (h, w, 3) or (h, w) uint8, got {pixels.shape} {pixels.dtype}")
    if 0 in pixels.shape:
        return ()
    grey = pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    once: set[str] = set()
    for copy, turned_deg in _tries(grey):
        seen = _read(copy, turned_deg)
        sure = tuple(code for code in seen if code.symbology != "PDF417" or code.text in once)
        once |= {code.text for code in seen}
        if sure:
            return sure
    return ()


def _read(grey: Pixels, turned_deg: float) -> tuple[Barcode, ...]:
    seen = zxingcpp.read_barcodes(grey, formats=FORMATS, text_mode=zxingcpp.TextMode.Plain)
    return tuple(Barcode(code.text, str(code.format), turned_deg) for code in seen if code.valid)


def _tries(grey: Pixels) -> Iterator[tuple[Pixels, float]]:
    yield grey, 0.0
    tilt_deg = _tilt(grey)
    grid = [sign * step * STEP_DEG for step in range(round(MOST_DEG / STEP_DEG) + 1) for sign in (1, -1)]
    scales = [scale for scale in (1.0, 2.0) if grey.size * scale**2 <= MOST_PIXELS]
    sized = [_scaled(grey, scale) for scale in scales or [(MOST_PIXELS / grey.size) ** 0.5]]
    for turns in ([tilt_deg + near for near in NEAR_DEG], grid[1:]):
        for copy in sized:
            for turned_deg in turns:
                if copy.size != grey.size or abs(turned_deg) > STEP_DEG / 4:  # a picture cannot agree with itself
                    yield _turned(copy, turned_deg), turned_deg


def _tilt(grey: Pixels) -> float:
    """Which way the edges run, as degrees off upright (-45..45): bars make most edges of an image with a barcode."""
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    angle = 0.5 * np.arctan2(2 * float((across * down).sum()), float((across**2 - down**2).sum()))
    return float((np.degrees(angle) + 45) % 90 - 45)


def _scaled(grey: Pixels, scale: float) -> Pixels:
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return grey if scale == 1 else np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=way), np.uint8)


def _turned(grey: Pixels, degrees: float) -> Pixels:
    """Turned counter-clockwise about the centre, grown so that no corner is cut off."""
    if degrees == 0:
        return grey
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    wide, high = round(height * sine + width * cosine), round(height * cosine + width * sine)
    turn[:, 2] += (wide - width) / 2, (high - height) / 2
    turned = cv2.warpAffine(grey, turn, (wide, high), flags=cv2.INTER_CUBIC, borderValue=(255.0,))
    return np.asarray(turned, np.uint8)
