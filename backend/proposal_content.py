"""What a proposal is about, as it is shown to who may settle it, and the digest that says what was seen.

A document is masked but its last three characters, a name but its first letters: enough to recognise a person that is
known from the case, too little to look somebody up.
"""

import hashlib
import json
from dataclasses import dataclass

from google.protobuf.json_format import MessageToDict
from limen.v1 import approvals_pb2 as pb
from sqlalchemy import Connection

from backend import accounts, documents
from backend.acting import Acting
from backend.biographic import fingerprint
from backend.errors import KeyGone
from backend.keys import PERSONS, RECORDS
from backend.settings import Rules
from backend.store import holds, hotlist, journeys, rules, travelers
from backend.store.hotlist import Entry
from backend.store.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Shown:
    """content: None, and digest "", for what is settled or can no longer be opened."""

    proposal: Proposal
    content: pb.Content | None = None
    digest: str = ""


def show(db: Connection, acting: Acting, settings: Rules, proposal: Proposal) -> Shown:
    """With what is there now.  settings: the rules as the settings say.  Whoever shows it on notes that in the log."""
    if proposal.settled:
        return Shown(proposal)
    try:
        body = pb.ProposeRequest.FromString(acting.keys.box(RECORDS).open(proposal.sealed, proposal.proposal))
        content = _content(db, acting, settings, body)
    except KeyGone:
        return Shown(proposal)
    return Shown(proposal, content, digest(told(proposal, content)))


def told(proposal: Proposal, content: pb.Content) -> pb.Proposal:
    """What the digest is made of."""
    return pb.Proposal(
        proposal=proposal.proposal,
        kind=proposal.kind,
        proposed_by=proposal.proposed_by,
        proposed_utc_ms=proposal.proposed_utc_ms,
        reason=proposal.reason,
        content=content,
    )


def digest(shown: pb.Proposal) -> str:
    """As `Proposal.digest` in the protocol says: over what is proposed, not over what became of it."""
    seen = MessageToDict(shown, preserving_proto_field_name=True)
    for later in ("settled", "settled_by", "made", "digest"):
        seen.pop(later, None)
    return hashlib.sha256(json.dumps(seen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _content(db: Connection, acting: Acting, settings: Rules, body: pb.ProposeRequest) -> pb.Content:
    match body.WhichOneof("what"):
        case "hotlist":
            return pb.Content(hotlist=_proposed_entry(db, acting, body.hotlist))
        case "hotlist_end":
            return pb.Content(hotlist_end=_ended_entry(db, acting, body.hotlist_end.entry))
        case "rule":
            present = float(getattr(rules.current(db, settings), body.rule.rule))
            return pb.Content(rule=pb.ShownRule(rule=body.rule.rule, present=present, proposed=body.rule.value))
        case "hold":
            return pb.Content(hold=_held(db, body.hold.journey))
        case "hold_end":
            return pb.Content(hold_end=_held(db, body.hold_end.journey))
        case "protect":
            return pb.Content(protect=_protected(db, acting, body.protect))
        case "audit_export":
            first, last = body.audit_export.first, body.audit_export.last
            return pb.Content(audit_export=pb.ShownExtract(first=first, last=last, lines=last - first + 1))
        case _:
            return accounts.show(db, body)


def _proposed_entry(db: Connection, acting: Acting, what: pb.HotlistEntry) -> pb.ShownHotlist:
    document = documents.name(what.document_type, what.document_issuer, what.document_number)
    person = fingerprint(acting.keys.box(PERSONS), document)
    return pb.ShownHotlist(proposed=_entry(what), others=_others(db, acting, person))


def _ended_entry(db: Connection, acting: Acting, name: str) -> pb.ShownHotlistEnd:
    held = hotlist.find(db, name)
    if held is None:
        return pb.ShownHotlistEnd(ends=pb.ShownEntry(entry=name))
    others = [one for one in _others(db, acting, held.person) if one.entry != name]
    return pb.ShownHotlistEnd(ends=_kept(acting, held), others=others)


def _others(db: Connection, acting: Acting, person: str) -> list[pb.ShownEntry]:
    return [_kept(acting, held) for held in hotlist.standing(db, person, acting.now_utc_ms)]


def _kept(acting: Acting, held: Entry) -> pb.ShownEntry:
    try:
        what = pb.HotlistEntry.FromString(acting.keys.box(RECORDS).open(held.sealed, held.entry))
    except KeyGone:  # it stands all the same
        what = pb.HotlistEntry(until_utc_ms=held.until_utc_ms)
    shown = _entry(what)
    shown.entry, shown.ended_utc_ms = held.entry, held.ended_utc_ms or 0
    return shown


def _entry(what: pb.HotlistEntry) -> pb.ShownEntry:
    return pb.ShownEntry(
        document_type=what.document_type,
        document_issuer=what.document_issuer,
        document_number=documents.masked(what.document_number),
        remark=what.remark,
        ground=what.ground,
        until_utc_ms=what.until_utc_ms,
    )


def _held(db: Connection, journey: str) -> pb.ShownHold:
    shown = pb.ShownHold(journey=journey, holds=holds.standing(db, journey))
    if (run := journeys.find(db, journey)) is not None:
        shown.departure_port, shown.arrival_port = run.departure_port, run.arrival_port
        shown.departs_utc_ms, shown.purged_utc_ms = run.departs_utc_ms or 0, run.purged_utc_ms or 0
    return shown


def _protected(db: Connection, acting: Acting, what: pb.Protect) -> pb.ShownProtect:
    shown = pb.ShownProtect(journey=what.journey, traveler=what.traveler)
    try:
        who = travelers.one(db, acting.keys, what.journey, what.traveler)
    except KeyGone:  # purged meanwhile
        who = None
    if who is not None:
        of = who.biographic
        shown.name = " ".join(f"{part[0]}***" for part in of.name.split())
        shown.document_type, shown.document_issuer = of.document_type, of.document_issuer
        shown.document_number = documents.masked(of.document_number)
    return shown
