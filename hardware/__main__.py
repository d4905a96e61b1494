"""`python -m hardware`: talk to a gate's controller, serve one on a pseudo terminal, make its key."""

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from hardware.door import DoorState
from hardware.errors import HardwareError
from hardware.gate import keys
from hardware.gate.bench import People, serve, write_line
from hardware.gate.controller import Controller
from hardware.gate.driver import PERIOD_S, Gate
from hardware.gate.faults import CONTROLLER
from hardware.gate.lane import WALKER, Lane
from hardware.gate.limits import Action
from hardware.gate.mac import Key
from hardware.gate.memory import Site
from hardware.gate.model import GateModel
from hardware.gate.native import Native
from hardware.gate.simulator import Simulator
from hardware.port import SerialPort

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
BenchKey = Annotated[Path, typer.Option("--key", help="the gate's key file")]
GateId = Annotated[int, typer.Option("--id", min=0, max=65535, help="the gate's id")]


Technician = Annotated[int, typer.Option(min=1, max=2**32 - 1, help="who asks, by number")]
Log = Annotated[Path, typer.Option(help="where it is noted, and on disk, before it is asked")]
SERVICE_LOG = Path("gate-service.jsonl")


class Kind(StrEnum):
    MODEL = "model"
    NATIVE = "native"
    FIRMWARE = "firmware"


def _stop(message: str) -> NoReturn:
    print(f"hardware: {message}", file=sys.stderr)
    raise typer.Exit(2)


@app.command()
def key(
    gate: GateId,
    file: Annotated[Path, typer.Option("--key", help="key file to make, for the host")],
    image: Annotated[Path, typer.Option(help="EEPROM image to make, for the controller's programmer")],
    opens_s: Annotated[float, typer.Option(min=0.5, max=10, help="longest opening")] = 5.0,
    travel_s: Annotated[float, typer.Option(min=0.05, max=2.5, help="the leaf's travel time")] = 0.2,
) -> None:
    """Make a gate's key: a file for the host and an EEPROM image for its controller."""
    try:
        keys.write(Site(gate, round(opens_s * 10) * 100, round(travel_s * 100) * 10, keys.new()), file, image)
    except FileExistsError as error:
        _stop(f"{error.filename} is there already: a key is never overwritten; move it away first")
    print(f"host: {file}\ncontroller: avrdude -p m328p -c PROGRAMMER -U eeprom:w:{image}:i   then shred -u {image}")
    command = f"python -m hardware commission PORT --id {gate} --key {file} --technician NUMBER"
    print(f"then, at the gate, with the service switch on: {command}")


@app.command("serve")
def serve_(
    link: Annotated[Path, typer.Option(help="symbolic link to make to the terminal")],
    events: Annotated[Path, typer.Option(help="file for what the leaf did, one JSON object a line")],
    gate: GateId,
    file: BenchKey,
    walker: Annotated[bool, typer.Option(help="let a person walk through every opening")] = True,
    kind: Annotated[Kind, typer.Option(help="model, the firmware built for this machine, or in its chip")] = Kind.MODEL,
) -> None:
    """Serve a commissioned gate on a pseudo terminal until SIGTERM or Ctrl-C."""
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda n, _: stopped.append(n))
    try:
        keys.read(file)
        site = Site(gate, 5000, 200, bytes.fromhex(file.read_text()))
    except HardwareError as error:
        _stop(str(error))
    lane = Lane(_begin(kind, site))
    with events.open("w") as log:
        people = People(lane, WALKER if walker else None, write_line(log))
        serve(lane, people, link, time.monotonic, lambda: bool(stopped))


def _begin(kind: Kind, site: Site) -> Callable[[int], Controller]:
    """Each start of this bench is a start the controller never had before, or epochs would come twice."""
    image = site.image(commissioned=True, starts=int(time.time()))
    match kind:
        case Kind.MODEL:
            return lambda pins: GateModel(image, pins)
        case Kind.NATIVE:
            return lambda pins: Native(image, pins)
        case Kind.FIRMWARE:
            return lambda pins: Simulator(image, pins)


@app.command()
def talk(
    port: str,
    gate: GateId,
    file: BenchKey,
    open_: Annotated[bool, typer.Option("--open", help="open once, as soon as the gate is ready")] = False,
    seconds: Annotated[float, typer.Option(help="how long to stay")] = 10.0,
) -> None:
    """Hold a session with a controller and print every change it tells."""
    shown = ""
    granted = False
    door = _dial(port, gate, file)
    try:
        for state in _session(door, seconds):
            if (line := _line(state)) != shown:
                shown = line
                Console(highlight=False).print(line)
            if open_ and not granted and state.ready:
                granted = door.grant() is not None
    except HardwareError as error:
        _stop(f"{port}: {error}")
    finally:
        door.close()


@app.command()
def commission(port: str, gate: GateId, file: BenchKey, technician: Technician, log: Log = SERVICE_LOG) -> None:
    """Take a new key into use; the service switch at the gate must be on."""
    _serve_once(_dial(port, gate, file), Action.COMMISSION, technician, log)


@app.command()
def reset(port: str, gate: GateId, file: BenchKey, technician: Technician, log: Log = SERVICE_LOG) -> None:
    """Reset latched faults whose cause is gone; the service switch at the gate must be on."""
    _serve_once(_dial(port, gate, file), Action.RESET, technician, log)


def _serve_once(door: Gate, action: Action, technician: int, log: Path) -> None:
    """The technician's identity is on disk before the request is on the line."""
    asked = False
    try:
        _note(log, {"asked": action.name.lower(), "technician": technician})
    except OSError as error:
        _stop(f"{log}: {error.strerror}; nothing is asked of a gate that is not on disk first: name another --log")
    last: DoorState | None = None
    try:
        for state in _session(door, 2.0):
            last = state
            if not asked:
                door.serve(action, technician)
                asked = True
    except HardwareError as error:
        _stop(str(error))
    finally:
        door.close()
    codes = {fault.code for fault in last.faults} if last else set()
    if last is None or "service_mode" not in codes:
        _stop(f"{action.name.lower()} was refused: the service switch is off, or on for more than ten minutes")
    left = codes & ({"not_commissioned"} if action is Action.COMMISSION else {f.code for f in CONTROLLER.values()})
    if left:
        _stop(f"{action.name.lower()} was asked, but still: {_line(last)}")
    print(f"{action.name.lower()} by technician {technician}, noted in {log}: {_line(last)}")


def _note(log: Path, what: dict[str, object]) -> None:
    line = json.dumps({"utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} | what) + "\n"
    with log.open("a") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _dial(port: str, gate: int, file: Path) -> Gate:
    try:
        secret: Key = keys.read(file)
        return Gate(SerialPort(port), secret, gate, time.monotonic(), lambda: secrets.randbits(64))
    except HardwareError as error:
        _stop(str(error))


def _session(door: Gate, seconds: float) -> Iterator[DoorState]:
    until_s = time.monotonic() + seconds
    while (now_s := time.monotonic()) < until_s:
        yield from door.poll(now_s)
        time.sleep(PERIOD_S)


def _line(state: DoorState) -> str:
    position = state.position.name.lower() if state.position is not None else "not observed"
    lamp = state.lamp.name.lower() if state.lamp is not None else "none"
    passages = f"forward {state.forward}, reverse {state.reverse}, doubtful {state.doubtful}"
    presence = ", somebody is sensed" if state.presence else ""
    told = "".join(f"\n  {fault.code}: {fault.check}" for fault in state.faults)
    return f"{'ready' if state.ready else 'not ready'}, {position}, lamp {lamp}, {passages}{presence}{told}"


if __name__ == "__main__":
    app()
