"""Propose, Settle and List: translate, call, translate."""

from limen.v1 import approvals_pb2 as pb
from limen.v1.approvals_pb2_grpc import ApprovalsServicer

from backend import approvals
from backend.parts import Parts
from backend.store.proposals import APPROVED, REJECTED, Proposal, Settlement
from backend.wrapping import Context

SETTLED = {pb.SETTLED_APPROVED: APPROVED, pb.SETTLED_REJECTED: REJECTED}
WORDS = {word: number for number, word in SETTLED.items()}


class Approvals(ApprovalsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def Propose(self, request: pb.ProposeRequest, context: Context) -> pb.Proposal:
        rules = self._parts.settings.rules
        return _told(await self._parts.store.run(approvals.propose, self._parts.acting(), rules, request))

    async def Settle(self, request: pb.SettleRequest, context: Context) -> pb.Proposal:
        acting = self._parts.acting()
        said = Settlement(SETTLED[request.settled], acting.who.name, request.reason, acting.now_utc_ms)
        return _told(await self._parts.store.run(approvals.settle, acting, said, request.proposal))

    async def List(self, request: pb.ListProposalsRequest, context: Context) -> pb.ListProposalsReply:
        found = await self._parts.store.run(approvals.listed, self._parts.acting(), open_only=request.open_only)
        return pb.ListProposalsReply(proposals=[_told(proposal) for proposal in found])


def _told(proposal: Proposal) -> pb.Proposal:
    return pb.Proposal(
        proposal=proposal.proposal,
        kind=proposal.kind,
        proposed_by=proposal.proposed_by,
        proposed_utc_ms=proposal.proposed_utc_ms,
        reason=proposal.reason,
        settled=WORDS.get(proposal.settled, pb.SETTLED_UNSPECIFIED),
        settled_by=proposal.settled_by or "",
        made=proposal.made,
    )
