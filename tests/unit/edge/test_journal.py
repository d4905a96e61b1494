import asyncio
import os
import re
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given

from edge.encounter import codec
from edge.encounter.codec import Step
from edge.encounter.events import (
    AgentBoards,
    Ask,
    AskDocuments,
    Boarded,
    Claimed,
    Crossed,
    CutOff,
    Grant,
    Outcome,
    Proceed,
    Prompt,
    ServiceChanged,
    Show,
    Told,
)
from edge.encounter.journal import Journal, read, recover
from edge.encounter.replay import differences
from edge.encounter.states import State
from edge.encounter.step import step
from edge.errors import JournalUnfit
from tests.make import play
from tests.unit.edge.test_claims import WAITING, T, approach, claimed
from tests.unit.edge.test_step import OPENED, events

GRANTED = Step(0.1, Told("e1", 1, Proceed("d1")), (Grant("e1", "d1"), Show(Prompt.GO)))
ENDED = Step(1.9, OPENED[-1][1], (Outcome("e1", Crossed("d1"), 1800),))


async def write(folder: Path, *steps: Step) -> Journal:
    journal = Journal(folder)
    for written in steps:
        await journal.write(written, "XX1")
    journal.close()
    return journal


@given(events)
def test_every_event_survives_the_journal(event: object) -> None:
    assert codec.value(codec.plain(event)) == event


def test_what_was_not_delivered_is_still_pending_after_a_restart(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, GRANTED, ENDED))
    left = recover(tmp_path)
    assert [n.step for n in left.pending.values()] == [GRANTED, ENDED]
    assert left.granted == {}


def test_what_was_delivered_is_not_told_again(tmp_path: Path) -> None:
    async def run() -> None:
        journal = Journal(tmp_path)
        await journal.write(GRANTED, "XX1")
        await journal.write(ENDED, "XX1")
        for number in list(journal.pending):
            await journal.delivered(number, "recorded")
        journal.close()

    asyncio.run(run())
    assert recover(tmp_path).pending == {}


def test_a_grant_without_an_end_is_known_after_a_restart(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, GRANTED))
    assert Journal(tmp_path).cut_off == (CutOff("e1", "d1"),)


def test_hum3_an_agents_grant_without_an_end_is_known_with_its_traveler(tmp_path: Path) -> None:
    boards, ask = AgentBoards("t9", "AG-7", "e9"), AskDocuments("e9", "t9", "AG-7")
    answered = Step(2.0, Told("e9", 1, Proceed("d9")), (Grant("e9", "d9"),))
    asyncio.run(write(tmp_path, Step(1.0, boards, (ask,)), answered))
    away = Step(3.0, AgentBoards("t8", "AG-7", "e8"), (Grant("e8", "AG-7"),))
    asyncio.run(write(tmp_path, away))
    assert Journal(tmp_path).cut_off == (
        CutOff("e9", "d9", Boarded("t9", "AG-7", "d9")),
        CutOff("e8", "", Boarded("t8", "AG-7")),
    )


def test_an_outcome_belongs_to_the_journey_of_its_grant_also_after_a_restart(tmp_path: Path) -> None:
    async def run(journal: Journal, step: Step, journey: str) -> list[str]:
        await journal.write(step, journey)
        journal.close()
        return [notice.journey for notice in journal.pending.values()]

    assert asyncio.run(run(Journal(tmp_path), GRANTED, "XX1")) == ["XX1"]
    assert asyncio.run(run(Journal(tmp_path), ENDED, "")) == ["XX1", "XX1"]
    assert recover(tmp_path).journeys == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnfit, match="the gate stays shut until it can be written"):
        Journal(tmp_path / "file" / "journal")


def test_numbers_rise_across_restarts(tmp_path: Path) -> None:
    first = asyncio.run(write(tmp_path, GRANTED, ENDED))
    second = asyncio.run(write(tmp_path, GRANTED))
    assert max(second.pending) == max(first.pending) + 1


@pytest.mark.parametrize("cut", [1, 20, 80])
def test_er01_half_a_last_line_is_left_out_and_nothing_else(tmp_path: Path, cut: int) -> None:
    journal = asyncio.run(write(tmp_path, GRANTED, ENDED))
    journal.path.write_bytes(journal.path.read_bytes()[:-cut])
    assert [n.step for n, _ in read(journal.path) if n] == [GRANTED]


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    journal = asyncio.run(write(tmp_path, GRANTED, ENDED))
    lines = journal.path.read_bytes().split(b"\n")
    journal.path.write_bytes(b"\n".join([lines[0][:-9], *lines[1:]]))
    with pytest.raises(JournalUnfit, match="line 1 cannot be read"):
        list(read(journal.path))


@pytest.mark.parametrize("number", ["0", "-1", str(2**53), "1.5", "true", '"7"'])
def test_a_number_the_service_would_not_take_is_a_damaged_line(tmp_path: Path, number: str) -> None:
    journal = asyncio.run(write(tmp_path, GRANTED))
    journal.path.write_text(re.sub(r'"n":\d+', f'"n":{number}', journal.path.read_text()))
    with pytest.raises(JournalUnfit, match="line 1 cannot be read"):
        list(read(journal.path))


def test_er07_a_full_disk_is_said_and_spoils_no_line(tmp_path: Path) -> None:
    async def run() -> Path:
        journal = Journal(tmp_path)
        await journal.write(GRANTED, "XX1")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 30, hard))
        try:
            with pytest.raises(JournalUnfit, match="free the disk"):
                await journal.write(ENDED, "XX1")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        await journal.write(ENDED, "XX1")
        journal.close()
        return journal.path

    assert [n.step for n, _ in read(asyncio.run(run())) if n] == [GRANTED, ENDED]


def test_a_journal_with_a_document_is_replayed_from_disk_and_names_the_traveller_by_id(tmp_path: Path) -> None:
    state, steps = State(), []
    for now_s, event in ((0.0, ServiceChanged(True)), *WAITING, claimed(0.5), *approach(0.6)):
        state, effects = step(state, event, now_s)
        steps.append(Step(now_s, event, effects))
    journal = asyncio.run(write(tmp_path, *steps))
    recorded = [notice.step for notice, _ in read(journal.path) if notice]
    assert recorded == steps
    assert [e.traveler for s in recorded for e in s.effects if isinstance(e, Ask)] == [None, T]
    assert list(differences(recorded)) == []
    without = [s for s in recorded if not isinstance(s.event, Claimed)]
    assert any("now nothing" in line for line in differences(without)), "the document is what the second question is of"


def test_a_question_recorded_before_documents_were_read_is_a_search() -> None:
    assert codec.value({"is": "Ask", "encounter": "e1", "attempt": 1, "shots": ["1"]}) == Ask("e1", 1, ("1",))


def test_a_replay_of_what_happened_shows_no_difference_and_of_something_else_does() -> None:
    state, steps = State(), []
    for now_s, event in ((0.0, ServiceChanged(True)), *OPENED):
        state, effects = step(state, event, now_s)
        steps.append(Step(now_s, event, effects))
    assert list(differences(steps)) == []
    altered = [*steps[:3], Step(steps[3].now_s, steps[3].event, ()), *steps[4:]]
    (line,) = differences(altered)
    assert "was nothing, now" in line
    assert play(*OPENED)[1]


def test_er06_a_clock_set_back_changes_no_order(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path, GRANTED))
    (first,) = tmp_path.glob("*.jsonl")
    later = first.rename(tmp_path / f"{int(first.stem) + 86_400_000}.jsonl")  # as written by a clock a day ahead
    asyncio.run(write(tmp_path, ENDED))
    assert sorted(tmp_path.glob("*.jsonl"))[0] == later
    assert recover(tmp_path).granted == {}


def test_er06_journals_go_when_fourteen_days_of_others_follow_whatever_the_clock_says(tmp_path: Path) -> None:
    asyncio.run(write(tmp_path))
    (old,) = tmp_path.glob("*.jsonl")
    os.utime(old, (1_000_000, 1_000_000))
    asyncio.run(write(tmp_path))
    assert old.exists(), "nothing was written since"
    asyncio.run(write(tmp_path))
    assert not old.exists()
