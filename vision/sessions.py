"""Open a verified model in onnxruntime: the CPU provider by name, a stated number of threads."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vision import graph, models
from vision.errors import LibraryUnfit

Tensor = NDArray[np.float32]


class Net:
    """One model, one input.  Calls from several threads are safe and run side by side."""

    def __init__(self, name: str, *, threads: int = 1, free_size: bool = False, folder: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        content = graph.fit(models.read(name, folder), free_size=free_size)
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, tensor: Tensor) -> list[Tensor]:
        return [np.asarray(out, np.float32) for out in self._session.run(None, {self._input: tensor})]


def check_libraries() -> None:
    """Refuse the contrib build of OpenCV: it is not what was measured.  Raises LibraryUnfit."""
    import cv2

    if cv2.version.contrib:  # type: ignore[attr-defined]
        raise LibraryUnfit("cv2 is opencv-contrib-python; remove .venv and run `make run` again (plain opencv-python)")
