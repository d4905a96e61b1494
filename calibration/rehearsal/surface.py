"""Textured surfaces in front of a pinhole camera: triangles in metres onto pixels."""

import math
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Pixels
from vision.optics import Lens

Floats = NDArray[np.float32]
Shade = TypeVar("Shade", np.float32, np.uint8)
Layer = NDArray[np.uint8]  # (height, width, 4): BGR already multiplied by alpha, alpha
NEAREST_M, FARTHEST_M = 0.05, 50.0
COARSE_PX = 120_000  # larger parts are rasterized at a fraction of their size
GLOSS = 230.0  # grey levels added per unit of shade above one


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """levels: the picture in full, half, quarter … size.  px_per_m: of the first on the surface.  dots_m: pitch of a
    display's pixels or a print's halftone (0: none), which the sensor samples with contrast `dots`."""

    levels: tuple[Layer, ...]
    px_per_m: float
    dots_m: float = 0.0
    dots: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """points (n, 3): metres right, down and away from the lens.  where (n, 2): 0..1 across and down the texture.
    shade (n,): gain up to one, gloss above.  triangles (m, 3).  coarse: fraction of the
    resolution at which a large one is rasterized."""

    points: Floats
    where: Floats
    shade: Floats
    triangles: NDArray[np.int32]
    coarse: int = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle of the picture, pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def cut(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def texture(picture: Pixels, alpha: NDArray[np.uint8], px_per_m: float) -> Texture:
    """picture (h, w, 3) BGR and alpha (h, w) of the same size."""
    weight = cv2.merge([alpha, alpha, alpha])
    level = np.dstack([cv2.multiply(picture, weight, scale=1 / 255), alpha])
    levels = [level]
    while min(level.shape[:2]) > 64 and len(levels) < 5:
        level = np.asarray(cv2.resize(level, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        levels.append(level)
    return Texture(tuple(levels), px_per_m)


def draw(picture: Pixels, surface: Surface, skin: Texture, lens: Lens, smear_px: int = 1) -> None:
    """Lay `surface` over `picture`.  smear_px: width of the motion blur.  Nothing is drawn of what is out of sight."""
    part = _part(surface.points, lens, smear_px)
    if part is None:
        return
    seen = _rasterized(surface, part, lens)
    layer = _coloured(seen, part, skin, lens.focal_px[0] / float(np.median(surface.points[:, 2])))
    if smear_px > 1:
        layer = np.asarray(cv2.blur(layer, (smear_px, max(1, smear_px // 2))), np.uint8)
    lay(picture[part.cut], layer)


def lay(picture: Pixels, layer: Layer) -> None:
    """Put a layer over a picture of the same size, in place."""
    alpha = np.ascontiguousarray(layer[..., 3])
    found = cv2.findNonZero(cv2.inRange(alpha, 1, 254))
    edge = tuple(found.reshape(-1, 2)[:, ::-1].T) if found is not None else (np.empty(0, np.intp),) * 2
    soft = layer[edge].astype(np.uint16)
    blended = soft[:, :3] + picture[edge] * (255 - soft[:, 3:]) // 255
    cv2.copyTo(cv2.cvtColor(layer, cv2.COLOR_BGRA2BGR), (alpha == 255).astype(np.uint8), picture)
    picture[edge] = np.minimum(blended, 255).astype(np.uint8)


def projected(points: Floats, lens: Lens) -> Floats:
    """(n, 2) pixels of points (n, 3) in metres."""
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    flat = points[:, :2] / points[:, 2:] * np.array([fx, fy]) + np.array([cx, cy])
    return np.asarray(flat, np.float32)


def turned(points: Floats, yaw_deg: float, pitch_deg: float, roll_deg: float) -> Floats:
    """points (n, 3) turned about the origin: yaw > 0 to the subject's left, pitch > 0 down, roll > 0 clockwise."""
    yaw, pitch, roll = (math.radians(a) for a in (yaw_deg, pitch_deg, roll_deg))
    left = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    down = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    over = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(points @ (over @ left @ down).T, np.float32)


def normals(points: Floats, triangles: NDArray[np.int32]) -> Floats:
    """(n, 3) unit normals towards the camera."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    across *= -np.sign(across[:, 2:]) + (across[:, 2:] == 0)
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, triangles[:, corner], across)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(length, 1e-12), np.float32)


def _part(points: Floats, lens: Lens, margin_px: int) -> Part | None:
    if points[:, 2].min() < NEAREST_M:
        return None
    flat = projected(points, lens)
    left, top = np.maximum(np.floor(flat.min(0)).astype(int) - margin_px, 0)
    right, bottom = np.minimum(np.ceil(flat.max(0)).astype(int) + margin_px, (lens.width, lens.height))
    part = Part(int(left), int(top), int(right - left), int(bottom - top))
    return part if part.width > 1 and part.height > 1 else None


def _rasterized(surface: Surface, part: Part, lens: Lens) -> Floats:
    """(height, width, 3): across, down and shade at every pixel of the part, or fewer of a large one; -1
    where nothing is."""
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    shift = ((cx - part.left - part.width / 2) / fx, (cy - part.top - part.height / 2) / fy)
    x, y, z = surface.points.T
    view = np.column_stack([x + z * shift[0], -(y + z * shift[1]), -z]).astype(np.float32)
    values = np.column_stack([surface.where, surface.shade / 4]).astype(np.float32)
    coarse = surface.coarse if part.width * part.height > COARSE_PX else 1
    seen = np.full((part.height // coarse, part.width // coarse, 3), -1, np.float32)
    depth = np.full(seen.shape[:2], FARTHEST_M, np.float32)
    settings = cv2.TriangleRasterizeSettings().setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    settings = settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    view[:, 0] *= seen.shape[1] / part.width * part.height / seen.shape[0]  # an odd side loses its last pixel
    field = 2 * math.atan(part.height / 2 / fy)
    cv2.triangleRasterize(
        view, surface.triangles, values, seen, depth, np.eye(4), field, NEAREST_M, FARTHEST_M, settings
    )
    return seen


def _coloured(seen: Floats, part: Part, skin: Texture, px_per_m: float) -> Layer:
    finest = len(skin.levels) - 1
    level = skin.levels[min(finest, max(0, round(math.log2(skin.px_per_m / px_per_m))))]
    height, width = level.shape[:2]
    across, down, shade = (np.asarray(plane, np.float32) for plane in cv2.split(seen))
    hidden, shade = (across < 0).astype(np.uint8), shade * 4
    map_x, map_y = (_fine(m, part) for m in (across * width - 0.5, down * height - 0.5))
    if seen.shape[:2] != map_x.shape:
        hidden = np.asarray(cv2.dilate(hidden, np.ones((3, 3), np.uint8)), np.uint8)
        hidden = np.asarray(cv2.resize(hidden, part.size, interpolation=cv2.INTER_NEAREST), np.uint8)
    layer = cv2.copyTo(cv2.remap(level, map_x, map_y, cv2.INTER_LINEAR), 1 - hidden)
    gain = _fine((np.clip(shade, 0, 1) * 255).astype(np.uint8), part)
    grid = (gain, gain, gain) if not skin.dots else cv2.split(_dots(_fine(across, part), _fine(down, part), skin))
    lit = np.asarray(cv2.multiply(layer, cv2.merge([*grid, np.full_like(gain, 255)]), scale=1 / 255), np.uint8)
    return _glossy(lit, shade, part) if float(shade.max()) > 1.004 else lit


def _glossy(layer: Layer, shade: Floats, part: Part) -> Layer:
    shine = _fine((np.clip(shade - 1, 0, None) * GLOSS).astype(np.uint8), part) * (layer[..., 3] > 128)
    return np.asarray(cv2.add(layer, cv2.merge([shine, shine, shine, np.zeros_like(shine)])), np.uint8)


def _fine(values: NDArray[Shade], part: Part) -> NDArray[Shade]:
    return values if values.shape == part.size[::-1] else np.asarray(cv2.resize(values, part.size), values.dtype)


def _dots(across: Floats, down: Floats, skin: Texture) -> Pixels:
    """(h, w, 3) gain of a grid finer than the sensor's: what is left of it after sampling is moiré."""
    height, width = skin.levels[0].shape[:2]
    turns = 2 * math.pi / skin.dots_m / skin.px_per_m
    rows = np.cos(down * np.float32(height * turns))
    columns = [np.cos(across * np.float32(width * turns) + np.float32(third)) for third in (0.0, 2.1, 4.2)]
    return np.dstack([(255 * (1 - skin.dots + skin.dots / 2 * (c + rows))).astype(np.uint8) for c in columns])
