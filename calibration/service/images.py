"""What hostile images cost the service (SE-08): time until they are refused or used, memory, and who survives."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backend.imaging import Imaging
from calibration.rehearsal.cast import portrait
from calibration.service.figure import Figure
from calibration.service.hostile import images
from vision.errors import ImageRefused

MOST_S, MOST_BYTES = 1.0, 200 * 2**20
QUICK, FULL = 60, 3_000
POINTS = ((38.0, 52.0), (74.0, 52.0), (56.0, 72.0), (42.0, 92.0), (71.0, 92.0))


@dataclass(frozen=True, slots=True)
class Cost:
    """seconds: until an answer.  grown_bytes: peak of the decoder above its peak before the first image.
    refused: "" for an image that gave a face.  ended: its decoder had to be killed.
    served: a good photo gave its face after a killed decoder, and after the last image."""

    name: str
    seconds: float
    grown_bytes: int
    refused: str
    ended: bool
    served: bool = True


async def costs(fuzz: int) -> list[Cost]:
    """Each image once as a photo on file and once as a probe; between them a good photo."""
    content = portrait("ben-on-file-1").read_bytes()
    imaging = Imaging()
    await imaging.start()
    try:
        found = []
        for name, image in images(content, fuzz):
            for what in ("photo", "probe"):
                cost = await _cost(imaging, f"{name}, as {what}", image, probe=what == "probe")
                served = not cost.ended or await _serves(imaging, content)  # a new decoder, at once
                found.append(replace(cost, served=served))
        found[-1] = replace(found[-1], served=found[-1].served and await _serves(imaging, content))
    finally:
        await imaging.close()
    return found


async def _serves(imaging: Imaging, content: bytes) -> bool:
    try:
        await imaging.photo(content)
    except ImageRefused:
        return False
    return True


async def _cost(imaging: Imaging, name: str, image: bytes, *, probe: bool) -> Cost:
    (process,) = imaging.processes()
    idle, refused = _reset_peak(process), ""
    peak = asyncio.create_task(_watch(process))
    await asyncio.sleep(0)  # it has begun to watch
    began = time.perf_counter()
    try:
        await (imaging.probe(image, POINTS) if probe else imaging.photo(image))
    except ImageRefused as error:
        refused = str(error)
    took_s = time.perf_counter() - began
    ended = process not in imaging.processes()
    peak.cancel()
    highest = max(await peak, 0 if ended else _peak(process))
    return Cost(name, took_s, max(0, highest - idle), refused, ended)


async def _watch(process: int) -> int:
    """The peak as last seen of a process that may be killed."""
    highest = 0
    try:
        while True:
            highest = max(highest, _peak(process))
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        return highest


def _reset_peak(process: int) -> int:
    """Bytes resident now, from which the peak counts again (proc(5), clear_refs)."""
    Path(f"/proc/{process}/clear_refs").write_text("5")
    return _peak(process)


def _peak(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def figures(quick: bool) -> Iterator[Figure]:
    found = asyncio.run(costs(QUICK if quick else FULL))
    slow, large = max(c.seconds for c in found), max(c.grown_bytes for c in found)
    ended, refused = sum(c.ended for c in found), sum(bool(c.refused) for c in found)
    words = f"slowest {slow:.2f} s, {refused:,} refused, {ended} decoders killed"
    yield Figure(
        "SE-08", "hostile image answered in 1 s", "", len(found), sum(c.seconds > MOST_S for c in found), words
    )
    words = f"at most {large / 2**20:.0f} MB above the idle decoder"
    failures = sum(c.grown_bytes > MOST_BYTES for c in found)
    yield Figure("SE-08", "hostile image takes 200 MB", "", len(found), failures, words)
    unserved = sum(not c.served for c in found)
    words = "a good photo between them: its face after each killed decoder and after the last image"
    yield Figure("SE-08", "the service goes on", "", ended + 1, unserved, words)
