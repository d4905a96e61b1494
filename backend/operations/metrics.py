"""What Prometheus is told: times, counts and ages; no label names a person, a journey or a document."""

import contextlib
from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from backend.doorkeeper import WHY, Doorkeeper
from backend.errors import StoreUnfit
from backend.operations.health import Readiness
from backend.retention.lived_clock import LivedClock
from backend.store.backlog import Backlog, Waiting
from backend.store.outage import Trouble

RPC_S = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
ALERTS_EVERY_MS = 60_000  # beside a gate, nobody reads off at which attempt an alert was raised (SE-12)
STORE_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)
LAG_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0)
GALLERY_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Metrics:
    """One service's, in a registry of its own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.rpcs = Histogram(
            "limen_rpc_seconds", "RPCs by method and code", ["method", "code"], buckets=RPC_S, registry=registry
        )
        self.in_flight = Gauge("limen_rpcs_in_flight", "RPCs being served", ["method"], registry=registry)
        self.shed = Counter("limen_rpcs_shed", "RPCs refused early for want of time", ["method"], registry=registry)
        self.answers = Counter("limen_answers", "Verification answers", ["method", "directive"], registry=registry)
        self.searchable = Histogram(
            "limen_gallery_searchable_seconds",
            "From a manifest's receipt to its gallery being searchable",
            buckets=GALLERY_S,
            registry=registry,
        )
        self.ready = Gauge("limen_galleries_ready", "Galleries that must be, and are, searchable", registry=registry)
        self._stored(registry)
        self._crowded(registry)
        self._backlog(registry)

    def _stored(self, registry: CollectorRegistry) -> None:
        self.store = Histogram(
            "limen_store_seconds", "Transactions, waiting included", ["kind"], buckets=STORE_S, registry=registry
        )
        self.serving = Gauge("limen_serving", "1 while the service can be asked", registry=registry)
        self.store_up = Gauge("limen_store_up", "1 while the database takes writes", registry=registry)
        self.store_trouble = Gauge("limen_store_trouble", "1 for why it does not", ["kind"], registry=registry)
        self.standby_missing = Gauge(
            "limen_standby_missing", "1 while commits wait for no synchronous standby, and should", registry=registry
        )

    def _crowded(self, registry: CollectorRegistry) -> None:
        self.loop_lag = Histogram(
            "limen_loop_lag_seconds",
            "How late the loop was that serves every call, looked at 50 times a second",
            buckets=LAG_S,
            registry=registry,
        )
        self.loop_held = Histogram(
            "limen_loop_held_seconds",
            "The same without what its thread waited for a processor",
            buckets=LAG_S,
            registry=registry,
        )
        self.second_sessions = Counter(
            "limen_second_sessions", "Sessions refused to a device that had one elsewhere", registry=registry
        )
        self.connections = Gauge("limen_connections", "Connections open", registry=registry)
        self.ended = Gauge("limen_connections_ended", "Connections ended for a budget", ["why"], registry=registry)

    def _backlog(self, registry: CollectorRegistry) -> None:
        self._alerts_minute = -1
        self.outbox = Gauge(
            "limen_outbox_waiting", "Records a system must still be told", ["system"], registry=registry
        )
        self.outbox_age = Gauge("limen_outbox_oldest_seconds", "Since when it waits", ["system"], registry=registry)
        self.alerts = Gauge("limen_alerts_open", "Alerts not adjudicated", registry=registry)
        self.alerts_age = Gauge("limen_alert_oldest_seconds", "Age of the oldest of them", registry=registry)
        self.untaken = Gauge("limen_alerts_untaken", "Alerts no officer has taken", registry=registry)
        self.untaken_age = Gauge("limen_alert_untaken_seconds", "Age of the oldest of them", registry=registry)
        self.overdue = Gauge("limen_purge_overdue", "Galleries past their time", registry=registry)
        self.overdue_age = Gauge("limen_purge_overdue_seconds", "For how long the oldest is", registry=registry)
        self.clock_ahead = Gauge(
            "limen_clock_ahead_seconds", "The clock is beyond what deletion goes by", registry=registry
        )
        self.doubtful = Gauge(
            "limen_shifts_doubtful", "Shifts of the last day begun by a code that was not good", registry=registry
        )
        self.audit = Gauge("limen_audit_entries", "Entries of the audit log", registry=registry)

    def follow(self, readiness: Readiness, lived: LivedClock) -> None:
        self.clock_ahead.set_function(lambda: lived.ahead_ms / 1000)
        self.serving.set_function(lambda: float(readiness.serving))
        self.store_up.set_function(lambda: float(readiness.store.trouble is None))
        for kind in Trouble:
            self.store_trouble.labels(kind.value).set_function(partial(_is, readiness, kind))
        self.standby_missing.set_function(lambda: float(readiness.standby_missing))

    def count(self, doorkeeper: Doorkeeper) -> None:
        self.connections.set_function(lambda: float(doorkeeper.open))
        for why in WHY:
            self.ended.labels(why).set_function(partial(doorkeeper.ended_for, why))

    def observe_store(self, kind: str, seconds: float) -> None:
        self.store.labels(kind).observe(seconds)

    def tell(self, found: Backlog, now_utc_ms: int, begun_utc_ms: int) -> None:
        """begun_utc_ms: galleries that began before this are overdue."""
        for system, waiting in found.outbox.items():
            self.outbox.labels(system).set(waiting.count)
            self.outbox_age.labels(system).set(_age_s(waiting, now_utc_ms))
        told = [(self.overdue, self.overdue_age, found.purge, begun_utc_ms)]
        if (minute := now_utc_ms // ALERTS_EVERY_MS) != self._alerts_minute:
            told += [(self.alerts, self.alerts_age, found.alerts, now_utc_ms)]
            told += [(self.untaken, self.untaken_age, found.untaken, now_utc_ms)]
            self.audit.set(found.audit)  # an alert is a line there
            self._alerts_minute = minute
        for count, age, waiting, until_utc_ms in told:
            count.set(waiting.count)
            age.set(_age_s(waiting, until_utc_ms))
        self.doubtful.set(found.doubtful)


@contextlib.contextmanager
def served(metrics: Metrics, where: str) -> Iterator[int]:
    """Over HTTP at host:port, in a thread of its own; the port.  0, and nothing served, for "".  Raises StoreUnfit."""
    if not where:
        yield 0
        return
    host, _, port = where.rpartition(":")
    try:
        server, thread = start_http_server(int(port), host, metrics.registry)
    except (OSError, ValueError) as error:
        raise StoreUnfit(f"metrics {where}: {error}; host:port of a free port is needed") from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is(readiness: Readiness, kind: Trouble) -> float:
    return float(readiness.store.trouble is kind)


def _age_s(waiting: Waiting, now_utc_ms: int) -> float:
    return 0.0 if waiting.oldest_utc_ms is None else max(0.0, (now_utc_ms - waiting.oldest_utc_ms) / 1000)
