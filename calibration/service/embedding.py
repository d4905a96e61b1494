"""Whether several faces in one run of the network beat one face on each thread: measured turn about."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from backend.settings import Settings
from calibration.service.figure import Figure
from vision import graph, models
from vision.align import SIZE_PX

THREADS = int(Settings.model_fields["threads"].default)
BATCHES, FACES, ROUNDS = (1, 2, 4, 8), 32, 9
Run = Callable[[NDArray[np.float32]], object]


def figures(quick: bool) -> Iterator[Figure]:
    """One face on each thread is what the service does; it would be wrong to if a batch were a tenth faster."""
    found = ratios(3 if quick else ROUNDS)
    told = ", ".join(f"{name}: {ratio:.2f}" for name, ratio in found.items())
    words = f"rate over that of a face on each of {THREADS} threads, as faces in a run × threads of a run: {told}"
    yield Figure("batch", "a batch is faster than a face on each thread", "", 1, int(max(found.values()) > 1.1), words)


def ratios(rounds: int) -> dict[str, float]:
    """Medians over rounds of each way's rate over the plain way's, measured right before it."""
    runs, found = {1: _run(1), THREADS: _run(THREADS)}, dict[str, list[float]]()
    ways = [(batch, inner) for batch in BATCHES for inner in runs]
    for _ in range(rounds):
        for batch, inner in ways:
            plain = _rate_per_s(runs[1], 1, THREADS)
            rate = _rate_per_s(runs[inner], batch, THREADS // inner)
            found.setdefault(f"{batch} × {inner}", []).append(rate / plain)
    return {name: float(np.median(rates)) for name, rates in found.items()}


def _run(threads: int) -> Run:
    """The embedder's graph with a free number of faces."""
    model = onnx.load_from_string(graph.fit(models.read("embedder", None)))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "faces"
    del model.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda faces: session.run(None, {name: faces})


def _rate_per_s(run: Run, batch: int, callers: int) -> float:
    faces = np.random.default_rng(batch).uniform(0, 255, (batch, 3, SIZE_PX, SIZE_PX)).astype(np.float32)
    run(faces)
    began_s = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(lambda _: run(faces), range(FACES // batch)))
    return FACES / (time.perf_counter() - began_s)
