"""The appliance's settings: one TOML file, unknown keys refused."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from edge.errors import SettingsUnfit
from hardware.inputs import Inputs

BY_PATH = Path("/dev/serial/by-path")
BY_ID = Path("/dev/input/by-id")
CABINET = (
    'cabinet must be "monostable": a relay board has no dead man, so it may only trigger a cabinet which opens once'
    " for a pulse and closes by itself though the relay stays on; ask the cabinet's maker, try it, then set it"
)
_PATH = re.compile(r"[!-~]{1,200}")
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"  # of a device, as `limen-tvs device add` takes it
_SENSING = ("numato", "modbus")
_TARGET = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})")
_SEVERAL = ("ipv4:", "ipv6:")  # several replicas of the service, as gRPC takes them
MEND = "mend the file, or the LIMEN_GATE__ variable that wins over it"


def named_path(path: str) -> str:
    """A device's path as it may stand in a log or a command.  Raises ValueError."""
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path of 1 to 200 visible ASCII characters without spaces, such as /dev/ttyS0")
    return path


def stable(port: str, links: Path = BY_PATH) -> str:
    """A port's path that stays the same when devices are plugged in again.  Raises ValueError naming the one to use."""
    return _lasting("port", port, links) if port.startswith(("/dev/ttyUSB", "/dev/ttyACM")) else port


def stable_input(device: str, links: Path = BY_ID) -> str:
    """The same for an input device."""
    return _lasting("device", device, links) if device.startswith("/dev/input/event") else device


def _lasting(key: str, path: str, links: Path) -> str:
    device = Path(path).resolve()
    same = [link for link in sorted(links.glob("*")) if link.resolve() == device]
    use = f'set {key} = "{same[0]}"' if same else f"use its link under {links} (ls -l {links})"
    raise ValueError(f"{path} can be another device after the next start; {use}")


def service_address(address: str) -> str:
    """Where the service is asked, in a form gRPC can connect to.  Raises ValueError."""
    several = address.startswith(_SEVERAL)
    targets = address[len(_SEVERAL[0]) :].split(",") if several else [address.removeprefix("dns:///")]
    for target in targets:
        found = _TARGET.fullmatch(target)
        if not found or not 1 <= int(found[1]) <= 65_535:
            raise ValueError("must be HOST:PORT with a port of 1 to 65535, such as tvs.example:7443 or [::1]:7443")
    return address


def whole_path(path: Path) -> Path:
    """A path that can be asked for at all.  Raises ValueError."""
    if "\0" in str(path):
        raise ValueError("must be a path without a zero byte")
    return path


def a_section(gate: object) -> object:
    if isinstance(gate, str):
        raise ValueError('must be a section: [gate] with kind = "controller", "osdp" or "relay", and port')
    return gate


Tcp = Annotated[int, Field(ge=1, le=65535)]
FilePath = Annotated[Path, AfterValidator(whole_path)]
InputPath = Annotated[str, AfterValidator(named_path), AfterValidator(stable_input)]
SerialPath = Annotated[str, AfterValidator(named_path), AfterValidator(stable)]
Baud = Literal[9600, 19200, 38400, 57600, 115200, 230400]
Opening = Annotated[float, Field(ge=0.1, le=10.0)]
InputNumber = Annotated[int, Field(ge=0, le=31)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Service(Section):
    """identity: folder with peer.key, peer.pem and ca.pem."""

    address: Annotated[str, AfterValidator(service_address)]
    identity: FilePath
    deadline_s: Annotated[float, Field(gt=0, le=2.5)] = 1.5


class Screens(Section):
    """host: plain HTTP on an address of this machine alone, else TLS with page.pem of `service.identity`."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Tcp = 8080


class Calibrated(Section):
    """file: what `limen-calibrate camera` wrote.  camera: the name it was made for."""

    file: FilePath
    camera: str


class Wired(Section):
    """The inputs of `hardware.inputs.Inputs`."""

    closed: InputNumber | None = None
    entry: InputNumber | None = None
    exit: InputNumber | None = None
    presence: InputNumber | None = None
    inverted: frozenset[InputNumber] = frozenset()

    @property
    def inputs(self) -> Inputs:
        return Inputs(self.closed, self.entry, self.exit, self.presence, self.inverted)


class ControllerGate(Section):
    """Our own gate controller.  id: the number its key was made with.  timing: what `limen-calibrate gate` wrote."""

    kind: Literal["controller"]
    port: SerialPath
    key: FilePath
    id: Annotated[int, Field(ge=0, le=65535)]
    timing: FilePath | None = None


class OsdpGate(Section):
    """A reader whose output opens the lock.  key: file with its secure channel key."""

    kind: Literal["osdp"]
    port: SerialPath
    baud: Baud = 9600
    address: Annotated[int, Field(ge=0, le=126)]
    key: FilePath
    output: Annotated[int, Field(ge=0, le=255)] = 0
    opens_s: Opening = 5.0
    inputs: Wired = Wired()


class RelayGate(Section):
    """A relay that triggers a cabinet.

    channel: as the board counts, from 1 on LCUS and KMTronic, from 0 on Numato and Modbus.  opens_s: how long the
    cabinet stays open.  relays: how many a KMTronic has.  unit: a Modbus board's address.  flash: the Modbus board ends
    a pulse by itself when asked to (coils from 0x0200; ask its maker).
    """

    kind: Literal["relay"]
    board: Literal["lcus", "kmtronic", "numato", "modbus"]
    port: SerialPath
    baud: Baud = 9600
    channel: Annotated[int, Field(ge=0, le=255)]
    pulse_ms: Annotated[int, Field(ge=100, le=2000)] = 500
    cabinet: Literal["monostable"]
    opens_s: Opening = 5.0
    relays: Literal[4, 8] = 8
    unit: Annotated[int, Field(ge=1, le=247)] = 1
    flash: bool = False
    inputs: Wired = Wired()

    @model_validator(mode="before")
    @classmethod
    def _monostable(cls, tree: Any) -> Any:
        if isinstance(tree, dict) and tree.get("cabinet") != "monostable":
            raise ValueError(CABINET)
        return tree

    @model_validator(mode="after")
    def _fits_the_board(self) -> "RelayGate":
        lowest, highest = {"lcus": (1, 255), "kmtronic": (1, self.relays), "numato": (0, 31)}.get(self.board, (0, 255))
        if not lowest <= self.channel <= highest:
            raise ValueError(f"channel {self.channel}: relays of this {self.board} board are {lowest}..{highest}")
        if self.inputs.inputs.used and self.board not in _SENSING:
            raise ValueError(f"inputs: a {self.board} board has none; leave them out, or take a board that has some")
        if self.opens_s * 1000 < self.pulse_ms:
            raise ValueError(f"opens_s {self.opens_s}: a cabinet stays open at least for its pulse, {self.pulse_ms} ms")
        if self.flash and self.board != "modbus":
            raise ValueError(f"flash: a {self.board} board cannot end a pulse by itself; leave it out")
        return self


Gate = Annotated[ControllerGate | OsdpGate | RelayGate, Field(discriminator="kind"), BeforeValidator(a_section)]


class SerialReader(Section):
    """The lane's document reader on a line.  silence_ends: it sends no line end behind a read."""

    kind: Literal["serial"]
    port: SerialPath
    baud: Baud = 9600
    silence_ends: bool = False


class KeysReader(Section):
    """The lane's document reader as a keyboard, taken for the appliance alone."""

    kind: Literal["keys"]
    device: InputPath
    silence_ends: bool = False


DocumentReader = Annotated[SerialReader | KeysReader, Field(discriminator="kind")]


class Settings(Section):
    device: Annotated[str, Field(pattern=NAME)]
    camera: str
    calibration: Calibrated | None = None
    gate: Gate
    reader: DocumentReader | None = None
    journal_dir: FilePath
    service: Service
    screens: Screens = Screens()


def read(file: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read `file`; LIMEN_GATE__SERVICE__DEADLINE_S=0.5 wins over it.

    Raises SettingsUnfit naming every missing, mistyped and unknown key at once.
    """
    try:
        tree: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        for name, value in env.items():
            if name.startswith("LIMEN_GATE__"):
                _override(tree, name, value)
        return Settings.model_validate(tree)
    except OSError as error:
        raise SettingsUnfit(f"settings {file}: {error.strerror}; name a file that can be read") from error
    except ValidationError as error:
        wrong = "; ".join(_said(".".join(map(str, e["loc"])), e["msg"], e["input"]) for e in error.errors())
        raise SettingsUnfit(f"settings {file}: {wrong}; {MEND}") from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, or nested without end
        raise SettingsUnfit(f"settings {file}: {error}; {MEND}") from error


def _override(tree: dict[str, Any], name: str, value: str) -> None:
    """Raises ValueError."""
    *sections, key = name.removeprefix("LIMEN_GATE__").lower().split("__")
    node = tree
    for section in sections:
        node = node.setdefault(section, {})
        if not isinstance(node, dict):
            raise ValueError(f"{name}: {section} is no section with keys of its own")
    node[key] = value


def _said(key: str, what: str, value: object) -> str:
    """Which key, what is wrong and the value, unless that may be a secret or is a whole section."""
    told = f", got {value!r}" if isinstance(value, str | int | float) and not key.endswith("key") else ""
    return f"{key}: {what}{told}"
