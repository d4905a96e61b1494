"""ER-06: a wall clock that jumps by a day while the service runs, or while it is down, moves no timer."""

import asyncio
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

from limen.v1.people_pb2 import WhoAmIRequest
from sqlalchemy import Engine

from backend.clock import monotonic_ms, utc_ms
from backend.keys import KeyRing
from backend.server import running
from backend.settings import Rules, Settings
from backend.store import alerts, decisions
from calibration.service.border import answer
from calibration.service.stores import Scratch
from calibration.service.timers import measure
from tests.conftest import Service, board, flight

DAY_MS = 86_400_000
ROOT = Path(__file__).parents[2]
READS = re.compile(
    r"(?<!def )\b(?:utc_ms|time\.(?:time|time_ns|gmtime|localtime|ctime|asctime)|date(?:time)?\.today)\(\)"
    r"|time\.strftime\([^,()]*\)|datetime\.(?:now|utcnow)\(|\.clock import .*\butc_ms\b"
)

# Every place that reads the wall clock of its machine, and why a jump of it does no harm.
READERS = {
    "edge/agents/shifts.py": "a shift's stamps, for the service; it ends by the monotonic clock",
    "edge/startup.py": "whether a calibration has expired, once at a start; years of it",
    "backend/clock.py": "the clock itself",
    "backend/server.py": "given to the steady clock and to the time that deletion follows",
    "backend/ca.py": "certificates carry dates, and are valid for days",
    "backend/commands/doctor.py": "a person looks",
    "backend/commands/store.py": "the time of a line of the audit log; a person confirms the clock",
    "backend/commands/terms.py": "the time of a line of the audit log",
    "backend/operations/doctor.py": "a person looks",
    "backend/store/people.py": "when the shifts of somebody who is barred ended; they end by themselves, too",
    "edge/brain.py": "calibrations carry dates; the time of day for the agent; documents carry dates",
    "edge/encounter/journal.py": "names and ages of files: never before those there are, never by one reading alone",
    "edge/scan.py": "documents carry dates",
    "edge/screens/app.py": "documents carry dates",
    "hardware/__main__.py": "the bench: a model's count of starts, the stamp of a finding a person reads",
}


class Jumping(Service):
    """Its wall clock jumps; its monotonic clock does not."""

    jump_ms = 0

    async def _run(self, ready: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        settings = Settings(listen=f"127.0.0.1:{self.port}", state_dir=self.state, **self._settings)
        async with running(settings, lambda: utc_ms() + self.jump_ms, monotonic_ms) as self.port:
            ready.set()
            await self._ended.wait()


def test_er06_no_timer_of_the_service_ends_early_or_late(engine: Engine, tmp_path: Path) -> None:
    figure = measure(Scratch("", tmp_path, "", engine, KeyRing(tmp_path / "keys")), 1)
    assert (figure.failures, figure.trials) == (0, 24), figure.words


def test_er06_a_service_whose_clock_jumps_knows_its_people_alerts_in_time_and_builds(tmp_path: Path) -> None:
    service = Jumping(tmp_path, Rules(), escalate_s=1.0)
    service.on_file("A1", "anna-on-file")
    service.start()
    try:
        carrier, operator, gate = (
            service.add("c", "carrier"),
            service.add("o", "operator"),
            service.add("g", "gate", "G1"),
        )
        first = service.person("a.first", "officer@ZRH")
        journey = board(carrier, operator, gate, flight(), ["A1"])
        service.jump_ms = DAY_MS
        service.person("a.second", "officer@ZRH")  # from then on nobody's session is remembered
        first(first.people.WhoAmI, WhoAmIRequest())
        service.jump_ms = -DAY_MS
        escalates(service, journey)
        board(carrier, operator, gate, flight(), ["A1"])
    finally:
        service.stop()


def escalates(service: Service, journey: str) -> None:
    """An alert that nobody takes, of a clock that is a day back since."""
    given = answer(journey, "", "G1", "cross", utc_ms())
    waits = replace(given, directive="wait", concern="no_match", traveler=None, subject=None, officer=True)
    service.ask(decisions.record, waits)
    until_s = time.monotonic() + 30
    while not any(alert.escalated_utc_ms for alert in service.ask(alerts.open_at, ["*"])):
        assert time.monotonic() < until_s, "nobody was told"
        time.sleep(0.2)


def test_er06_whoever_reads_the_wall_clock_is_listed_with_why_that_does_no_harm() -> None:
    files = [path for room in ("backend", "edge", "hardware", "vision") for path in ROOT.glob(f"{room}/**/*.py")]
    assert {str(path.relative_to(ROOT)) for path in files if READS.search(path.read_text())} == READERS.keys()
