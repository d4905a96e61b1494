"""Turn a face upright onto the embedder's template.

Source: the five reference points of ArcFace and SFace (112 x 112); Umeyama, least-squares estimation of
transformation parameters between two point patterns, IEEE PAMI 13 (1991).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces import Pixels, Points

SIZE_PX = 112
TARGET = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)


def similarity(points: Points, target: Points = TARGET) -> NDArray[np.float64]:
    """(2, 3) rotation, scale and shift that bring `points` (n, 2) nearest to `target`, without mirroring.

    Raises ValueError if the points coincide or are not finite.
    """
    source, wanted = points.astype(np.float64), target.astype(np.float64)
    spread = float(((source - source.mean(0)) ** 2).sum() / len(source))
    if not spread > 1e-6:
        raise ValueError("points coincide or are not finite: no face to align")
    left, stretch, right = np.linalg.svd((wanted - wanted.mean(0)).T @ (source - source.mean(0)) / len(source))
    flip = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = (left * flip) @ right * ((stretch * flip).sum() / spread)
    return np.column_stack([turn, wanted.mean(0) - turn @ source.mean(0)])


def align(image: Pixels, points: Points) -> Pixels:
    """(112, 112, 3) BGR face, eyes on TARGET, from `points` (5, 2) in pixels of `image`."""
    return np.asarray(cv2.warpAffine(image, similarity(points), (SIZE_PX, SIZE_PX), flags=cv2.INTER_LINEAR), np.uint8)
