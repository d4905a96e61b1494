"""What of the eye's counts is worth a line in the log: for which causes many frames are dropped, when it changes."""

import structlog
from limen.v1 import eye_pb2

log = structlog.get_logger()
MANY, FEW = 0.10, 0.02  # share of the frames of a second: many is news, few again is its end
USUAL = eye_pb2.DROP_CAUSE_SUPERSEDED  # the looker is slower than the camera on most machines: no news below this
USUAL_MANY = 0.95


class CameraNews:
    """Of one camera.  `dropped` is by cause, since the start of the brain."""

    def __init__(self) -> None:
        self.dropped: dict[str, int] = {}
        self.filmed_per_s = 0.0
        self.looked_per_s = 0.0
        self._many: frozenset[str] = frozenset()

    def hear(self, health: eye_pb2.CameraHealth) -> None:
        self.filmed_per_s, self.looked_per_s = health.filmed_per_s, health.looked_per_s
        counts = {_name(d.cause): d.frames for d in health.dropped}
        for cause, frames in counts.items():
            self.dropped[cause] = self.dropped.get(cause, 0) + frames
        many = frozenset(_many(health, self._many))
        if many != self._many:
            rates = {"filmed_per_s": round(health.filmed_per_s, 1), "looked_per_s": round(health.looked_per_s, 1)}
            log.warning("camera.dropped", causes=",".join(sorted(many)) or "none", **rates, **counts)
        self._many = many


def _many(health: eye_pb2.CameraHealth, before: frozenset[str]) -> list[str]:
    """The causes that many frames are dropped for; one of `before` stays until they are few."""
    unfit = sum(d.frames for d in health.dropped if d.cause != USUAL)
    all_ = max(1.0, health.filmed_per_s + unfit)
    found = []
    for dropped in health.dropped:
        name, share = _name(dropped.cause), dropped.frames / all_
        most = USUAL_MANY if dropped.cause == USUAL else MANY
        if share > most or (name in before and share > min(most, FEW) and dropped.cause != USUAL):
            found.append(name)
    return found


def _name(cause: eye_pb2.DropCause.ValueType) -> str:
    return eye_pb2.DropCause.Name(cause).removeprefix("DROP_CAUSE_").lower()
