"""Who walks through the rehearsal's lane, with which portraits, and how each visit must end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from calibration.rehearsal.clips import Actor, Print, Replay, Scene, lit
from vision.fetch import fetch
from vision.models import cache_dir, manifest

PORTRAITS = Path(__file__).with_name("portraits.toml")
MORNING, EVENING = "XX0138", "XX0139"
EMPTY = Scene("empty", approach=False)


@dataclass(frozen=True, slots=True)
class Traveler:
    """On the manifest under a specimen name, with photos on file that are other pictures than those filmed."""

    surname: str
    given: str
    number: str
    seat: str
    on_file: tuple[str, ...] = ()


TRAVELERS = (
    Traveler("SPECIMEN", "ANNA", "L898902C3", "12A", ("anna-on-file",)),
    Traveler("SPECIMEN", "BEN", "L898902C4", "12B", ("ben-on-file-1", "ben-on-file-2")),
    Traveler("SPECIMEN", "CARLA", "L898902C5", "14C", ("carla-on-file",)),
    Traveler("MUSTER", "DORA", "L898902C6", "15D"),
    Traveler("MUSTER", "EMIL", "L898902C7", "15E"),
)


def portrait(name: str) -> Path:
    """Where a named portrait lies once it is fetched."""
    return portrait_dir() / f"{name}.jpg"


def portrait_dir() -> Path:
    return cache_dir() / "portraits"


def fetch_portraits() -> None:
    """Raises ModelUnfit."""
    fetch(manifest(PORTRAITS).values(), portrait_dir())


@dataclass(frozen=True, slots=True)
class Act:
    """One visit: the scene, the scene once `cue` was given (if one is awaited), and the end expected."""

    label: str
    flight: str
    expected: str
    scene: Scene
    cue: str | None = None
    then: Scene | None = None


def acts(portrait: Callable[[str], Path]) -> tuple[Act, ...]:
    """The play.  portrait: where a named portrait lies."""

    def alone(name: str, *, busy: bool = False, light: float = 1.0, called: str = "") -> Scene:
        return Scene(called or name, (Actor(portrait(name)),), busy=busy, light=light)

    dark = alone("ben-live-evening", light=0.16, called="dark")
    carla, companion = (
        Actor(portrait(f"{n}-live"), x, nearest_m=0.95) for n, x in (("carla", -340), ("companion", 340))
    )
    pair, parted = Scene("pair", (carla, companion)), Scene("parted", (replace(carla, side=-120),), approach=False)
    paper = Scene("print-anna", (Actor(portrait("anna-live")),), attack=Print())
    tablet = Scene("tablet-ben", (Actor(portrait("ben-live")),), attack=Replay())
    return (
        Act("anna, other photo on file", MORNING, "proceed", alone("anna-live")),
        Act("ben, other photos on file", MORNING, "proceed", alone("ben-live", busy=True)),
        Act("carla, other photo on file", MORNING, "proceed", alone("carla-live", busy=True, called="carla-busy")),
        Act("a stranger", MORNING, "wait", alone("stranger-live")),
        Act("anna again, already aboard", MORNING, "wait", alone("anna-live")),
        Act("a print of anna", EVENING, "wait", paper),  # neither has crossed on this flight: only liveness stops them
        Act("a tablet that plays ben", EVENING, "wait", tablet),
        Act("ben in the dark, then in light", EVENING, "proceed", dark, "more_light", lit(dark, "relit")),
        Act("carla and a companion, then alone", EVENING, "proceed", pair, "one_person", parted),
    )


def paxlst(flight: str, day: date) -> bytes:
    """The carrier's manifest of a flight on a day: PAXLST D.12B inside UNG/UNE."""
    hour = "1030" if flight == MORNING else "2030"
    body = [
        f"UNH+1+PAXLST:D:12B:UN:IATA'BGM+745'TDT+20+{flight}'LOC+125+ZRH'DTM+189:{day:%y%m%d}{hour}:201'LOC+87+HKG'"
    ]
    for t in TRAVELERS:
        name = f"NAD+FL+++{t.surname}:{t.given}'ATT+2++X'DTM+329:640812'NAT+2+UTO'RFF+SEA:{t.seat}'"
        body.append(f"{name}DOC+P:110:111+{t.number}'LOC+91+UTO'")
    body.append(f"CNT+42:{len(TRAVELERS)}'UNT+{6 + 7 * len(TRAVELERS) + 2}+1'")
    sent = f"{day:%y%m%d}:0800"
    head = f"UNA:+.? 'UNB+UNOA:4+XXCARRIER+LIMEN+{sent}+1'UNG+PAXLST+XX+LIMEN+{sent}+1+UN+D:12B'"
    return (head + "".join(body) + "UNE+1+1'UNZ+1+1'").replace("'", "'\n").encode()
