"""Synthetic attack material as textures: a print, a screen, a cut-out photo, and the hooded figure that carries it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.rehearsal import face_points as at
from calibration.rehearsal.canvas import LEFT_M, PX_PER_M, TOP_M, Canvas, lay_out
from calibration.rehearsal.motion import APPROACH_S, STAND_S, stance
from calibration.rehearsal.person import person, posed
from calibration.rehearsal.scenes import Actor, Scene, Screen
from calibration.rehearsal.surface import Floats, Texture, draw, texture
from vision.faces import Pixels
from vision.optics import INTER_EYE_M, Lens

HALFTONE_M, PIXEL_M = 0.00017, 0.000095  # pitch of a printer's dots and of a display's pixels
A4_WIDTH_M, BORDER_M, RIM_M = 0.21, 0.006, 0.0025
SIDE_M, BELOW_M = 0.10, 0.24  # room around a card for the hands that hold it
SLEEVE, HAND = (58, 54, 52), (118, 142, 184)
CARRIER_PX_PER_M = 700.0
EDGE_PX = 4
BEZEL = (14, 13, 13)
RECORDED_M, RECORDED_TURN = 0.8, 2.5  # distance the video was taken from; how much more the person turns in it
DISPLAYS_M = {Screen.TABLET: (0.16, 0.215), Screen.PHONE: (0.068, 0.145)}
BEZELS_M = {Screen.TABLET: 0.012, Screen.PHONE: 0.004}
FINENESS = {Screen.TABLET: PX_PER_M, Screen.PHONE: 2 * PX_PER_M}
EYES_AT, BANDS_HZ = 0.42, 3.5  # down the display; of the bands that roll over it


@dataclass(frozen=True, slots=True)
class Finish:
    """gloss: of the highlight.  dots_m, dots: pitch and contrast of what the surface is made of."""

    gloss: float = 0.0
    dots_m: float = 0.0
    dots: float = 0.0


PLAIN, PAPER, CUT_PAPER = Finish(), Finish(0.16, HALFTONE_M, 0.05), Finish(0.10, HALFTONE_M, 0.05)
GLASS = Finish(0.22, PIXEL_M, 0.10)


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """size_m: of the whole texture, hands included.  middle_m: where on it the middle between the eyes is.  face_m:
    size of the card alone."""

    texture: Texture
    size_m: Floats
    middle_m: Floats
    face_m: tuple[float, float]
    gloss: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A texture being drawn, at `px_per_m`."""

    picture: Pixels
    alpha: NDArray[np.uint8]
    px_per_m: float

    def px(self, *metres: float) -> list[int]:
        return [round(m * self.px_per_m) for m in metres]


def photo(portrait: Path, size_m: tuple[float, float]) -> Card:
    """A print with a white border, held by its lower corners; life size on A4, smaller on smaller paper."""
    laid, scale = lay_out(portrait), size_m[0] / A4_WIDTH_M
    eyes = np.array([size_m[0] / 2, size_m[1] * 0.45])
    sheet = _blank((size_m[0] + 2 * SIDE_M, size_m[1] + BELOW_M), PX_PER_M)
    view = np.array([[scale, 0, 0], [0, scale, 0]])
    view[:, 2] = eyes * PX_PER_M - scale * np.array([LEFT_M, TOP_M]) * PX_PER_M
    wide, tall = sheet.px(*size_m)
    inked = _inked(np.asarray(cv2.warpAffine(laid.picture, view, (wide, tall), flags=cv2.INTER_AREA), np.uint8))
    (border,) = sheet.px(BORDER_M)
    cv2.rectangle(inked, (0, 0), (wide - 1, tall - 1), (236, 238, 238), 2 * border)
    left, _ = sheet.px(SIDE_M, 0)
    sheet.picture[:tall, left : left + wide] = inked
    sheet.alpha[:tall, left : left + wide] = 255
    _hands(sheet, size_m)
    return _card(sheet, (SIDE_M + eyes[0], eyes[1]), size_m, PAPER)


def mask(portrait: Path, *, eye_holes: bool) -> Card:
    """A life-size print cut along the face with scissors."""
    laid = lay_out(portrait)
    oval = laid.points[list(at.OVAL), :2]
    middle = oval.mean(0)
    scissors = (oval - middle) * 1.05 + middle
    corner, size = scissors.min(0) - 0.01, np.ptp(scissors, axis=0) + 0.02
    sheet = _blank((float(size[0]), float(size[1])), PX_PER_M)
    start = np.round((corner + np.array([LEFT_M, TOP_M])) * PX_PER_M).astype(int)
    rows, columns = sheet.alpha.shape
    sheet.picture[:] = _inked(laid.picture[start[1] : start[1] + rows, start[0] : start[0] + columns].copy())
    outline = np.round((scissors - corner) * PX_PER_M).astype(np.int32)
    cv2.fillPoly(sheet.alpha, [outline], 255, cv2.LINE_AA)
    cv2.polylines(sheet.picture, [outline], True, (232, 234, 234), 2 * sheet.px(RIM_M)[0], cv2.LINE_AA)
    for eye in (at.RIGHT_EYE, at.LEFT_EYE) if eye_holes else ():
        _hole(sheet, laid, eye, corner)
    return _card(sheet, (-float(corner[0]), -float(corner[1])), tuple(size.tolist()), CUT_PAPER)


def screen(kind: Screen, portrait: Path, t: float) -> tuple[Card, ...]:
    """A device, its display with the genuine person's video at time t, and the thumbs before it."""
    wide_m, tall_m = DISPLAYS_M[kind]
    device, thumbs = _device(kind)
    wide, tall = (round(m * FINENESS[kind]) for m in (wide_m, tall_m))
    shown = Sheet(_recording(portrait, (wide, tall), t), np.full((tall, wide), 255, np.uint8), FINENESS[kind])
    display = _card(shown, (wide_m / 2, tall_m * EYES_AT), (wide_m, tall_m), GLASS)
    return device, display, thumbs


@lru_cache(maxsize=2)
def _device(kind: Screen) -> tuple[Card, Card]:
    """The dark frame in the hands that hold it; their thumbs."""
    (wide_m, tall_m), bezel = DISPLAYS_M[kind], BEZELS_M[kind]
    size = (wide_m + 2 * bezel, tall_m + 2 * bezel)
    sheet, thumbs = (_blank((size[0] + 2 * SIDE_M, size[1] + BELOW_M), FINENESS[kind]) for _ in range(2))
    left, top, right, bottom = sheet.px(SIDE_M, 0, SIDE_M + size[0], size[1])
    cv2.rectangle(sheet.picture, (left, top), (right, bottom), BEZEL, -1)
    cv2.rectangle(sheet.alpha, (left, top), (right, bottom), 255, -1)
    _hands(sheet, size)
    _thumbs(thumbs, size)
    middle = (SIDE_M + size[0] / 2, bezel + tall_m * EYES_AT)
    return _card(sheet, middle, size), _card(thumbs, middle, size)


@lru_cache(maxsize=2)
def carrier() -> Card:
    """A figure without a face: hood, coat, legs."""
    sheet = _blank((0.8, 1.98), CARRIER_PX_PER_M)
    eyes = np.array([0.4, 0.34])
    half = [(-0.2, 0.0), (-0.16, 0.09), (-0.05, 0.13), (0.08, 0.135), (0.19, 0.19), (0.26, 0.24), (0.45, 0.26)]
    half += [(0.86, 0.24), (0.9, 0.2), (1.6, 0.18), (1.6, 0.0)]
    outline = np.array([(x, y) for y, x in half] + [(-x, y) for y, x in half[::-1]])
    cv2.fillPoly(sheet.alpha, [np.round((outline + eyes) * CARRIER_PX_PER_M).astype(np.int32)], 255, cv2.LINE_AA)
    depth = cv2.distanceTransform((sheet.alpha > 0).astype(np.uint8), cv2.DIST_L2, 5) / (0.12 * CARRIER_PX_PER_M)
    rough = np.random.default_rng(7).normal(0, 1, (sheet.alpha.shape[0] // 16, sheet.alpha.shape[1] // 16))
    folds = cv2.resize(rough.astype(np.float32), sheet.alpha.shape[::-1], interpolation=cv2.INTER_CUBIC)
    tone = 34 + 38 * np.clip(depth, 0, 1) + 5 * folds
    sheet.picture[:] = np.clip(tone[..., None] * np.array([1.02, 1.0, 0.98]), 0, 255).astype(np.uint8)
    face = np.round((eyes + np.array([0, 0.015])) * CARRIER_PX_PER_M).astype(int).tolist()
    void = np.zeros_like(sheet.alpha)
    cv2.ellipse(void, face, sheet.px(0.085, 0.125), 0, 0, 360, 255, -1, cv2.LINE_AA)
    weight = cv2.GaussianBlur(void, (0, 0), 5)[..., None] / 255 * 0.75
    sheet.picture[:] = (sheet.picture * (1 - weight)).astype(np.uint8)
    return _card(sheet, (0.4, 0.34), (0.8, 1.98))


def _card(
    sheet: Sheet,
    middle_m: tuple[float, float],
    face_m: tuple[float, float],
    finish: Finish = PLAIN,
) -> Card:
    for row in (np.s_[:EDGE_PX], np.s_[-EDGE_PX:]):  # a clear margin: the edge of the surface itself is not smoothed
        sheet.alpha[row], sheet.alpha[:, row] = 0, 0
    made = replace(texture(sheet.picture, sheet.alpha, sheet.px_per_m), dots_m=finish.dots_m, dots=finish.dots)
    size = np.array(sheet.alpha.shape[::-1], np.float32) / sheet.px_per_m
    return Card(made, size.astype(np.float32), np.array(middle_m, np.float32), face_m, finish.gloss)


def _blank(size_m: tuple[float, float], px_per_m: float) -> Sheet:
    wide, tall = (round(m * px_per_m) for m in size_m)
    return Sheet(np.zeros((tall, wide, 3), np.uint8), np.zeros((tall, wide), np.uint8), px_per_m)


def _inked(picture: Pixels) -> Pixels:
    """What ink keeps: less contrast, no deep black, duller colours, a soft dither."""
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dull = cv2.addWeighted(picture, 0.84, grey, 0.16, 0)
    dither = np.random.default_rng(5).normal(0, 5, picture.shape[:2])[..., None]
    ink = 26 + (np.asarray(cv2.GaussianBlur(dull, (0, 0), 0.8)) * 0.80 + dither) * np.array([0.97, 1.0, 1.0])
    return np.asarray(np.clip(ink, 0, 255), np.uint8)


def _hole(sheet: Sheet, laid: Canvas, eye: tuple[int, ...], corner: Floats) -> None:
    points = laid.points[list(eye), :2]
    wider = (points - points.mean(0)) * np.array([1.15, 1.5]) + points.mean(0) - corner
    outline = np.round(wider * PX_PER_M).astype(np.int32)
    cv2.fillPoly(sheet.alpha, [outline], 0, cv2.LINE_AA)
    cv2.polylines(sheet.picture, [outline], True, (225, 228, 228), 3, cv2.LINE_AA)


def _recording(portrait: Path, size: tuple[int, int], t: float) -> Pixels:
    """(tall, wide, 3): the person in a room, as a display emits it."""
    wide, tall = size
    focal = 0.30 * wide * RECORDED_M / INTER_EYE_M
    lens = Lens(wide, tall, (focal, focal), (wide / 2, tall * EYES_AT))
    seen = stance(Actor(portrait, nearest_m=RECORDED_M), Scene("recorded"), lens, APPROACH_S + t % STAND_S)
    seen = replace(seen, yaw_deg=seen.yaw_deg * RECORDED_TURN, pitch_deg=seen.pitch_deg * 2, down_m=0.0)
    room = np.linspace(196, 150, tall, dtype=np.float32)[:, None, None] * np.array([1.0, 0.98, 0.95])
    picture = np.repeat(room, wide, axis=1).astype(np.uint8)
    made = person(portrait)
    draw(picture, posed(made, seen), made.skin, lens)
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.6))
    rows = np.arange(tall, dtype=np.float32)[:, None, None] / tall
    bands = 1 + 0.045 * np.sin(2 * np.pi * (rows * 1.6 + t * BANDS_HZ))  # flicker under a rolling shutter
    return np.asarray(np.clip((soft * np.array([1.10, 1.02, 0.95]) + 10) * bands, 0, 255), np.uint8)


def _hands(sheet: Sheet, size_m: tuple[float, float]) -> None:
    """Fists at the lower corners with sleeves below, and the thumbs in front."""
    for side in (-1, 1):
        x, y = SIDE_M + size_m[0] / 2 + side * (size_m[0] / 2 + 0.012), size_m[1] * 0.84
        free = (sheet.alpha == 0).astype(np.uint8)
        shape = np.zeros_like(sheet.alpha)
        cv2.line(shape, sheet.px(x + side * 0.01, y + 0.06), sheet.px(x, y + 0.3), 255, sheet.px(0.085)[0], cv2.LINE_AA)
        _paint(sheet, shape * free, SLEEVE)
        shape[:] = 0
        cv2.ellipse(
            shape, sheet.px(x + side * 0.012, y + 0.025), sheet.px(0.036, 0.05), 0, 0, 360, 255, -1, cv2.LINE_AA
        )
        _paint(sheet, shape * free, HAND)
    _thumbs(sheet, size_m)


def _thumbs(sheet: Sheet, size_m: tuple[float, float]) -> None:
    for side in (-1, 1):
        edge, y = SIDE_M + size_m[0] / 2 + side * size_m[0] / 2, size_m[1] * 0.84
        for grown, colour in ((0.023, tuple(c * 0.5 for c in HAND)), (0.0195, HAND)):
            shape = np.zeros_like(sheet.alpha)
            start, end = sheet.px(edge + side * 0.02, y + 0.02), sheet.px(edge - side * 0.018, y - 0.012)
            cv2.line(shape, start, end, 255, sheet.px(grown)[0], cv2.LINE_AA)
            _paint(sheet, shape, colour)


def _paint(sheet: Sheet, shape: NDArray[np.uint8], colour: tuple[float, ...]) -> None:
    """Lay a rounded, shaded shape onto the sheet."""
    depth = cv2.distanceTransform((shape > 128).astype(np.uint8), cv2.DIST_L2, 5)
    round_ = 0.72 + 0.28 * np.clip(depth / max(1.0, float(depth.max())), 0, 1)
    weight = shape[..., None].astype(np.float32) / 255
    sheet.picture[:] = (sheet.picture * (1 - weight) + round_[..., None] * np.array(colour) * weight).astype(np.uint8)
    np.maximum(sheet.alpha, shape, out=sheet.alpha)
