"""SE-05: people who propose, settle and list at random, also their own proposals and several at once."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from limen.v1.approvals_pb2 import (
    AuditExport,
    GivenPosts,
    Hold,
    HoldEnd,
    HotlistEnd,
    HotlistEntry,
    NewAccount,
    NewPassword,
    ProposeRequest,
    RuleChange,
)
from limen.v1.people_pb2 import Post
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import IntegrityError

from backend import approvals
from backend.acting import Acting
from backend.caller import Caller
from backend.errors import Changed, NotAllowed, Refused, Repeated
from backend.keys import RECORDS, KeyRing
from backend.proposal_content import show
from backend.settings import Rules
from backend.store import people, proposals
from backend.store.engine import Store, open_store
from backend.store.proposals import APPROVED, REJECTED, Proposal, Settlement
from backend.store.schema import audit_log, holds, hotlist, posts, rule_changes
from backend.store.schema import proposals as rows
from calibration.service import journeys
from calibration.service.figure import Figure
from calibration.service.stores import KINDS, scratch

PEOPLE = ("ana", "ben", "carl", "dora", "emil")
ROLES = ("analyst", "supervisor", "manager", "auditor")
PORTS = (frozenset({"ZRH"}), frozenset({"GVA", "ZRH"}), frozenset({"*"}))
FLIGHTS = ("FX1", "FX2", "FX3")
TOGETHER = 4  # people who settle at once, and repeat it
NOW = 1_790_000_000_000


@dataclass
class Tally:
    """What was tried, and what must be 0."""

    steps: int = 0
    own: int = 0  # tries to settle one's own
    races: int = 0
    self_approvals: int = 0
    wrong_effects: int = 0


@dataclass
class Walk:
    """stores: replicas of one service."""

    stores: Sequence[Store]
    keys: KeyRing
    rng: random.Random
    tally: Tally = field(default_factory=Tally)
    made: list[Proposal] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)  # digest of each proposal when it was last looked at
    now_utc_ms: int = NOW

    async def step(self) -> None:
        self.tally.steps += 1
        self.now_utc_ms += self.rng.randint(0, 5_000)
        draw = self.rng.random()
        if draw < 0.35 or not self.made:
            await self._propose()
        elif draw < 0.70:
            await self._settle(self._any(), self._somebody())
        elif draw < 0.80:
            await self._race()
        elif draw < 0.90:
            await self._around()
        else:
            store = self.rng.choice(self.stores)
            await store.run(approvals.listed, self._somebody(), Rules(), open_only=self.rng.random() < 0.5)

    async def _propose(self) -> None:
        what = _something(self.rng, self.made, self.now_utc_ms)
        with contextlib.suppress(Refused, NotAllowed):  # NotAllowed: about oneself
            store = self.rng.choice(self.stores)
            self.made.append(await store.run(approvals.propose, self._somebody(), Rules(), what))

    async def _settle(self, of: Proposal, acting: Acting) -> None:
        """By somebody, perhaps who proposed it, under any role and post; now and then as seen a while ago."""
        own = acting.who.name.casefold() == of.proposed_by
        self.tally.own += own
        store, settled = self.rng.choice(self.stores), self.rng.choice((APPROVED, REJECTED))
        if self.rng.random() < 0.8 or of.proposal not in self.seen:
            self.seen[of.proposal] = (await store.run(show, acting, Rules(), of)).digest
        said = Settlement(settled, acting.who.name, "looked at it", acting.now_utc_ms, digest=self.seen[of.proposal])
        # Unseen, one's own or beyond one's ports, the second of two, an account that is there by now.
        with contextlib.suppress(Changed, NotAllowed, Refused, Repeated):
            await store.run(approvals.settle, acting, Rules(), said, of.proposal)
            self.tally.self_approvals += own

    async def _race(self) -> None:
        self.tally.races += 1
        of = self._any()
        everybody = [self._somebody() for _ in range(TOGETHER)]
        await asyncio.gather(*(self._settle(of, one) for one in (*everybody, *everybody)))

    async def _around(self) -> None:
        """Past the act, straight at the table, as a mistake of ours might: the database must refuse."""
        of = self._any()
        said = Settlement(APPROVED, of.proposed_by, "my own", self.now_utc_ms, "made")
        self.tally.own += 1
        with contextlib.suppress(IntegrityError):
            self.tally.self_approvals += await self.rng.choice(self.stores).run(proposals.settle, of.proposal, said)

    def _any(self) -> Proposal:
        """Mostly one of the last: earlier ones are settled."""
        return self.rng.choice(self.made[-12:] if self.rng.random() < 0.8 else self.made)

    def _somebody(self) -> Acting:
        name = self.rng.choice(PEOPLE)
        written = name.upper() if self.rng.random() < 0.05 else name
        who = Caller(written, self.rng.choice(ROLES), ports=self.rng.choice(PORTS), purpose="case")
        return Acting(who, self.keys, self.now_utc_ms)


def _something(rng: random.Random, made: Sequence[Proposal], now_utc_ms: int) -> ProposeRequest:
    reason, entries = "because of a case", [one.made for one in made if one.kind == "hotlist" and one.made]
    given = [Post(role=rng.choice(ROLES), port=rng.choice(("ZRH", "GVA", "*")))]
    end = rng.choice(entries) if entries else str(uuid.UUID(int=rng.getrandbits(128)))
    return rng.choice(
        [
            ProposeRequest(reason=reason, hotlist=entry(f"N{rng.randint(1, 50):06}", now_utc_ms + 10**9)),
            ProposeRequest(reason=reason, hotlist_end=HotlistEnd(entry=end)),
            ProposeRequest(reason=reason, rule=RuleChange(rule="margin", value=rng.uniform(-0.5, 1.5))),
            ProposeRequest(reason=reason, rule=RuleChange(rule="attempts", value=rng.randint(0, 10))),
            ProposeRequest(reason=reason, hold=Hold(journey=rng.choice(FLIGHTS))),
            ProposeRequest(reason=reason, hold_end=HoldEnd(journey=rng.choice(FLIGHTS))),
            ProposeRequest(reason=reason, audit_export=AuditExport(first=rng.randint(1, 5), last=rng.randint(1, 9))),
            ProposeRequest(reason=reason, account=NewAccount(person=f"new-{rng.randint(1, 200)}", posts=given)),
            ProposeRequest(reason=reason, posts=GivenPosts(person=rng.choice(PEOPLE), posts=given)),
            ProposeRequest(reason=reason, password=NewPassword(person=rng.choice(PEOPLE))),
        ]
    )


def entry(number: str, until_utc_ms: int) -> HotlistEntry:
    return HotlistEntry(
        document_type="P",
        document_issuer="UTO",
        document_number=number,
        remark="ask about the cargo",
        ground="customs case 12-345",
        until_utc_ms=until_utc_ms,
    )


async def walk(engines: Sequence[Engine], keys: KeyRing, steps: int, seed: int = 5) -> Tally:
    """Walk on one database, then count what it holds."""
    stores = [Store(engine) for engine in engines]
    await stores[0].run(_journeys, keys)
    walking = Walk(stores, keys, random.Random(seed))
    try:
        for _ in range(steps):
            await walking.step()
            if walking.tally.steps % 50 == 0:
                walking.made = await stores[0].run(_all)
        walking.tally.self_approvals += await stores[0].run(self_settled)
        walking.tally.wrong_effects += await stores[0].run(unapproved, keys)
        walking.tally.wrong_effects += await stores[0].run(wrong_effects)
    finally:
        for store in stores:
            store.close()
    return walking.tally


def _journeys(db: Connection, keys: KeyRing) -> None:
    for name in PEOPLE:
        people.add(db, people.Account(name), [])
    for flight in FLIGHTS:
        journeys.announce(db, keys, flight, [], np.zeros((0, 128), np.float32), NOW)


def _all(db: Connection) -> list[Proposal]:
    return sorted(proposals.listed(db, 1_000_000, open_only=False), key=lambda one: one.proposed_utc_ms)


def self_settled(db: Connection) -> int:
    same = func.lower(rows.c.settled_by) == func.lower(rows.c.proposed_by)
    return db.execute(select(func.count()).select_from(rows).where(same)).scalar_one()


def wrong_effects(db: Connection) -> int:
    """Proposals with another number of effects than their settlement allows, or settled twice in the log."""
    wrong = 0
    noted = select(audit_log.c.subject).where(audit_log.c.action.in_(("proposal.approved", "proposal.rejected")))
    settlements = list(db.execute(noted).scalars())
    for one in _all(db):
        effects = sum(
            db.execute(select(func.count()).select_from(table).where(table.c.proposal == one.proposal)).scalar_one()
            for table in (hotlist, rule_changes, holds)
        )
        wanted = int(one.settled == APPROVED and one.kind in ("hotlist", "rule", "hold"))
        wrong += effects != wanted or settlements.count(one.proposal) != int(bool(one.settled))
    return wrong


def unapproved(db: Connection, keys: KeyRing) -> int:
    """Posts that two others than the person did not agree on."""
    held = {(row.person, row.role, row.port) for row in db.execute(select(posts))}
    for one in (one for one in _all(db) if one.settled == APPROVED and one.kind in ("account", "posts")):
        body = ProposeRequest.FromString(keys.box(RECORDS).open(one.sealed, one.proposal))
        said = body.account if one.kind == "account" else body.posts
        if said.person not in (one.proposed_by.casefold(), str(one.settled_by).casefold()):
            held -= {(said.person, post.role, post.port) for post in said.posts}
    return len(held)


def figures(quick: bool) -> Iterator[Figure]:
    steps = 500 if quick else 10_000
    for kind in KINDS:
        with scratch(kind) as where:
            replicas = [open_store(where.root / "tvs", where.url)] if where.url else []
            tally = asyncio.run(walk([where.engine, *replicas], where.keys, steps))
        words = f"{tally.own:,} tries at one's own, {tally.races:,} races of {TOGETHER}"
        yield Figure("SE-05", "self-approvals", kind, tally.steps, tally.self_approvals, words)
        yield Figure("SE-05", "double or missing effects", kind, tally.steps, tally.wrong_effects, words)
