"""`limen-tvs ca` and `limen-tvs device`: the authority, and who may call."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from backend import access, ca
from backend.caller import EVERYWHERE
from backend.commands.terms import SettingsFile, administered, asked, settings_of, stop
from backend.errors import Refused, ServiceError
from backend.people.posts import port_named
from backend.settings import Settings
from backend.store import peers
from backend.store.peers import Peer

authority = typer.Typer(help="The certificate authority.", no_args_is_help=True)
device = typer.Typer(help="Who may call: gates, carriers, operators, consoles.", no_args_is_help=True)
CODE = re.compile(r"[A-Z0-9]{2,17}")  # as a manifest's TDT has it
Hosts = Annotated[
    list[str] | None, typer.Option(help="name or address by which browsers reach a gate's pages; repeatable")
]
Out = Annotated[Path, typer.Option(help="folder for the key and certificates")]


@authority.command("init")
def init(
    settings: SettingsFile, host: Annotated[list[str] | None, typer.Option(help="name or address")] = None
) -> None:
    """Make the authority and the service's certificate."""
    folder = _folder(settings)
    _try(lambda: ca.init(folder, host or ["localhost", "127.0.0.1"]))
    print(f"authority made in {folder}; keep ca.key offline in production")


@authority.command("renew")
def renew(settings: SettingsFile) -> None:
    """A new key and certificate for the service; a running one takes them at its next connection."""
    _try(lambda: ca.renew(_folder(settings)))
    print("the service has a new certificate")


@authority.command("succeed")
def succeed(settings: SettingsFile) -> None:
    """Make an authority that follows this one; both are trusted until `retire`."""
    _try(lambda: ca.succeed(_folder(settings)))
    print("a new authority signs; now `limen-tvs device renew` every peer, and `limen-tvs ca retire` when all have it")


@authority.command("retire")
def retire(settings: SettingsFile) -> None:
    """Trust the former authority no longer: peers that were not renewed are out."""
    _try(lambda: ca.retire(_folder(settings)))
    print("only the present authority is trusted")


@device.command("add")
def add(
    name: str,
    settings: SettingsFile,
    out: Out,
    role: Annotated[str, typer.Option(help="gate, carrier, operator or console")] = access.GATE,
    gate: Annotated[str | None, typer.Option(help="where a gate's appliance stands")] = None,
    touchpoint: Annotated[str | None, typer.Option(help="identifies only, such as CHECK-IN-3; no --role")] = None,
    port: Annotated[str, typer.Option(help="of a gate, touchpoint or operator: ZRH; * for an operator of all")] = "",
    airline: Annotated[
        list[str] | None, typer.Option(help="code a carrier may announce, such as XX; repeatable")
    ] = None,
    host: Hosts = None,
) -> None:
    """Register a peer and write its key and certificate; earlier ones of this name are worthless from now on."""
    read = settings_of(settings)
    if touchpoint is not None:
        if gate is not None or role != access.GATE:
            stop("--touchpoint belongs with neither --gate nor --role: a touchpoint is neither")
        role, gate = access.TOUCHPOINT, touchpoint
    generation = asked(read, lambda db: peers.next_generation(db, name))
    codes = tuple(airline or ()) or asked(read, lambda db: _codes(db, name, role))
    peer = Peer(name, role, gate, port, generation, codes)
    _try(lambda: _check(peer))
    _write(read, out, peer, host)
    asked(read, lambda db: _register(db, peer))
    print(f"{role} {name} registered; its key and certificates are in {out}")


@device.command("renew")
def renew_peer(name: str, settings: SettingsFile, out: Out, host: Hosts = None) -> None:
    """A new key and certificate for a peer; the one it has stays good, so that no call fails meanwhile."""
    read = settings_of(settings)
    peer = asked(read, lambda db: peers.welcomed(db, name))
    if peer is None:
        stop(f"nobody is registered as {name}; `limen-tvs device add` does")
    _write(read, out, peer, host)
    asked(read, lambda db: administered(db, "device.renewed", name))
    print(f"{peer.role} {name} has a new key and certificate in {out}")


@device.command("remove")
def remove(name: str, settings: SettingsFile) -> None:
    """Turn a peer away, from calls and from open streams, within seconds."""
    if not asked(settings_of(settings), lambda db: _remove(db, name)):
        stop(f"nobody is registered as {name}")
    print(f"{name} is turned away")


@device.command("list")
def list_peers(settings: SettingsFile) -> None:
    """Who may call: one JSON object a line."""
    for peer in asked(settings_of(settings), peers.everybody):
        print(
            json.dumps({"name": peer.name, "role": peer.role, "gate": peer.gate, "port": peer.port} | _announces(peer))
        )


def _announces(peer: Peer) -> dict[str, object]:
    return {"airlines": peer.carriers} if peer.role == access.CARRIER else {}


def _codes(db: Connection, name: str, role: str) -> tuple[str, ...]:
    """Of a carrier that is registered already."""
    known = peers.welcomed(db, name)
    return known.carriers if known is not None and known.role == role == access.CARRIER else ()


def _check(peer: Peer) -> None:
    """Raises Refused for a gate, touchpoint or operator that stands nowhere, and for others that do."""
    ca.place_named(peer.name)
    if peer.gate is not None:
        ca.place_named(peer.gate)
    placed = peer.role in (access.GATE, access.TOUCHPOINT)
    if (placed or peer.role == access.OPERATOR) and not peer.port:
        raise Refused(f"{peer.role} {peer.name} needs a --port: it may act about that port only")
    if not placed and (peer.gate or (peer.port and peer.role != access.OPERATOR)):
        raise Refused(f"{peer.role} {peer.name} has no --gate, and a --port only if it is an operator")
    if placed and (peer.gate is None or peer.port == EVERYWHERE):
        raise Refused(f"{peer.role} {peer.name} needs a --{peer.role} and one --port, where it stands")
    if peer.port:
        port_named(peer.port)
    _check_codes(peer)


def _check_codes(peer: Peer) -> None:
    """Raises Refused for a carrier that may announce nothing, for others that may, and for what is no code."""
    if (peer.role == access.CARRIER) != bool(peer.carriers):
        told = "needs an --airline, the code of its flights" if peer.role == access.CARRIER else "has no --airline"
        raise Refused(f"{peer.role} {peer.name} {told}")
    for code in peer.carriers:
        if not CODE.fullmatch(code):
            raise Refused(f"airline {code!r} must be 2 to 17 capitals or digits, such as XX")


def _write(settings: Settings, out: Path, peer: Peer, hosts: list[str] | None) -> None:
    """The pages' certificate too, for these hosts or those it has."""
    authority, served = settings.state_dir / "ca", hosts or ca.page_hosts(out)
    if served and peer.role != access.GATE:
        stop(f"{peer.role} {peer.name} has no --host: only a gate's appliance serves pages")
    _try(lambda: ca.require_hosts(authority, served))
    _try(lambda: ca.add(authority, out, peer.role, peer.name, peer.generation))
    if served:
        _try(lambda: ca.add_page(authority, out, served))


def _register(db: Connection, peer: Peer) -> None:
    peers.welcome(db, peer)
    administered(db, "device.registered", peer.name, _described(peer))


def _described(peer: Peer) -> str:
    return f"{peer.role} of {' '.join(peer.carriers)}" if peer.carriers else f"{peer.role} at {peer.port or 'no port'}"


def _remove(db: Connection, name: str) -> bool:
    known = peers.refuse(db, name)
    if known:
        administered(db, "device.removed", name)
    return known


def _folder(settings: Path) -> Path:
    return settings_of(settings).state_dir / "ca"


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except ServiceError as error:
        stop(str(error))
