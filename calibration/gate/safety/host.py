"""`python -m calibration.gate.safety.host TTY`: a host that opens the bench's gate once and holds it."""

import secrets
import sys
import time

from calibration.gate.safety.controllers import SECRET, SITE
from hardware.gate.driver import Gate
from hardware.gate.mac import Key
from hardware.port import SerialPort

POLL_S = 0.02


def main(path: str) -> None:
    host = Gate(SerialPort(path), Key(SECRET), SITE.gate, time.monotonic(), lambda: secrets.randbits(64))
    granted = None
    while True:
        host.poll(time.monotonic())
        granted = granted or host.grant()
        time.sleep(POLL_S)


if __name__ == "__main__":
    main(sys.argv[1])
