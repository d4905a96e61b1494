"""Named people at a running service: logging in, what a token is good for, and the commands that give and take."""

import json
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from limen.v1 import alerts_pb2, crossings_pb2, manifests_pb2
from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleStub
from typer.testing import CliRunner

from backend.cli import app
from backend.clock import utc_ms
from backend.commands.signed_in import TOKEN
from backend.people.login import NO
from backend.people.posts import Post
from backend.settings import Issuer, Rules
from backend.store import pages, people, schema
from backend.store.people import Account
from tests.conftest import PASSWORD, Caller, Person, Service
from tests.integration.desk import rows

ISSUER, KEY = "https://id.example", OKPKey.generate_key("Ed25519", {"kid": "a"})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With an outside issuer."""
    root = tmp_path_factory.mktemp("people")
    (root / "jwks.json").write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    service = Service(root, Rules(), issuer=Issuer(issuer=ISSUER, audience="limen", jwks=root / "jwks.json"))
    service.start()
    (root / "tvs.toml").write_text(f'state_dir = "{service.state}"\nphotos_dir = "{service.photos}"\n')
    yield service
    service.stop()


@pytest.fixture(scope="module")
def officer(service: Service) -> Person:
    return service.person("o.meyer", "officer@ZRH", "records@GVA")


def refused(code: grpc.StatusCode = grpc.StatusCode.PERMISSION_DENIED, match: str = "") -> Any:
    return pytest.raises(grpc.RpcError, match=f"(?s){code.name}.*{match}|{match}.*{code.name}")


def run(*arguments: str, typed: str = "") -> str:
    """A command's output; it must succeed."""
    done = CliRunner().invoke(app, arguments, input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def test_acc1_who_logs_in_is_known_with_all_posts(officer: Person) -> None:
    me = officer(officer.people.WhoAmI, pb.WhoAmIRequest())
    assert me.person == "o.meyer"
    assert [(post.role, post.port) for post in me.posts] == [("officer", "ZRH"), ("records", "GVA")]


def test_acc1_a_wrong_password_and_an_unknown_person_get_the_same_answer(service: Service, officer: Person) -> None:
    console = Person(service.add("desk", "console").channel, "")
    said = set()
    for person, password in (("o.meyer", "wrong"), ("nobody.here", PASSWORD)):
        with pytest.raises(grpc.RpcError) as answer:
            console(console.people.Login, pb.LoginRequest(person=person, password=password))
        said.add((answer.value.code(), answer.value.details()))
    assert said == {(grpc.StatusCode.PERMISSION_DENIED, NO)}


def test_se04_a_console_without_a_token_may_only_log_in(service: Service) -> None:
    console = Person(service.add("bare", "console").channel, "")
    with refused(match="role console may not call"):
        console(console.alerts.Take, alerts_pb2.TakeRequest())
    with refused(match="role console may not call"):
        console(console.people.WhoAmI, pb.WhoAmIRequest())


def test_se04_a_token_is_taken_from_a_console_only(service: Service, officer: Person) -> None:
    elsewhere = Person(service.add("g1", "gate", "G1").channel, officer.token)
    with refused(match="gate g1 is no console"):
        elsewhere(elsewhere.people.WhoAmI, pb.WhoAmIRequest())


@pytest.mark.parametrize("value", ["Basic abc", "Bearer", "Bearer ", "Bearer unknown", "Bearer a.b.c"])
def test_se04_a_token_nobody_was_given_is_refused(officer: Person, value: str) -> None:
    with refused():
        officer.people.WhoAmI(pb.WhoAmIRequest(), timeout=10, metadata=(("authorization", value),))
    twice = (("authorization", f"Bearer {officer.token}"), ("authorization", f"Bearer {officer.token}"))
    with refused(match="may be given once"):
        officer.people.WhoAmI(pb.WhoAmIRequest(), timeout=10, metadata=twice)


def test_se04_a_purpose_is_named_where_one_is_needed(officer: Person) -> None:
    unknown = crossings_pb2.ListCrossingsRequest(journey="XX0/20261122/ZRH")
    with refused(match="needs a purpose"):
        officer(officer.crossings.List, unknown)
    with refused(grpc.StatusCode.INVALID_ARGUMENT, "is unknown"):
        officer(officer.crossings.List, unknown, purpose="redress")


def test_acc1_after_logging_out_the_token_is_worthless(service: Service) -> None:
    person = service.person("l.out", "technician@*")
    person(person.people.Logout, pb.LogoutRequest())
    with refused(match="the session has ended"):
        person(person.people.WhoAmI, pb.WhoAmIRequest())


def test_acc1_a_token_of_the_outside_issuer_is_taken_for_who_it_names(service: Service, officer: Person) -> None:
    now_s = utc_ms() // 1000
    claims = {"iss": ISSUER, "aud": "limen", "sub": "u-17", "exp": now_s + 600}
    person = Person(officer.channel, jwt.encode({"alg": "Ed25519", "kid": "a"}, claims, KEY, algorithms=["Ed25519"]))
    with refused(match="has no account here"):
        person(person.people.WhoAmI, pb.WhoAmIRequest())
    service.ask(people.add, Account("v.vouched", None, ISSUER, "u-17"), [Post("manager", "*")])
    assert person(person.people.WhoAmI, pb.WhoAmIRequest()).person == "v.vouched"
    claims["exp"] = now_s - 1
    late = Person(officer.channel, jwt.encode({"alg": "Ed25519", "kid": "a"}, claims, KEY, algorithms=["Ed25519"]))
    with refused(match="expired"):
        late(late.people.WhoAmI, pb.WhoAmIRequest())


def test_acc1_who_administers_is_noted_by_the_account_and_not_by_what_the_environment_says(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "o.meyer")
    run("person", "add", "e.env", "--settings", str(service.root / "tvs.toml"), typed="a password of mine\n")
    (line,) = (one for one in service.ask(rows, schema.audit_log) if one["subject"] == "e.env")
    assert (line["action"], line["role"]) == ("person.added", "administrator")
    assert str(line["who"]).startswith(f"os:{pwd.getpwuid(os.getuid()).pw_name}")
    assert "o.meyer" not in str(line["who"])


def test_acc1_an_account_from_its_making_to_its_bar(service: Service, tmp_path: Path) -> None:
    settings = ("--settings", str(service.root / "tvs.toml"))
    run("person", "add", "t.new", "--role", "technician@GVA", *settings, typed="a password of mine\n")
    run("device", "add", "desk-2", "--role", "console", "--out", str(tmp_path / "desk-2"), *settings)
    where = ("--identity", str(tmp_path / "desk-2"), "--server", f"localhost:{service.port}")
    run("login", "t.new", *where, "--out", str(tmp_path / "token"), typed="a password of mine\n")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    person = Person(service.connect(tmp_path / "desk-2").channel, (tmp_path / "token").read_text().strip())
    run("person", "post", "t.new", "--add", "manager@*", *settings)
    assert '"posts": ["manager@*", "technician@GVA"], "barred": false' in everybody(service)
    run("person", "bar", "t.new", "--reason", "looked up a neighbour", *settings)
    with refused(match="the session has ended"):
        person(person.people.WhoAmI, pb.WhoAmIRequest())
    assert '"barred": true' in everybody(service)


@pytest.mark.parametrize(
    "arguments",
    [
        ("person", "add", "x.short", "--role", "officer@ZRH"),
        ("person", "add", "x.role", "--role", "king@ZRH"),
        ("person", "add", "x.port", "--role", "officer@zrh"),
        ("person", "add", "X Y"),
        ("person", "bar", "nobody.here", "--reason", "misuse"),
        ("device", "add", "g9", "--gate", "G9", "--out", "/nowhere"),
        ("device", "add", "g9", "--gate", "G9", "--port", "*", "--out", "/nowhere"),
        ("device", "add", "o9", "--role", "operator", "--out", "/nowhere"),
        ("device", "renew", "g9", "--out", "/nowhere"),
        ("ca", "retire"),
    ],
)
def test_a_command_that_cannot_be_followed_says_so_and_changes_nothing(
    service: Service, arguments: tuple[str, ...]
) -> None:
    settings = ("--settings", str(service.root / "tvs.toml"))
    before = accounts(service) + run("device", "list", *settings)
    done = CliRunner().invoke(app, [*arguments, *settings], input="short\n")
    assert done.exit_code == 2, done.output
    assert accounts(service) + run("device", "list", *settings) == before


def accounts(service: Service) -> str:
    return str(service.ask(pages.people_after, ["*"], "").lines)


def everybody(service: Service) -> str:
    """What the command prints for an auditor."""
    if not (service.root / "console-r.people").exists():
        service.person("r.people", "auditor@*")
    console = service.connect(service.root / "console-r.people").channel
    login = pb.LoginRequest(person="r.people", password=PASSWORD)
    token = PeopleStub(console).Login(login, timeout=20).token
    where = ("--identity", str(service.root / "console-r.people"), "--server", f"localhost:{service.port}")
    done = CliRunner().invoke(app, ["person", "list", *where], env={TOKEN: token})
    assert done.exit_code == 0, done.output
    return done.output


def test_se02_a_device_added_again_makes_its_former_certificate_worthless(service: Service, tmp_path: Path) -> None:
    settings = ("--settings", str(service.root / "tvs.toml"))
    add = ("device", "add", "lost", "--gate", "G7", "--port", "ZRH", *settings)
    run(*add, "--out", str(tmp_path / "stolen"))
    run("device", "remove", "lost", *settings)
    run(*add, "--out", str(tmp_path / "new"))
    stolen, new = service.connect(tmp_path / "stolen"), service.connect(tmp_path / "new")
    assert watched(new).journey == ""
    with refused(match="gate lost is not registered here, or was turned away"):
        watched(stolen)
    run("device", "renew", "lost", "--out", str(tmp_path / "renewed"), *settings)
    assert watched(service.connect(tmp_path / "renewed")) == watched(new)


def watched(gate: Caller) -> manifests_pb2.GalleryState:
    return next(iter(gate.manifests.WatchGallery(manifests_pb2.WatchGalleryRequest(), timeout=10)))
