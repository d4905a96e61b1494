"""What every command needs: settings, the store, a connection as a peer, and a clear end."""

import asyncio
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import grpc
import typer
from limen.v1.people_pb2 import Post
from pydantic import ValidationError
from sqlalchemy import Connection

from backend.clock import utc_ms
from backend.errors import ServiceError
from backend.settings import Settings, read
from backend.store.audit import Note, note
from backend.store.engine import Store, open_store

NOBODY_LOGGED_IN = 2**32 - 1  # by the kernel: a service, or a container
Answer = TypeVar("Answer")
SettingsFile = Annotated[Path, typer.Option("--settings", help="the service's TOML file")]
Identity = Annotated[Path, typer.Option(help="folder with peer.key, peer.pem and ca.pem")]
ROLES = typer.Option(help="such as officer@ZRH, or auditor@*; several may be given")
Server = Annotated[str, typer.Option(help="host:port of the service")]


def stop(message: str) -> NoReturn:
    """One line, whatever a library says on several."""
    print(f"limen-tvs: {' '.join(message.split())}", file=sys.stderr)
    raise typer.Exit(2)


def post_said(text: str) -> Post:
    """Of `officer@ZRH`; the service says what is wrong with it."""
    role, _, port = text.partition("@")
    return Post(role=role, port=port)


def settings_of(file: Path) -> Settings:
    try:
        return read(file)
    except ValidationError as error:
        wrong = "; ".join(": ".join(filter(None, (".".join(map(str, e["loc"])), e["msg"]))) for e in error.errors())
        stop(f"settings {file}: {wrong}")
    except (OSError, ValueError) as error:
        stop(f"settings {file}: {error}")


def asked(settings: Settings, question: Callable[[Connection], Answer], *, to_read: bool = False) -> Answer:
    """What a function says of the store; a refusal ends the command."""
    try:
        store = Store(open_store(settings.state_dir, settings.database, to_read=to_read))
        try:
            return asyncio.run(store.run(question))
        finally:
            store.close()
    except ServiceError as error:
        stop(str(error))


def administered(db: Connection, action: str, subject: str, result: str = "") -> None:
    """Note what an administrator of this machine did, in the transaction that does it."""
    note(db, Note(utc_ms(), account(), "administrator", action, subject, result=result))


def account() -> str:
    """Of the operating system, which is all that is known here: the one that runs this, and the one that logged in
    where the kernel says so.  Neither is taken from the environment, which says what its owner likes."""
    runs = _account(os.getuid())
    try:
        login = int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return runs
    return runs if login in (os.getuid(), NOBODY_LOGGED_IN) else f"{runs}, logged in as {_account(login)}"


def _account(number: int) -> str:
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"os:{number}"


def channel(identity: Path, server: str) -> grpc.Channel:
    try:
        key, chain, root = ((identity / n).read_bytes() for n in ("peer.key", "peer.pem", "ca.pem"))
    except OSError as error:
        stop(f"identity {identity}: {error}")
    return grpc.secure_channel(server, grpc.ssl_channel_credentials(root, key, chain))
