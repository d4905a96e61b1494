"""Once a second: how many frames came, how many were looked at, how many were dropped and why."""

from collections import Counter

from limen.v1 import eye_pb2

from edge.eye.frame import Cause, Latest

EVERY_NS = 1_000_000_000


class Pulse:
    """Counts since the last message; `looked` is raised by the looker."""

    def __init__(self, latest: Latest, now_ns: int) -> None:
        self._latest = latest
        self._filmed = 0
        self._dropped: Counter[Cause] = Counter()
        self._since_ns = now_ns
        self.looked = 0

    def beat(self, now_ns: int) -> eye_pb2.CameraHealth | None:
        """None until it is time again."""
        if now_ns - self._since_ns < EVERY_NS:
            return None
        seconds, (filmed, dropped) = (now_ns - self._since_ns) / 1e9, self._latest.counts()
        health = eye_pb2.CameraHealth(
            filmed_per_s=(filmed - self._filmed) / seconds, looked_per_s=self.looked / seconds
        )
        for cause, frames in sorted((dropped - self._dropped).items()):
            health.dropped.add(cause=eye_pb2.DropCause.Value(f"DROP_CAUSE_{cause.name}"), frames=frames)
        self._since_ns, self._filmed, self._dropped, self.looked = now_ns, filmed, dropped, 0
        return health
