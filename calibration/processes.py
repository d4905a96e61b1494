"""Two worker processes that end with the work, also when it is interrupted."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from calibration.rates.errors import FolderUnfit
from edge.eye.seal import seal

WORKERS = 2
SPAWN = multiprocessing.get_context("spawn")  # a fork would copy the locks of the threads that show progress
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_two_processes(
    prepare: Callable[[], None], work: Callable[[Item], Result], items: Sequence[Item]
) -> Generator[Result]:
    """In the order of `items`.  prepare: called in each process first.  Closing the iterator, or an exception, ends
    both at once.  Raises FolderUnfit if one dies."""
    others = {child.pid for child in multiprocessing.active_children()}
    pool, finished = ProcessPoolExecutor(WORKERS, SPAWN, prepare), False
    try:
        yield from _started(pool, work, items)
        finished = True
    except BrokenProcessPool as error:
        raise FolderUnfit(
            "a process ended in the midst of its work: too little memory, or one clip too many"
        ) from error
    finally:
        for child in multiprocessing.active_children():
            if not finished and child.pid not in others:
                child.terminate()
        pool.shutdown(cancel_futures=True)


def _started(pool: ProcessPoolExecutor, work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """The processes inherit that they do not hear an interrupt: it is for us to end them, without their tracebacks.

    Only on the main thread.  An interrupt while they start is heard afterwards: half started they would complain.
    """
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.map(work, items)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


def quiet() -> None:
    """No log lines of native libraries in the midst of the progress, and one thread."""
    cv2.setNumThreads(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def sealed() -> None:
    """For a process that decodes what others filmed: no network, no files.  Raises OSError."""
    quiet()
    seal()
