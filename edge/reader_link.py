"""The brain's end of the lane's document reader: polls it, and claims for whom of the missing a document was read."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import assert_never

import structlog

from edge import documents
from edge.encounter.events import Claimed, Event
from edge.encounter.step import CLAIM_S
from edge.sentences import READER_LOST
from edge.settings import KeysReader, SerialReader
from edge.view import View
from hardware.documents import places, scan
from hardware.documents.finding import Finding, Weight
from hardware.documents.keys import KeyPort
from hardware.documents.reader import Dropped, Reader, Reading, Source
from hardware.errors import HardwareError
from hardware.port import SerialPort

log = structlog.get_logger()
REOPEN_S = 1.0
READY = "ready"


class ReaderLink:
    """`heard` gets a Claimed for a sound document of exactly one of the missing; the agent sees a line for every read.

    No field of a document is kept or logged, and the line has neither name nor number.
    """

    def __init__(self, open_reader: Callable[[], Reader], view: View, heard: Callable[[Event], None]) -> None:
        self._open_reader, self._view, self._heard = open_reader, view, heard
        self._reader: Reader | None = None
        self._next_s = 0.0
        self._told_s: float | None = None
        self._problem = ""
        for load in (places.airports, places.states):  # which takes longer than the loop that decides may pause
            load()
        view.update(reader="not connected", reader_ok=False)

    def poll(self, now_s: float, today: date) -> None:
        """One beat: the caller is the loop that decides.  today: at this gate."""
        try:
            if self._reader is None:
                if now_s < self._next_s:
                    return
                self._next_s = now_s + REOPEN_S
                self._reader = self._open_reader()
                self._tell(READY)
                self._problem = ""
                log.info("reader.connected")
            found = self._reader.poll(now_s)
        except HardwareError as error:
            self._lost(str(error))
            return
        if self._told_s is not None and now_s - self._told_s > CLAIM_S:
            self._tell(READY)
        if found:
            self._tell(self._read(_latest(found), now_s, today), now_s)

    def close(self) -> None:
        if self._reader:
            self._reader.close()

    def _read(self, read: Reading | Dropped, now_s: float, today: date) -> str:
        """What the agent is told of it."""
        if isinstance(read, Dropped):
            log.info("document.dropped", item=read.finding.item)
            return _unread((read.finding,))
        document = scan.read(read.text, today)
        proposal = documents.propose(document, self._view.missing, self._view.journey, today)
        sound = scan.ok(document)
        log.info("document.read", kind=scan.kind(document), sound=sound, claimed=proposal.traveler is not None)
        if proposal.traveler is None:
            return f"document read: {proposal.why}" if sound else _unread(document.findings)
        self._heard(Claimed(proposal.traveler, now_s))
        seat = next(person.seat for person in self._view.missing if person.traveler == proposal.traveler)
        return f"document read: {f'seat {seat}' if seat else 'no seat known'}. {proposal.why}"

    def _tell(self, words: str, now_s: float | None = None) -> None:
        """Words about a read stay as long as a claim counts."""
        self._told_s = now_s
        self._view.update(reader=words, reader_ok=True)

    def _lost(self, why: str) -> None:
        if why != self._problem:
            log.error("reader.lost", why=why)
        self._problem = why
        self.close()
        self._reader, self._told_s = None, None
        self._view.update(reader=READER_LOST, reader_ok=False)


def opener(settings: SerialReader | KeysReader) -> Callable[[], Reader]:
    """What opens the reader of the settings, as often as it is lost.  It raises PortClosed."""
    return partial(_opened, settings)


def _opened(settings: SerialReader | KeysReader) -> Reader:
    return Reader(_source(settings), silence_ends=settings.silence_ends)


def _source(settings: SerialReader | KeysReader) -> Source:
    match settings:
        case SerialReader():
            return SerialPort(settings.port, settings.baud)
        case KeysReader():
            return KeyPort(settings.device)
    assert_never(settings)


def _latest(found: Sequence[Reading | Dropped]) -> Reading | Dropped:
    """One read for each beat: more at once are noise, and reading them all would hold up the gate."""
    whole = [read for read in found if isinstance(read, Reading)]
    return (whole or found)[-1]


def _unread(findings: tuple[Finding, ...]) -> str:
    """The first thing that is wrong, without what stands there."""
    wrong = next(finding for finding in findings if finding.weight is Weight.ERROR)
    return f"document not read: {wrong.item}: {wrong.problem}"
