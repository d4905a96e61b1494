"""Judge presentations on two cores: pictures on two threads, clips in two processes; say how fast that was."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from calibration.pad import clip
from calibration.pad.folders import is_clip
from calibration.pad.picture import PictureJudge
from calibration.pad.verdict import Silence, Verdict
from calibration.processes import WORKERS, in_two_processes, sealed


@dataclass(frozen=True, slots=True)
class Pace:
    """Presentations a second; bare: of the same work without anything around it, None if it was not measured."""

    per_s: float
    bare_per_s: float | None


@dataclass(frozen=True, slots=True)
class Work:
    """paces: of "pictures" and "clips", where there are any."""

    verdicts: dict[Path, Verdict]
    paces: dict[str, Pace]


def judge(files: Sequence[Path], progress: Progress, *, bare: bool = False) -> Work:
    """Raises FolderUnfit if a clip brings its process down."""
    verdicts: dict[Path, Verdict] = {}
    paces: dict[str, Pace] = {}
    clips = [file for file in files if is_clip(file)]
    pictures = [file for file in files if not is_clip(file)]
    for kind, chosen, work, only in (
        ("pictures", pictures, judged_pictures, _bare_pictures),
        ("clips", clips, judged_clips, _bare_clips),
    ):
        if chosen:
            began_s, task = time.perf_counter(), progress.add_task(kind, total=len(chosen))
            for file, verdict in zip(chosen, work(chosen), strict=True):
                verdicts[file] = verdict
                progress.advance(task)
            per_s = len(chosen) / (time.perf_counter() - began_s)
            readable = [file for file in chosen if verdicts[file] is not Silence.UNREADABLE]
            paces[kind] = Pace(per_s, _rate(only, readable) if bare and readable else None)
    return Work(verdicts, paces)


def judged_pictures(files: Sequence[Path]) -> Generator[Verdict]:
    """In the order of `files`.  An interrupt waits for the two pictures in work and drops the rest."""
    threads = ThreadPoolExecutor(WORKERS, "pictures")
    try:
        yield from threads.map(PictureJudge(), files)
    finally:
        threads.shutdown(cancel_futures=True)


def judged_clips(files: Sequence[Path]) -> Iterator[Verdict]:
    """In the order of `files`.  Raises FolderUnfit."""
    return in_two_processes(sealed, clip.judge, files)


def _rate(only: Callable[[Sequence[Path]], None], files: Sequence[Path]) -> float:
    began_s = time.perf_counter()
    only(files)
    return len(files) / (time.perf_counter() - began_s)


def _bare_pictures(files: Sequence[Path]) -> None:
    look = PictureJudge().only_look

    def part(start: int) -> None:
        for file in files[start::WORKERS]:
            look(file)

    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(part, range(WORKERS)))


def _bare_clips(files: Sequence[Path]) -> None:
    parts = [list(files[start::WORKERS]) for start in range(WORKERS)]
    list(in_two_processes(sealed, clip.only_look, parts))
