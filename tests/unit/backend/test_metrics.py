"""What is told to whoever reads the metrics beside a gate."""

from backend.operations.metrics import ALERTS_EVERY_MS, Metrics
from backend.store.backlog import Backlog, Waiting

NOW = 1_800_000_000_000 // ALERTS_EVERY_MS * ALERTS_EVERY_MS
LEVELS = ("limen_alerts_open", "limen_alerts_untaken", "limen_alert_oldest_seconds", "limen_audit_entries")


def backlog(alerts: int) -> Backlog:
    waiting = Waiting(alerts, NOW - 5_000 if alerts else None)
    return Backlog({}, waiting, waiting, Waiting(0, None), 100 + alerts, 0)


def test_se12_at_which_attempt_an_alert_was_raised_cannot_be_read_off_the_metrics() -> None:
    metrics = Metrics()

    def told() -> list[float | None]:
        return [metrics.registry.get_sample_value(name) for name in LEVELS]

    metrics.tell(backlog(0), NOW, NOW)
    before = told()
    for second in range(5, 60, 5):
        metrics.tell(backlog(1), NOW + second * 1000, NOW)
        assert told() == before
    metrics.tell(backlog(1), NOW + ALERTS_EVERY_MS, NOW)
    assert told() == [1.0, 1.0, 65.0, 101.0]
