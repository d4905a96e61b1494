"""Propose, Settle and List: translate, call, translate."""

from limen.v1 import approvals_pb2 as pb
from limen.v1.approvals_pb2_grpc import ApprovalsServicer

from backend import accounts, approvals
from backend.parts import Parts
from backend.proposal_content import Shown
from backend.store.proposals import APPROVED, REJECTED, Settlement
from backend.wrapping import Context

SETTLED = {pb.SETTLED_APPROVED: APPROVED, pb.SETTLED_REJECTED: REJECTED}
WORDS = {word: number for number, word in SETTLED.items()}


class Approvals(ApprovalsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Propose(self, request: pb.ProposeRequest, context: Context) -> pb.Proposal:
        acting, rules = self._parts.acting(), self._parts.settings.rules
        made = await self._parts.store.run(approvals.propose, acting, rules, request)
        code = accounts.half(acting.keys, made.proposal, accounts.FIRST) if accounts.has_code(request) else ""
        return _told(Shown(made), code)

    async def Settle(self, request: pb.SettleRequest, context: Context) -> pb.Proposal:
        acting, rules = self._parts.acting(), self._parts.settings.rules
        said = Settlement(
            SETTLED[request.settled], acting.who.name, request.reason, acting.now_utc_ms, digest=request.digest
        )
        settled = await self._parts.store.run(approvals.settle, acting, rules, said, request.proposal)
        return _told(Shown(settled), accounts.second_half(acting.keys, settled))

    async def List(self, request: pb.ListProposalsRequest, context: Context) -> pb.ListProposalsReply:
        acting, rules = self._parts.acting(), self._parts.settings.rules
        found = await self._parts.store.run(
            approvals.listed, acting, rules, request.proposal, open_only=request.open_only
        )
        return pb.ListProposalsReply(proposals=[_told(one) for one in found])


def _told(shown: Shown, half_code: str = "") -> pb.Proposal:
    proposal = shown.proposal
    return pb.Proposal(
        proposal=proposal.proposal,
        kind=proposal.kind,
        proposed_by=proposal.proposed_by,
        proposed_utc_ms=proposal.proposed_utc_ms,
        reason=proposal.reason,
        settled=WORDS.get(proposal.settled, pb.SETTLED_UNSPECIFIED),
        settled_by=proposal.settled_by or "",
        made=proposal.made,
        content=shown.content,
        digest=shown.digest,
        half_code=half_code,
    )
