"""`limen-tvs manifest` and `limen-tvs assign`: check a file here, or send it as a carrier or an operator."""

import sys
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from limen.v1 import manifests_pb2
from limen.v1.manifests_pb2_grpc import ManifestsStub

from backend.commands import checking
from backend.commands.terms import Identity, Server, channel, stop
from backend.manifests.telegram import MOST_BYTES

manifest = typer.Typer(help="Carriers' manifests.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="a PAXLST interchange; - for standard input")]


@manifest.command("check")
def check(file: File, as_json: Annotated[bool, typer.Option("--json", help="one line of JSON")] = False) -> None:
    """Read a manifest as the service would and say what is wrong with it; needs no service.

    Prints who travels on what, and every finding with its segment and that segment's number in the file (UNB, or the
    first one there is, is 1; UNA is none).  JSON: function is new, change, replace, remove, cancel or close; dates are
    YYYY-MM-DD, departure and arrival YYYY-MM-DDTHH:MM local to the port (YYYY-MM-DD where no time is told), crew is
    true or false, whatever the manifest does not say is "", codes stand as the manifest has them.  Parts of one
    message are joined.  Ends with 0 if nothing was found, 1 with findings, 2 if the file cannot be read.
    """
    checked = checking.check_file(_read, file)
    if as_json:
        sys.stdout.buffer.write(checking.as_json(checked).encode("utf-8", "backslashreplace") + b"\n")
    else:
        checking.show(checked)
    raise typer.Exit(checked.exit_code)


@manifest.command("submit")
def submit(file: File, identity: Identity, server: Server) -> None:
    """Send a PAXLST interchange; print the journey's name and what was found wrong."""
    reply = _call(identity, server, "Submit", manifests_pb2.SubmitRequest(interchange=_content(file)))
    for f in reply.findings:
        print(f"{f.segment} (segment {f.position}, line {f.line}): {f.problem}", file=sys.stderr)
    if reply.parts_missing:
        print(f"waits for {reply.parts_missing} more parts", file=sys.stderr)
    for journey in reply.journeys:
        print(journey)


@manifest.command("remove")
def remove(journey: str, traveler: str, reason: str, identity: Identity, server: Server) -> None:
    """Take somebody who does not travel off a journey."""
    _call(identity, server, "Remove", manifests_pb2.RemoveRequest(journey=journey, traveler=traveler, reason=reason))


@manifest.command("close")
def close(journey: str, identity: Identity, server: Server) -> None:
    """Close the doors: nobody is added any more, citizens' gallery entries go."""
    reply = _call(identity, server, "CloseDoors", manifests_pb2.CloseDoorsRequest(journey=journey))
    print(f"{reply.crossed} crossed, {reply.not_crossed} did not")


def assign(gate: str, journey: str, identity: Identity, server: Server) -> None:
    """Let a journey board at a gate."""
    _call(identity, server, "Assign", manifests_pb2.AssignRequest(gate=gate, journey=journey))


def _content(file: Path) -> bytes:
    try:
        return _read(file)
    except OSError as error:
        stop(f"{file}: {error.strerror}")


def _read(file: Path) -> bytes:
    """At most a little more than a manifest may have, so that no file fills the memory.  Raises OSError."""
    if str(file) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _call(identity: Path, server: str, method: str, request: Any) -> Any:
    with channel(identity, server) as connected:
        try:
            return getattr(ManifestsStub(connected), method)(request, timeout=10)
        except grpc.RpcError as error:
            stop(f"{method}: {error.code().name}: {error.details()}")
