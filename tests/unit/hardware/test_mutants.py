"""Changes of the controller do not go unnoticed, and the plays tell the same of model and firmware."""

from collections import Counter
from pathlib import Path

import pytest

from hardware.gate.firmware import build
from hardware.gate.model import GateModel
from hardware.gate.mutants import __main__ as command
from hardware.gate.mutants import compiled, plays, plays_line, twins
from hardware.gate.mutants.change import Change, c_changes
from hardware.gate.mutants.stage import Play
from hardware.gate.mutants.tape import differs, expected, packed
from hardware.gate.native import Native

SHORT = (plays_line.silences, plays_line.hellos)


def test_few_plays_notice_most_changes() -> None:
    verdict = command.sample(8, 1, ("session.c",))
    assert verdict.tried >= 4
    assert len(verdict.survived) < verdict.tried / 2


def test_what_the_compiler_makes_the_same_of_is_no_change_and_what_writes_too_far_is_noticed(tmp_path: Path) -> None:
    tapes = [(tape, expected(Native, tape)) for tape in plays.record(SHORT[1:])]
    (tmp_path / "hellos.tape").write_bytes(packed(tapes))
    shop = compiled.Shop.open(tmp_path, {"line.c": tmp_path / "hellos.tape"})
    text = (build.SOURCES / "line.c").read_text()

    def outcome(was: str, becomes: str) -> compiled.Outcome:
        assert was in text
        return shop.outcome(Change("line.c", "", was, becomes, 1, text.replace(was, becomes)))

    assert outcome("tag, MAC_SIZE);", "tag, MAC_SIZE + 0);") is compiled.Outcome.SAME
    assert outcome("tag, MAC_SIZE);", "tag, MAC_SIZE") is compiled.Outcome.NO_PROGRAM
    assert outcome("tag, MAC_SIZE);", "tag, MAC_SIZE - 1);") is compiled.Outcome.NOTICED
    assert outcome("tag, MAC_SIZE);", "tag, MAC_SIZE + 1);") is compiled.Outcome.NOTICED
    assert outcome("return put32(at, 0);", "return put32(at, 1);") is compiled.Outcome.SURVIVED


@pytest.mark.parametrize("play", SHORT, ids=range(len(SHORT)))
def test_model_and_firmware_do_the_same_in_a_play(play: Play) -> None:
    tapes = plays.record((play,))
    assert [expected(GateModel, tape) for tape in tapes] == [expected(Native, tape) for tape in tapes]


def test_a_changed_twin_is_noticed_and_an_unchanged_one_is_not() -> None:
    tapes = [(tape, expected(Native, tape)) for tape in plays.record(SHORT[:1])]
    changes = list(twins.changes(("leaf.py",)))
    by: Counter[int] = Counter()
    noticed = [change for change in changes[::9] if not twins.survives(change, tapes, by)]
    assert noticed
    assert 0 < by.total() <= len(noticed)
    assert not any(differs(GateModel, tape, wanted) for tape, wanted in tapes)


def test_a_tape_that_ends_early_or_late_differs() -> None:
    tape, *_ = plays.record(SHORT)
    wanted = expected(Native, tape)
    assert differs(Native, tape, wanted[:-1])
    assert differs(Native, tape, (*wanted, b"more"))
    assert not differs(Native, tape, wanted)


def test_each_kind_of_place_is_changed_within_functions_only() -> None:
    text = (
        "#define SLOW_MS 5\n\nint reply(int a) {\n    if (a < SLOW_MS && !a) return 1;\n    a = 2;\n    return a;\n}\n"
    )
    found = {change.becomes for change in c_changes("x.c", text, "")}
    assert found == {
        "if (a <= SLOW_MS && !a) return 1;",
        "if (a >= SLOW_MS && !a) return 1;",
        "if (a < SLOW_MS || !a) return 1;",
        "if (a < (SLOW_MS + 1) && !a) return 1;",
        "if (a < (SLOW_MS - 1) && !a) return 1;",
        "if (a < SLOW_MS && a) return 1;",
        "if (a < SLOW_MS && !a) return (1 + 1);",
        "if (a < SLOW_MS && !a) return (1 - 1);",
        "if (!(a < SLOW_MS && !a)) return 1;",
        "a = (2 + 1);",
        "a = (2 - 1);",
        ";",
    }
    assert {change.function for change in c_changes("x.c", text, "")} == {"reply"}


def test_every_survivor_is_explained_by_a_sentence() -> None:
    why = command.explained()
    assert all(sentence.endswith(".") and len(sentence) > 20 for sentence in why.values())
    assert all(file in (*compiled.RULES, *compiled.PEOPLE, *twins.FILES) for file, *_ in why)
