"""Who settles a proposal has seen what it is about, as it is then, and settles nothing else."""

import hashlib
import json

import pytest
from google.protobuf.json_format import MessageToDict
from limen.v1 import approvals_pb2 as pb

from backend import approvals
from backend.adjudicating import NOT_THIS_PERSON, Verdict
from backend.caller import Caller
from backend.errors import Changed, KeyGone
from backend.keys import of_gallery
from backend.proposal_content import Shown, digest, told
from backend.settings import Rules
from backend.store import hotlist, proposals, schema, travelers
from backend.store.proposals import APPROVED, REJECTED, Proposal
from tests.integration.desk import ANALYST, DAY_MS, HUBER, MEYER, NOW, SUPERVISOR, Desk, officer, rows

OTHER = officer("s.hofer", "ZRH", "supervisor")


def look(desk: Desk, proposal: Proposal, who: Caller = SUPERVISOR) -> Shown:
    """As a person sees it in a list."""
    (found,) = desk.ask(approvals.listed, desk.acting(who), Rules(), proposal.proposal)
    return found


def seen(desk: Desk, what: pb.ProposeRequest) -> tuple[Proposal, pb.Content]:
    proposal = desk.propose(ANALYST, what)
    content = look(desk, proposal).content
    assert content is not None
    return proposal, content


def rule(value: float) -> pb.ProposeRequest:
    return pb.ProposeRequest(reason="as measured", rule=pb.RuleChange(rule="margin", value=value))


def test_an_entry_is_shown_with_its_ground_and_what_else_stands_against_that_person(desk: Desk) -> None:
    other = desk.wanted(1)
    _, content = seen(desk, desk.listed(1, NOW + 2 * DAY_MS))
    proposed, (beside,) = content.hotlist.proposed, content.hotlist.others
    assert (proposed.document_type, proposed.document_issuer, proposed.document_number) == ("P", "UTO", "***001")
    assert (proposed.remark, proposed.ground) == ("ask about the cargo", "customs case 12-345")
    assert (proposed.entry, proposed.until_utc_ms) == ("", NOW + 2 * DAY_MS)
    assert (beside.entry, beside.until_utc_ms, beside.ended_utc_ms) == (other, NOW + DAY_MS, 0)


def test_an_entry_by_another_document_of_that_person_is_shown_beside_it(desk: Desk) -> None:
    with desk.engine.begin() as db:
        (one,) = travelers.of_journey(db, desk.keys, desk.journey, [desk.people[0]])
        second = travelers.Traveler(one.traveler, one.biographic, documents=("P:UTO:YY9",))
        travelers.know_documents(db, desk.keys, [second])
    of = desk.listed(0)
    of.hotlist.document_number = "YY9"
    entry = desk.settle(SUPERVISOR, desk.propose(ANALYST, of)).made
    assert [beside.entry for beside in seen(desk, desk.listed(0))[1].hotlist.others] == [entry]


@pytest.mark.parametrize("number", ["XX700001", "AB1", "ABCD", "A-B C 1 2 3 4"])
def test_of_a_document_at_most_half_and_the_last_three_characters_are_shown(desk: Desk, number: str) -> None:
    of = desk.listed(1)
    of.hotlist.document_number = number
    masked = seen(desk, of)[1].hotlist.proposed.document_number.removeprefix("***")
    plain = number.replace("-", "").replace(" ", "")
    assert plain.endswith(masked)
    assert 0 < len(masked) <= min(3, len(plain) / 2)


def test_the_end_of_an_entry_shows_the_entry(desk: Desk) -> None:
    entry, other = desk.wanted(1), desk.wanted(1)
    _, content = seen(desk, pb.ProposeRequest(reason="case closed", hotlist_end=pb.HotlistEnd(entry=entry)))
    assert (content.hotlist_end.ends.entry, content.hotlist_end.ends.remark) == (entry, "ask about the cargo")
    assert [one.entry for one in content.hotlist_end.others] == [other]


def test_a_rule_is_shown_with_its_present_value(desk: Desk) -> None:
    _, content = seen(desk, rule(0.3))
    assert (content.rule.rule, content.rule.present, content.rule.proposed) == ("margin", Rules().margin, 0.3)


def test_a_hold_and_its_end_show_the_journey_and_what_holds_it(desk: Desk) -> None:
    hold, content = seen(desk, pb.ProposeRequest(reason="court order", hold=pb.Hold(journey=desk.journey)))
    assert (content.hold.journey, content.hold.departure_port, content.hold.holds) == (desk.journey, "ZRH", 0)
    desk.settle(SUPERVISOR, hold)
    _, content = seen(desk, pb.ProposeRequest(reason="case closed", hold_end=pb.HoldEnd(journey=desk.journey)))
    assert (content.hold_end.journey, content.hold_end.holds) == (desk.journey, 1)


def test_a_protected_traveller_is_shown_masked(desk: Desk) -> None:
    of = pb.Protect(journey=desk.journey, traveler=desk.people[0])
    proposal, content = seen(desk, pb.ProposeRequest(reason="court order", protect=of))
    assert (content.protect.name, content.protect.document_number) == ("S*** P***", "***000")
    desk.keys.destroy(of_gallery(desk.journey))
    purged = look(desk, proposal).content
    assert purged is not None
    assert (purged.protect.traveler, purged.protect.name) == (desk.people[0], "")


def test_an_extract_shows_how_many_lines(desk: Desk) -> None:
    desk.wanted(1)
    _, content = seen(desk, pb.ProposeRequest(reason="review", audit_export=pb.AuditExport(first=1, last=2)))
    assert (content.audit_export.first, content.audit_export.last, content.audit_export.lines) == (1, 2, 2)


def test_every_kind_has_its_content() -> None:
    """One that is added without would be settled blindly."""
    kinds = pb.ProposeRequest.DESCRIPTOR.oneofs_by_name["what"].fields
    shown = pb.Content.DESCRIPTOR.oneofs_by_name["what"].fields
    assert {kind.name for kind in kinds} == {one.name for one in shown}


def test_acc1_each_showing_is_a_line_of_the_log_and_what_is_settled_is_not_shown(desk: Desk) -> None:
    first, second = desk.propose(ANALYST, desk.listed(1)), desk.propose(ANALYST, rule(0.3))
    with desk.engine.begin() as db:
        shown = approvals.listed(db, desk.acting(SUPERVISOR), Rules())
    digests = {one.proposal.proposal: one.digest for one in shown}
    assert set(desk.noted("proposal.shown")) == {("s.graf", name, "", said) for name, said in digests.items()}
    desk.settle(OTHER, first)
    desk.settle(OTHER, second, REJECTED)
    with desk.engine.begin() as db:
        assert all(one.content is None for one in approvals.listed(db, desk.acting(SUPERVISOR), Rules()))
    assert len(desk.noted("proposal.shown")) == 2
    assert "cargo" not in str(desk.ask(rows, schema.audit_log))


def changes(desk: Desk) -> list[tuple[pb.ProposeRequest, pb.ProposeRequest]]:
    """What is proposed, and what two others settle meanwhile."""
    entry = desk.wanted(0)
    end = pb.ProposeRequest(reason="case closed", hotlist_end=pb.HotlistEnd(entry=entry))
    hold = pb.ProposeRequest(reason="court order", hold=pb.Hold(journey=desk.journey))
    return [
        (rule(0.3), rule(0.2)),
        (desk.listed(0), desk.listed(0, NOW + 9)),
        (end, desk.listed(0)),
        (end, end),
        (hold, hold),
    ]


@pytest.mark.parametrize("number", range(5))
def test_what_has_changed_since_it_was_seen_is_not_settled(desk: Desk, number: int) -> None:
    what, meanwhile = changes(desk)[number]
    proposal = desk.propose(ANALYST, what)
    before = look(desk, proposal)
    desk.settle(OTHER, desk.propose(HUBER, meanwhile))
    for settled in (APPROVED, REJECTED):
        with pytest.raises(Changed, match="look at it again"):
            desk.settle_seen(SUPERVISOR, proposal, before.digest, settled)
    now = look(desk, proposal)
    assert now.digest != before.digest
    assert desk.settle_seen(SUPERVISOR, proposal, now.digest).digest == now.digest


def test_a_digest_is_of_one_proposal_only(desk: Desk) -> None:
    first, second = desk.propose(ANALYST, desk.listed(1)), desk.propose(ANALYST, desk.listed(1))
    with pytest.raises(Changed):
        desk.settle_seen(SUPERVISOR, second, look(desk, first).digest)
    with pytest.raises(Changed, match="too old"):
        desk.settle_seen(SUPERVISOR, second, "")
    assert desk.ask(hotlist.against, desk.people[1], NOW) is None


def test_what_cannot_be_opened_can_be_listed_and_not_settled(desk: Desk) -> None:
    proposal = desk.propose(ANALYST, desk.listed(1))
    with desk.engine.begin() as db:
        db.execute(schema.proposals.update().values(sealed=b"another key's"))
    shown = look(desk, proposal)
    assert (shown.content, shown.digest) == (None, "")
    for named in ("", "0" * 64):
        with pytest.raises(KeyGone, match="nobody can see"):
            desk.settle_seen(SUPERVISOR, proposal, named)


def test_not_this_person_proposes_an_end_that_is_seen_before_it_is_settled(desk: Desk) -> None:
    alert = desk.hit()
    desk.take(MEYER, alert)
    desk.adjudicate(MEYER, alert, Verdict(NOT_THIS_PERSON, "a brother"))
    with desk.engine.begin() as db:
        (made,) = proposals.listed(db, 9, open_only=True)
    shown = look(desk, made)
    assert shown.content is not None
    assert shown.content.hotlist_end.ends.entry == alert.entry
    with pytest.raises(Changed):
        desk.settle_seen(SUPERVISOR, made, "")
    desk.settle_seen(SUPERVISOR, made, shown.digest)
    assert desk.ask(hotlist.against, desk.people[0], NOW + 1) is None


def test_the_digest_is_what_the_protocol_says(desk: Desk) -> None:
    proposal, content = seen(desk, desk.listed(1))
    whole = told(proposal, content)
    plain = MessageToDict(whole, preserving_proto_field_name=True)
    assert set(plain) == {"proposal", "kind", "proposed_by", "proposed_utc_ms", "reason", "content"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(text).hexdigest() == digest(whole) == look(desk, proposal).digest
    whole.made, whole.digest = "later", "0" * 64
    assert digest(whole) == look(desk, proposal).digest
