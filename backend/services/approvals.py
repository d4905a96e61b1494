"""Propose, Settle and List: translate, call, translate."""

from limen.v1.approvals_pb2_grpc import ApprovalsServicer

from backend.parts import Parts


class Approvals(ApprovalsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
