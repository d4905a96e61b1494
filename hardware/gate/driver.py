"""The host's end of the gate line: say what you want, poll to see what is."""

from collections.abc import Sequence

from hardware.errors import LinkSilent
from hardware.gate import frames
from hardware.gate.messages import Lamp, Status, Want
from hardware.port import Port

PERIOD_S = 0.05
SILENCE_S = 1.0
LEASE_MS = 500


class Gate:
    """Wanting the same thing twice changes nothing.  The caller's polling is the controller's heartbeat."""

    def __init__(self, port: Port, now_s: float) -> None:
        self._port = port
        self._decoder = frames.Decoder()
        self._grant = 0
        self._lamp = Lamp.OFF
        self._sequence = 0
        self._heard_s = now_s
        self.status: Status | None = None

    @property
    def ready(self) -> bool:
        """Whether the controller answers and has left its safe state, so that a grant can be given."""
        return self.status is not None and not self.status.safe

    def grant(self) -> bool:
        """Ask for one opening.  False, and nothing asked, unless `ready`."""
        if self.status is None or not self.ready:
            return False
        self._grant = self.status.last_grant + 1
        return True

    def shut(self) -> None:
        self._grant = 0

    def light(self, lamp: Lamp) -> None:
        self._lamp = lamp

    def poll(self, now_s: float) -> Sequence[Status]:
        """Send the wish, take the replies.  Call every PERIOD_S.  Raises LinkSilent, PortClosed."""
        self._sequence = (self._sequence + 1) % 65536
        epoch, number = (self.status.epoch, self.status.poll) if self.status else (0, 0)
        want = Want(epoch, self._sequence, number, self._grant, LEASE_MS if self._grant else 0, self._lamp)
        self._port.write(frames.encode(want.pack()))
        return self.listen(now_s)

    def listen(self, now_s: float) -> Sequence[Status]:
        """Take what has arrived without speaking."""
        unpacked = (Status.unpack(payload) for payload in self._decoder.feed(self._port.read()))
        seen = [status for status in unpacked if status is not None]
        for status in seen:
            if self.status is not None and status.epoch != self.status.epoch:
                self._grant = 0  # granted to a controller that has since been safe: void
            self.status = status
            self._heard_s = now_s
        if now_s - self._heard_s > SILENCE_S:
            raise LinkSilent(f"no valid status for {now_s - self._heard_s:.1f} s; check the controller's power")
        return seen

    def close(self) -> None:
        self._port.close()
