"""What takes four eyes happens after a second person's approval only, once, and never by who proposed it."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from limen.v1.approvals_pb2 import AuditExport, Hold, HoldEnd, HotlistEnd, ProposeRequest, RuleChange
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from backend import approvals
from backend.caller import Caller
from backend.errors import NotAllowed, Refused, Repeated
from backend.keys import KeyRing
from backend.settings import Rules
from backend.store import hotlist, proposals, rules, schema
from backend.store.proposals import APPROVED, REJECTED, Settlement
from backend.store.schema import audit_log, holds
from calibration.service import four_eyes
from tests.integration.desk import ANALYST, HOUR_MS, NOW, SUPERVISOR, Desk, officer, rows

OTHER = officer("s.hofer", "ZRH", "supervisor")


def change(rule: str, value: float) -> ProposeRequest:
    return ProposeRequest(reason="as measured", rule=RuleChange(rule=rule, value=value))


def test_se05_random_people_never_settle_their_own_and_nothing_happens_twice(engine: Engine, tmp_path: Path) -> None:
    tally = asyncio.run(four_eyes.walk([engine], KeyRing(tmp_path / "keys"), 150))
    assert (tally.self_approvals, tally.wrong_effects) == (0, 0)
    assert tally.own > 10
    assert tally.races > 3


def test_hum2_an_entry_stands_once_a_second_person_has_validated_it(desk: Desk) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    assert desk.ask(hotlist.against, desk.people[1], NOW) is None
    entry = desk.settle(SUPERVISOR, proposal).made
    assert desk.ask(hotlist.against, desk.people[1], NOW) == entry
    assert desk.ask(hotlist.against, desk.people[2], NOW) is None


def test_hum2_a_rejected_entry_never_stands(desk: Desk) -> None:
    desk.settle(SUPERVISOR, desk.propose(ANALYST, desk.listed(1)), REJECTED)
    assert desk.ask(hotlist.against, desk.people[1], NOW) is None


def test_hum2_an_expired_entry_does_not_hit(desk: Desk) -> None:
    desk.settle(SUPERVISOR, desk.propose(ANALYST, desk.listed(1, NOW + HOUR_MS)))
    assert desk.ask(hotlist.against, desk.people[1], NOW + HOUR_MS - 1) is not None
    assert desk.ask(hotlist.against, desk.people[1], NOW + HOUR_MS) is None


def test_hum2_an_ended_entry_does_not_hit_and_ends_by_four_eyes_too(desk: Desk) -> None:
    entry = desk.wanted(1)
    end = desk.propose(ANALYST, ProposeRequest(reason="case closed", hotlist_end=HotlistEnd(entry=entry)))
    assert desk.ask(hotlist.against, desk.people[1], NOW) == entry
    assert desk.settle(SUPERVISOR, end).made == entry
    assert desk.ask(hotlist.against, desk.people[1], NOW + 1) is None


@pytest.mark.parametrize("ground", ["face match", "   ", "The camera says it is the same person (0.98)"])
def test_hum1_a_face_alone_is_no_ground_for_an_entry(desk: Desk, ground: str) -> None:
    what = desk.listed(1)
    what.hotlist.ground = ground
    with pytest.raises(Refused, match="not the face"):
        desk.propose(ANALYST, what)


@pytest.mark.parametrize(
    "again",
    [
        officer("a.keller", "*", "supervisor"),
        officer("a.keller", "GVA", "manager"),
        officer("A.Keller", "*", "supervisor"),
    ],
    ids=str,
)
def test_se05_who_proposed_never_settles_under_another_role_or_post(desk: Desk, again: Caller) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    for settled in (APPROVED, REJECTED):
        with pytest.raises(NotAllowed, match="another person"):
            desk.settle(again, proposal, settled)
    assert desk.ask(proposals.find, proposal.proposal) == proposal


def test_se05_the_database_itself_refuses_the_proposers_hand(desk: Desk) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    with pytest.raises(IntegrityError):
        desk.ask(proposals.settle, proposal.proposal, Settlement(APPROVED, ANALYST.name, "mine", NOW))


def test_a_proposal_is_settled_once_and_saying_it_again_changes_nothing(desk: Desk) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    settled = desk.settle(SUPERVISOR, proposal)
    assert desk.settle(SUPERVISOR, proposal) == settled
    for who, said in ((OTHER, APPROVED), (SUPERVISOR, REJECTED)):
        with pytest.raises(Repeated):
            desk.settle(who, proposal, said)


def test_the_last_approved_rule_counts_and_the_others_stay(desk: Desk) -> None:
    for value in (0.2, 0.3):
        desk.settle(SUPERVISOR, desk.propose(ANALYST, change("margin", value)))
    desk.propose(ANALYST, change("margin", 0.4))
    desk.settle(SUPERVISOR, desk.propose(ANALYST, change("attempts", 2)))
    assert desk.ask(rules.current, Rules(fpir=0.01)) == Rules(fpir=0.01, margin=0.3, attempts=2)


@pytest.mark.parametrize(("rule", "value"), [("margin", 1.0), ("fpir", 0.0), ("attempts", 2.5), ("attempts", 0)])
def test_a_rule_outside_its_bounds_cannot_be_proposed(desk: Desk, rule: str, value: float) -> None:
    with pytest.raises(Refused, match=rule):
        desk.propose(ANALYST, change(rule, value))


def test_a_journey_is_held_and_let_go_by_two_people(desk: Desk) -> None:
    hold = desk.propose(ANALYST, ProposeRequest(reason="court order", hold=Hold(journey=desk.journey)))
    assert desk.ask(rows, holds) == []
    desk.settle(SUPERVISOR, hold)
    assert [row["ended_utc_ms"] for row in desk.ask(rows, holds)] == [None]
    end = desk.propose(ANALYST, ProposeRequest(reason="case closed", hold_end=HoldEnd(journey=desk.journey)))
    desk.settle(SUPERVISOR, end)
    assert [row["ended_utc_ms"] for row in desk.ask(rows, holds)] == [NOW]


def impossible(desk: Desk) -> Sequence[ProposeRequest]:
    reason = "because"
    return [
        desk.listed(1, NOW),
        ProposeRequest(reason=reason, hotlist_end=HotlistEnd(entry="4b7c9bb4-3d8c-4f2e-8b64-1fd1f6f5b001")),
        ProposeRequest(reason=reason, hold=Hold(journey="XX999-2026-11-22")),
        ProposeRequest(reason=reason, audit_export=AuditExport(first=2, last=1)),
        ProposeRequest(reason=reason, audit_export=AuditExport(first=1, last=10_000)),
        ProposeRequest(reason=reason, audit_export=AuditExport(first=1, last=999)),
    ]


def test_what_could_not_be_done_is_refused_when_it_is_proposed(desk: Desk) -> None:
    for what in impossible(desk):
        with pytest.raises(Refused):
            desk.propose(ANALYST, what)
    assert desk.ask(rows, schema.proposals) == []


def test_an_extract_of_the_log_is_its_lines_and_goes_to_the_two_who_asked_for_it(desk: Desk) -> None:
    desk.wanted(1)
    auditor = officer("r.blanc", "*", "auditor")
    extract = desk.propose(auditor, ProposeRequest(reason="review", audit_export=AuditExport(first=1, last=2)))
    made = desk.settle(SUPERVISOR, extract).made
    log = desk.ask(rows, audit_log)
    assert [json.loads(line) for line in made.splitlines()] == log[:2]
    with desk.engine.begin() as db:
        seen = {
            who.name: [
                one.proposal.made
                for one in approvals.listed(db, desk.acting(who), Rules())
                if one.proposal.made == made
            ]
            for who in (auditor, SUPERVISOR, ANALYST)
        }
    assert seen == {"r.blanc": [made], "s.graf": [made], "a.keller": []}


def test_what_is_proposed_and_settled_is_in_the_log_by_ids_only(desk: Desk) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    entry = desk.settle(SUPERVISOR, proposal).made
    lines = [(row["who"], row["action"], row["subject"], row["result"]) for row in desk.ask(rows, audit_log)]
    assert lines == [
        ("a.keller", "proposal.made", proposal.proposal, "hotlist"),
        ("s.graf", "proposal.approved", proposal.proposal, entry),
    ]


def test_the_document_of_an_entry_is_nowhere_in_the_clear(desk: Desk) -> None:
    desk.wanted(1)
    for table in (schema.proposals, schema.hotlist, audit_log):
        assert "XX700001" not in str(desk.ask(rows, table))


def test_hum2_an_entry_is_of_a_document_that_can_be_found(desk: Desk) -> None:
    what = desk.listed(0)
    what.hotlist.document_issuer, what.hotlist.document_number = "QQ", "XX700000"
    with pytest.raises(Refused, match="is no state"):
        desk.propose(ANALYST, what)
    what.hotlist.document_type, what.hotlist.document_issuer, what.hotlist.document_number = "PP", "uto", "xx7 00000"
    desk.settle(SUPERVISOR, desk.propose(ANALYST, what))
    assert desk.ask(hotlist.against, desk.people[0], NOW) is not None
