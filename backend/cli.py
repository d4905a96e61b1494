"""`limen-tvs`: run the service, its authority, its peers; send it manifests."""

import asyncio
import json
import signal
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import grpc
import typer
from limen.v1 import manifests_pb2
from limen.v1.manifests_pb2_grpc import ManifestsStub
from pydantic import ValidationError
from sqlalchemy import Connection

from backend import ca, photos
from backend.errors import ServiceError, leaves
from backend.logs import configure
from backend.server import running
from backend.settings import Settings, read
from backend.store import crossings, decisions, peers
from backend.store.engine import Store, open_store
from backend.store.peers import Peer
from vision.errors import VisionError

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
authority = typer.Typer(help="The certificate authority.", no_args_is_help=True)
device = typer.Typer(help="Who may call: gates, carriers, operators.", no_args_is_help=True)
manifest = typer.Typer(help="Carriers' manifests.", no_args_is_help=True)
app.add_typer(authority, name="ca")
app.add_typer(device, name="device")
app.add_typer(manifest, name="manifest")

KNOWN = (ServiceError, VisionError, OSError, RuntimeError)
Row = TypeVar("Row")
SettingsFile = Annotated[Path, typer.Option("--settings", help="the service's TOML file")]
Identity = Annotated[Path, typer.Option(help="folder with peer.key, peer.pem and ca.pem")]
Server = Annotated[str, typer.Option(help="host:port of the service")]


def _stop(message: str) -> NoReturn:
    print(f"limen-tvs: {message}", file=sys.stderr)
    raise typer.Exit(2)


def _settings(file: Path) -> Settings:
    try:
        return read(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        _stop(f"settings {file}: {error}")
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        _stop(f"settings {file}: {wrong}")


@app.command()
def serve(settings: SettingsFile) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    configure()
    try:
        asyncio.run(_serve(_settings(settings)))
    except KNOWN as error:
        _stop(str(error))
    except ExceptionGroup as group:
        known, other = group.split(KNOWN)
        if known is None or other is not None:
            raise
        _stop("; ".join(str(error) for error in leaves(known)))


async def _serve(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with running(settings) as port:
        print(f"listening on port {port}", flush=True)
        await stopped.wait()


@authority.command("init")
def ca_init(
    settings: SettingsFile, host: Annotated[list[str] | None, typer.Option(help="name or address")] = None
) -> None:
    """Make the authority and the service's certificate."""
    folder = _settings(settings).state_dir / "ca"
    try:
        ca.init(folder, host or ["localhost", "127.0.0.1"])
    except ServiceError as error:
        _stop(str(error))
    print(f"authority made in {folder}; keep ca.key offline in production")


def _read(settings: Path, question: Callable[[Connection], list[Row]]) -> list[Row]:
    try:
        store = Store(open_store(_settings(settings).state_dir, to_read=True))
    except ServiceError as error:
        _stop(str(error))
    rows = asyncio.run(store.run(question))
    store.close()
    return rows


@device.command("add")
def device_add(
    name: str,
    settings: SettingsFile,
    out: Annotated[Path, typer.Option(help="folder for the key and certificates")],
    role: Annotated[str, typer.Option(help="gate, carrier or operator")] = "gate",
    gate: Annotated[str | None, typer.Option(help="where a gate's appliance stands")] = None,
) -> None:
    """Register a peer and write its key and certificate."""
    state = _settings(settings).state_dir
    try:
        ca.add(state / "ca", out, role, name)
        store = Store(open_store(state))
    except ServiceError as error:
        _stop(str(error))
    asyncio.run(store.run(peers.welcome, Peer(name, role, gate)))
    store.close()
    print(f"{role} {name} registered; its key and certificates are in {out}")


@device.command("remove")
def device_remove(name: str, settings: SettingsFile) -> None:
    """Turn a peer away: from its calls within seconds, from an open stream within a minute."""
    try:
        store = Store(open_store(_settings(settings).state_dir))
    except ServiceError as error:
        _stop(str(error))
    known = asyncio.run(store.run(peers.refuse, name))
    store.close()
    if not known:
        _stop(f"nobody is registered as {name}")
    print(f"{name} is turned away")


@manifest.command("submit")
def manifest_submit(file: Path, identity: Identity, server: Server) -> None:
    """Send a PAXLST interchange; print the journey's name and what was found wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        _stop(f"{file}: {error.strerror}")
    reply = _call(identity, server, "Submit", manifests_pb2.SubmitRequest(interchange=content))
    for f in reply.findings:
        print(f"{f.segment} (segment {f.position}, line {f.line}): {f.problem}", file=sys.stderr)
    print(reply.journey)


@app.command()
def assign(gate: str, journey: str, identity: Identity, server: Server) -> None:
    """Let a journey board at a gate."""
    _call(identity, server, "Assign", manifests_pb2.AssignRequest(gate=gate, journey=journey))


@app.command("crossings")
def list_crossings(settings: SettingsFile) -> None:
    """Print every recorded crossing, one JSON object a line."""
    for entry in _read(settings, crossings.entries):
        print(json.dumps(asdict(entry)))


@app.command("decisions")
def list_decisions(settings: SettingsFile) -> None:
    """Print every answer given, for auditors: by ids, with scores and liveness evidence, one JSON object a line."""
    for answer in _read(settings, decisions.entries):
        print(json.dumps(asdict(answer)))


@app.command("photo-key")
def photo_key(document_type: str, issuer: str, number: str) -> None:
    """Print the name of the photo folder of a travel document."""
    print(photos.key(document_type, issuer, number))


def _call(identity: Path, server: str, method: str, request: Any) -> Any:
    try:
        key, chain, root = ((identity / n).read_bytes() for n in ("peer.key", "peer.pem", "ca.pem"))
    except OSError as error:
        _stop(f"identity {identity}: {error}")
    with grpc.secure_channel(server, grpc.ssl_channel_credentials(root, key, chain)) as channel:
        try:
            return getattr(ManifestsStub(channel), method)(request, timeout=10)
        except grpc.RpcError as error:
            _stop(f"{method}: {error.code().name}: {error.details()}")


if __name__ == "__main__":
    app()
