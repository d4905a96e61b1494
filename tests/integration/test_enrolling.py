"""From the first accounts on the service's machine to an officer two people agreed on, by commands alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from limen.v1 import people_pb2 as pb
from typer.testing import CliRunner

from backend import accounts
from backend.cli import app
from backend.clock import utc_ms
from backend.people.enrolling import NO
from backend.settings import Rules
from backend.store import people, schema
from tests.conftest import PASSWORD, Service
from tests.integration.desk import rows

SUPERVISOR, MANAGER, NEW = "s.graf", "m.amsler", "o.neu"


class Place:
    """A console, and who is logged in there by commands alone."""

    def __init__(self, service: Service, root: Path) -> None:
        self.service, self.root = service, root
        (root / "tvs.toml").write_text(f'state_dir = "{service.state}"\nphotos_dir = "{service.photos}"\n')
        self.settings = ("--settings", str(root / "tvs.toml"))
        service.add("desk", "console")
        self.where = ("--identity", str(service.root / "desk"), "--server", f"localhost:{service.port}")

    def run(self, *arguments: str, typed: str = "", fails: str = "") -> str:
        """A command's output; it must succeed unless it is to fail with these words."""
        done = CliRunner().invoke(app, arguments, input=typed)
        assert (done.exit_code != 0, fails in done.output) == (bool(fails), True), done.output
        return done.output

    def acting(self, who: str) -> tuple[str, ...]:
        token = self.root / f"{who}.token"
        if not token.exists():
            self.run("login", who, *self.where, "--out", str(token), typed=f"{PASSWORD}\n")
        return (*self.where, "--token", str(token))

    def first(self, name: str, role: str, fails: str = "") -> str:
        return self.run("person", "add", name, "--role", role, *self.settings, typed=f"{PASSWORD}\n", fails=fails)

    def proposed(self, *what: str) -> dict[str, str]:
        said = self.run("propose", *what, "--reason", "begins today", *self.acting(MANAGER))
        told: dict[str, str] = json.loads(said)
        return told

    def approved(self, proposal: str) -> dict[str, str]:
        settle = ("settle", proposal, "approved", "--reason", "known to me", *self.acting(SUPERVISOR))
        told: dict[str, str] = json.loads(self.run(*settle, typed="y\n").splitlines()[-1])
        return told

    def enrolled(self, first: str, second: str, password: str = PASSWORD, fails: str = "", name: str = NEW) -> str:
        return self.run("person", "enrol", name, *self.where, typed=f"{first}\n{second}\n{password}\n", fails=fails)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    service = Service(tmp_path, Rules())
    service.start()
    yield Place(service, tmp_path)
    service.stop()


@pytest.fixture
def agreed(place: Place) -> Place:
    """Two who can agree are there."""
    place.first(SUPERVISOR, "supervisor@*")
    place.first(MANAGER, "manager@*")
    return place


def test_b9_an_account_from_two_who_agree_to_the_first_login_and_the_bar(agreed: Place) -> None:
    asked = agreed.proposed("account", NEW, "--role", "officer@ZRH", "--role", "agent@ZRH")
    settled = agreed.approved(asked["proposal"])
    first, second = asked["half_code"].lower().replace("-", " "), settled["half_code"]
    agreed.enrolled(first, second)
    codes = agreed.run("person", "codes", *agreed.acting(NEW)).split()
    assert len(set(codes)) == 10
    took = agreed.run("person", "take", NEW, "agent@ZRH", "--reason", "officer only", *agreed.acting(MANAGER))
    assert took == f"{NEW} has officer@ZRH\n"
    (agreed.root / f"{NEW}.token").unlink()
    agreed.run("person", "codes", *agreed.acting(NEW), fails="role officer may not call")
    agreed.run("person", "bar", NEW, "--reason", "looked up a neighbour", *agreed.acting(SUPERVISOR))
    agreed.run("login", NEW, *agreed.where, "--out", str(agreed.root / "t"), typed=f"{PASSWORD}\n", fails="login: ")
    lines = [(one["who"], one["role"], one["action"]) for one in agreed.service.ask(rows, schema.audit_log)]
    for line in (
        (MANAGER, "manager", "proposal.made"),
        (SUPERVISOR, "supervisor", "proposal.approved"),
        ("desk", "console", "person.password_set"),
        (NEW, "agent", "person.codes_issued"),
        (MANAGER, "manager", "person.post_taken"),
        (SUPERVISOR, "supervisor", "person.barred"),
    ):
        assert line in lines


def test_b9_once_two_can_agree_no_account_is_made_on_the_services_machine(place: Place) -> None:
    place.first("o.meyer", "officer@ZRH")
    place.first(SUPERVISOR, "supervisor@*")
    place.run("person", "post", SUPERVISOR, "--add", "manager@*", *place.settings)
    place.first("s.zrh", "supervisor@ZRH")
    agree = "two people can agree"
    place.first("s.later", "supervisor@ZRH", fails=agree)
    for arguments in (
        ("person", "post", "o.meyer", "--add", "auditor@*"),
        ("person", "post", "o.meyer", "--remove", "officer@ZRH"),
        ("person", "restore", "o.meyer", "--reason", "no reason"),
        ("person", "password", SUPERVISOR),
    ):
        place.run(*arguments, *place.settings, typed=f"{PASSWORD}\n", fails=agree)
    place.run("person", "bar", "s.zrh", "--reason", "left", *place.settings)
    place.first("s.later", "supervisor@ZRH")


def test_neither_half_alone_nor_twice_nor_the_wrong_way_round_sets_a_password(agreed: Place) -> None:
    asked = agreed.proposed("account", NEW, "--role", "officer@ZRH")
    first = asked["half_code"]
    agreed.enrolled(first, first, fails=NO)
    second = agreed.approved(asked["proposal"])["half_code"]
    other = agreed.proposed("password", SUPERVISOR)["half_code"]
    for one, two in ((first, first), (second, second), (second, first), (first, other), ("", "")):
        if one:
            agreed.enrolled(one, two, fails=NO)
    agreed.enrolled(first, second, fails=NO, name=MANAGER)
    agreed.enrolled(first, second, "too short", fails="at least 12 characters")
    agreed.enrolled(first, second)
    agreed.enrolled(first, second, "another password", fails=NO)


def test_a_code_ends_after_seven_days_with_a_newer_one_and_with_a_bar(agreed: Place) -> None:
    asked = agreed.proposed("account", NEW, "--role", "officer@ZRH")
    old = asked["half_code"], agreed.approved(asked["proposal"])["half_code"]
    asked = agreed.proposed("password", NEW)
    newer = asked["half_code"], agreed.approved(asked["proposal"])["half_code"]
    agreed.enrolled(*old, fails=NO)
    let = agreed.service.ask(people.find, NEW)
    assert let is not None
    assert let.enrolment is not None
    for until in (utc_ms() - 1, utc_ms() + 2 * accounts.CODE_MS):
        agreed.service.ask(people.let_enrol, NEW, let.enrolment, until)
        agreed.enrolled(*newer, fails=NO)
    agreed.service.ask(people.let_enrol, NEW, let.enrolment, utc_ms() + 60_000)
    agreed.service.ask(people.welcome, NEW, False)
    agreed.enrolled(*newer, fails=NO)
    agreed.service.ask(people.welcome, NEW, True)
    agreed.enrolled(*newer)


def test_sessions_end_when_the_password_is_set_anew(agreed: Place) -> None:
    officer = agreed.service.person("o.meyer", "officer@ZRH")
    asked = agreed.proposed("password", "o.meyer")
    agreed.enrolled(asked["half_code"], agreed.approved(asked["proposal"])["half_code"], name="o.meyer")
    with pytest.raises(grpc.RpcError, match="the session has ended"):
        officer(officer.people.WhoAmI, pb.WhoAmIRequest())
