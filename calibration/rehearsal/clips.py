"""Approach clips made from portraits: a flat picture that comes nearer, sways and is filmed by a noisy sensor.

They rehearse everything but liveness: a photograph is what they are.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detect import Detector
from vision.faces import Face, Pixels

WIDTH, HEIGHT, FPS = 1920, 1080, 30
APPROACH_S, STAND_S = 3.0, 2.0  # the sway has a period of STAND_S, so that the end can be shown again and again
FAR_PX, NEAR_PX = 50.0, 260.0  # width of the face
NOISE = 4.0  # standard deviation of the sensor noise, grey levels
MOVES_PX = 64  # one field of noise, laid elsewhere over each frame
SWAY_PX, TILT_DEG = 14.0, 2.0
MIDDLE = (WIDTH / 2, HEIGHT * 0.45)


@dataclass(frozen=True, slots=True)
class Actor:
    """side: where the face goes, in pixels right of the middle."""

    portrait: Path
    side: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """light: gain on the whole picture.  approach: False for people who already stand there."""

    name: str
    actors: tuple[Actor, ...] = ()
    busy: bool = False
    light: float = 1.0
    approach: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A portrait with soft edges: pixels and mask of the same size, and the face in it."""

    pixels: Pixels
    mask: Pixels
    face: Face


def render(scene: Scene, folder: Path) -> Path:
    """Write `folder`/NAME.mp4 (MPEG-4, 1080p, 30 frames/s) unless it is there.  Raises OSError if it cannot be."""
    path = folder / f"{scene.name}.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{scene.name}.partial.mp4"
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise OSError(f"{partial}: cannot be written as MPEG-4")
    for frame in frames(scene):
        writer.write(frame)
    writer.release()
    return partial.replace(path)


def frames(scene: Scene) -> Iterator[Pixels]:
    """The frames of a scene, the same every time."""
    random = np.random.default_rng(len(scene.name))
    detector = Detector()
    cutouts = [_cut(actor.portrait, detector) for actor in scene.actors]
    background = _background(scene.busy, random)
    noise = random.normal(0, NOISE, (HEIGHT + MOVES_PX, WIDTH + MOVES_PX, 3)).round().astype(np.int8)
    length_s = STAND_S + (APPROACH_S if scene.approach else 0)
    for number in range(round(length_s * FPS)):
        t = number / FPS + (0 if scene.approach else APPROACH_S)
        picture = background.copy()
        for cutout, actor in zip(cutouts, scene.actors, strict=True):
            _place(picture, cutout, actor.side, t)
        yield _film(picture, scene.light, noise, random, t)


def _cut(portrait: Path, detector: Detector) -> Cutout:
    """Head and shoulders with a soft edge."""
    pixels = np.asarray(cv2.imread(str(portrait)), np.uint8)
    face = detector.find(pixels)[0]
    centre = (round(face.box.x + face.box.width / 2), round(face.box.y + face.box.height * 0.55))
    mask = np.zeros(pixels.shape[:2], np.uint8)
    wide, tall = face.box.width, face.box.height
    cv2.ellipse(mask, centre, (round(wide * 0.85), round(tall * 0.85)), 0, 0, 360, 255, -1)
    shoulders = (centre[0], round(centre[1] + tall * 1.5))
    cv2.ellipse(mask, shoulders, (round(wide * 1.35), round(tall * 1.05)), 0, 0, 360, 255, -1)
    soft = round(wide * 0.12) | 1
    mask[:3], mask[-3:], mask[:, :3], mask[:, -3:] = 0, 0, 0, 0
    return Cutout(pixels, np.asarray(cv2.GaussianBlur(mask, (soft, soft), 0), np.uint8), face)


def face_px(t: float) -> float:
    """Width of the face after t seconds of a steady walk: as one over the distance."""
    done = min(1.0, t / APPROACH_S)
    return 1 / ((1 - done) / FAR_PX + done / NEAR_PX)


def _place(picture: Pixels, cutout: Cutout, side: float, t: float) -> None:
    size = face_px(t)
    box, near = cutout.face.box, size / NEAR_PX
    phase = 2 * math.pi * t / STAND_S
    view = cv2.getRotationMatrix2D(
        (box.x + box.width / 2, box.y + box.height / 2), TILT_DEG * math.sin(phase), size / box.width
    )
    view[0, 2] += MIDDLE[0] + near * (side + SWAY_PX * math.sin(phase)) - (box.x + box.width / 2)
    view[1, 2] += MIDDLE[1] + near * SWAY_PX / 2 * math.cos(2 * phase) - (box.y + box.height / 2)
    shrink = min(1.0, size / box.width * 2)  # less aliasing where the portrait is made much smaller
    pixels, mask = cutout.pixels, cutout.mask
    if shrink < 1:
        pixels, mask = (cv2.resize(p, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) for p in (pixels, mask))  # type: ignore[assignment]
        view[:, :2] = view[:, :2] / shrink
    actor = cv2.warpAffine(pixels, view, (WIDTH, HEIGHT))
    alpha = cv2.warpAffine(mask, view, (WIDTH, HEIGHT))
    x, y, wide, tall = cv2.boundingRect(alpha)
    part = np.s_[y : y + tall, x : x + wide]
    weight = alpha[part].astype(np.float32)[..., None] / 255
    picture[part] = (actor[part] * weight + picture[part] * (1 - weight)).astype(np.uint8)


def _film(picture: Pixels, light: float, noise: NDArray[np.int8], random: np.random.Generator, t: float) -> Pixels:
    """Light, motion blur while walking, sensor noise."""
    blur = max(1, round(5 * (1 - min(1.0, t / APPROACH_S)))) | 1
    filmed = cv2.convertScaleAbs(picture, alpha=light) if light != 1.0 else picture
    filmed = cv2.blur(filmed, (blur, 1)) if blur > 1 else filmed
    x, y = random.integers(0, MOVES_PX, 2)
    return np.asarray(cv2.add(filmed, noise[y : y + HEIGHT, x : x + WIDTH], dtype=cv2.CV_8U), np.uint8)


def _background(busy: bool, random: np.random.Generator) -> Pixels:
    """A plain wall, or a hall full of edges."""
    shade = np.linspace(175, 135, HEIGHT, dtype=np.float32)[:, None, None]
    wall = np.broadcast_to(shade + np.array([6, 2, 0], np.float32), (HEIGHT, WIDTH, 3)).astype(np.uint8).copy()
    if busy:
        for _ in range(160):
            x, y = int(random.integers(-100, WIDTH)), int(random.integers(-100, HEIGHT))
            size = random.integers(30, 320, 2)
            colour = tuple(int(c) for c in random.integers(40, 220, 3))
            cv2.rectangle(wall, (x, y), (x + int(size[0]), y + int(size[1])), colour, -1)
        wall = np.asarray(cv2.GaussianBlur(wall, (9, 9), 0), np.uint8)
    return wall


def lit(scene: Scene, name: str) -> Scene:
    """The same people, now standing in full light."""
    return replace(scene, name=name, light=1.0, approach=False)
