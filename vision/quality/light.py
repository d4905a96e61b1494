"""Native measures from the pixels of the aligned face: light, colour, covering, background (ISO/IEC 29794-5, 7.3)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Pixels, Points
from vision.quality.iso import Component
from vision.quality.shape import BELOW_LIPS, BETWEEN_BROWS, LEFT_EYE, LEFT_LIDS, OVAL, RIGHT_EYE, RIGHT_LIDS, Shape

ZONE = 0.3  # side of the cheeks' measurement zones, in distances between the eyes
DARK, BRIGHT = 25, 247  # luminance, 0..255: at most, at least
DIM_EYE = 0.4  # of the cheeks' luma; below it is no eye's skin, white or iris in the same light
OTHER_COLOUR, OTHER_LIGHT = 9.0, 18.0  # CIELAB distance in a* b*, and in L* upwards, from the skin between the brows
_LINEAR = np.round(
    np.where(np.arange(256) <= 10.31475, np.arange(256) / 3294.6, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4) * 255
).astype(np.uint8)
Mask = NDArray[np.uint8]


def luminance(picture: Pixels) -> Mask:
    """(h, w) linear luminance 0..255 of an sRGB picture (IEC 61966-2-1, ITU-R BT.709)."""
    return np.asarray(cv2.transform(cv2.LUT(picture, _LINEAR), np.array([[0.0722, 0.7152, 0.2126]])), np.uint8)


def natives(aligned: Pixels, points: Points, found: Shape) -> dict[Component, float]:
    """aligned: the face upright with room around it.  points: the landmarks in it."""
    bright = luminance(aligned)
    face = _polygon(bright.shape, points[OVAL])
    share = _histogram(bright, face)
    levels = np.arange(256) / 255
    mean = float(share @ levels)
    right, left = _cheeks(found)
    return {
        Component.LuminanceMean: mean,
        Component.LuminanceVariance: float(share @ (levels - mean) ** 2),
        Component.UnderExposurePrevention: float(share[: DARK + 1].sum()),
        Component.OverExposurePrevention: float(share[BRIGHT:].sum()),
        Component.DynamicRange: float(-(share[share > 0] * np.log2(share[share > 0])).sum()),
        Component.IlluminationUniformity: _alike(bright[right], bright[left]),
        Component.NaturalColour: _unnatural(_both(aligned, found)),
        Component.BackgroundUniformity: _unrest(bright, points),
        **covered(aligned, points, found),
    }


def covered(aligned: Pixels, points: Points, found: Shape) -> dict[Component, float]:
    """Share of the eyes' visibility zones, and of chin and cheeks, that something hides."""
    cheeks = _both(aligned, found)
    if not len(cheeks):
        return {}
    luma = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    level = float(cheeks.mean(axis=0) @ (0.114, 0.587, 0.299))
    room = found.inter_eye_px / 20
    eyes = np.concatenate([luma[_around(points[_flat(e, lids)], room)].ravel() for e, lids in _EYES])
    hidden = {Component.EyesVisible: float((eyes < DIM_EYE * level).mean())} if eyes.size else {}
    skin, chin = (aligned[_polygon(luma.shape, points[zone]) > 0] for zone in (BETWEEN_BROWS, BELOW_LIPS))
    if len(skin) and len(chin):
        tone = np.median(_lab(skin), axis=0)
        hidden[Component.MouthOcclusionPrevention] = min(_unlike(chin, tone), _unlike(cheeks, tone))
    return hidden


def _unlike(pixels: Pixels, tone: NDArray[np.float32]) -> float:
    """Share of pixels that are not this skin.  A beard leaves the cheeks bare: a mask covers both."""
    bright, *colour = (_lab(pixels) - tone).T
    return float(((np.hypot(*colour) > OTHER_COLOUR) | (bright > OTHER_LIGHT)).mean())


_EYES = ((RIGHT_EYE, RIGHT_LIDS), (LEFT_EYE, LEFT_LIDS))


def _flat(corners: tuple[int, int], lids: tuple[tuple[int, int], ...]) -> list[int]:
    return [*corners, *(i for pair in lids for i in pair)]


def _cheeks(found: Shape) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The standard's right and left measurement zones."""
    side, down = int(found.inter_eye_px * ZONE), int(found.mouth_px / 2)
    (rx, ry), (lx, ly) = ((int(x), int(y)) for x, y in (found.right_eye, found.left_eye))
    rows = (slice(max(0, ry + down), max(0, ry + down + side)), slice(max(0, ly + down), max(0, ly + down + side)))
    return (rows[0], slice(max(0, rx - side), max(0, rx))), (rows[1], slice(max(0, lx), max(0, lx + side)))


def _both(aligned: Pixels, found: Shape) -> Pixels:
    """(n, 3) BGR of the cheeks' zones."""
    return np.concatenate([aligned[zone].reshape(-1, 3) for zone in _cheeks(found)])


def _around(points: Points, room: float) -> tuple[slice, slice]:
    (x0, y0), (x1, y1) = points.min(axis=0) - room, points.max(axis=0) + room
    return slice(max(0, int(y0)), max(0, int(y1) + 1)), slice(max(0, int(x0)), max(0, int(x1) + 1))


def _polygon(size: tuple[int, ...], points: Points) -> Mask:
    mask = np.zeros(size[:2], np.uint8)
    cv2.fillPoly(mask, [points.round().astype(np.int32)], 1)
    return mask


def _histogram(bright: Mask, mask: Mask | None = None) -> NDArray[np.float64]:
    counts = cv2.calcHist([bright], [0], mask, [256], [0, 256]).ravel().astype(np.float64)
    share: NDArray[np.float64] = counts / max(1.0, float(counts.sum()))
    return share


def _alike(right: Mask, left: Mask) -> float:
    if not (right.size and left.size):
        return float("nan")
    return float(np.minimum(_histogram(np.ascontiguousarray(right)), _histogram(np.ascontiguousarray(left))).sum())


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """(n, 3) L* a* b* of (n, 3) BGR."""
    return np.asarray(cv2.cvtColor(pixels.reshape(-1, 1, 3).astype(np.float32) / 255, cv2.COLOR_BGR2Lab), np.float32)[
        :, 0
    ]


def _unnatural(cheeks: Pixels) -> float:
    """Distance of the cheeks' mean colour from the range of skin, CIELAB."""
    if not len(cheeks):
        return float("nan")
    _, a, b = (float(v) for v in _lab(cheeks.mean(axis=0, keepdims=True).astype(np.float32))[0])
    if a < 0 or b < 0:
        return 100.0
    return float(np.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35)))


def _unrest(bright: Mask, points: Points) -> float:
    """Mean gradient beside and above the head."""
    (left, top), (right, bottom) = points[OVAL].min(axis=0), points[OVAL].max(axis=0)
    wide, tall = right - left, bottom - top
    background = np.ones(bright.shape, np.uint8)
    background[int(max(0, bottom - 0.3 * tall)) :] = 0  # shoulders
    centre = (int((left + right) / 2), int(top + 0.4 * tall))
    cv2.ellipse(background, centre, (int(0.8 * wide), int(0.95 * tall)), 0, 0, 360, 0, -1)  # head and hair
    if not background.any():
        return float("nan")
    dx, dy = (cv2.Sobel(bright, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return float(cv2.mean(cv2.magnitude(dx, dy), background)[0])


def blocks(luma: Mask) -> float:
    """Excess of steps at the borders of 8 x 8 blocks over those within, 0 where there is none.

    luma: (h, w) at the pixels of the picture as it came, its first row and column at block borders.
    """
    steps = np.abs(np.diff(luma.astype(np.int16), axis=1)).mean(axis=0)
    if steps.size < 16:
        return float("nan")
    border = steps[7::8].mean()
    within = np.delete(steps, np.s_[7::8]).mean()
    return float(max(0.0, border / max(within, 0.25) - 1))
