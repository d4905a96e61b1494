"""Accounts and posts through the service: given by four eyes, taken by one person at once.

Nobody acts about themselves, and nobody gives, takes or lets back in what reaches beyond the ports of their own post.
A password is set by a one-time code of two halves, one from each of the two who agreed: neither alone can be somebody.
"""

import hmac
from collections.abc import Iterable

from limen.v1 import approvals_pb2 as pb
from limen.v1 import people_pb2
from sqlalchemy import Connection

from backend.access import ALLOWED
from backend.acting import Acting
from backend.caller import EVERYWHERE
from backend.errors import NotAllowed, Refused
from backend.keys import PERSONS, RECORDS, KeyRing
from backend.people import codes
from backend.people.posts import Post, parse
from backend.store import people
from backend.store.people import Account
from backend.store.proposals import APPROVED, Proposal

KINDS = frozenset({"account", "posts", "restoration", "password"})
CODE_MS = 7 * 24 * 3_600_000
FIRST, SECOND = "first", "second"
SUPERVISORS = ALLOWED["/limen.v1.Approvals/Settle"].roles
PROPOSERS = ALLOWED["/limen.v1.Approvals/Propose"].roles
About = pb.NewAccount | pb.GivenPosts | pb.Restoration | pb.NewPassword
Posts = pb.NewAccount | pb.GivenPosts


def about(what: pb.ProposeRequest) -> About:
    """What a proposal of one of KINDS says."""
    said: About = getattr(what, what.WhichOneof("what") or "")
    return said


def check(db: Connection, acting: Acting, what: pb.ProposeRequest) -> None:
    """Raises Refused for what could not be done even if it were approved, NotAllowed about oneself."""
    said = about(what)
    _another(acting, said.person)
    held = people.find(db, said.person)
    if isinstance(said, Posts):
        proposed(said)
    if isinstance(said, pb.NewAccount):
        if held is not None:
            raise Refused(f"{said.person} has an account already: propose posts for it")
        if bool(said.issuer) != bool(said.subject):
            raise Refused("issuer and subject belong together")
    elif held is None:
        raise Refused(f"nobody has an account {said.person}")
    elif isinstance(said, pb.Restoration) and held.welcome:
        raise Refused(f"{said.person} is not barred")
    elif isinstance(said, pb.NewPassword) and held.issuer:
        raise Refused(f"{said.person} logs in at {held.issuer}, and has no password here")


def make(db: Connection, acting: Acting, proposal: str, what: pb.ProposeRequest) -> str:
    """What a second person has approved; the account's name.  Raises Refused, and NotAllowed beyond their ports."""
    check(db, acting, what)
    said = about(what)
    given = proposed(said) if isinstance(said, Posts) else set()
    _reaches(acting, {*people.held(db, said.person), *given})
    if isinstance(said, pb.NewAccount):
        people.add(db, Account(said.person, None, said.issuer or None, said.subject or None), [])
    for post in given:
        people.hold(db, said.person, post)
    if isinstance(said, pb.Restoration):
        people.welcome(db, said.person, True)
    if has_code(what):
        people.let_enrol(db, said.person, proposal, acting.now_utc_ms + CODE_MS)
    return said.person


def show(db: Connection, what: pb.ProposeRequest) -> pb.Content:
    """Whom it is about, with what they have now."""
    said, content = about(what), pb.Content()
    held, shown = people.find(db, said.person), getattr(content, what.WhichOneof("what") or "")
    shown.person = said.person
    if held is not None:
        shown.known, shown.barred = True, not held.welcome
        shown.issuer, shown.subject = held.issuer or "", held.subject or ""
    elif isinstance(said, pb.NewAccount):
        shown.issuer, shown.subject = said.issuer, said.subject
    shown.held.extend(told(people.held(db, said.person)))
    shown.proposed.extend(told(proposed(said) if isinstance(said, Posts) else ()))
    return content


def proposed(said: Posts) -> set[Post]:
    """Raises Refused for a role or port that there is not."""
    return set(map(meant, said.posts))


def meant(said: people_pb2.Post) -> Post:
    """Raises Refused for a role or port that there is not."""
    return parse(f"{said.role}@{said.port}")


def told(posts: Iterable[Post]) -> list[people_pb2.Post]:
    return [people_pb2.Post(role=post.role, port=post.port) for post in sorted(posts)]


def has_code(what: pb.ProposeRequest) -> bool:
    """Whether the person sets a password by it."""
    kind = what.WhichOneof("what")
    return kind == "password" or (kind == "account" and not what.account.issuer)


def half(keys: KeyRing, proposal: str, which: str) -> str:
    """Of the one-time code: eighty bits that this service alone can make.  which: FIRST or SECOND."""
    return codes.of_digest(keys.box(PERSONS).fingerprint(f"{which} half of the code of {proposal}"))


def second_half(keys: KeyRing, settled: Proposal) -> str:
    """For who approved it; "" of what nobody sets a password by."""
    if settled.kind not in KINDS or settled.settled != APPROVED:
        return ""
    body = pb.ProposeRequest.FromString(keys.box(RECORDS).open(settled.sealed, settled.proposal))
    return half(keys, settled.proposal, SECOND) if has_code(body) else ""


def is_code(keys: KeyRing, proposal: str, first: str, second: str) -> bool:
    """Whether these are the two halves, however they are typed."""
    wanted = (half(keys, proposal, FIRST), half(keys, proposal, SECOND))
    right = [hmac.compare_digest(codes.plain(a), codes.plain(b)) for a, b in zip(wanted, (first, second), strict=True)]
    return all(right)


def bar(db: Connection, acting: Acting, person: str, reason: str) -> None:
    """At once.  Raises Refused, and NotAllowed about oneself or beyond one's ports."""
    _require_known(db, acting, person)
    people.welcome(db, person, False)
    acting.note(db, "person.barred", person, result=reason)


def take(db: Connection, acting: Acting, person: str, post: Post, reason: str) -> frozenset[Post]:
    """Those left.  Raises Refused, and NotAllowed about oneself or beyond one's ports."""
    _require_known(db, acting, person)
    if not people.leave(db, person, post):
        raise Refused(f"{person} does not have {post}")
    acting.note(db, "person.post_taken", person, str(post), reason)
    return people.held(db, person)


def two_can_settle(db: Connection) -> bool:
    """Whether there are two who could give any account between them: until then the first ones are made locally."""
    there = [(one.person, held) for one, held in people.able(db)]
    settle = {one for one, held in there if any(p.role in SUPERVISORS and p.port == EVERYWHERE for p in held)}
    propose = {one for one, held in there if any(post.role in PROPOSERS for post in held)}
    return bool(settle) and len(settle | propose) > 1


def _require_known(db: Connection, acting: Acting, person: str) -> None:
    _another(acting, person)
    if people.find(db, person) is None:
        raise Refused(f"nobody has an account {person}")
    _reaches(acting, people.held(db, person))


def _another(acting: Acting, person: str) -> None:
    if acting.who.name.casefold() == person.casefold():
        raise NotAllowed(f"{person} is who asks: another person does that")


def _reaches(acting: Acting, posts: Iterable[Post]) -> None:
    for post in sorted(posts):
        acting.who.require(post.port)
