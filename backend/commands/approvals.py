"""`limen-tvs propose`, `settle` and `proposals`: what one person asks for and another approves."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import grpc
import typer
from google.protobuf.json_format import MessageToJson
from limen.v1 import approvals_pb2 as pb
from limen.v1.approvals_pb2_grpc import ApprovalsStub

from backend.commands.officers import Reason
from backend.commands.signed_in import Signed, TokenFile, signed_in
from backend.commands.terms import ROLES, Identity, Server, post_said, stop
from backend.proposal_content import digest

Role = Annotated[list[str], ROLES]
propose = typer.Typer(help="Ask for what a second person must approve.", no_args_is_help=True)


class Said(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


SETTLED = {Said.APPROVED: pb.SETTLED_APPROVED, Said.REJECTED: pb.SETTLED_REJECTED}


@propose.command("hotlist")
def hotlist(
    document: Annotated[str, typer.Argument(help="TYPE:ISSUER:NUMBER, such as P:UTO:L898902C")],
    remark: Annotated[str, typer.Option(help="what the officer is to do")],
    ground: Annotated[str, typer.Option(help="a case, a warrant; never a face alone")],
    until: Annotated[datetime, typer.Option(help="UTC", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"])],
    reason: Reason,
    identity: Identity,
    server: Server,
    token: TokenFile = None,
) -> None:
    """Somebody an officer must talk to."""
    parts = document.split(":")
    if len(parts) != 3:
        raise typer.BadParameter(f"{len(parts)} parts, not TYPE:ISSUER:NUMBER", param_hint="DOCUMENT")
    entry = pb.HotlistEntry(
        document_type=parts[0],
        document_issuer=parts[1],
        document_number=parts[2],
        remark=remark,
        ground=ground,
        until_utc_ms=int(until.replace(tzinfo=UTC).timestamp() * 1000),
    )
    _propose(pb.ProposeRequest(reason=reason, hotlist=entry), identity, server, token)


@propose.command("hotlist-end")
def hotlist_end(entry: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """An entry of the hotlist that ends."""
    _propose(pb.ProposeRequest(reason=reason, hotlist_end=pb.HotlistEnd(entry=entry)), identity, server, token)


@propose.command("rule")
def rule(rule: str, value: float, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Another value for fpir, margin, attempts or least_liveness."""
    change = pb.RuleChange(rule=rule, value=value)
    _propose(pb.ProposeRequest(reason=reason, rule=change), identity, server, token)


@propose.command("hold")
def hold(journey: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Nothing of a journey is purged while it is held."""
    _propose(pb.ProposeRequest(reason=reason, hold=pb.Hold(journey=journey)), identity, server, token)


@propose.command("hold-end")
def hold_end(journey: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """All holds of a journey end."""
    _propose(pb.ProposeRequest(reason=reason, hold_end=pb.HoldEnd(journey=journey)), identity, server, token)


@propose.command("protect")
def protect(
    journey: str, traveler: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None
) -> None:
    """A traveller's name is withheld from now on, unless it is for a case."""
    of = pb.Protect(journey=journey, traveler=traveler)
    _propose(pb.ProposeRequest(reason=reason, protect=of), identity, server, token)


@propose.command("account")
def account(
    name: str,
    role: Role,
    reason: Reason,
    identity: Identity,
    server: Server,
    token: TokenFile = None,
    issuer: Annotated[str, typer.Option(help="an outside issuer vouches, instead of a password")] = "",
    subject: Annotated[str, typer.Option(help="what the issuer calls this person")] = "",
) -> None:
    """An account with these posts.  You get the first half of the person's code, who approves it the second."""
    new = pb.NewAccount(person=name, posts=map(post_said, role), issuer=issuer, subject=subject)
    _propose(pb.ProposeRequest(reason=reason, account=new), identity, server, token)


@propose.command("posts")
def posts(name: str, role: Role, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Posts for somebody who has an account."""
    given = pb.GivenPosts(person=name, posts=map(post_said, role))
    _propose(pb.ProposeRequest(reason=reason, posts=given), identity, server, token)


@propose.command("restoration")
def restoration(name: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Somebody who was barred may log in again."""
    restored = pb.Restoration(person=name)
    _propose(pb.ProposeRequest(reason=reason, restoration=restored), identity, server, token)


@propose.command("password")
def password(name: str, reason: Reason, identity: Identity, server: Server, token: TokenFile = None) -> None:
    """A code for a new password, in two halves as for an account."""
    wanted = pb.NewPassword(person=name)
    _propose(pb.ProposeRequest(reason=reason, password=wanted), identity, server, token)


@propose.command("audit-export")
def audit_export(
    first: int, last: int, reason: Reason, identity: Identity, server: Server, token: TokenFile = None
) -> None:
    """Entries of the audit log, given out."""
    export = pb.AuditExport(first=first, last=last)
    _propose(pb.ProposeRequest(reason=reason, audit_export=export), identity, server, token)


def settle(
    proposal: str, said: Said, reason: Reason, identity: Identity, server: Server, token: TokenFile = None
) -> None:
    """Approve or reject what another person proposed, once you have seen what it is."""
    signed = signed_in(identity, server, token)
    stub = ApprovalsStub(signed.channel)
    while True:
        shown = _look(signed, stub, proposal)
        _print(shown)
        if shown.settled:
            return None
        typer.confirm(f"Is this what is to be {said.value}?", abort=True, err=True)
        request = pb.SettleRequest(proposal=proposal, settled=SETTLED[said], reason=reason, digest=digest(shown))
        try:
            return _print(signed.call(stub.Settle, request))
        except grpc.RpcError as error:
            told = f"{error.code().name}: {error.details()}"
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                stop(told)
            print(f"limen-tvs: {told}", file=sys.stderr)


def _look(signed: Signed, stub: ApprovalsStub, proposal: str) -> pb.Proposal:
    found = signed.ask(stub.List, pb.ListProposalsRequest(proposal=proposal)).proposals
    if not found:
        stop(f"proposal {proposal} is unknown")
    if not found[0].settled and not found[0].HasField("content"):
        stop(f"proposal {proposal}: the service shows nothing of what it is about, so it cannot be settled")
    return found[0]


def proposals(
    identity: Identity,
    server: Server,
    token: TokenFile = None,
    open_only: Annotated[bool, typer.Option("--open", help="what nobody has settled")] = False,
) -> None:
    """Print what was proposed, the newest first, one JSON object a line."""
    signed = signed_in(identity, server, token)
    for one in signed.ask(ApprovalsStub(signed.channel).List, pb.ListProposalsRequest(open_only=open_only)).proposals:
        _print(one)


def _propose(request: pb.ProposeRequest, identity: Identity, server: Server, token: TokenFile) -> None:
    signed = signed_in(identity, server, token)
    _print(signed.ask(ApprovalsStub(signed.channel).Propose, request))


def _print(proposal: pb.Proposal) -> None:
    print(MessageToJson(proposal, preserving_proto_field_name=True, indent=None), flush=True)
