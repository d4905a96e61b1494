"""What Prometheus is told of a gate: how late its loop is, whether it is heard, who holds connections."""

import time
from functools import partial

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from edge.screens.places import Places, Pool
from edge.view import View


class Metrics:
    """No label names a person, a journey, a document or an address."""

    def __init__(self, view: View, places: Places) -> None:
        registry = self.registry = CollectorRegistry()
        lag = Gauge("limen_gate_loop_lag_seconds", "Most the deciding loop was late in a minute", registry=registry)
        lag.set_function(lambda: view.loop_lag_s)
        silence = Gauge("limen_gate_silence_seconds", "Since the brain was heard last", registry=registry)
        silence.set_function(lambda: time.monotonic() - view.heard_s)
        held = Gauge("limen_gate_connections", "Connections of browsers", ["of"], registry=registry)
        for name, pool in places.pools.items():
            held.labels(name).set_function(partial(_count, pool))
        ended = Gauge("limen_gate_connections_ended", "Ended for a newer one", registry=registry)
        ended.set_function(lambda: float(places.ended))
        refused = Gauge("limen_gate_connections_refused", "From an address that comes too often", registry=registry)
        refused.set_function(lambda: float(places.refused))

    def page(self) -> bytes:
        return generate_latest(self.registry)


def _count(pool: Pool) -> float:
    return float(pool.count)
