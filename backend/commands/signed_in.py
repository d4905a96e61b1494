"""Calls as a person: through a console's certificate, with the token of a login."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import grpc
import typer

from backend.commands.terms import channel, stop

TOKEN = "LIMEN_TOKEN"
TIMEOUT_S = 10.0
Reply = TypeVar("Reply")
Request = TypeVar("Request")
TokenFile = Annotated[
    Path | None, typer.Option("--token", help=f"file with the token, readable by you alone; else ${TOKEN}")
]
Purpose = Annotated[str, typer.Option(help="what the call is for, where one must be named")]


@dataclass(frozen=True, slots=True)
class Signed:
    """channel: of a console."""

    channel: grpc.Channel
    metadata: tuple[tuple[str, str], ...]

    def ask(self, method: Callable[..., Reply], request: object) -> Reply:
        """A refusal ends the command, in the service's words."""
        try:
            return self.call(method, request)
        except grpc.RpcError as error:
            stop(f"{error.code().name}: {error.details()}")

    def call(self, method: Callable[..., Reply], request: object) -> Reply:
        """Raises grpc.RpcError."""
        return method(request, timeout=TIMEOUT_S, metadata=self.metadata)


def signed_in(identity: Path, server: str, token: Path | None, purpose: str = "") -> Signed:
    named = (("x-limen-purpose", purpose),) if purpose else ()
    return Signed(channel(identity, server), (("authorization", f"Bearer {_token(token)}"), *named))


def _token(file: Path | None) -> str:
    if file is None:
        return os.environ.get(TOKEN) or stop(f"no token: log in, then set {TOKEN} or give --token FILE")
    try:
        if file.stat().st_mode & 0o077:
            stop(f"token {file}: others can read it; chmod 600 {file}")
        return file.read_text().strip()
    except OSError as error:
        stop(f"token {file}: {error.strerror}")
