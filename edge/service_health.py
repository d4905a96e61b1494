"""Whether the service can be asked: judged from every deadline it met or missed.  Pure; times come in as arguments."""

from dataclasses import dataclass, replace
from enum import Enum

MISSES = 2  # in a row: one may be a lost packet, the second confirms it
PROBE_S = 1.0  # from one probe to the next, and a probe's own deadline
CONFIRM_S = 0.6  # after a miss, from one probe to the next: longer than the channel waits before it connects again
REST_S = 10.0  # a service that answers probes and no questions is asked nothing for this long


class Call(Enum):
    """PROBE: the health check that is made for this judgment alone.  QUESTION: somebody at the gate waits for it."""

    PROBE = "probe"
    QUESTION = "question"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """missed: deadlines in a row, of whatever call.  questions_missed: of questions alone, whatever probes said."""

    up: bool = False
    missed: int = 0
    questions_missed: int = 0
    rest_until_s: float = 0.0


def judge(health: ServiceHealth, call: Call, *, answered: bool, now_s: float) -> ServiceHealth:
    """Down after two misses in a row; up on an answer alone, and never because time went by."""
    if answered:
        return _answered(health, call, now_s)
    questions = health.questions_missed + (call is Call.QUESTION)
    if questions >= MISSES:
        return ServiceHealth(False, health.missed + 1, 0, now_s + REST_S)
    missed = health.missed + 1
    return replace(health, up=health.up and missed < MISSES, missed=missed, questions_missed=questions)


def _answered(health: ServiceHealth, call: Call, now_s: float) -> ServiceHealth:
    if call is Call.QUESTION:
        return ServiceHealth(True)
    return replace(health, up=health.up or now_s >= health.rest_until_s, missed=0)


def next_probe_s(health: ServiceHealth, sent_s: float) -> float:
    """When the probe after the one sent at sent_s is due: sooner where a miss is to be confirmed."""
    return sent_s + (CONFIRM_S if health.missed else PROBE_S)
