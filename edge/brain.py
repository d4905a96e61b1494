"""The brain: one loop in which the encounter is decided, the gate is kept alive and the service is asked."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import grpc
import structlog

from edge.agents.shifts import Shifts
from edge.boarding_shown import follow
from edge.courier import Courier
from edge.doors import opener, opening_s
from edge.encounter.codec import Step
from edge.encounter.events import (
    Ask,
    AskDocuments,
    Boarded,
    CallAgent,
    CameraChanged,
    Crossed,
    Effect,
    Event,
    GateTimed,
    Grant,
    Outcome,
    Proceed,
    Prompt,
    Show,
    Shut,
    Tick,
    Told,
    Unanswered,
)
from edge.encounter.journal import Journal
from edge.encounter.states import Passing, State
from edge.encounter.step import step
from edge.eye import calibrated
from edge.eye_link import EyeLink
from edge.gate_link import GateLink
from edge.lane_state import camera_says, gate_says, lamp, lane_says, shown
from edge.loop_lag import LoopLag
from edge.reader_link import ReaderLink
from edge.reader_link import opener as reader_opener
from edge.screens_link import ScreensLink
from edge.sentences import CameraSays, Result
from edge.service import NoShift, ServiceClient
from edge.service_watch import ServiceWatch
from edge.settings import Settings
from edge.view import View, Visit
from hardware.gate.driver import PERIOD_S

log = structlog.get_logger()
PROGRESS_S = 1.0  # without progress for this long no heartbeat is sent, and the controller makes itself safe (G5)
QUICK_S = 0.02  # between polls while somebody passes
HEALTH_S = 10.0
VOUCH_S = 0.5  # with the longest deadline of a question: as long as an encounter waits for the answer


class Brain:
    """Everything that happens arrives in `events`; everything that is done is an effect of `step`."""

    def __init__(self, settings: Settings, journal: Journal, view: View) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._journal, self._view = journal, view
        self._service = ServiceClient(settings.service, settings.device)
        self._eye = EyeLink(settings.camera, _calibration(settings), self.events.put_nowait)
        if (open_s := opening_s(settings.gate, datetime.now(UTC))) is not None:
            self.events.put_nowait(GateTimed(open_s))
        self._gate = GateLink(opener(settings.gate), self.events.put_nowait)
        self._reader = (
            ReaderLink(reader_opener(settings.reader), view, self.events.put_nowait) if settings.reader else None
        )
        self.shifts = Shifts(self._service, settings.journal_dir, told=lambda open_: view.update(shifts=open_))
        self._courier = Courier(self._service, self.shifts.deliver, journal, view)
        self._screens = ScreensLink(settings, view, self.shifts, self.events.put_nowait)
        self._watch = ServiceWatch(self._service, journal, view, self._service_changed)
        self._state, self._prompt = State(), Prompt.WELCOME
        self._progress_s, self._lag = time.monotonic(), LoopLag()
        self._asked: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever.  The first task to fail takes the others down; the controller closes the gate by itself."""
        for cut_off in self._journal.cut_off:
            self.events.put_nowait(cut_off)
        try:
            async with asyncio.TaskGroup() as tasks:
                jobs = (
                    self._eye.run(),
                    self._beat(),
                    self._conduct(),
                    self._watch.run(),
                    self._courier.run(),
                    self._report(),
                    self._screens.run(),
                    self._lag.run(),
                    self.shifts.run(),
                )
                for job in jobs:
                    tasks.create_task(job)
        finally:
            self._gate.close()
            self._screens.close()
            if self._reader:
                self._reader.close()
            await self._service.close()

    async def _beat(self) -> None:
        """The heartbeat comes from the loop that decides, and only while it, the camera and the journal progress."""
        while True:
            now_s = time.monotonic()
            if self._in_progress(now_s):
                self._gate.poll(now_s)
            else:
                self._gate.rest(now_s)
            if self._reader:
                self._reader.poll(now_s, datetime.now().astimezone().date())
            self.events.put_nowait(Tick())
            if now_s - self._progress_s < PROGRESS_S:
                self._view.move(now_s)
            self._show_devices()
            await asyncio.sleep(QUICK_S if isinstance(self._state.phase, Passing) else PERIOD_S)

    def _in_progress(self, now_s: float) -> bool:
        return now_s - self._progress_s < PROGRESS_S and now_s - self._eye.heard_ns / 1e9 < PROGRESS_S

    async def _conduct(self) -> None:
        while True:
            event = await self.events.get()
            now_s = time.monotonic()
            state, effects = step(self._state, event, now_s)
            number = self._gate.next_grant if any(isinstance(effect, Grant) for effect in effects) else None
            if state != self._state or effects:
                await self._journal.write(Step(now_s, event, effects), self._view.journey, number)
            self._state = state
            self._view.update(boarding=follow(self._view.boarding, state, event, effects, now_s))
            if time.monotonic() - now_s > PROGRESS_S:
                number = None  # the disk stalled: whoever this was decided for may have moved on
            for effect in effects:
                self._perform(effect, number)
            self._progress_s = time.monotonic()

    def _perform(self, effect: Effect, number: int | None) -> None:
        match effect:
            case Show(prompt):
                self._prompt = prompt
                self._show()
            case Ask():
                self._begin(self._ask(effect))
            case AskDocuments():
                self._begin(self._ask_documents(effect))
            case Grant(encounter):
                self._gate.grant(time.monotonic(), number)
                self._courier.wake()
            case Shut():
                self._gate.shut()
            case CallAgent(encounter):
                self._note(encounter, Result.WAITS)
            case Outcome(encounter, what):
                if isinstance(what, Boarded):
                    self._watch.boarded(what.traveler)
                self._note(encounter, _result(what))
            case _:
                assert_never(effect)

    def _note(self, encounter: str, result: Result) -> None:
        self._view.visited(Visit(datetime.now().astimezone().strftime("%H:%M:%S"), encounter[:8], result))
        self._view.update(outbox=len(self._journal.pending))
        self._courier.wake()

    def _service_changed(self, event: Event) -> None:
        self.events.put_nowait(event)
        self._courier.wake()

    def _begin(self, question: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(question)
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _ask_documents(self, ask: AskDocuments) -> None:
        """What the agent is told of a WAIT is the same whatever its reason."""
        # One that began in an outage is good once the service has heard of it; until then it cannot disown it.
        vouched = await self.shifts.deliver(ask.session, VOUCH_S)
        answer = await self._service.verify_documents(ask, self._view.journey)
        if isinstance(answer, NoShift):
            if vouched:
                await self.shifts.drop(ask.session)
            answer = Unanswered(answer.why)
        if isinstance(answer, Unanswered):
            status, *_ = answer.why.split(":")  # its words may name the agent
            log.warning("documents.unanswered", encounter=ask.encounter, why=status)
        if not isinstance(answer, Proceed):
            self._note(ask.encounter, Result.UNANSWERED if isinstance(answer, Unanswered) else Result.WAIT_HERE)
        boarding = Boarded(ask.traveler, ask.agent, session=ask.session)
        self.events.put_nowait(Told(ask.encounter, 1, answer, boarding))

    async def _ask(self, ask: Ask) -> None:
        now_ns = time.monotonic_ns()
        shots = [shot for name in ask.shots if (shot := self._eye.shot(name, now_ns)) is not None]
        if not shots or self._eye.camera is None:
            answer = Told(ask.encounter, ask.attempt, Unanswered("the camera was lost before the question"))
        else:
            said = await self._service.verify(ask, self._view.journey, self._eye.camera, shots)
            answer = Told(ask.encounter, ask.attempt, said)
        if isinstance(answer.answer, Unanswered):
            log.warning("verify.unanswered", encounter=ask.encounter, attempt=ask.attempt, why=answer.answer.why)
        self.events.put_nowait(answer)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(HEALTH_S)
            try:
                gate_ok = self._gate.state is not None and not self._gate.state.faults
                await self._service.health(self._eye.camera is not None, gate_ok, len(self._journal.pending))
            except grpc.aio.AioRpcError as error:
                log.warning("health.not_reported", why=error.code().name)

    def _show_devices(self) -> None:
        state, eye = self._gate.state, self._eye
        lit = state.lamp.name.lower() if state and state.lamp is not None else "none"
        gate = gate_says(state, self._gate.problem)
        checks = tuple(fault.check for fault in state.faults) if state else ()
        camera = camera_says(eye.problem, heard=time.monotonic() - eye.heard_ns / 1e9 < PROGRESS_S)
        self._view.update(gate=gate, gate_checks=checks, lamp=lit, camera=camera)
        if (camera is CameraSays.OK) != self._state.camera_up:
            self.events.put_nowait(CameraChanged(camera is CameraSays.OK))
        self._view.update(lane=lane_says(self._state, time.monotonic()))
        self._view.update(not_guaranteed=self._gate.not_guaranteed, loop_lag_s=round(self._lag.worst_s, 3))
        self._show()

    def _show(self) -> None:
        """One word for page and lamp."""
        able = self._view.service_up and self._gate.usable and self._view.camera is CameraSays.OK
        prompt = shown(self._prompt, face_check=able)
        self._view.update(prompt=prompt)
        self._gate.light(lamp(prompt))


def _result(what: object) -> Result:
    match what:
        case Crossed():
            return Result.PASSED
        case Boarded():
            return Result.PASSED_DOCUMENTS
    return Result.NOT_PASSED


def _calibration(settings: Settings) -> Path | None:
    """The file the eye may use.  Raises CalibrationUnfit if it is another camera's, altered or expired."""
    if settings.calibration is None:
        log.warning("camera.uncalibrated", lens="default, distances are guesses", run="limen-calibrate camera")
        return None
    calibrated.read(settings.calibration.file, settings.calibration.camera, datetime.now(UTC))
    return settings.calibration.file
