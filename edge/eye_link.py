"""The brain's end of the eye: start it, hear it, start it again when it dies; shots wait here until asked for."""

import asyncio
import os
import socket
import struct
import sys
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import structlog
from google.protobuf.message import DecodeError
from limen.v1 import eye_pb2, verification_pb2

from edge.camera_news import CameraNews
from edge.encounter.events import Crowd, Event, Nobody, Seen
from edge.tap_link import tapped
from vision.cues import Cue

log = structlog.get_logger()
RESTART_S = 1.0
SILENT_S = 20.0  # loading the models takes seconds on a small machine
MOST_BYTES = 2**20
KEPT_SHOTS, KEPT_NS = 256, 6_000_000_000  # longer than any shot is waited for
SUBJECTS = 1_000_000_000  # more than one eye ever counts
# The eye makes and drops several megabytes a frame: keep them instead of asking the kernel for fresh pages each time.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**26), "MALLOC_TRIM_THRESHOLD_": str(2**29), "MALLOC_ARENA_MAX": "2"}


class EyeLink:
    """Shots live in memory only, the last KEPT_SHOTS of them."""

    def __init__(self, camera: str, calibration: Path | None, heard: Callable[[Event], None]) -> None:
        self._address, self._calibration, self._heard = camera, calibration, heard
        self._shots: OrderedDict[str, tuple[verification_pb2.Shot, int]] = OrderedDict()
        self.camera: verification_pb2.Camera | None = None
        self.problem = "starting"
        self.heard_ns = 0
        self._generation = 0
        self._news = CameraNews()

    def shot(self, name: str, now_ns: int) -> verification_pb2.Shot | None:
        """A kept shot, with its age; None if it is no longer kept."""
        if name not in self._shots:
            return None
        shot, captured_ns = self._shots[name]
        shot.age_ms = max(0, (now_ns - captured_ns) // 1_000_000)
        return shot

    async def run(self) -> None:
        """Keep an eye running, for ever."""
        while True:
            self._generation += 1
            async with tapped(self._address) as (address, ends):
                await self._run_one(address, ends)
            await asyncio.sleep(RESTART_S)

    async def _run_one(self, address: str, ends: tuple[int, ...]) -> None:
        """An eye, until it dies.  ends: file descriptors it needs for its camera."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "edge.eye", "--camera", address, "--socket", str(theirs.fileno())]
        if self._calibration is not None:
            command += ["--calibration", str(self._calibration)]
        eye = await asyncio.create_subprocess_exec(
            *command, pass_fds=[theirs.fileno(), *ends], env=os.environ | MEMORY, stderr=asyncio.subprocess.PIPE
        )
        theirs.close()
        words = asyncio.create_task(_last_words(eye))
        try:
            await self._listen(ours)
        finally:
            if eye.returncode is None:
                eye.kill()
            await eye.wait()
        self.camera, self.problem = None, f"eye stopped ({eye.returncode}): {await words}"
        log.error("eye.stopped", code=eye.returncode, said=self.problem)

    async def _listen(self, ours: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=ours, limit=2 * MOST_BYTES)
        try:
            while True:
                async with asyncio.timeout(SILENT_S):
                    size = struct.unpack(">I", await reader.readexactly(4))[0]
                    if size > MOST_BYTES:
                        raise ValueError(f"eye sent {size} bytes, at most {MOST_BYTES} are taken")
                    body = await reader.readexactly(size)
                self._hear(eye_pb2.Sight.FromString(body))
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError, DecodeError, ValueError, KeyError) as error:
            log.warning("eye.unfit", why=type(error).__name__)  # it parses hostile pixels: not to be trusted
        finally:
            writer.close()

    def _hear(self, sight: eye_pb2.Sight) -> None:
        match sight.WhichOneof("what"):
            case "camera_ready":
                self._ready(sight.camera_ready)
            case "camera_health":
                self._news.hear(sight.camera_health)
                return
            case "camera_fault":
                if sight.camera_fault.problem != self.problem:
                    log.error("camera.lost", why=sight.camera_fault.problem)
                self.camera, self.problem = None, sight.camera_fault.problem
                return
            case "candidate":
                self._heard(self._candidate(sight))
            case "not_yet" if sight.not_yet.cue == verification_pb2.CUE_ONE_PERSON:
                self._heard(Crowd())
            case "not_yet":
                captured_s = sight.captured_ns / 1e9
                cue = _cue(sight.not_yet.cue)
                subject = self._subject(sight.not_yet.subject)
                self._heard(Seen(subject, None, cue, 0.0, captured_s, str(uuid.uuid4())))
            case "nobody":
                self._drop_old()
                self._heard(Nobody())
        self.heard_ns = time.monotonic_ns()

    def _ready(self, ready: eye_pb2.CameraReady) -> None:
        if self.problem:
            log.info("camera.opened", name=ready.camera.name, width=ready.camera.width, height=ready.camera.height)
            for remark in ready.remarks:
                log.warning("camera.remarked", name=ready.camera.name, remark=remark)
        self.camera, self.problem = ready.camera, ""

    def _candidate(self, sight: eye_pb2.Sight) -> Seen:
        candidate, name = sight.candidate, f"{self._generation}-{sight.frame}"
        self._shots[name] = (candidate.shot, sight.captured_ns)
        if len(self._shots) > KEPT_SHOTS:
            self._shots.popitem(last=False)
        self._drop_old()
        cue = _cue(candidate.cue)
        subject = self._subject(candidate.subject)
        pose = candidate.shot.quality.pose
        fresh, captured_s = str(uuid.uuid4()), sight.captured_ns / 1e9
        return Seen(subject, name, cue, candidate.rank, captured_s, fresh, pose.yaw_deg, pose.pitch_deg)

    def _drop_old(self) -> None:
        """Nobody's portrait stays longer than it can be asked for."""
        oldest_ns = time.monotonic_ns() - KEPT_NS
        while self._shots and next(iter(self._shots.values()))[1] < oldest_ns:
            self._shots.popitem(last=False)

    def _subject(self, number: int) -> int:
        """An eye counts from one: its successor's first subject is not its own first."""
        return self._generation * SUBJECTS + number


def _cue(cue: verification_pb2.Cue.ValueType) -> Cue | None:
    return Cue[verification_pb2.Cue.Name(cue).removeprefix("CUE_")] if cue else None


async def _last_words(eye: asyncio.subprocess.Process) -> str:
    """The last line the eye wrote; native libraries write much that nobody needs."""
    last = b""
    assert eye.stderr is not None
    while chunk := await eye.stderr.read(4096):
        last = (last + chunk)[-4096:]
    return (last.decode(errors="replace").strip().splitlines() or [""])[-1][:300]
