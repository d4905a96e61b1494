"""Play the cast through the lane, visit by visit, and say what was seen."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from calibration.rehearsal.cast import EMPTY, Act
from calibration.rehearsal.clips import Scene, render
from calibration.rehearsal.lane import Lane, LaneFailed

LONGEST_S = 30.0  # for anything awaited in a visit
CUES = ("come_closer", "step_back", "look_here", "more_light", "one_person", "hold_still", "uncover")
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Encounter:
    """One visit as observed.  gate_opened: by the controller.  face_to_open_ms: first acceptable frame to open."""

    label: str
    expected: str
    directives: list[str]
    cues: list[str]
    gate_opened: bool
    face_to_open_ms: float | None
    attempts: int
    liveness: list[float]
    records: list[Line]

    encounters: list[str]

    @property
    def ok(self) -> bool:
        """The last directive is the one expected, and the gate opened exactly for PROCEED, with one record."""
        crossed = self.expected == "proceed"
        ended = bool(self.directives) and self.directives[-1] == self.expected
        return ended and self.gate_opened is crossed and len(self.records) == crossed


def prepare(acts: tuple[Act, ...], folder: Path) -> dict[str, Path]:
    """Render every clip that is not there yet, on two processes."""
    scenes = {s.name: s for act in acts for s in (act.scene, act.then, EMPTY) if s is not None}
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(scenes, pool.map(render, scenes.values(), [folder] * len(scenes)), strict=True))


class Stage:
    """Follows the journal while the play goes on."""

    def __init__(self, lane: Lane, clips: dict[str, Path]) -> None:
        self._lane, self._clips = lane, clips

    def await_boarding(self, journey: str) -> None:
        """Until the agent's page says that this journey boards, its gallery is ready and camera and gate work."""
        until_s = time.monotonic() + LONGEST_S
        while not _boards(page := self._lane.agent_sees(), journey):
            self._lane.check()
            if time.monotonic() > until_s:
                raise LaneFailed(f"{journey} does not board after {LONGEST_S:g} s; the agent's page says {page}")
            time.sleep(0.1)

    def play(self, act: Act) -> Encounter:
        """One visit, from an empty lane to an empty lane.  Raises LaneFailed."""
        start = len(self._steps())
        began_s = time.monotonic()
        self._show(act.scene)
        if act.cue and act.then:
            self._await(start, lambda step: _asks(step, act.cue or ""), f"cue {act.cue} for {act.label}")
            self._show(act.then)
        self._await(start, lambda step: _does(step, "Outcome", "CallAgent"), f"the end of {act.label}")
        self._show(EMPTY)
        self._await(start, lambda step: _shows(step, "welcome"), f"an empty lane after {act.label}")
        time.sleep(1.0)  # long enough for the next face to be another subject
        return self._observed(act, self._steps()[start:], began_s)

    def _observed(self, act: Act, steps: list[Line], began_s: float) -> Encounter:
        told = [step["event"] for step in steps if step["event"]["is"] == "Told"]
        shown = [e["prompt"] for step in steps for e in step["effects"] if e["is"] == "Show"]
        opened = [e["at_s"] for e in self._lane.controller() if e.get("position") == "open" and e["at_s"] >= began_s]
        first = [s["event"]["captured_s"] for s in steps if s["event"]["is"] == "Seen" and s["event"]["cue"] is None]
        answers = [t["answer"]["is"].lower() for t in told if t["answer"]["is"] != "Unanswered"]
        ids = {t["encounter"] for t in told}
        return Encounter(
            label=act.label,
            expected=act.expected,
            directives=answers,
            cues=list(dict.fromkeys(cue for cue in shown if cue in CUES)),
            gate_opened=bool(opened),
            face_to_open_ms=round((opened[0] - first[0]) * 1000, 1) if opened and first else None,
            attempts=max((t["attempt"] for t in told), default=0),
            liveness=[],
            records=[],
            encounters=sorted(ids),
        )

    def _show(self, scene: Scene) -> None:
        self._lane.play(self._clips[scene.name])

    def _steps(self) -> list[Line]:
        return [line for line in self._lane.journal() if "event" in line]

    def _await(self, start: int, met: Callable[[Line], bool], what: str) -> None:
        until_s = time.monotonic() + LONGEST_S
        while not any(met(step) for step in self._steps()[start:]):
            self._lane.check()
            if time.monotonic() > until_s:
                raise LaneFailed(f"{what} did not come within {LONGEST_S:g} s; {self._lane.root / 'logs'} may say why")
            time.sleep(0.1)


def with_records(seen: list[Encounter], lane: Lane) -> list[Encounter]:
    """The visits, each with what the service holds of it: crossings and liveness evidence."""
    crossings, decisions = lane.crossings(), lane.decisions()
    return [
        replace(
            visit,
            records=[_record(c) for c in crossings if c["encounter"] in visit.encounters],
            liveness=[round(x, 3) for d in decisions if d["encounter"] in visit.encounters for x in d["liveness"]],
        )
        for visit in seen
    ]


def _record(crossing: Line) -> Line:
    return {key: crossing[key] for key in ("kind", "journey", "queued_for")}


def summary(visits: list[Encounter]) -> Line:
    return {"ok": all(v.ok for v in visits), "liveness_enforced": True, "encounters": [asdict(v) for v in visits]}


def _boards(page: Line, journey: str) -> bool:
    ready = (page["journey"], page["service_up"], page["camera"], page["gate"])
    return ready == (journey, True, "ok", "closed")


def _asks(step: Line, cue: str) -> bool:
    """The service asks for it; two people side by side are asked by the appliance itself."""
    answer = step["event"].get("answer", {})
    return bool(answer.get("cue") == cue) or (cue == "one_person" and _shows(step, cue))


def _shows(step: Line, prompt: str) -> bool:
    return any(e["is"] == "Show" and e["prompt"] == prompt for e in step["effects"])


def _does(step: Line, *kinds: str) -> bool:
    return any(e["is"] in kinds for e in step["effects"])
