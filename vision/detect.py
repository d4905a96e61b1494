"""Find faces with YuNet on a small copy of the frame.

Source: OpenCV Zoo model card of YuNet 2023mar; Wu, Peng, Yu: YuNet, a tiny millisecond-level face detector (2023).
"""

from pathlib import Path

import cv2
import numpy as np

from vision.faces import Box, Face, Pixels, Points
from vision.sessions import Net, Tensor

STRIDES = (8, 16, 32)
LONG_SIDE_PX = 640  # finds every face of at least 50 px in a 1080p frame
NEARER_PX, NEARER = 160, 2.0  # a second look at one face: side of its picture, and of the part shown, in face boxes
SCORE = 0.7
NMS_OVERLAP = 0.3
SAME_FACE = 0.3  # overlap of a face found again with where it was


class Detector:
    """Frame in, faces out, best score first."""

    def __init__(self, *, threads: int = 1, folder: Path | None = None) -> None:
        self._net = Net("detector", threads=threads, free_size=True, folder=folder)

    def find(self, frame: Pixels, *, long_side_px: int = LONG_SIDE_PX) -> list[Face]:
        """Faces in pixels of `frame`.  Raises ValueError unless frame is (h, w, 3) uint8."""
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
            raise ValueError(f"frame must be (h, w, 3) uint8, got {frame.shape} {frame.dtype}")
        scale = min(1.0, long_side_px / max(frame.shape[:2]))
        tensor = _tensor(frame, scale)
        outputs = dict(zip(self._net.outputs, self._net(tensor), strict=True))
        found = np.vstack([_cells(outputs, stride, tensor.shape[3] // stride) for stride in STRIDES])
        found = found[np.isfinite(found).all(axis=1)]
        return [_face(row / scale, float(row[-1])) for row in _distinct(found)]

    def refine(self, frame: Pixels, face: Face) -> Face:
        """The same face with its points seen from nearer; `face` itself where nearer shows none."""
        side = NEARER * max(face.box.width, face.box.height)
        left, top = face.box.x + (face.box.width - side) / 2, face.box.y + (face.box.height - side) / 2
        scale = NEARER_PX / side
        view = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
        part = np.asarray(cv2.warpAffine(frame, view, (NEARER_PX, NEARER_PX)), np.uint8)
        found = self.find(part)
        if not found or found[0].box.overlap(Box(*_inside(face.box, left, top, scale))) < SAME_FACE:
            return face
        near = found[0]
        box = Box(near.box.x / scale + left, near.box.y / scale + top, near.box.width / scale, near.box.height / scale)
        points = (near.points / scale + (left, top)).astype(np.float32)
        points.flags.writeable = False
        return Face(box, points, near.score)


def _inside(box: Box, left: float, top: float, scale: float) -> tuple[float, float, float, float]:
    return (box.x - left) * scale, (box.y - top) * scale, box.width * scale, box.height * scale


def _tensor(frame: Pixels, scale: float) -> Tensor:
    """(1, 3, h, w) float32 BGR 0..255, padded right and below to whole cells of the coarsest grid."""
    height, width = (max(1, round(side * scale)) for side in frame.shape[:2])
    small = frame if scale == 1.0 else cv2.resize(frame, (width, height))
    padded = np.zeros((1, 3, -(-height // 32) * 32, -(-width // 32) * 32), np.float32)
    for channel, plane in enumerate(cv2.split(small)):
        padded[0, channel, :height, :width] = plane
    return padded


def _cells(outputs: dict[str, Tensor], stride: int, columns: int) -> Tensor:
    """(n, 15): x, y, width, height, five points, score of each grid cell that holds a face."""
    quality = np.clip(outputs[f"cls_{stride}"], 0, 1) * np.clip(outputs[f"obj_{stride}"], 0, 1)
    score = np.sqrt(quality[0, :, 0])
    (cells,) = np.nonzero(score >= SCORE)
    origin = np.column_stack([cells % columns, cells // columns]).astype(np.float32)
    bbox = outputs[f"bbox_{stride}"][0, cells]
    size = np.exp(bbox[:, 2:]) * stride
    corner = (origin + bbox[:, :2]) * stride - size / 2
    points = (np.tile(origin, 5) + outputs[f"kps_{stride}"][0, cells]) * stride
    return np.column_stack([corner, size, points, score[cells]]).astype(np.float32)


def _distinct(found: Tensor) -> list[Tensor]:
    """Best of each group of overlapping finds, best score first."""
    if not len(found):
        return []
    kept = cv2.dnn.NMSBoxes(found[:, :4].tolist(), found[:, 14].tolist(), SCORE, NMS_OVERLAP)
    return [found[i] for i in np.asarray(kept).ravel()]


def _face(row: Tensor, score: float) -> Face:
    points: Points = row[4:14].reshape(5, 2).astype(np.float32)
    points.flags.writeable = False
    return Face(Box(*(float(v) for v in row[:4])), points, score)
