"""Whether several faces in one run of the network beat one face on each thread: measured turn about, same machine."""

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

BATCHES, FACES, ROUNDS = (1, 2, 4, 8), 48, 7
Run = Callable[[NDArray[np.float32]], object]


def figures(quick: bool) -> Iterator[Figure]:
    """One face on each thread is what the service does; it is wrong to if a batch is a tenth faster."""
    threads, rates = int(Settings.model_fields["threads"].default), rates_per_s(3 if quick else ROUNDS)
    each = rates["1 × 1"]
    told = ", ".join(f"{name}: {rate:.1f}" for name, rate in rates.items())
    best = max(rates.values())
    words = f"faces/s with {threads} threads, as faces in a run × threads of a run: {told}"
    yield Figure("batch", "a batch is faster than a face on each thread", "", 1, int(best > 1.1 * each), words)


def rates_per_s(rounds: int) -> dict[str, float]:
    """Medians over rounds, in each of which every way has its turn."""
    threads = int(Settings.model_fields["threads"].default)
    runs = {1: _run(1), threads: _run(threads)}
    ways = [(batch, inner) for batch in BATCHES for inner in runs if not (batch == 1 and inner != 1)]
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for batch, inner in ways:
            rate = _rate_per_s(runs[inner], batch, max(1, threads // inner))
            found.setdefault(f"{batch} × {inner}", []).append(rate)
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
