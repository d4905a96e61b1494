"""List, Correct, Overstays and Reconcile: translate, call, translate."""

from limen.v1.crossings_pb2_grpc import CrossingsServicer

from backend.parts import Parts


class Crossings(CrossingsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
