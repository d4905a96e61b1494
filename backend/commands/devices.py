"""`limen-tvs ca` and `limen-tvs device`: the authority, and who may call."""

from pathlib import Path
from typing import Annotated

import typer

from backend import ca
from backend.commands.terms import SettingsFile, asked, settings_of, stop
from backend.errors import ServiceError
from backend.store import peers
from backend.store.peers import Peer

authority = typer.Typer(help="The certificate authority.", no_args_is_help=True)
device = typer.Typer(help="Who may call: gates, carriers, operators, consoles.", no_args_is_help=True)


@authority.command("init")
def init(
    settings: SettingsFile, host: Annotated[list[str] | None, typer.Option(help="name or address")] = None
) -> None:
    """Make the authority and the service's certificate."""
    folder = settings_of(settings).state_dir / "ca"
    try:
        ca.init(folder, host or ["localhost", "127.0.0.1"])
    except ServiceError as error:
        stop(str(error))
    print(f"authority made in {folder}; keep ca.key offline in production")


@device.command("add")
def add(
    name: str,
    settings: SettingsFile,
    out: Annotated[Path, typer.Option(help="folder for the key and certificates")],
    role: Annotated[str, typer.Option(help="gate, carrier, operator or console")] = "gate",
    gate: Annotated[str | None, typer.Option(help="where a gate's appliance stands")] = None,
    port: Annotated[str, typer.Option(help="the port that gate belongs to")] = "",
) -> None:
    """Register a peer and write its key and certificate."""
    read = settings_of(settings)
    try:
        ca.add(read.state_dir / "ca", out, role, name)
    except ServiceError as error:
        stop(str(error))
    asked(read, lambda db: peers.welcome(db, Peer(name, role, gate, port)))
    print(f"{role} {name} registered; its key and certificates are in {out}")


@device.command("remove")
def remove(name: str, settings: SettingsFile) -> None:
    """Turn a peer away: from its calls within seconds, from an open stream within a minute."""
    if not asked(settings_of(settings), lambda db: peers.refuse(db, name)):
        stop(f"nobody is registered as {name}")
    print(f"{name} is turned away")
