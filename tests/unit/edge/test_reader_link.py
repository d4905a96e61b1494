"""The lane's document reader on a real terminal: what becomes a claim, and what the agent is told."""

import os
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge.encounter.events import Claimed, Event
from edge.encounter.step import CLAIM_S
from edge.reader_link import REOPEN_S, ReaderLink, opener
from edge.sentences import READER_LOST
from edge.settings import KeysReader, SerialReader
from edge.view import Missing, View
from hardware.documents.reader import SILENCE_S, Reader
from tests.unit.edge.test_documents import EVERYBODY, JOURNEY, bcbp, passport

TODAY = date(2026, 11, 22)


@dataclass
class Lane:
    """A reader's far end, and the brain's link on the near one."""

    port: Path
    view: View = field(default_factory=lambda: View(journey=JOURNEY, missing=EVERYBODY))
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.plug_in()
        settings = SerialReader(kind="serial", port=str(self.port))
        self.link = ReaderLink(opener(settings), self.view, self.heard.append)

    def plug_in(self) -> None:
        self.far, self.near = os.openpty()
        tty.setraw(self.near)
        self.port.symlink_to(os.ttyname(self.near))

    def scan(self, text: str, now_s: float) -> str:
        """Send it as a reader does; what the agent then reads."""
        self.link.poll(now_s, TODAY)
        os.write(self.far, text.replace("\n", "\r").encode() + b"\r")
        self.link.poll(now_s + 0.05, TODAY)
        return self.view.reader

    def cut(self) -> None:
        self.port.unlink()
        os.close(self.far)
        os.close(self.near)
        self.far = self.near = -1


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    lane = Lane(tmp_path / "reader")
    yield lane
    lane.link.close()
    if lane.far >= 0:
        lane.cut()


def test_a_boarding_pass_claims_its_traveller_and_the_agent_reads_the_seat(lane: Lane) -> None:
    assert lane.scan(bcbp(), 7.0) == "document read: seat 1A. Name, flight and seat agree."
    assert lane.heard == [Claimed("t1", 7.05)]
    assert lane.view.reader_ok


def test_a_passport_claims_its_traveller(lane: Lane) -> None:
    assert lane.scan(passport(), 0.0) == "document read: seat 2C. The name agrees."
    assert lane.heard == [Claimed("t3", 0.05)]


def test_a_traveller_without_a_seat_is_claimed_too(lane: Lane) -> None:
    lane.view.update(missing=(Missing("t9", "DESMARAIS LUC", ""),))
    assert lane.scan(bcbp(), 0.0) == "document read: no seat known. Name and flight agree."
    assert lane.heard == [Claimed("t9", 0.05)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (bcbp(flight="AC 0835"), "document read: The boarding pass is for AC835"),
        (bcbp("SOMEBODY/ELSE"), "document read: Nobody of this name is missing"),
        (passport(expiry="200101"), "document read: The document expired on 2020-01-01"),
        (passport().replace("L898902C3", "L8989O2C3"), "document not read: "),
        (bcbp()[:-12], "document not read: "),
        ("hello", "document not read: text: neither a boarding pass nor a machine readable zone"),
        ("M1\x18", "document not read: read: cancelled, or keys were lost"),
    ],
    ids=["another flight", "not missing", "expired", "misread", "cut short", "something else", "cancelled"],
)
def test_a_document_in_doubt_claims_nobody_and_says_why_without_a_name_or_a_number(
    lane: Lane, text: str, words: str
) -> None:
    told = lane.scan(text, 0.0)
    assert told.startswith(words)
    assert lane.heard == []
    assert not any(secret in told.upper() for secret in ("DESMARAIS", "ERIKSSON", "SOMEBODY", "L8989", "ABC123"))


def test_of_two_with_one_name_nobody_is_claimed(lane: Lane) -> None:
    lane.view.update(missing=(Missing("t1", "ERIKSSON ANNA MARIA", "1A"), Missing("t2", "ERIKSSON ANNA MARIA", "1B")))
    assert lane.scan(passport(), 0.0).startswith("document read: 2 missing travellers have this name")
    assert lane.heard == []


def test_half_a_read_is_told_and_claims_nobody(lane: Lane) -> None:
    lane.link.poll(0.0, TODAY)
    os.write(lane.far, bcbp()[:30].encode())
    lane.link.poll(0.05, TODAY)
    assert lane.view.reader == "ready"
    lane.link.poll(0.1 + 2 * SILENCE_S, TODAY)
    assert lane.view.reader.startswith("document not read: read: 30 bytes without a line end")
    assert lane.heard == []


def test_of_several_at_once_the_latest_counts(lane: Lane) -> None:
    lane.scan("hello\r" * 3 + bcbp() + "\r" + bcbp("DESMARAIS/ANN", "001B"), 0.0)
    assert lane.heard == [Claimed("t2", 0.05)]


def test_the_words_about_a_document_stay_as_long_as_it_counts(lane: Lane) -> None:
    told = lane.scan(bcbp(), 0.0)
    lane.link.poll(CLAIM_S, TODAY)
    assert lane.view.reader == told
    lane.link.poll(CLAIM_S + 0.1, TODAY)
    assert lane.view.reader == "ready"


def test_a_reader_that_is_gone_is_told_and_opened_again_when_it_is_back(lane: Lane) -> None:
    lane.link.poll(0.0, TODAY)
    lane.cut()
    for now_s in (0.05, 0.1, 0.1 + REOPEN_S):
        lane.link.poll(now_s, TODAY)
    assert (lane.view.reader, lane.view.reader_ok) == (READER_LOST, False)
    lane.plug_in()
    assert lane.scan(bcbp(), 3 * REOPEN_S).startswith("document read: seat 1A")
    assert lane.heard == [Claimed("t1", 3 * REOPEN_S + 0.05)]


def test_one_that_never_was_there_is_told_and_tried_again(lane: Lane) -> None:
    opened: list[float] = []

    def missing_device() -> Reader:
        opened.append(now_s)
        return opener(KeysReader(kind="keys", device="/dev/input/by-id/no-such-reader"))()

    link = ReaderLink(missing_device, lane.view, lane.heard.append)
    assert (lane.view.reader, lane.view.reader_ok) == ("not connected", False)
    for beat in range(60):
        now_s = beat * 0.05
        link.poll(now_s, TODAY)
    assert opened == pytest.approx([0.0, 1.0, 2.0])
    assert lane.view.reader == READER_LOST
    assert not lane.view.reader_ok


def test_no_field_of_a_document_is_in_the_log(lane: Lane) -> None:
    with capture_logs() as logged:
        for at, text in enumerate((bcbp(), passport(), passport().replace("L898902C3", "L8989O2C3"), bcbp()[:-12])):
            lane.scan(text, at * 1.0)
    assert [line["claimed"] for line in logged if line["event"] == "document.read"] == [True, True, False, False]
    words = str(logged).upper()
    assert not any(secret in words for secret in ("DESMARAIS", "ERIKSSON", "L8989", "ABC123", "AC834", "'T1'", "1A"))
