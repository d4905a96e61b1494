"""What happened, line by line on disk: the record before the grant, the queue of what is still to be told and
the input of a replay.  No image, no template, no name: subjects are numbers, travellers are ids."""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from pydantic import ValidationError

from edge.encounter import codec
from edge.encounter.codec import Step
from edge.encounter.events import AgentBoards, AskDocuments, Boarded, CallAgent, CutOff, Event, Grant, Outcome
from edge.errors import JournalUnfit

log = structlog.get_logger()
KEPT_S = 14 * 86_400
LARGEST = 2**53 - 1  # number or time: what the service takes, and every JSON reader too
TOLD = (Grant, CallAgent, Outcome)  # effects the service hears about


@dataclass(frozen=True, slots=True)
class Notice:
    """A journaled step the service must still be told of."""

    number: int
    utc_ms: int
    journey: str
    step: Step


@dataclass(slots=True)
class Recovered:
    """What earlier runs left behind."""

    number: int = 0
    pending: dict[int, Notice] = field(default_factory=dict)
    granted: dict[str, CutOff] = field(default_factory=dict)  # by encounter, with no outcome yet
    asked: dict[str, AskDocuments] = field(default_factory=dict)  # by encounter
    journeys: dict[str, str] = field(default_factory=dict)  # encounter → journey it was granted for


class Journal:
    """Append only; one file for each start.  Writing happens on a thread of its own: fsync can stall."""

    def __init__(self, folder: Path) -> None:
        try:
            self._open(folder)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        recovered = recover(folder)
        _forget_old(folder, recovered.pending)
        self.pending = recovered.pending
        self._number = recovered.number
        self._thread = ThreadPoolExecutor(1, "journal")
        self.path = folder / f"{_following(folder)}.jsonl"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        _sync_folder(folder)
        self.cut_off = tuple(recovered.granted.values())
        self._journeys = recovered.journeys

    async def write(self, step: Step, journey: str, grant: int | None = None) -> None:
        """Append a step; on disk when this returns if it grants or ends anything.  Raises JournalUnfit.

        grant: the number the door will know the step's grant by.
        """
        self._number += 1
        notice = Notice(self._number, time.time_ns() // 1_000_000, self._journey(step, journey), step)
        told = any(isinstance(effect, TOLD) for effect in step.effects)
        line = _line(notice) | ({} if grant is None else {"grant": grant})
        await self._append(line, durable=told)
        if told:
            self.pending[notice.number] = notice

    def _journey(self, step: Step, now: str) -> str:
        """An outcome belongs to the journey of its grant: the gate may have been assigned another since."""
        for effect in step.effects:
            if isinstance(effect, Grant):
                self._journeys[effect.encounter] = now
            elif isinstance(effect, Outcome):
                return self._journeys.pop(effect.encounter, now)
        return now

    async def delivered(self, number: int, status: str) -> None:
        """The service has it.  Losing this line only means telling it again."""
        await self._append({"delivered": number, "status": status}, durable=False)
        self.pending.pop(number, None)

    async def _append(self, line: dict[str, Any], *, durable: bool) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, _write, self._file, data, durable)
        except OSError as error:
            raise JournalUnfit(
                f"{self.path}: {error.strerror}; free the disk, the gate stays shut until then"
            ) from error

    def close(self) -> None:
        self._thread.shutdown()
        os.close(self._file)


def check_folder(folder: Path) -> None:
    """Make the folder and write in it; nothing stays.  Raises JournalUnfit."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"\n")
            trial.flush()
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> JournalUnfit:
    return JournalUnfit(
        f"journal_dir {folder}: {error.strerror}; name another folder, the gate stays shut until it can be written"
    )


def read(path: Path) -> Iterator[tuple[Notice | None, dict[str, Any]]]:
    """Every whole line of a journal, as a notice if it is a step.

    A last line without an end is what a power cut leaves: it is left out.  Raises JournalUnfit naming any other line
    that cannot be read.
    """
    lines = path.read_bytes().split(b"\n")
    for at, line in enumerate(lines[:-1], 1):
        try:
            tree = json.loads(line)
            if "event" not in tree:
                int(tree["delivered"])
            yield (_notice(tree) if "event" in tree else None), tree
        except (ValueError, KeyError, ValidationError, TypeError) as error:
            raise JournalUnfit(f"{path}: line {at} cannot be read ({type(error).__name__})") from error


def recover(folder: Path) -> Recovered:
    """What earlier journals say is still to be told, and which grants have no end."""
    left = Recovered()
    for path in sorted(folder.glob("*.jsonl")):
        for notice, tree in read(path):
            if notice is None:
                left.pending.pop(tree["delivered"], None)
                continue
            left.number = max(left.number, notice.number)
            if any(isinstance(effect, TOLD) for effect in notice.step.effects):
                left.pending[notice.number] = notice
            _follow(left, notice)
    left.number = left.number or time.time_ns() // 1_000_000  # an empty disk must not repeat numbers told before
    return left


def _follow(left: Recovered, notice: Notice) -> None:
    for effect in notice.step.effects:
        match effect:
            case AskDocuments(encounter):
                left.asked[encounter] = effect
            case Grant(encounter):
                left.granted[encounter] = _cut_off(left, effect, notice.step.event)
                left.journeys[encounter] = notice.journey
            case Outcome(encounter):
                left.granted.pop(encounter, None)
                left.journeys.pop(encounter, None)


def _cut_off(left: Recovered, grant: Grant, event: Event) -> CutOff:
    """What is still to be told of a grant, should it have no end."""
    if isinstance(event, AgentBoards):  # the service was away
        return CutOff(grant.encounter, "", Boarded(event.traveler, event.agent, session=event.session))
    if (asked := left.asked.get(grant.encounter)) is not None:
        return CutOff(grant.encounter, grant.by, Boarded(asked.traveler, asked.agent, grant.by, asked.session))
    return CutOff(grant.encounter, grant.by)


def _line(notice: Notice) -> dict[str, Any]:
    step = notice.step
    head = {"n": notice.number, "utc_ms": notice.utc_ms, "journey": notice.journey, "now_s": step.now_s}
    return head | {"event": codec.plain(step.event), "effects": codec.plain(step.effects)}


def _notice(tree: dict[str, Any]) -> Notice:
    step = Step(tree["now_s"], codec.value(tree["event"]), codec.value(tree["effects"]))
    number, utc_ms = tree["n"], tree["utc_ms"]
    if not (type(number) is type(utc_ms) is int and 0 < number <= LARGEST and 0 < utc_ms <= LARGEST):
        raise ValueError(f"n and utc_ms must be whole numbers from 1 to {LARGEST}")
    return Notice(number, utc_ms, tree["journey"], step)


def _write(file: int, data: bytes, durable: bool) -> None:
    """Write all or nothing: half a line would spoil the next one."""
    before, done = os.fstat(file).st_size, 0
    try:
        while done < len(data):
            done += os.write(file, data[done:])
    except OSError:
        os.ftruncate(file, before)
        raise
    if durable:
        os.fdatasync(file)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _following(folder: Path) -> int:
    """The name of the next file, in milliseconds since 1970: after all others also when the clock was set back."""
    latest = max((int(path.stem) for path in folder.glob("*.jsonl") if path.stem.isdecimal()), default=0)
    return max(time.time_ns() // 1_000_000, latest + 1)


def _forget_old(folder: Path, pending: dict[int, Notice]) -> None:
    """Journals live as long as images do in the service: until fourteen days of others follow them, if nothing is still
    to be told.  Today's clock has no part in it: it may be wrong."""
    written_s = {path: path.stat().st_mtime for path in folder.glob("*.jsonl")}
    for path, ended_s in written_s.items():
        if not pending and max(written_s.values()) - ended_s > KEPT_S:
            path.unlink()
            log.info("journal.forgotten", file=path.name)
