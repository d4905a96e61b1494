"""What takes four eyes: one person proposes, another approves, and only then it happens, in the same transaction.

Entries of the hotlist and their end, changes of the rules, holds and their end, protected travellers (ACC-2),
extracts of the audit log, accounts and their posts.  Who proposed never settles, under whatever role or post: it is
the person's name that is compared, here and by the database.  Who settles says by a digest what was seen, and nothing
else is settled: neither a rule whose present value has changed since, nor an entry beside which another one stands.
"""

import json
import uuid
from dataclasses import replace

from limen.v1.approvals_pb2 import HotlistEntry, ProposeRequest, Protect, RuleChange
from pydantic import ValidationError
from sqlalchemy import Connection, select

from backend import accounts, documents
from backend.acting import Acting
from backend.biographic import fingerprint
from backend.errors import Changed, KeyGone, NotAllowed, Refused, Repeated
from backend.grounds import not_biometric
from backend.keys import PERSONS, RECORDS
from backend.named_fields import copied
from backend.proposal_content import Shown, show
from backend.settings import Rules
from backend.store import holds, hotlist, journeys, proposals, rules, travelers
from backend.store.proposals import APPROVED, Proposal, Settlement
from backend.store.schema import audit_log

MOST_LINES = 2_000  # in one extract of the audit log
MOST_LISTED = 200


def propose(db: Connection, acting: Acting, settings: Rules, what: ProposeRequest) -> Proposal:
    """Raises Refused for what could not be done even if it were approved."""
    _check(db, acting, settings, what)
    name = str(uuid.uuid4())
    proposal = Proposal(
        proposal=name,
        kind=what.WhichOneof("what") or "",
        sealed=acting.keys.box(RECORDS).seal(copied(what, "reason").SerializeToString(), name),
        reason=what.reason,
        proposed_by=acting.who.name,
        proposed_utc_ms=acting.now_utc_ms,
    )
    proposals.add(db, proposal)
    acting.note(db, "proposal.made", name, result=proposal.kind)
    return proposal


def _check(db: Connection, acting: Acting, settings: Rules, what: ProposeRequest) -> None:
    match what.WhichOneof("what"):
        case "hotlist":
            not_biometric(what.hotlist.ground)
            _nameable(what.hotlist)
            if what.hotlist.until_utc_ms <= acting.now_utc_ms:
                raise Refused(f"until_utc_ms {what.hotlist.until_utc_ms} has passed: the entry would never stand")
        case "hotlist_end":
            if hotlist.find(db, what.hotlist_end.entry) is None:
                raise Refused(f"hotlist entry {what.hotlist_end.entry} is unknown")
        case "rule":
            _in_bounds(settings, what.rule)
        case "hold" | "hold_end":
            journey = what.hold.journey or what.hold_end.journey
            run = journeys.find(db, journey)
            if run is None or run.purged_utc_ms is not None:
                raise Refused(f"journey {journey} is unknown or purged: nothing of it can be held")
        case "protect":
            _is_expected(db, acting, what.protect)
        case "audit_export":
            _in_log(db, what.audit_export.first, what.audit_export.last)
        case _:
            accounts.check(db, acting, what)


def _is_expected(db: Connection, acting: Acting, what: Protect) -> None:
    if travelers.one(db, acting.keys, what.journey, what.traveler) is None:
        raise Refused(f"traveler {what.traveler} is not expected on {what.journey}")


def _in_bounds(settings: Rules, change: RuleChange) -> None:
    try:
        rules.changed(settings, {change.rule: change.value})
    except ValidationError as error:
        wrong = "; ".join(str(found["msg"]) for found in error.errors())
        raise Refused(f"rule {change.rule} cannot be {change.value:g}: {wrong}") from error


def _in_log(db: Connection, first: int, last: int) -> None:
    if not first <= last < first + MOST_LINES:
        raise Refused(f"entries {first} to {last}: give the first, then the last, at most {MOST_LINES} of them")
    if db.execute(select(audit_log.c.number).where(audit_log.c.number == last)).first() is None:
        raise Refused(f"the audit log has no entry {last}")


def settle(db: Connection, acting: Acting, settings: Rules, settlement: Settlement, name: str) -> Proposal:
    """Settle a proposal once; the same person saying the same again gets the same answer.

    settings: the rules as the settings say.  settlement: as the person said it, by the person who acts, with nothing
    made yet.  Raises Refused for an unknown proposal, NotAllowed for the proposer's own, Repeated if it is settled
    otherwise, Changed if it is not what was seen.
    """
    held = proposals.find(db, name)
    if held is None:
        raise Refused(f"proposal {name} is unknown")
    if held.proposed_by.casefold() == acting.who.name.casefold():
        raise NotAllowed(f"proposal {name} is {acting.who.name}'s own: another person settles it")
    if held.settled:
        return _again(held, settlement)
    _as_seen(show(db, acting, settings, held), settlement.digest)
    made = _made(db, acting, held) if settlement.settled == APPROVED else ""
    if not proposals.settle(db, name, replace(settlement, settled_utc_ms=acting.now_utc_ms, made=made)):
        raise Repeated(f"proposal {name} was settled meanwhile")
    acting.note(db, f"proposal.{settlement.settled}", name, result="" if held.kind == "audit_export" else made)
    settled = proposals.find(db, name)
    assert settled is not None, "it was there a moment ago"
    return settled


def _as_seen(shown: Shown, digest: str) -> None:
    name = shown.proposal.proposal
    if shown.content is None:
        raise KeyGone(f"proposal {name} can no longer be opened: nobody can see what it is, so nobody settles it")
    if not digest:
        raise Changed(f"proposal {name}: name the digest of what was seen; a client that shows no content is too old")
    if digest != shown.digest:
        raise Changed(f"proposal {name} is not what was seen ({digest[:8]}, now {shown.digest[:8]}): look at it again")


def _again(held: Proposal, settlement: Settlement) -> Proposal:
    if (held.settled, held.settled_by) != (settlement.settled, settlement.settled_by):
        raise Repeated(f"proposal {held.proposal} was already {held.settled} by {held.settled_by}")
    return held


def _made(db: Connection, acting: Acting, held: Proposal) -> str:
    """Do what was proposed; the id of what came into being, or the lines of an extract."""
    body = ProposeRequest.FromString(acting.keys.box(RECORDS).open(held.sealed, held.proposal))
    match body.WhichOneof("what"):
        case "hotlist":
            return _enter(db, acting, held.proposal, body.hotlist)
        case "hotlist_end":
            ended = hotlist.end(db, body.hotlist_end.entry, acting.now_utc_ms)
            return body.hotlist_end.entry if ended else ""
        case "rule":
            rules.change(db, held.proposal, body.rule.rule, body.rule.value, acting.now_utc_ms)
            return body.rule.rule
        case "hold":
            hold = str(uuid.uuid4())
            holds.hold(db, hold, body.hold.journey, held.proposal)
            return hold
        case "hold_end":
            return body.hold_end.journey if holds.end(db, body.hold_end.journey, acting.now_utc_ms) else ""
        case "protect":
            travelers.protect(db, body.protect.traveler)
            return body.protect.traveler
        case "audit_export":
            return _extract(db, acting, body.audit_export.first, body.audit_export.last)
        case _:
            return accounts.make(db, acting, held.proposal, body)


def _nameable(what: HotlistEntry) -> str:
    """The document as travellers' documents are named.  Raises Refused for one that could never be found."""
    documents.check(what.document_type, what.document_issuer, what.document_number)
    return documents.name(what.document_type, what.document_issuer, what.document_number)


def _enter(db: Connection, acting: Acting, proposal: str, what: HotlistEntry) -> str:
    document = _nameable(what)
    name = str(uuid.uuid4())
    person = fingerprint(acting.keys.box(PERSONS), document)
    sealed = acting.keys.box(RECORDS).seal(copied(what).SerializeToString(), name)
    hotlist.put(db, hotlist.Entry(name, person, proposal, sealed, what.until_utc_ms))
    return name


def _extract(db: Connection, acting: Acting, first: int, last: int) -> str:
    """One JSON object a line, with the hashes that chain them."""
    rows = db.execute(select(audit_log).where(audit_log.c.number.between(first, last)).order_by(audit_log.c.number))
    lines = "\n".join(json.dumps(dict(row._mapping)) for row in rows)
    acting.note(db, "audit.exported", f"{first}-{last}", result=acting.who.name)
    return lines


def listed(db: Connection, acting: Acting, settings: Rules, name: str = "", *, open_only: bool = False) -> list[Shown]:
    """The newest first, or the one of this name; what nobody has settled with its content.

    The lines of an extract are given to who proposed or settled it, in the newest one only.
    """
    wanted = proposals.listed(db, MOST_LISTED, name, open_only=open_only)
    found, given = [], False
    for proposal in wanted:
        theirs = acting.who.name in (proposal.proposed_by, proposal.settled_by)
        lines = proposal.kind == "audit_export" and bool(proposal.made)
        withheld = lines and (given or not theirs)
        found.append(show(db, acting, settings, replace(proposal, made="") if withheld else proposal))
        given = given or (lines and theirs)
    acting.note(db, "proposals.listed", name, result=str(len(found)))
    for one in found:
        if one.content is not None:
            acting.note(db, "proposal.shown", one.proposal.proposal, result=one.digest)
    return found
