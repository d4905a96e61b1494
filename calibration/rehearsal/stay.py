"""The lane once its visits are over: a part that ends is started again, and keys play it."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from itertools import cycle
from pathlib import Path

from calibration.rehearsal.cast import EMPTY, Act
from calibration.rehearsal.lane import Lane, LaneFailed
from calibration.rehearsal.play import LONGEST_S, Encounter, Stage
from calibration.rehearsal.terminal import keys, on_terminal

Say = Callable[[str], None]
RESTART_S = 4.0  # long enough to see what the pages say meanwhile
LOOK_S, ASK_S = 0.2, 1.0
FIRST_FLIGHT = 140  # of those that the keys add
WITHOUT = {
    "service": "faces cannot be verified, agents check documents and records wait",
    "controller": "the gate stays shut",
    "appliance": "its pages are silent and the controller closes the gate by itself",
}
HELP = """Play it:  s  stop the service, start it again    n  next visitor of the cast
          d  a visitor in the dark               ?  this help    q  quit (Ctrl-C too)"""


class Attendant:
    """Starts again what ends, and says what the agent's page says is amiss."""

    def __init__(self, lane: Lane, empty: Path, say: Say) -> None:
        self._lane, self._empty, self._say = lane, empty, say
        self._due_s: dict[str, float] = {}  # when a part that ended is started again
        self._amiss, self._asked_s = "", 0.0

    def look(self, now_s: float) -> None:
        for part, process in list(self._lane.parts.items()):
            if process.poll() is not None:
                self._ended(part, now_s)
        for part in [part for part, due_s in self._due_s.items() if now_s >= due_s]:
            self._start(part)
        if now_s - self._asked_s >= ASK_S:
            self._asked_s = now_s
            self._ask()

    def switch_service(self) -> None:
        """Stop it, or start it if it is not there."""
        if "service" not in self._lane.parts:
            self._start("service")
            return
        self._lane.stop("service")
        self._say(f"service stopped: {WITHOUT['service']}; s starts it again")

    def _ended(self, part: str, now_s: float) -> None:
        process = self._lane.parts.pop(part)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it had started
        self._due_s[part] = now_s + RESTART_S
        ended = f"{part} ended with {process.returncode}: {WITHOUT[part]}"
        self._say(f"{ended}; it is started again in {RESTART_S:g} s")

    def _start(self, part: str) -> None:
        self._due_s.pop(part, None)
        if part == "appliance":  # a new camera begins at the playlist's head
            self._lane.playlist.unlink(missing_ok=True)
            self._lane.play(self._empty)
        self._lane.begin(part)
        self._say(f"{part} is started again")

    def _ask(self) -> None:
        try:
            says = self._lane.agent_sees()["says"]
            amiss = " ".join(f"{part}: {told['words']}" for part, told in says.items() if not told["well"])
        except (OSError, ValueError, HTTPException):  # one that ends in the middle of an answer, too
            amiss = "the pages do not answer"
        if amiss != self._amiss:
            self._say(f"degraded: {amiss}" if amiss else "all is well again")
        self._amiss = amiss


class Visitors:
    """One at a time, each from an empty lane to an empty lane, while the keys go on.  told: a visit in words."""

    def __init__(
        self, lane: Lane, clips: dict[str, Path], cast: tuple[Act, ...], told: Callable[[Encounter], str]
    ) -> None:
        self._lane, self._stage, self._empty = lane, Stage(lane, clips), clips[EMPTY.name]
        self._cast, self._order, self._told = cast, cycle(range(len(cast))), told
        self._flight, self._boards = FIRST_FLIGHT, False
        self._walking = False

    def next(self, say: Say) -> None:
        """The next of the cast; whenever it begins anew another flight boards, for nobody is on that yet."""
        if self._free(say):
            number = next(self._order)
            self._boards = self._boards and number != 0
            self._begin(self._cast[number], say)

    def dark(self, say: Say) -> None:
        """Whoever the cast has in too little light."""
        if self._free(say):
            self._begin(next(act for act in self._cast if act.cue == "more_light"), say)

    def _free(self, say: Say) -> bool:
        if self._walking:
            say("somebody is in the lane still")
        return not self._walking

    def _begin(self, act: Act, say: Say) -> None:
        say(f"{act.label} ...")
        self._walking = True
        threading.Thread(target=self._visit, args=(act, say), daemon=True).start()

    def _visit(self, act: Act, say: Say) -> None:
        try:
            if not self._boards and "service" in self._lane.parts:
                self._board()
            self._await_empty()
            told = self._told(self._stage.play(act))
            self._lane.take_off_played()
        except (LaneFailed, OSError, ValueError, HTTPException) as error:  # some part is away: that is the play
            self._lane.play(self._empty)
            told = f"{act.label}: {error}"
        finally:
            self._walking = False
        say(told)

    def _await_empty(self) -> None:
        """Nobody for long enough that the next face is another subject.  Raises LaneFailed."""
        until_s = time.monotonic() + LONGEST_S
        while self._lane.agent_sees()["lane"] == "somebody":
            if time.monotonic() > until_s:
                raise LaneFailed("somebody is in the lane still")
            time.sleep(LOOK_S)
        time.sleep(ASK_S)

    def _board(self) -> None:
        flight = f"XX{self._flight:04}"
        self._flight += 1
        self._lane.announce(flight)
        self._lane.board(flight)
        self._stage.await_boarding(self._lane.journeys[flight])
        self._boards = True


def stay(attendant: Attendant, visitors: Visitors, say: Say) -> None:
    """Until somebody quits; without a terminal until a signal ends it."""
    with keys() as pressed:
        say(
            f"The lane stays up on its pages.\n{HELP}"
            if on_terminal()
            else "The lane stays up on its pages; Ctrl-C ends it."
        )
        while (key := pressed(LOOK_S)) != "q":
            match key:
                case "s":
                    attendant.switch_service()
                case "n":
                    visitors.next(say)
                case "d":
                    visitors.dark(say)
                case "?":
                    say(HELP)
            attendant.look(time.monotonic())
