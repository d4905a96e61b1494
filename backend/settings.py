"""The service's settings: one TOML file, unknown keys refused."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from backend import address

Fraction = Annotated[float, Field(gt=0, lt=1)]


def _checked(where: str) -> str:
    """Raises ValueError."""
    address.split(where)
    return where


Address = Annotated[str, AfterValidator(_checked)]
Seconds = Annotated[float, Field(gt=0)]
SYNCHRONOUS = "synchronous"
SEALED_OR_HERE = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])"  # in clear only within a machine


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rules(Section):
    """What the directive policy may assume."""

    fpir: Fraction = 0.001
    margin: Fraction = 0.05
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    liveness_enforced: bool = True
    least_liveness: Fraction = 0.5


class Source(Section):
    """Where photos of travellers are asked for, beside the folder."""

    kind: Literal["ident", "state", "visa"]
    url: Annotated[str, Field(pattern=SEALED_OR_HERE)]
    timeout_s: Seconds = 5.0


class Lanes(Section):
    """Pedestrian lanes: ports with a gallery of their frequent crossers.  Who crossed `crossings` times within `days`
    is in it, until he has not crossed for `days`."""

    ports: tuple[str, ...] = ()
    crossings: Annotated[int, Field(ge=1)] = 3
    days: Annotated[int, Field(ge=1, le=14)] = 14


class Records(Section):
    """Systems of record; "" for one that is not told.  retry_s: after the first failure, doubled up to an hour.
    ident_form: the traditional encoding of ANSI/NIST-ITL, or its XML."""

    ident: Annotated[str, Field(pattern=f"^$|{SEALED_OR_HERE}")] = ""
    tecs: Annotated[str, Field(pattern=f"^$|{SEALED_OR_HERE}")] = ""
    adis: Annotated[str, Field(pattern=f"^$|{SEALED_OR_HERE}")] = ""
    ident_form: Literal["traditional", "xml"] = "traditional"
    timeout_s: Seconds = 5.0
    retry_s: Annotated[float, Field(gt=0, le=3600)] = 2.0

    def url(self, system: str) -> str:
        """Where a system listens; "" for one that is not told."""
        return {"ident": self.ident, "tecs": self.tecs, "adis": self.adis}[system]


class Retention(Section):
    """gallery_days: images and galleries (RET-2).  every_s: how often the purge looks."""

    gallery_days: Annotated[int, Field(ge=1, le=14)] = 14
    every_s: Seconds = 30.0


class Budgets(Section):
    """What one peer, one address and all together may have open.  A console has 16 times a peer's calls and streams,
    each person behind it one.  unknown: connections of an address that have made no call yet.  calls_a_second: of
    streams, too; what comes sooner waits for its turn."""

    connections: Annotated[int, Field(ge=1)] = 2000
    unknown: Annotated[int, Field(ge=1)] = 64
    handshake_s: Seconds = 5.0
    calls: Annotated[int, Field(ge=1)] = 32
    calls_in_all: Annotated[int, Field(ge=1)] = 512
    calls_a_second: Annotated[int, Field(ge=1)] = 200
    streams: Annotated[int, Field(ge=1)] = 8
    streams_in_all: Annotated[int, Field(ge=1)] = 2000
    request_bytes: Annotated[int, Field(ge=5 * 2**20)] = 16 * 2**20
    request_bytes_in_all: Annotated[int, Field(ge=5 * 2**20)] = 128 * 2**20


class Issuer(Section):
    """An outside identity provider: tokens it signs are taken from these keys only.  jwks: a file."""

    issuer: str
    audience: str
    jwks: Path


class Settings(Section):
    listen: Address = "127.0.0.1:7443"
    state_dir: Path
    keys_dir: Path | None = None  # shared by all replicas, kept out of the backup; else `keys` in state_dir
    database: str = ""  # postgresql://…, with every host that may be primary; else the encrypted file in state_dir
    standby: Literal["synchronous", "none"] | None = None  # whether a fail-over may lose what was acknowledged
    photos_dir: Path
    country: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USA"  # whose border it is: ICAO code
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    waiting: Annotated[int, Field(ge=1, le=10_000)] = 64  # verifications at once; more are refused early
    connection_age_s: Seconds = 60.0
    drain_s: Seconds = 10.0
    metrics: Address | Literal[""] = ""  # host:port for Prometheus; "" for none
    log: Literal["logfmt", "json"] = "logfmt"
    operating_point: Path | None = None  # what `limen-calibrate identify --write` made; else the one that came along
    ahead_h: Annotated[float, Field(gt=0, le=24)] = 24.0  # galleries are built so long before departure
    stay_days: Annotated[int, Field(ge=1)] = 90  # an arrival may stay
    shift_h: Annotated[float, Field(gt=0, le=24)] = 10.0  # how long an agent's login at a gate is good
    escalate_s: Seconds = 15.0  # after which an alert nobody took goes to more officers
    witness_dir: Path | None = None  # where signed heads of the audit log are also written, for an outside witness
    rules: Rules = Rules()
    sources: tuple[Source, ...] = ()
    lanes: Lanes = Lanes()
    records: Records = Records()
    retention: Retention = Retention()
    budgets: Budgets = Budgets()
    issuer: Issuer | None = None

    @model_validator(mode="after")
    def _standby_of_a_database(self) -> Self:
        if self.standby is not None and not self.database:
            raise ValueError("standby: an encrypted file has none; remove it, or name the database that has")
        return self

    @property
    def keys(self) -> Path:
        return self.keys_dir or self.state_dir / "keys"


def read(file: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Read `file`; LIMEN_TVS__RULES__ATTEMPTS=2 wins over it.

    Raises OSError, ValueError for what is no TOML, or pydantic.ValidationError naming every missing, mistyped and
    unknown key.
    """
    tree: dict[str, Any] = tomllib.loads(file.read_text())
    for name, value in env.items():
        if name.startswith("LIMEN_TVS__"):
            *sections, key = name.removeprefix("LIMEN_TVS__").lower().split("__")
            node = tree
            for section in sections:
                node = node.setdefault(section, {})
                if not isinstance(node, dict):
                    raise ValueError(f"{name}: {section} is no section with keys of its own")
            node[key] = value
    return Settings.model_validate(tree)
