"""Accounts and posts are given by two who agree and taken by one, on every road that leads to them."""

import pytest
from limen.v1 import approvals_pb2 as pb
from limen.v1.people_pb2 import Post as SaidPost

from backend import accounts, approvals
from backend.accounts import FIRST, SECOND
from backend.caller import Caller
from backend.errors import Changed, NotAllowed, Refused
from backend.people.posts import Post, parse
from backend.settings import Rules
from backend.store import people, schema
from backend.store.people import Account
from backend.store.proposals import REJECTED, Proposal
from tests.integration.desk import ANALYST, Desk, officer, rows

GRAF, HOFER = officer("s.graf", "*", "supervisor"), officer("s.hofer", "ZRH", "supervisor")
MANAGER = officer("m.amsler", "*", "manager")
NEW, THERE, GONE = "n.new", "t.there", "b.barred"
HERE = SaidPost(role="officer", port="ZRH")


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """Those who act have accounts, and two more have: one is barred."""
    for name, *posts in (
        ("s.graf", "supervisor@*"),
        ("s.hofer", "supervisor@ZRH"),
        ("m.amsler", "manager@*"),
        (ANALYST.name, "analyst@*"),
        (THERE, "technician@ZRH"),
        (GONE, "officer@GVA"),
    ):
        desk.ask(people.add, Account(name, password="kept"), [parse(post) for post in posts])
    desk.ask(people.welcome, GONE, False)
    return desk


def account(person: str = NEW, *posts: SaidPost, **more: str) -> pb.ProposeRequest:
    return pb.ProposeRequest(reason="begins", account=pb.NewAccount(person=person, posts=posts or [HERE], **more))


def given(person: str = THERE, *posts: SaidPost) -> pb.ProposeRequest:
    return pb.ProposeRequest(reason="takes over", posts=pb.GivenPosts(person=person, posts=posts or [HERE]))


def restored(person: str = GONE) -> pb.ProposeRequest:
    return pb.ProposeRequest(reason="cleared", restoration=pb.Restoration(person=person))


def renewed(person: str = THERE) -> pb.ProposeRequest:
    return pb.ProposeRequest(reason="forgot it", password=pb.NewPassword(person=person))


KINDS = {"account": account, "posts": given, "restoration": restored, "password": renewed}


def everything(desk: Desk) -> list[object]:
    """Of accounts, posts and who may set a password."""
    return [desk.ask(rows, schema.people), desk.ask(rows, schema.posts)]


def test_every_kind_about_a_person_is_tried_here() -> None:
    assert set(KINDS) == accounts.KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_se05_nothing_is_given_before_a_second_person_agrees(staffed: Desk, kind: str) -> None:
    before = everything(staffed)
    proposal = staffed.propose(MANAGER, KINDS[kind]())
    assert everything(staffed) == before
    with pytest.raises(NotAllowed, match="another person settles it"):
        staffed.settle(officer("m.amsler", "*", "supervisor"), proposal)
    staffed.settle(GRAF, proposal, REJECTED)
    assert everything(staffed) == before


@pytest.mark.parametrize("kind", KINDS)
def test_se05_nobody_proposes_or_settles_about_themselves(staffed: Desk, kind: str) -> None:
    of = {"account": NEW, "posts": THERE, "restoration": GONE, "password": THERE}[kind]
    with pytest.raises(NotAllowed, match="another person does that"):
        staffed.propose(officer(of.upper(), "*", "manager"), KINDS[kind]())
    proposal = staffed.propose(MANAGER, KINDS[kind]())
    before = everything(staffed)
    with pytest.raises(NotAllowed, match="another person does that"):
        staffed.settle(officer(of, "*", "supervisor"), proposal)
    assert everything(staffed) == before


@pytest.mark.parametrize(
    "what",
    [
        account(NEW, SaidPost(role="officer", port="GVA")),
        account(NEW, HERE, SaidPost(role="auditor", port="*")),
        restored(),
    ],
)
def test_se05_nobody_gives_what_reaches_beyond_their_own_ports(staffed: Desk, what: pb.ProposeRequest) -> None:
    proposal = staffed.propose(MANAGER, what)
    before = everything(staffed)
    with pytest.raises(NotAllowed, match="has no post at port"):
        staffed.settle(HOFER, proposal)
    assert everything(staffed) == before


def test_a_password_of_somebody_beyond_ones_ports_is_not_let_set(staffed: Desk) -> None:
    proposal = staffed.propose(MANAGER, renewed("s.graf"))
    with pytest.raises(NotAllowed, match="has no post at port"):
        staffed.settle(HOFER, proposal)


def test_what_is_approved_is_done_and_said_in_the_log(staffed: Desk) -> None:
    for what in (account(), given(), restored()):
        staffed.settle(GRAF, staffed.propose(MANAGER, what))
    assert staffed.ask(people.held, NEW) == {Post("officer", "ZRH")}
    assert staffed.ask(people.held, THERE) == {Post("officer", "ZRH"), Post("technician", "ZRH")}
    back = staffed.ask(people.find, GONE)
    assert back is not None
    assert back.welcome
    assert [(who, made) for who, _, _, made in staffed.noted("proposal.approved")] == [
        ("s.graf", NEW),
        ("s.graf", THERE),
        ("s.graf", GONE),
    ]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (account(THERE), "has an account already"),
        (account(NEW, SaidPost(role="king", port="ZRH")), "role 'king'"),
        (account(NEW, issuer="https://id.example"), "belong together"),
        (given("n.obody"), "nobody has an account"),
        (restored(THERE), "is not barred"),
        (renewed("n.obody"), "nobody has an account"),
    ],
)
def test_what_could_not_be_done_is_refused_when_it_is_proposed(
    staffed: Desk, what: pb.ProposeRequest, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        staffed.propose(MANAGER, what)


def test_who_settles_sees_what_the_person_has_now_and_settles_nothing_else(staffed: Desk) -> None:
    proposal = staffed.propose(MANAGER, given())
    (shown,) = staffed.ask(approvals.listed, staffed.acting(GRAF), Rules(), proposal.proposal)
    assert shown.content is not None
    assert [post.role for post in shown.content.posts.held] == ["technician"]
    assert [post.role for post in shown.content.posts.proposed] == ["officer"]
    staffed.ask(people.hold, THERE, Post("auditor", "ZRH"))
    with pytest.raises(Changed, match="look at it again"):
        staffed.settle_seen(GRAF, proposal, shown.digest)


def halves(desk: Desk, proposal: Proposal) -> tuple[str, str]:
    return accounts.half(desk.keys, proposal.proposal, FIRST), accounts.half(desk.keys, proposal.proposal, SECOND)


def test_the_two_halves_are_apart_and_only_who_approved_gets_the_second(staffed: Desk) -> None:
    proposal = staffed.propose(MANAGER, account())
    first, second = halves(staffed, proposal)
    assert first != second
    assert accounts.second_half(staffed.keys, proposal) == ""
    assert accounts.second_half(staffed.keys, staffed.settle(GRAF, proposal)) == second
    vouched = staffed.propose(MANAGER, account("v.ouched", issuer="https://id.example", subject="u-1"))
    assert accounts.second_half(staffed.keys, staffed.settle(GRAF, vouched)) == ""
    assert accounts.second_half(staffed.keys, staffed.settle(GRAF, staffed.propose(MANAGER, given()))) == ""
    assert first not in str(staffed.ask(rows, schema.proposals)) + str(staffed.ask(rows, schema.audit_log))


@pytest.mark.parametrize("who", [GRAF, MANAGER])
def test_one_person_takes_at_once_from_others_where_their_own_post_reaches(staffed: Desk, who: Caller) -> None:
    staffed.ask(accounts.take, staffed.acting(who), THERE, Post("technician", "ZRH"), "moves away")
    assert staffed.ask(people.held, THERE) == set()
    staffed.ask(accounts.bar, staffed.acting(who), THERE, "misuse")
    barred = staffed.ask(people.find, THERE)
    assert barred is not None
    assert not barred.welcome
    assert staffed.noted("person.barred")[-1][:2] == (who.name, THERE)


@pytest.mark.parametrize("act", ["bar", "take"])
def test_nobody_takes_from_themselves_from_strangers_or_from_beyond(staffed: Desk, act: str) -> None:
    def tried(who: Caller, person: str, post: str) -> None:
        acting = staffed.acting(who)
        if act == "bar":
            staffed.ask(accounts.bar, acting, person, "misuse")
        else:
            staffed.ask(accounts.take, acting, person, parse(post), "misuse")

    before = everything(staffed)
    with pytest.raises(NotAllowed, match="another person does that"):
        tried(HOFER, "s.hofer", "supervisor@ZRH")
    with pytest.raises(Refused, match="nobody has an account"):
        tried(GRAF, "n.obody", "officer@ZRH")
    with pytest.raises(NotAllowed, match="has no post at port"):
        tried(HOFER, GONE, "officer@GVA")
    with pytest.raises(NotAllowed, match="has no post at port"):
        tried(HOFER, "m.amsler", "manager@*")
    assert everything(staffed) == before
