"""`limen-tvs person` and `limen-tvs login`: who may act under which name, and acting under one's own.

The first accounts are made on the service's machine.  Once two people could agree, accounts and posts come from what
one proposes and another settles; what this machine can do still is bar somebody.
"""

import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import grpc
import typer
from limen.v1 import people_pb2 as pb
from limen.v1.audit_pb2 import KEPT_PEOPLE
from limen.v1.people_pb2_grpc import PeopleStub
from sqlalchemy import Connection

from backend import accounts
from backend.commands.officers import Reason
from backend.commands.records import ViewPurpose, show
from backend.commands.signed_in import TokenFile, signed_in
from backend.commands.terms import (
    ROLES,
    Identity,
    Server,
    SettingsFile,
    administered,
    asked,
    channel,
    post_said,
    settings_of,
    stop,
)
from backend.errors import Refused, ServiceError
from backend.people import passwords
from backend.people.posts import Post, parse, person_named
from backend.store import people
from backend.store.people import Account

person = typer.Typer(help="Named people and their posts.", no_args_is_help=True)
Reply = TypeVar("Reply")
Role = Annotated[list[str] | None, ROLES]


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
def bar(
    name: str,
    reason: Reason,
    identity: Annotated[Path | None, typer.Option(help="of a console")] = None,
    server: Annotated[str | None, typer.Option(help="host:port of the service")] = None,
    token: TokenFile = None,
    settings: Annotated[Path | None, typer.Option(help="on the service's machine, while nobody else can")] = None,
) -> None:
    """Suspend somebody's access at once: sessions end, and tokens of an outside issuer are refused."""
    if settings is not None:
        asked(settings_of(settings), lambda db: _welcome(db, name, False, reason))
    elif identity is None or server is None:
        raise typer.BadParameter("give --identity and --server, or on the service's machine --settings")
    else:
        signed = signed_in(identity, server, token)
        signed.ask(PeopleStub(signed.channel).Bar, pb.BarRequest(person=name, reason=reason))
    print(f"{name} is barred")


@person.command("take")
def take(
    name: str,
    post: Annotated[str, typer.Argument(help="such as officer@ZRH")],
    reason: Reason,
    identity: Identity,
    server: Server,
    token: TokenFile = None,
) -> None:
    """Take a post from somebody; sessions and shifts end."""
    signed = signed_in(identity, server, token)
    asked_for = pb.TakePostRequest(person=name, post=post_said(post), reason=reason)
    left = signed.ask(PeopleStub(signed.channel).TakePost, asked_for).posts
    print(f"{name} has {', '.join(f'{one.role}@{one.port}' for one in left) or 'no post'}")


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


@person.command("enrol")
def enrol(name: str, identity: Identity, server: Server) -> None:
    """Set your password by the two halves of the code that two people gave you, each one."""
    halves = [_typed(f"{which} half of the code: ") for which in ("first", "second")]
    try:
        request = pb.SetPasswordRequest(
            person=name, first_half=halves[0], second_half=halves[1], password=_typed_twice()
        )
    except ServiceError as error:
        stop(str(error))
    with channel(identity, server) as connected:
        _call(PeopleStub(connected).SetPassword, request, "enrol")
    print(f"{name} has a password, and can log in")


@person.command("codes")
def issue_codes(identity: Identity, server: Server, token: TokenFile = None) -> None:
    """Ten one-time codes by which you can begin a shift at a gate while the service is away; earlier ones are void.

    They are shown now and never again.
    """
    signed = signed_in(identity, server, token)
    print("\n".join(signed.ask(PeopleStub(signed.channel).IssueCodes, pb.IssueCodesRequest()).codes))


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
    with channel(identity, server) as connected:
        stub = PeopleStub(connected)
        reply = _call(stub.Login, pb.LoginRequest(person=name, password=_typed("password: ")), "login")
    out.unlink(missing_ok=True)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(reply.token + "\n")
    print(f"{name} is logged in; the token is in {out}")


def _call(method: Callable[..., Reply], request: object, what: str) -> Reply:
    """By somebody who has no token yet; a refusal ends the command."""
    try:
        return method(request, timeout=20)
    except grpc.RpcError as error:
        stop(f"{what}: {error.code().name}: {error.details()}")


def _typed(prompt: str) -> str:
    """From the terminal, unseen, or a line of standard input; never an argument, which others can read."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _typed_twice() -> str:
    first = _typed("new password: ")
    if sys.stdin.isatty() and _typed("again: ") != first:
        raise Refused("the two are not the same")
    return first


def _require_first(db: Connection) -> None:
    if accounts.two_can_settle(db):
        raise Refused(
            "two people can agree on this: `limen-tvs propose account|posts|restoration|password`, then settle"
        )


def _add(db: Connection, account: Account, held: list[Post]) -> None:
    _require_first(db)
    people.add(db, account, held)
    administered(db, "person.added", account.person, ", ".join(map(str, held)))


def _change(db: Connection, name: str, given: list[Post], taken: list[Post]) -> frozenset[Post]:
    _require_first(db)
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
    if wanted:
        _require_first(db)
    if not people.welcome(db, name, wanted):
        raise Refused(f"nobody has an account {name}")
    administered(db, "person.restored" if wanted else "person.barred", name, reason)


def _set_password(db: Connection, name: str, hashed: str) -> None:
    _require_first(db)
    if not people.set_password(db, name, hashed):
        raise Refused(f"nobody has an account {name}")
    administered(db, "person.password_set", name)
