"""`limen-tvs person` and `limen-tvs login`: who may act under which name, and acting under one's own."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

import grpc
import typer
from limen.v1 import people_pb2
from limen.v1.audit_pb2 import KEPT_PEOPLE
from limen.v1.people_pb2_grpc import PeopleStub
from sqlalchemy import Connection

from backend.access import AGENT
from backend.clock import utc_ms
from backend.commands.records import ViewPurpose, show
from backend.commands.signed_in import TokenFile, signed_in
from backend.commands.terms import Identity, Server, SettingsFile, administered, asked, channel, settings_of, stop
from backend.errors import Refused, ServiceError
from backend.keys import KeyRing
from backend.people import codes, passwords
from backend.people.posts import Post, parse, person_named
from backend.settings import Settings
from backend.store import key_checks, people, shifts
from backend.store.people import Account

person = typer.Typer(help="Named people and their posts.", no_args_is_help=True)
Role = Annotated[list[str] | None, typer.Option(help="such as officer@ZRH, or auditor@*; several may be given")]
Reason = Annotated[str, typer.Option(help="kept in the audit log")]


@person.command("add")
def add(
    name: str,
    settings: SettingsFile,
    role: Role = None,
    issuer: Annotated[str | None, typer.Option(help="an outside issuer vouches, instead of a password")] = None,
    subject: Annotated[str | None, typer.Option(help="what the issuer calls this person")] = None,
) -> None:
    """An account with these posts; asks for its password, at least 12 characters, unless an issuer vouches."""
    try:
        held = [parse(one) for one in role or []]
        if (issuer is None) != (subject is None):
            raise Refused("--issuer and --subject belong together")
        password = None if issuer else passwords.hashed(_typed_twice())
        account = Account(person_named(name), password, issuer, subject)
    except ServiceError as error:
        stop(str(error))
    asked(settings_of(settings), lambda db: _add(db, account, held))
    print(f"{name} has an account with {', '.join(map(str, held)) or 'no post'}")


@person.command("post")
def post(
    name: str,
    settings: SettingsFile,
    add: Annotated[list[str] | None, typer.Option(help="such as officer@ZRH")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="ends the person's sessions")] = None,
) -> None:
    """Give posts, and take them."""
    try:
        given, taken = [parse(one) for one in add or []], [parse(one) for one in remove or []]
    except ServiceError as error:
        stop(str(error))
    held = asked(settings_of(settings), lambda db: _change(db, name, given, taken))
    print(f"{name} has {', '.join(map(str, sorted(held))) or 'no post'}")


@person.command("bar")
def bar(name: str, settings: SettingsFile, reason: Reason) -> None:
    """Suspend somebody's access at once: sessions end, and tokens of an outside issuer are refused."""
    asked(settings_of(settings), lambda db: _welcome(db, name, False, reason))
    print(f"{name} is barred")


@person.command("restore")
def restore(name: str, settings: SettingsFile, reason: Reason) -> None:
    """Take a bar back."""
    asked(settings_of(settings), lambda db: _welcome(db, name, True, reason))
    print(f"{name} may log in again")


@person.command("password")
def password(name: str, settings: SettingsFile) -> None:
    """Set a new password; sessions end, and waiting after wrong tries too."""
    try:
        hashed = passwords.hashed(_typed_twice())
    except ServiceError as error:
        stop(str(error))
    asked(settings_of(settings), lambda db: _set_password(db, name, hashed))
    print(f"{name} has a new password")


@person.command("codes")
def issue_codes(name: str, settings: SettingsFile) -> None:
    """Ten one-time codes by which an agent can begin a shift while the service is away; those from before are void.

    They are shown now and never again.
    """
    read, made = settings_of(settings), codes.made()
    salt = codes.salt(asked(read, lambda db: _agents_keys(db, read, name)))
    verifiers = [codes.verifier(salt, name, code) for code in made]
    asked(read, lambda db: _issue_codes(db, name, verifiers))
    print("\n".join(made))


@person.command("list")
def list_people(identity: Identity, server: Server, token: TokenFile = None, purpose: ViewPurpose = "audit") -> None:
    """Print accounts and their posts, for auditors, one JSON object a line."""
    show(signed_in(identity, server, token, purpose), KEPT_PEOPLE)


def login(
    name: str,
    identity: Identity,
    server: Server,
    out: Annotated[Path, typer.Option(help="file for the token, which only you can read")],
) -> None:
    """Log in through this console; asks for the password and writes the token of a session of eight hours."""
    request = people_pb2.LoginRequest(person=name, password=_typed("password: "))
    with channel(identity, server) as connected:
        try:
            reply = PeopleStub(connected).Login(request, timeout=20)
        except grpc.RpcError as error:
            stop(f"login: {error.code().name}: {error.details()}")
    out.unlink(missing_ok=True)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(reply.token + "\n")
    print(f"{name} is logged in; the token is in {out}")


def _typed(prompt: str) -> str:
    """From the terminal, unseen, or a line of standard input; never an argument, which others can read."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _typed_twice() -> str:
    first = _typed("new password: ")
    if sys.stdin.isatty() and _typed("again: ") != first:
        raise Refused("the two are not the same")
    return first


def _add(db: Connection, account: Account, held: list[Post]) -> None:
    people.add(db, account, held)
    administered(db, "person.added", account.person, ", ".join(map(str, held)))


def _change(db: Connection, name: str, given: list[Post], taken: list[Post]) -> frozenset[Post]:
    if people.find(db, name) is None:
        raise Refused(f"nobody has an account {name}")
    for one in given:
        people.hold(db, name, one)
    for one in taken:
        if not people.leave(db, name, one):
            raise Refused(f"{name} does not have {one}")
    held = people.held(db, name)
    administered(db, "person.posted", name, ", ".join(map(str, sorted(held))))
    return held


def _welcome(db: Connection, name: str, wanted: bool, reason: str) -> None:
    if not people.welcome(db, name, wanted):
        raise Refused(f"nobody has an account {name}")
    administered(db, "person.restored" if wanted else "person.barred", name, reason)


def _agents_keys(db: Connection, read: Settings, name: str) -> KeyRing:
    account = people.find(db, name)
    if account is None or not account.welcome or not any(post.role == AGENT for post in people.held(db, name)):
        raise Refused(f"{name} is no agent; `limen-tvs person post {name} --add agent@PORT` makes one")
    return key_checks.opened(db, read.keys)


def _issue_codes(db: Connection, name: str, verifiers: list[str]) -> None:
    shifts.issue(db, name, verifiers, utc_ms())
    administered(db, "person.codes_issued", name, str(len(verifiers)))


def _set_password(db: Connection, name: str, hashed: str) -> None:
    if not people.set_password(db, name, hashed):
        raise Refused(f"nobody has an account {name}")
    administered(db, "person.password_set", name)
