"""Glasses, masks and hands, drawn onto a portrait laid out in metres."""

from typing import assert_never

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.rehearsal import face_points as at
from calibration.rehearsal.canvas import PX_PER_M, Canvas
from calibration.rehearsal.scenes import Wearing
from vision.faces import Pixels

SKIN_POINTS = (50, 280, 117, 346)  # cheeks
MASK = (*(234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454),)
MASK_TOP = (346, 347, 6, 118, 117)


def wear(canvas: Canvas, wearing: Wearing | None) -> Pixels:
    """The canvas' picture with what is worn."""
    match wearing:
        case None:
            return canvas.picture
        case Wearing.GLASSES:
            return _glasses(canvas, dark=False)
        case Wearing.SUNGLASSES:
            return _glasses(canvas, dark=True)
        case Wearing.MASK:
            return _mask(canvas)
        case Wearing.HAND:
            return _hand(canvas)
    assert_never(wearing)


def _glasses(canvas: Canvas, *, dark: bool) -> Pixels:
    worn = canvas.picture.copy()
    lenses, frame = np.zeros(worn.shape[:2], np.uint8), np.zeros(worn.shape[:2], np.uint8)
    eyes = [canvas.pixels(*eye).mean(0) + np.array([0, 0.004 * PX_PER_M]) for eye in (at.RIGHT_EYE, at.LEFT_EYE)]
    size = (round(0.028 * PX_PER_M), round(0.020 * PX_PER_M))
    thick = round(0.003 * PX_PER_M)
    for x, y in eyes:
        cv2.ellipse(lenses, (int(x), int(y)), size, 0, 0, 360, 255, -1, cv2.LINE_AA)
        cv2.ellipse(frame, (int(x), int(y)), size, 0, 0, 360, 255, thick, cv2.LINE_AA)
    (right, left), reach = eyes, np.array([size[0], 0])
    edges = canvas.pixels(at.RIGHT_EDGE, at.LEFT_EDGE)
    for start, end in ((right + reach, left - reach), (right - reach, edges[0]), (left + reach, edges[1])):
        cv2.line(frame, start.astype(int).tolist(), end.astype(int).tolist(), 255, thick, cv2.LINE_AA)
    top = float(right[1]) - size[1]
    rows = np.arange(worn.shape[0], dtype=np.float32).reshape(-1, 1, 1)
    sky = np.clip(1 - (rows - top) / (2 * size[1]), 0, 1)  # reflected above
    glass = np.array([34, 26, 22]) + sky * 50 if dark else worn * 0.9 + sky * 26
    worn = _over(worn, glass, lenses)
    return _over(worn, np.array([24.0, 22, 26]), frame)


def _mask(canvas: Canvas) -> Pixels:
    outline = canvas.pixels(*MASK, *MASK_TOP)
    shape = np.zeros(canvas.alpha.shape, np.uint8)
    cv2.fillPoly(shape, [outline], 255, cv2.LINE_AA)
    folds = np.arange(len(shape), dtype=np.float32).reshape(-1, 1, 1) / (0.018 * PX_PER_M)
    cloth = np.array([205.0, 190, 150]) * (0.9 + 0.07 * np.sin(2 * np.pi * folds))
    return _over(canvas.picture, _modelled(canvas, cloth), shape)


def _hand(canvas: Canvas) -> Pixels:
    """Four fingers from below across mouth and cheek."""
    shape, dark = np.zeros(canvas.alpha.shape, np.uint8), np.zeros(canvas.alpha.shape, np.uint8)
    mouth = canvas.pixels(at.UPPER_LIP)[0] + np.array([round(0.015 * PX_PER_M), 0])
    for finger in range(4):
        tip = mouth + np.round(np.array([-0.045 + 0.004 * finger, -0.028 + 0.021 * finger]) * PX_PER_M).astype(int)
        root = tip + np.round(np.array([0.095, 0.045]) * PX_PER_M).astype(int)
        cv2.line(dark, tip.tolist(), root.tolist(), 255, round(0.0215 * PX_PER_M), cv2.LINE_AA)
        cv2.line(shape, tip.tolist(), root.tolist(), 255, round(0.0175 * PX_PER_M), cv2.LINE_AA)
    palm = mouth + np.round(np.array([0.055, 0.08]) * PX_PER_M).astype(int)
    cv2.ellipse(shape, palm.tolist(), (round(0.04 * PX_PER_M), round(0.05 * PX_PER_M)), 20, 0, 360, 255, -1)
    tone = canvas.picture[tuple(canvas.pixels(*SKIN_POINTS).T[::-1])].mean(0)
    worn = _over(canvas.picture, tone * 0.45, np.asarray(cv2.GaussianBlur(dark, (0, 0), 4), np.uint8))
    return _over(worn, tone * 0.92 + _grain(worn.shape), np.asarray(cv2.GaussianBlur(shape, (0, 0), 2), np.uint8))


def _modelled(canvas: Canvas, colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """A colour lit as the portrait is lit there."""
    luma = cv2.GaussianBlur(cv2.cvtColor(canvas.picture, cv2.COLOR_BGR2GRAY), (0, 0), 40).astype(np.float64)
    ratio = luma / max(1.0, float(np.median(luma[tuple(canvas.pixels(*SKIN_POINTS).T[::-1])])))
    return np.asarray(colour * np.clip(ratio, 0.5, 1.15)[..., None])


def _grain(shape: tuple[int, ...]) -> NDArray[np.float64]:
    rough = np.random.default_rng(3).normal(0, 14, (shape[0] // 8, shape[1] // 8)).astype(np.float32)
    return np.asarray(cv2.resize(rough, shape[1::-1])[..., None], np.float64)


def _over(under: Pixels, colour: NDArray[np.float64], alpha: NDArray[np.uint8]) -> Pixels:
    weight = alpha[..., None].astype(np.float32) / 255
    return np.asarray(np.clip(under * (1 - weight) + colour * weight, 0, 255), np.uint8)
