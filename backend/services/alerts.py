"""Watch, Take, Adjudicate and Override: translate, call, translate."""

from limen.v1.alerts_pb2_grpc import AlertsServicer

from backend.parts import Parts


class Alerts(AlertsServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
