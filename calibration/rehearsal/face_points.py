"""The 478 face points of a portrait with their depth, from MediaPipe's Face Landmarker.

Importing mediapipe makes it try the network.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import models
from vision.detect import Detector
from vision.errors import VisionError
from vision.faces import Pixels

SIDE_PX, MARGIN = 256, 2.0  # the network's own input, its side in face boxes
CLOSED = 468  # points of the surface; the rest are the irises
RIGHT_IRIS, LEFT_IRIS, RIGHT_EDGE, LEFT_EDGE = 468, 473, 234, 454
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LIDS = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)
LID_FOLDS = (247, 30, 29, 27, 28, 56, 190, 467, 260, 259, 257, 258, 286, 414)
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
LOWER_LIP = (
    *(146, 91, 181, 84, 17, 314, 405, 321, 375, 95, 88, 178, 87, 14, 317, 402, 318, 324),
    *(77, 90, 180, 85, 16, 315, 404, 320, 307, 96, 89, 179, 86, 15, 316, 403, 319, 325),
)
MOUTH_CORNERS, CHIN, TOP, UPPER_LIP = (61, 291), 152, 10, 13
Points3 = NDArray[np.float32]  # (478, 3): pixels right, down, away


def face_points(portrait: Pixels) -> Points3:
    """Of the largest face.  Raises VisionError if there is none."""
    found = _detector().find(portrait)
    if not found:
        raise VisionError("a portrait shows no face; expected one person looking at the camera")
    box = max((face.box for face in found), key=lambda box: box.area)
    scale = SIDE_PX / (MARGIN * max(box.width, box.height))
    shift = SIDE_PX / 2 - scale * np.array([box.x + box.width / 2, box.y + box.height / 2])
    patch = cv2.warpAffine(portrait, np.column_stack([np.eye(2) * scale, shift]), (SIDE_PX, SIDE_PX))
    points = _landmarks(np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2RGB), np.uint8)) * SIDE_PX
    points[:, :2] -= shift
    return np.asarray(points / scale, np.float32)


def _landmarks(patch: Pixels) -> NDArray[np.float64]:
    """(478, 3) in sides of the patch."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    base = BaseOptions(model_asset_buffer=models.read("landmarker"))
    mode = vision.RunningMode.IMAGE
    options = vision.FaceLandmarkerOptions(base_options=base, running_mode=mode, num_faces=1)
    graph = vision.FaceLandmarker.create_from_options(options)
    try:
        seen = graph.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=patch))
    finally:
        graph.close()
    if not seen.face_landmarks:
        raise VisionError("no landmarks were found on a portrait's face; expected one looking at the camera")
    return np.array([(p.x, p.y, p.z) for p in seen.face_landmarks[0]], np.float64)


@cache
def _detector() -> Detector:
    return Detector()
