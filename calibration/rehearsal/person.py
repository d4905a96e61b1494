"""A person as a surface: a portrait's own face points in depth, head, neck and body behind them, moved by a stance."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from calibration.rehearsal import face_points as at
from calibration.rehearsal.canvas import HEIGHT_M, LEFT_M, ORIGIN, PX_PER_M, TOP_M, WIDTH_M, Canvas, lay_out
from calibration.rehearsal.motion import Stance
from calibration.rehearsal.scenes import Wearing
from calibration.rehearsal.surface import Floats, Surface, Texture, normals, texture, turned
from calibration.rehearsal.wear import wear

EAR_M, CHEST_M = 0.085, 0.075  # depth behind the eyes of the head's widest part and of the chest
PIVOT = np.array([0.0, 0.09, 0.10], np.float32)  # where the neck turns
STEP_M, RINGS_M = 0.03, (0.009, 0.02)  # of the grid around the face, and what lies between them
STEEP_M = 0.02  # behind the eyes: from here on depth is held back, where a portrait shows no skin to be turned to
SIDE_LIGHT = 0.22


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """points (n, 3): neutral, metres from the middle between the eyes; the first 468 are the face's.  head (n,): 1
    where a point turns with the head, 0 on the body.  yaw_deg: of the head in the portrait."""

    points: Floats
    head: Floats
    where: Floats
    triangles: NDArray[np.int32]
    skin: Texture
    yaw_deg: float


@lru_cache(maxsize=8)
def person(portrait: Path, wearing: Wearing | None = None) -> Person:
    """Made once for each portrait.  Raises OSError, VisionError."""
    canvas = lay_out(portrait)
    worn = wear(canvas, wearing)
    face = _held_back(canvas.points[: at.CLOSED])
    around = _around(face)
    points = np.vstack([face, np.column_stack([around, _depth(around, face)])]).astype(np.float32)
    where = (points[:, :2] + [LEFT_M, TOP_M]) / [WIDTH_M, HEIGHT_M]
    triangles = _shown(Delaunay(points[:, :2].astype(np.float64)).simplices.astype(np.int32), points, canvas)
    across = canvas.points[at.LEFT_EDGE] - canvas.points[at.RIGHT_EDGE]
    yaw = float(np.degrees(np.arctan2(across[2], across[0])))
    skin = texture(worn, canvas.alpha, PX_PER_M)
    return Person(points, _head(points, canvas), where.astype(np.float32), triangles, skin, yaw)


def posed(person: Person, stance: Stance) -> Surface:
    """The surface as it stands before the camera."""
    neutral = _expressed(person.points, stance) - PIVOT
    head = turned(neutral, stance.yaw_deg - person.yaw_deg, stance.pitch_deg, stance.roll_deg)
    body = turned(neutral, stance.yaw_deg * 0.25, 0, stance.roll_deg * 0.2)
    weight = person.head[:, None]
    points = head * weight + body * (1 - weight) + PIVOT
    facing = normals(points, person.triangles) @ np.array(stance.light, np.float32)
    shade = 1 - SIDE_LIGHT * stance.contrast * (1 - np.clip(facing, -1, 1))
    place = np.array([stance.right_m, stance.down_m, stance.away_m], np.float32)
    return Surface((points + place).astype(np.float32), person.where, shade.astype(np.float32), person.triangles)


def _expressed(neutral: Floats, stance: Stance) -> Floats:
    """Lids, jaw and mouth corners moved."""
    points = neutral.copy()
    upper, lower, folds = list(at.UPPER_LIDS), list(at.LOWER_LIDS), list(at.LID_FOLDS)
    gap = neutral[lower] - neutral[upper]
    points[upper] += stance.lids * gap + np.array([0, 0, -0.001], np.float32) * stance.lids
    points[folds] += stance.lids * 0.3 * gap
    chin, lip = float(neutral[at.CHIN, 1]), float(neutral[at.UPPER_LIP, 1])
    x, y = neutral[: at.CLOSED, 0], neutral[: at.CLOSED, 1]
    jaw = np.clip((y - lip) / (chin - lip) * 3, 0, 1) * np.clip(1.3 - np.abs(x) / 0.05, 0, 1)
    jaw[list(at.LOWER_LIP)] = np.clip(1 - (x[list(at.LOWER_LIP)] / 0.034) ** 2, 0, 1)
    points[: at.CLOSED, 1] += stance.mouth_m * jaw
    for corner in at.MOUTH_CORNERS:
        near = np.exp(-np.sum((neutral[:, :2] - neutral[corner, :2]) ** 2, axis=1) / 0.022**2)
        outwards = np.sign(neutral[corner, 0])
        points += near[:, None] * np.array([outwards * 0.8, -0.6, 0.3], np.float32) * np.float32(stance.smile_m)
    return points


def _held_back(face: Floats) -> Floats:
    deep = 0.045 * np.tanh((face[:, 2] - STEEP_M) / 0.06) + STEEP_M
    return np.column_stack([face[:, :2], np.where(face[:, 2] > STEEP_M, deep, face[:, 2])]).astype(np.float32)


def _around(face: Floats) -> NDArray[np.float64]:
    """(n, 2) points of a grid about the face, fine about the head."""
    oval = face[list(at.OVAL), :2].astype(np.float64)
    outwards = oval - oval.mean(0)
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    fine = np.mgrid[-LEFT_M : WIDTH_M - LEFT_M + 1e-6 : STEP_M, -TOP_M:0.5:STEP_M].reshape(2, -1).T
    below = np.mgrid[-LEFT_M : WIDTH_M - LEFT_M + 1e-6 : STEP_M * 3, 0.5 : HEIGHT_M - TOP_M : STEP_M * 3]
    grid = np.vstack([fine, below.reshape(2, -1).T])
    hull = (oval + outwards * RINGS_M[-1]).astype(np.float32).reshape(-1, 1, 2)
    apart = [cv2.pointPolygonTest(hull, (float(x), float(y)), True) < -RINGS_M[0] for x, y in grid]
    return np.vstack([*(oval + outwards * ring for ring in RINGS_M), grid[apart]])


def _depth(around: NDArray[np.float64], points: Floats) -> Floats:
    """From the nearest edge of the face back to the ears, the neck and the chest."""
    oval, chin = points[list(at.OVAL)], float(points[at.CHIN, 1])
    apart = np.linalg.norm(around[:, None] - oval[None, :, :2], axis=2)
    weight = np.exp(-((apart - apart.min(1, keepdims=True)) / 0.012))
    edge = weight @ oval[:, 2] / weight.sum(1)
    body = np.clip((around[:, 1] - chin) / 0.12, 0, 1)
    behind = EAR_M + (CHEST_M - EAR_M) * body + 0.15 * np.abs(around[:, 0]) * (around[:, 1] > chin)
    reach = np.where(around[:, 1] > chin - 0.01, 0.018, 0.06)
    gone = 1 - np.exp(-apart.min(1) / reach)
    return np.asarray(edge + (np.maximum(behind, edge) - edge) * gone, np.float32)


def _head(points: Floats, canvas: Canvas) -> Floats:
    chin = float(canvas.points[at.CHIN, 1])
    down = np.clip((points[:, 1] - chin + 0.01) / 0.10, 0, 1)
    weight = 1 - down * down * (3 - 2 * down)
    weight[: at.CLOSED] = 1
    return np.asarray(weight, np.float32)


def _shown(triangles: NDArray[np.int32], points: Floats, canvas: Canvas) -> NDArray[np.int32]:
    """Without those that hold nothing of the person: they would hide what is behind them."""
    grown = cv2.dilate(canvas.alpha, np.ones((25, 25), np.uint8))
    corners = points[triangles, :2]
    probes = np.concatenate([corners, corners.mean(1, keepdims=True)], axis=1) * PX_PER_M + ORIGIN
    x, y = (np.clip(probes[..., i], 0, canvas.alpha.shape[1 - i] - 1).astype(int) for i in range(2))
    return np.asarray(triangles[(grown[y, x] > 0).any(axis=1)], np.int32)
