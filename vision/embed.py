"""Aligned face to template with SFace.

Source: OpenCV Zoo model card of SFace 2021dec; Zhong, Deng et al.: SFace, sigmoid-constrained hypersphere loss (2021).
"""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision import models
from vision.align import SIZE_PX
from vision.faces import Pixels
from vision.sessions import Net

DIMENSIONS = 128
PREPROCESSING = "sface-112-rgb-umeyama5-1"  # change it when anything before the network changes
Template = NDArray[np.float32]  # (128,), unit length


@cache
def template_version() -> str:
    """Names model bytes and preprocessing; templates of different versions are never compared."""
    pinned = models.manifest()["embedder"]
    return hashlib.sha256(f"{pinned.sha256}:{PREPROCESSING}".encode()).hexdigest()[:16]


class Embedder:
    """Calls from several threads are safe."""

    def __init__(self, *, threads: int = 1, folder: Path | None = None) -> None:
        self._net = Net("embedder", threads=threads, folder=folder)

    def embed(self, aligned: Pixels) -> Template:
        """Unit vector (128,) of a (112, 112, 3) BGR face.  Cosine similarity is the dot product.

        Raises ValueError on a wrong shape or a vector that is not finite.
        """
        if aligned.shape != (SIZE_PX, SIZE_PX, 3):
            raise ValueError(f"aligned face must be ({SIZE_PX}, {SIZE_PX}, 3), got {aligned.shape}")
        rgb = np.ascontiguousarray(aligned[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)
        vector = self._net(rgb)[0][0]
        length = float(np.linalg.norm(vector))
        if not 0 < length < np.inf:
            raise ValueError(f"embedding has length {length}: not a template")
        return np.asarray(vector / length, np.float32)
