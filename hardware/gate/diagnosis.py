"""What came instead of an answer, and so what the technician should check."""

from enum import Enum, auto

from hardware.door import Fault
from hardware.gate import faults, frames
from hardware.gate.limits import MAC_SIZE, VERSION, Faults
from hardware.gate.mac import Key
from hardware.gate.messages import FROM_HOST, HEAD, Status, Welcome

_STARTS = tuple(bytes((frames.START, kind.size())) for kind in (Status, Welcome))
_OURS = frozenset(kind.TYPE for kind in FROM_HOST)


class Heard(Enum):
    """What one payload is, from the host's end."""

    OURS = auto()  # the controller of this gate, authentic
    ECHO = auto()
    OTHER_VERSION = auto()
    OTHER_GATE = auto()
    UNPROVISIONED = auto()
    WRONG_KEY = auto()


_FAULTS = {
    Heard.OURS: faults.NO_WELCOME,
    Heard.ECHO: faults.ECHO,
    Heard.OTHER_VERSION: faults.OTHER_VERSION,
    Heard.OTHER_GATE: faults.OTHER_GATE,
    Heard.UNPROVISIONED: faults.CONTROLLER[Faults.UNPROVISIONED],
    Heard.WRONG_KEY: faults.WRONG_KEY,
}


def classify(payload: bytes, gate: int, key: Key) -> Heard:
    if payload[:1] in _OURS:
        return Heard.ECHO
    if len(payload) < HEAD.size + MAC_SIZE or payload[1] != VERSION:
        return Heard.OTHER_VERSION
    status = Status.unpack(payload)
    if status and payload[-MAC_SIZE:] == bytes(MAC_SIZE):
        return Heard.UNPROVISIONED
    if HEAD.unpack_from(payload)[2] != gate:
        return Heard.OTHER_GATE
    return Heard.OURS if key.verifies(payload) else Heard.WRONG_KEY


class Diagnosis:
    """Gathers what arrives while no good answer does."""

    def __init__(self) -> None:
        self._bytes = 0
        self._last = b""
        self._half = False
        self._heard: Heard | None = None

    def arrived(self, data: bytes) -> None:
        self._bytes += len(data)
        self._half = self._half or any(start in self._last + data for start in _STARTS)
        self._last = data[-1:] or self._last

    def heard(self, what: Heard) -> None:
        self._heard = what

    def fault(self) -> Fault:
        """The last kind of payload tells most; then whether a frame of ours began; then whether anything came."""
        if self._heard is not None:
            return _FAULTS[self._heard]
        if not self._bytes:
            return faults.NO_ANSWER
        return faults.HALF_FRAMES if self._half else faults.NOISE
