"""`python -m calibration.rehearsal`: play a cast through a lane on this machine, then stay up on its pages."""

import json
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from calibration.rehearsal.cast import EMPTY, PORTRAITS, Act, acts, fetch_portraits, portrait
from calibration.rehearsal.lane import AGENT, Lane, LaneFailed
from calibration.rehearsal.play import Encounter, Stage, prepare, summary, with_records
from calibration.rehearsal.stay import Attendant, Visitors, stay
from vision.errors import VisionError
from vision.models import Pinned, cache_dir, manifest

OUT = Path("var/demo")
SYNTHETIC = (
    "The clips are synthetic: people and attacks rendered from single photographs. Liveness is enforced, and what it "
    "does with them says nothing about people or attacks in the field."
)
console = Console()


def main(
    once: Annotated[bool, typer.Option(help="play the cast, write the summary and stop")] = False,
    setup: Annotated[bool, typer.Option(help="only fetch the portraits and make the clips")] = False,
) -> None:
    """Play the cast through the lane."""
    run(lambda: bool(set_up()) if setup else perform(acts(portrait), OUT, once=once))


def run(work: Callable[[], bool]) -> NoReturn:
    """Exit with 0 if it passed, 1 if it failed, 130 once a signal has ended it."""
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with them ignored
        signal.signal(number, signal.default_int_handler)
    try:
        passed = work()
    except (LaneFailed, VisionError, OSError) as error:
        console.print(f"[bold]The rehearsal failed:[/] {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("stopped; every part has ended")
        sys.exit(130)
    sys.exit(0 if passed else 1)


def set_up() -> dict[str, Path]:
    """The clips by name of their scene, with all they are made from in the cache."""
    fetch_portraits()
    with console.status("making the clips (once, about two minutes)"):
        return prepare(acts(portrait), cache_dir() / "clips-2")


def perform(play: tuple[Act, ...], out: Path, *, once: bool) -> bool:
    """The visits of a play, then the lane stays up; whether each visit ended as expected."""
    clips = set_up()
    _credits(manifest(PORTRAITS))
    lane = Lane(out.resolve())
    try:
        with console.status("starting service, gate controller and appliance"):
            lane.start(clips[EMPTY.name])
        console.print(f"traveller's page  {lane.traveller_page}\nagent's page      {lane.agent_page}", soft_wrap=True)
        console.print(f"log in there as   {AGENT} with {lane.password}\n", soft_wrap=True, markup=False)
        encounters = _play(lane, Stage(lane, clips), play)
        visits = with_records(encounters, lane)
        told = summary(visits)
        for visit in (v for v in visits if not v.ok):
            console.print(
                f"[bold]not as expected:[/] {visit.label}: expected {visit.expected}, records {visit.records}"
            )
        (lane.root / "summary.json").write_text(json.dumps(told, indent=2) + "\n")
        console.print(f"{'Every visit ended as expected' if told['ok'] else 'NOT AS EXPECTED'}: {out / 'summary.json'}")
        if not once:
            _stay(lane, clips)
        return bool(told["ok"])
    finally:
        lane.stop_all()


def _play(lane: Lane, stage: Stage, play: tuple[Act, ...]) -> list[Encounter]:
    encounters: list[Encounter] = []
    boarding = ""
    console.print(f"{'visit':34} {'gate':6} {'opens in':9} directives")
    for act in play:
        if act.flight != boarding:
            lane.board(boarding := act.flight)
            stage.await_boarding(lane.journeys[boarding])
        encounters.append(stage.play(act))
        console.print(_line(encounters[-1]), highlight=False, soft_wrap=True)
    console.print(f"\n{SYNTHETIC}\n")
    return encounters


def _line(seen: Encounter) -> str:
    took = f"{seen.face_to_open_ms:.0f} ms" if seen.face_to_open_ms is not None else "-"
    answers, asked = " → ".join(seen.directives), f" (asked: {', '.join(seen.cues)})" if seen.cues else ""
    return f"{seen.label:34} {'opened' if seen.gate_opened else 'shut':6} {took:9} {answers}{asked}"


def _credits(pinned: dict[str, Pinned]) -> None:
    console.print("Portraits (travellers carry specimen names, never the sitters'):")
    for file in pinned.values():
        console.print(f"  {file.name:18} {file.upstream}; {file.licence}", highlight=False, soft_wrap=True)
    console.print()


def _stay(lane: Lane, clips: dict[str, Path]) -> None:
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    lane.take_off_played()
    attendant = Attendant(lane, clips[EMPTY.name], say)
    stay(attendant, Visitors(lane, clips, acts(portrait), _line), say)


if __name__ == "__main__":
    typer.run(main)
