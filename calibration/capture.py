"""`limen-calibrate capture`: how often people who walk up are captured, on synthetic approaches made from portraits."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from calibration.processes import in_two_processes, quiet
from calibration.rates.exits import told
from calibration.rehearsal.cast import portrait_dir
from calibration.rehearsal.scenes import Actor, Scene, Wearing
from edge.encounter import events
from edge.encounter.events import Ask, Event, Seen, Tick
from edge.encounter.states import State
from edge.encounter.step import step
from vision.cues import Cue
from vision.errors import VisionError
from vision.image import SUFFIXES
from vision.optics import Volume

if TYPE_CHECKING:
    from calibration.rates.measure import Proportion
    from edge.eye.look import Look, Sight

LAST_S = 1.0  # of a clip: the cue given most in it is why nobody was captured
NEAREST_M, ASIDE_PX = (0.65, 0.95), 150.0  # where people come to stand
BEHIND_M, LATER_S = 1.9, 0.7  # a bystander
NO_FACE, TOO_LATE = "no face", "acceptable, but too late"
ENCOUNTER = "synthetic"
NOTE = "Synthetic: portraits walked up to a rendered camera.  It says nothing about people in the field."

Folder = Annotated[
    Path | None, typer.Option(help="DIR of portraits, or of one folder a person; default: the rehearsal's")
]
Seed = Annotated[int, typer.Option(help="the same seed places people alike", min=0)]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout")]


class End(StrEnum):
    CAPTURED = "captured"
    POOR = "poor"  # patience ended: the best of shots that lack something was submitted
    FTA = "fta"  # failure to acquire: nothing was submitted before the clip's end
    UNFIT = "unfit"  # nobody can be made of the portrait


@dataclass(frozen=True, slots=True)
class Degradation:
    """turn_deg .. fps: as in Scene.  accompanied: a bystander comes behind.  usable: a person who looks at the
    footage would say that it shows the face well enough."""

    name: str
    light: float = 1.0
    backlit: bool = False
    blur_px: float = 0.0
    turn_deg: float = 0.0
    wearing: Wearing | None = None
    fps: int = 30
    accompanied: bool = False
    busy: bool = False
    usable: bool = True


DEGRADATIONS = (
    Degradation("none"),
    Degradation("dark", light=0.35),
    Degradation("back-lit", backlit=True),
    Degradation("blur 1.5 px", blur_px=1.5),
    Degradation("turned +25°", turn_deg=25),
    Degradation("turned -25°", turn_deg=-25),
    Degradation("glasses", wearing=Wearing.GLASSES),
    Degradation("hand before the mouth", wearing=Wearing.HAND, usable=False),
    Degradation("15 frames/s", fps=15),
    Degradation("bystander", accompanied=True),
    Degradation("busy background", busy=True),
)


@dataclass(frozen=True, slots=True)
class Approach:
    degradation: Degradation
    scene: Scene


@dataclass(frozen=True, slots=True)
class Ended:
    """cause: the cue that stood in the way.  after_s: from entering the capture volume until the shots were sent."""

    degradation: Degradation
    end: End
    cause: str = ""
    after_s: float = float("nan")


def capture(people: Folder = None, as_json: AsJson = False, seed: Seed = 0) -> None:
    """Capture rate on synthetic approaches, degraded in one way each: what the eye sees and the encounter makes of it.

    Captured: acceptable shots were submitted before the clip ended.  Poor: patience ended first.  FTA: neither.
    """
    errors = Console(stderr=True)
    with told(errors):
        portraits = tuple(_portraits(people or portrait_dir()))
        ended = tuple(_all(plan(portraits, seed), errors))
    if as_json:
        print(json.dumps(_plain(ended, len(portraits), seed)))
    else:
        _tell(ended, Console())


def _portraits(folder: Path) -> Iterator[Path]:
    """Pictures in the folder, and the first of each folder in it.  Raises OSError."""
    found = False
    if not folder.is_dir():
        raise OSError(f"{folder} is no folder; give one with portraits, or run `make portraits`")
    for entry in sorted(folder.iterdir()):
        files = sorted(entry.iterdir()) if entry.is_dir() else [entry]
        first = next((file for file in files if file.suffix.lower() in SUFFIXES), None)
        if first is not None:
            found = True
            yield first
    if not found:
        raise OSError(f"{folder} holds no portraits; give jpg, jpeg or png files, or run `make portraits`")


def plan(portraits: Sequence[Path], seed: int) -> list[Approach]:
    """Everybody once in every way; each pair stands elsewhere."""
    return [
        Approach(degradation, _scene(degradation, portraits, who, seed))
        for who in range(len(portraits))
        for degradation in DEGRADATIONS
    ]


def _scene(how: Degradation, portraits: Sequence[Path], who: int, seed: int) -> Scene:
    random = np.random.default_rng((seed, who, DEGRADATIONS.index(how)))
    nearest_m, side = float(random.uniform(*NEAREST_M)), float(random.uniform(-ASIDE_PX, ASIDE_PX))
    actors = [Actor(portraits[who], side, nearest_m, wearing=how.wearing)]
    if how.accompanied:
        beside = 300.0 if side < 0 else -300.0
        actors.append(Actor(portraits[(who + 1) % len(portraits)], beside, BEHIND_M, follows_s=LATER_S))
    lit = Scene(f"capture-{seed}-{who}-{how.name}", tuple(actors), light=how.light, backlit=how.backlit, fps=how.fps)
    return replace(lit, busy=how.busy, blur_px=how.blur_px, turn_deg=how.turn_deg)


def _all(approaches: Sequence[Approach], errors: Console) -> Iterator[Ended]:
    with closing(in_two_processes(quiet, run, approaches)) as done:
        yield from track(done, "approaches", len(approaches), console=errors, transient=True)


def run(approach: Approach) -> Ended:
    """One approach: rendered, looked at and stepped through, each frame at its own time."""
    from edge.eye.look import Look

    with closing(Look()) as look:
        try:
            return _walk(approach, look)
        except (VisionError, OSError):
            return Ended(approach.degradation, End.UNFIT)


def _walk(approach: Approach, look: "Look") -> Ended:
    from calibration.rehearsal.clips import frames, stances, times_s
    from edge.eye.frame import Frame

    how, scene, inside_m = approach.degradation, approach.scene, Volume().farthest_m
    state, heard, entered_s = State(service_up=True), list[Event](), float("inf")
    for number, (t, pixels) in enumerate(zip(times_s(scene), frames(scene), strict=True), 1):
        sight = look(Frame(number, round((t + 1) * 1e9), pixels))
        entered_s = min(entered_s, t if stances(scene, t)[0].away_m <= inside_m else entered_s)
        heard.append(_event(sight, str(number), t))
        state, ask = _stepped(state, heard[-1], t)
        if ask is not None:
            lacks = {e.shot: e.cue for e in heard if isinstance(e, Seen)}[ask.shots[0]]
            return Ended(how, End.POOR if lacks else End.CAPTURED, lacks or "", t - entered_s)
    last = heard[-round(LAST_S * scene.fps) :]
    return Ended(how, End.FTA, Counter(map(_cause, last)).most_common(1)[0][0])


def _event(sight: "Sight", shot: str, t: float) -> Event:
    """What the appliance makes of a sight."""
    from edge.eye.look import Candidate, Nobody, NotYet

    match sight:
        case Candidate(subject=subject, cue=cue, rank=rank, quality=quality):
            yaw, pitch = (quality.pose.yaw_deg, quality.pose.pitch_deg) if quality.pose else (0.0, 0.0)
            return Seen(subject, shot, cue, rank, t, ENCOUNTER, yaw, pitch)
        case NotYet(subject, cue):
            return events.Crowd() if subject is None else Seen(subject, None, cue, 0.0, t, ENCOUNTER)
        case Nobody():
            return events.Nobody()


def _stepped(state: State, event: Event, t: float) -> tuple[State, Ask | None]:
    asks: list[Ask] = []
    for each in (event, Tick()):
        state, effects = step(state, each, t)
        asks += [effect for effect in effects if isinstance(effect, Ask)]
    return state, asks[0] if asks else None


def _cause(event: Event) -> str:
    match event:
        case Seen(cue=Cue() as cue):
            return cue
        case Seen():
            return TOO_LATE
        case events.Crowd():
            return Cue.ONE_PERSON
    return NO_FACE


def captured(ended: Iterable[Ended]) -> "Proportion":
    """Share captured, with its exact interval."""
    from calibration.rates.measure import proportion

    ends = [each.end for each in ended]
    return proportion(ends.count(End.CAPTURED) / max(1, len(ends)), len(ends), len(ends))


def _usable(ended: Iterable[Ended]) -> list[Ended]:
    return [each for each in ended if each.degradation.usable and each.end is not End.UNFIT]


@dataclass(frozen=True, slots=True)
class Row:
    """How the approaches of one degradation ended.  median_s: of those captured."""

    degradation: str
    usable: bool
    encounters: int
    captured: int
    poor: dict[str, int]
    fta: dict[str, int]
    median_s: float | None


def _row(how: Degradation, ended: Iterable[Ended]) -> Row:
    own = [each for each in ended if each.degradation == how and each.end is not End.UNFIT]
    after_s = [each.after_s for each in own if each.end is End.CAPTURED]
    poor, fta = (Counter(each.cause for each in own if each.end is end) for end in (End.POOR, End.FTA))
    late = round(median(after_s), 2) if after_s else None
    return Row(how.name, how.usable, len(own), len(after_s), dict(poor), dict(fta), late)


def _plain(ended: Sequence[Ended], people: int, seed: int) -> dict[str, object]:
    usable = _usable(ended)
    rate = captured(usable)
    return {
        "material": "synthetic",
        "people": people,
        "seed": seed,
        "unfit": sum(each.end is End.UNFIT for each in ended),
        "degradations": [asdict(_row(how, ended)) for how in DEGRADATIONS],
        "usable": {"encounters": len(usable), "rate": rate.rate, "low": rate.low, "high": rate.high},
    }


def _tell(ended: Sequence[Ended], console: Console) -> None:
    table = Table("degradation", "encounters", "captured", "poor", "FTA", "median s", title="synthetic approaches")
    for row in (_row(how, ended) for how in DEGRADATIONS):
        name, late = row.degradation + ("" if row.usable else " *"), f"{row.median_s:.2f}" if row.median_s else ""
        table.add_row(name, str(row.encounters), str(row.captured), _listed(row.poor), _listed(row.fta), late)
    console.print(table)
    rate, unfit = captured(_usable(ended)), sum(each.end is End.UNFIT for each in ended)
    of = f"{rate.rate:.1%} of {rate.trials} usable approaches (95 %: {rate.low:.1%} to {rate.high:.1%})"
    print(f"captured {of}; * not usable by a person's judgement either, and not counted")
    if unfit:
        print(f"{unfit} approaches left out: the portrait shows no face to make a person of")
    print(NOTE)


def _listed(causes: dict[str, int]) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in sorted(causes.items(), key=lambda item: -item[1]))
