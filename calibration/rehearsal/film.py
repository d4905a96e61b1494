"""The lane's camera: what is behind people, light, focus and the sensor's noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.rehearsal.scenes import Scene
from vision.faces import Pixels

WIDTH, HEIGHT = 1920, 1080
NOISE = 3.0  # standard deviation of the sensor noise, grey levels
MOVES_PX = 64  # one field of noise, laid elsewhere over each frame
BACKLIGHT, SHADOW, VEIL = 2.1, 0.25, 14.0  # gain behind and on people against the light, and what strays into the lens


def backdrop(scene: Scene, random: np.random.Generator) -> Pixels:
    """A plain wall, or a hall full of edges; bright windows where people are lit from behind."""
    shade = np.linspace(175, 135, HEIGHT, dtype=np.float32)[:, None, None]
    wall = np.broadcast_to(shade + np.array([6, 2, 0], np.float32), (HEIGHT, WIDTH, 3)).astype(np.uint8).copy()
    if scene.busy:
        for _ in range(160):
            x, y = int(random.integers(-100, WIDTH)), int(random.integers(-100, HEIGHT))
            size = random.integers(30, 320, 2)
            colour = tuple(int(c) for c in random.integers(40, 220, 3))
            cv2.rectangle(wall, (x, y), (x + int(size[0]), y + int(size[1])), colour, -1)
        wall = np.asarray(cv2.GaussianBlur(wall, (9, 9), 0), np.uint8)
    return np.asarray(cv2.convertScaleAbs(wall, alpha=BACKLIGHT), np.uint8) if scene.backlit else wall


def noise(random: np.random.Generator) -> NDArray[np.int8]:
    """One field, larger than a frame."""
    field = random.normal(0, NOISE, (HEIGHT + MOVES_PX, WIDTH + MOVES_PX, 3)).astype(np.float32)
    return field.round().astype(np.int8)


def exposed(picture: Pixels, scene: Scene, drift: float) -> Pixels:
    """The picture under the scene's light, which drifts a little, and through its lens."""
    gain = scene.light * (1 + 0.03 * drift)
    lit = cv2.convertScaleAbs(picture, alpha=gain) if abs(gain - 1) > 0.002 else picture
    if scene.backlit:
        lit = cv2.convertScaleAbs(lit, alpha=1.0, beta=VEIL)
    if scene.blur_px:
        lit = cv2.GaussianBlur(lit, (0, 0), scene.blur_px)
    return np.asarray(lit, np.uint8)


def filmed(picture: Pixels, field: NDArray[np.int8], random: np.random.Generator) -> Pixels:
    x, y = random.integers(0, MOVES_PX, 2)
    return np.asarray(cv2.add(picture, field[y : y + HEIGHT, x : x + WIDTH], dtype=cv2.CV_8U), np.uint8)
