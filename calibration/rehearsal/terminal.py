"""Single keys from the terminal that a command was started on, where it was."""

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Next = Callable[[float], str]  # seconds to wait at most -> a key, "" for none
GONE = "q"  # what a terminal that is gone stands for


def on_terminal() -> bool:
    """Whether somebody can press keys: both ends are one terminal, and we are in its foreground."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def keys() -> Iterator[Next]:
    """Each key as it is pressed, without an echo; without a terminal none ever comes."""
    if not on_terminal():
        yield _wait
        return
    line = sys.stdin.fileno()
    before = termios.tcgetattr(line)
    tty.setcbreak(line)  # Ctrl-C stays a signal
    try:
        yield lambda most_s: _pressed(line, most_s)
    finally:
        termios.tcsetattr(line, termios.TCSADRAIN, before)


def _wait(most_s: float) -> str:
    time.sleep(most_s)
    return ""


def _pressed(line: int, most_s: float) -> str:
    if not select.select([line], [], [], most_s)[0]:
        return ""
    try:
        return os.read(line, 1).decode(errors="ignore") or GONE
    except OSError:
        return GONE
