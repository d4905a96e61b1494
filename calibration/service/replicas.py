"""Several processes of the service on one PostgreSQL, and a client that goes to whichever is healthy."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import grpc

from calibration.rehearsal.lane import free_port
from calibration.service.rig import Rig

# Round robin over all healthy ones; what was certainly not answered is sent again, which encounter + attempt make safe.
CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "limen.v1.Verification"},
    "methodConfig": [
        {
            "name": [{}],
            "waitForReady": True,
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
OPTIONS = [
    ("grpc.ssl_target_name_override", "localhost"),
    ("grpc.service_config", json.dumps(CONFIG)),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
]
STOP_S = 60.0


class Replicas:
    """Of a rig whose database is PostgreSQL; they share its certificates and keys.  Use as a context manager."""

    def __init__(self, rig: Rig, count: int = 2) -> None:
        self._rig, self.ports = rig, [free_port(0) for _ in range(count)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        settings = (rig.root / "tvs.toml").read_text()
        for number, port in enumerate(self.ports):
            self._file(number).write_text(settings.replace(f"127.0.0.1:{rig.port}", f"127.0.0.1:{port}"))

    def __enter__(self) -> Self:
        for number in range(len(self.ports)):
            self.start(number)
        return self

    def __exit__(self, *_: object) -> None:
        for number, process in enumerate(self._processes):
            if process is not None:
                self.kill(number)

    def start(self, number: int) -> None:
        command = [sys.executable, "-m", "backend.cli", "serve", "--settings", str(self._file(number))]
        with (self._rig.root / f"replica-{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, number: int) -> None:
        """SIGKILL, as when the machine loses power."""
        process = self._process(number)
        process.kill()
        process.wait()

    def end(self, number: int) -> None:
        """SIGTERM: it drains; see `ended`."""
        self._process(number).send_signal(signal.SIGTERM)

    def ended(self, number: int) -> int:
        """The exit code, once it has ended."""
        return self._process(number).wait(STOP_S)

    @property
    def alive(self) -> int:
        return sum(process is not None and process.poll() is None for process in self._processes)

    def connect(self, device: str, *numbers: int) -> grpc.Channel:
        """To these replicas; to all if none is said."""
        ports = [self.ports[number] for number in numbers] or self.ports
        target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
        return grpc.secure_channel(target, self._rig.credentials(device), OPTIONS)

    def _file(self, number: int) -> Path:
        return self._rig.root / f"replica-{number}.toml"

    def _process(self, number: int) -> subprocess.Popen[bytes]:
        process = self._processes[number]
        assert process is not None, f"replica {number} was never started"
        return process
