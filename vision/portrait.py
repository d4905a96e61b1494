"""Whose photo it is: the subject of a portrait, an identity photo or a press picture."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detect import Detector
from vision.errors import ImageRefused
from vision.faces import Box, Face, Pixels

COPY_PX = 1280  # longest side of the copy searched again: large enough for a face in a group, small in memory
LEAST_INTER_EYE_PX = 8.0  # smaller is a find without a face's detail
SURE = 0.85  # a tight crop's find with a lower score is up to a tenth of the face off
FILLS = 0.8  # of the photo's width: so is a face that wide, whatever its score
COMPARABLE = 0.25  # of the subject's area: a second face that large could be the subject as well

GREY = (128, 128, 128)

View = tuple[Pixels, float, int]  # a copy, its scale, the border around it in pixels of the copy


def subject_of(pixels: Pixels, detector: Detector, *, alone: bool = False) -> Face:
    """The most prominent face, in pixels of the photo: large and near the middle.

    alone: a photo whose second face is comparable is refused; which of the two is meant is for a person to say.
    A photo in which nothing is found is searched again smaller, with a border (tight crops) and larger (small faces).
    Raises ImageRefused.
    """
    faces = [face for face in _found(pixels, detector) if face.inter_eye_px >= LEAST_INTER_EYE_PX]
    if not faces:
        raise ImageRefused("no face found in the photo")
    ordered = sorted(faces, key=lambda face: -prominence(face, pixels.shape[1], pixels.shape[0]))
    if alone and any(face.box.area > COMPARABLE * ordered[0].box.area for face in ordered[1:]):
        raise ImageRefused("more than one face in the photo")
    return ordered[0]


def prominence(face: Face, width_px: int, height_px: int) -> float:
    """Area of the face, weighed down to a quarter from the middle of the photo to its corner."""
    box = face.box
    aside = (box.x + box.width / 2) / width_px - 0.5, (box.y + box.height / 2) / height_px - 0.5
    return box.area * float(0.25 ** min(1.0, np.hypot(*aside) / np.hypot(0.5, 0.5)))


def _found(pixels: Pixels, detector: Detector) -> list[Face]:
    """Finds of the photo as it is; if they are none, doubtful or fill the photo, those of the surest view."""
    plain = detector.find(pixels)
    if _sure(plain) and not any(face.box.width > FILLS * pixels.shape[1] for face in plain):
        return plain
    best: list[Face] = []
    for copy, scale, border in _views(pixels):
        found = [_moved(face, scale, border) for face in detector.find(copy, long_side_px=COPY_PX)]
        best = max(best, found, key=_score)
        if _sure(best):
            break
    return best or plain


def _score(faces: list[Face]) -> float:
    return max((face.score for face in faces), default=0.0)


def _sure(faces: list[Face]) -> bool:
    return _score(faces) >= SURE


def _views(pixels: Pixels) -> Iterator[View]:
    """The photo with a border, so that a tight crop has a head's surroundings; then as large as is worth searching."""
    small = _resized(pixels, min(1.0, COPY_PX / max(pixels.shape[:2])))  # once: a large photo is slow to shrink
    for target, share in ((320, 0.5), (640, 0.25), (160, 1.0), (COPY_PX, 0.0)):
        border = round(share * target)
        around = (border, border, border, border)
        copy = _resized(small, target / max(small.shape[:2]))
        framed = cv2.copyMakeBorder(copy, *around, cv2.BORDER_CONSTANT, value=GREY)
        yield np.asarray(framed, np.uint8), target / max(pixels.shape[:2]), border


def _resized(pixels: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    sampling = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=sampling), np.uint8)


def _moved(face: Face, scale: float, border: int) -> Face:
    """A find in a view, in pixels of the photo."""
    points: NDArray[np.float32] = ((face.points - border) / scale).astype(np.float32)
    points.flags.writeable = False
    x, y, width, height = face.box
    return Face(Box((x - border) / scale, (y - border) / scale, width / scale, height / scale), points, face.score)
