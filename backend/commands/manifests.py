"""`limen-tvs manifest` and `limen-tvs assign`: as a carrier or an operator."""

import sys
from pathlib import Path
from typing import Any

import grpc
import typer
from limen.v1 import manifests_pb2
from limen.v1.manifests_pb2_grpc import ManifestsStub

from backend.commands.terms import Identity, Server, channel, stop

manifest = typer.Typer(help="Carriers' manifests.", no_args_is_help=True)


@manifest.command("submit")
def submit(file: Path, identity: Identity, server: Server) -> None:
    """Send a PAXLST interchange; print the journey's name and what was found wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        stop(f"{file}: {error.strerror}")
    reply = _call(identity, server, "Submit", manifests_pb2.SubmitRequest(interchange=content))
    for f in reply.findings:
        print(f"{f.segment} (segment {f.position}, line {f.line}): {f.problem}", file=sys.stderr)
    print(reply.journey)


def assign(gate: str, journey: str, identity: Identity, server: Server) -> None:
    """Let a journey board at a gate."""
    _call(identity, server, "Assign", manifests_pb2.AssignRequest(gate=gate, journey=journey))


def _call(identity: Path, server: str, method: str, request: Any) -> Any:
    with channel(identity, server) as connected:
        try:
            return getattr(ManifestsStub(connected), method)(request, timeout=10)
        except grpc.RpcError as error:
            stop(f"{method}: {error.code().name}: {error.details()}")
