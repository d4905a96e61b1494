"""What the measurement of one gate wrote: its schema, its reading and its checking."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from edge import measured
from edge.errors import TimingUnfit
from edge.measured import FINITE, Refusal

LEAST_OPEN_S, MOST_OPEN_S = 1.0, 5.0  # a host that stalls for a moment is no gate fault; nobody waits longer
OPEN_SHARE = 2  # of the slowest opening but one in a hundred
LEAST_CYCLES = 3

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]  # one line of text
Ms = Annotated[float, Field(ge=0, le=60_000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_AGAIN = "measure again with limen-calibrate gate"


class Spread(BaseModel):
    """n measured values: of p95_ms it is true that 95 in 100 were not above it."""

    model_config = FINITE
    n: Annotated[int, Field(ge=1)]
    p50_ms: Ms
    p95_ms: Ms
    p99_ms: Ms
    max_ms: Ms

    @model_validator(mode="after")
    def rises(self) -> Self:
        if not self.p50_ms <= self.p95_ms <= self.p99_ms <= self.max_ms:
            raise ValueError(f"p50_ms {self.p50_ms} to max_ms {self.max_ms} must not fall")
        return self


class Timing(BaseModel):
    """One gate.  sha256: over everything else, so that a change by hand is noticed; it is no signature.

    On the host's clock: opening: from a grant to the leaf observed open.  answer: from a Want to its Status.  jitter:
    how much the time between two Statuses differs from what the controller says it was.
    On the controller's clock: moves: from a grant taken to the leaf leaving its closed contact.  opens, closes: the
    leaf's travel.  stays: from open to closed again.  lane: how long each walker was sensed.
    port: as it was named.  serial: of the adapter behind it, if it has one.  provisioned_ms: travel the controller had.
    """

    model_config = FINITE
    gate: Annotated[int, Field(ge=0, le=65535)]
    port: Name
    serial: Name | None = None
    firmware: Annotated[str, Field(pattern=r"^\d{1,3}\.\d{1,3}$")]
    provisioned_ms: Annotated[int, Field(ge=0, le=2550)]
    cycles: Annotated[int, Field(ge=LEAST_CYCLES)]
    by: Name | None = None
    when_utc: AwareDatetime
    expires_utc: AwareDatetime
    sha256: Sha256
    opening: Spread
    answer: Spread
    jitter: Spread
    moves: Spread
    opens: Spread
    closes: Spread
    stays: Spread
    lane: Spread | None = None

    @property
    def open_s(self) -> float:
        """How long after a grant an opening must be observed; later is a fault of the gate."""
        return min(MOST_OPEN_S, max(LEAST_OPEN_S, OPEN_SHARE * self.opening.p99_ms / 1000))


def load(file: Path) -> Timing:
    """The file, complete and unaltered, whichever gate's it is.  Raises TimingUnfit."""
    return measured.load(Timing, file, Refusal("gate timing", _AGAIN, TimingUnfit, lambda _, message: message))


def read(file: Path, gate: int, now_utc: datetime) -> Timing:
    """The timing of `gate`, as good as the day it was measured.  Raises TimingUnfit with the reason."""
    found = load(file)
    if found.gate != gate:
        raise TimingUnfit(
            f"gate timing {file}: is of gate {found.gate}, not of gate {gate}; name the right file, or measure this "
            f"gate with limen-calibrate gate --id {gate}"
        )
    if not now_utc < found.expires_utc:
        day = found.expires_utc.date().isoformat()
        raise TimingUnfit(f"gate timing {file}: expired on {day} (measured {found.when_utc.date()}); {_AGAIN}")
    return found
