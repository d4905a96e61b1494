"""Photos to templates on two threads, through the code the service runs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.rates.errors import FolderUnfit
from vision.align import align
from vision.detect import Detector
from vision.embed import Embedder, Template
from vision.errors import ImageRefused
from vision.image import read
from vision.portrait import subject_of

THREADS = 2


class Refusal(Enum):
    """Why a photo gave no template."""

    UNREADABLE = "file cannot be read"
    NOT_AN_IMAGE = "broken, too large, or no JPEG or PNG"
    NO_FACE = "no face found"


@dataclass(frozen=True, slots=True, eq=False)
class Acquired:
    """rows: for each photo its row of `vectors` (n, 128), or why it has none."""

    rows: tuple[int | Refusal, ...]
    vectors: NDArray[np.float32]


class Acquirer:
    """Two threads over sessions of one thread each; onnxruntime and OpenCV let go of Python's lock."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._detector, self._embedder = Detector(threads=1), Embedder(threads=1)

    def template(self, file: Path) -> Template | Refusal:
        try:
            pixels = read(file)
        except OSError:
            return Refusal.UNREADABLE
        except (ImageRefused, cv2.error):
            return Refusal.NOT_AN_IMAGE
        try:
            return self._embedder.embed(align(pixels, subject_of(pixels, self._detector).points))
        except (ImageRefused, ValueError):
            return Refusal.NO_FACE

    def acquire(self, files: Sequence[Path], advance: Callable[[], None]) -> Acquired:
        """In the order of `files`; `advance` is called for each.  Raises FolderUnfit if no photo gives a template.

        An interrupt waits for the two photos in work and drops the rest.
        """
        threads = ThreadPoolExecutor(THREADS, "acquire")
        rows: list[int | Refusal] = []
        vectors: list[Template] = []
        try:
            for found in threads.map(self.template, files):
                advance()
                rows.append(found if isinstance(found, Refusal) else len(vectors))
                if not isinstance(found, Refusal):
                    vectors.append(found)
        finally:
            threads.shutdown(cancel_futures=True)
        if not vectors:
            raise FolderUnfit(f"no face could be acquired from any of {len(files)} photos; are these portraits?")
        return Acquired(tuple(rows), np.array(vectors, np.float32))

    def bare_rate_per_s(self, files: Sequence[Path], now_s: Callable[[], float]) -> float:
        """Photos a second of two threads that only decode, detect, align and embed; half of the photos each."""

        def work(part: Sequence[Path]) -> None:
            for file in part:
                pixels = np.asarray(
                    cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR), np.uint8
                )
                if faces := self._detector.find(pixels):
                    self._embedder.embed(align(pixels, faces[0].points))

        began_s = now_s()
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(work, [files[start::THREADS] for start in range(THREADS)]))
        return len(files) / (now_s() - began_s)
