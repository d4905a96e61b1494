"""Who stands behind a call: a device by its certificate, a person by the token that comes through a console.

What is known is at most KNOWN_S old, and asked again at once when access changes, so a removed device, a barred person
and an ended session are out within that time.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from backend import access, ca
from backend.caller import EVERYWHERE, Caller
from backend.clock import Clock
from backend.errors import NotAllowed, StoreDown
from backend.people.login import digest
from backend.people.tokens import Outside
from backend.settings import Issuer
from backend.store import peers, people
from backend.store.bell import Topic
from backend.store.engine import Store
from backend.store.peers import Peer
from backend.store.people import Standing

KNOWN_S = 2.0
HEALTH = "/grpc.health.v1.Health/"  # says that the database is away, so it is answered while it is
MOST = 10_000  # remembered at a time
Known = TypeVar("Known")
Metadata = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """names: alternative names of the certificate.  token: "" for none.  purpose: what the call is said to be for."""

    names: tuple[str, ...]
    token: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """posts: (role, port); port "" for none."""

    name: str
    posts: frozenset[tuple[str, str]]
    gate: str | None = None


def credentials(names: Iterable[bytes], metadata: Metadata) -> Credentials:
    """Raises NotAllowed where it is not clear whose call it is."""
    tokens = [value for key, value in metadata if key == "authorization"]
    purposes = [value for key, value in metadata if key == "x-limen-purpose"]
    if len(tokens) > 1 or len(purposes) > 1:
        raise NotAllowed("authorization and x-limen-purpose may be given once")
    scheme, _, token = str(tokens[0]).partition(" ") if tokens else ("", "", "")
    if tokens and (scheme.lower() != "bearer" or not token):
        raise NotAllowed("authorization must be `Bearer TOKEN`")
    return Credentials(tuple(name.decode() for name in names), token, str(purposes[0]) if purposes else "")


class Standings:
    def __init__(self, store: Store, clock: Clock, issuer: Issuer | None) -> None:
        """Raises StoreUnfit for an issuer whose keys cannot be read."""
        self._store, self._clock = store, clock
        self._outside = Outside(issuer) if issuer else None
        self._devices = Recent(store, lambda name: store.read(peers.welcomed, name))
        self._sessions = Recent(store, lambda sha256: store.read(people.by_session, sha256, clock()))
        self._subjects = Recent(store, self._by_subject)

    async def caller(self, method: str, shown: Credentials) -> Caller:
        """Raises NotAllowed."""
        who = await self.identity(shown, last_known=method.startswith(HEALTH))
        try:
            role, ports = access.check(method, who.posts, shown.purpose)
        except NotAllowed as error:
            raise NotAllowed(f"{who.name}: {error}") from error
        return Caller(who.name, role, who.gate, ports, shown.purpose)

    async def identity(self, shown: Credentials, *, last_known: bool = False) -> Identity:
        """last_known: what was known of the device before the database went away will do."""
        peer = await self._device(shown, last_known=last_known)
        if not shown.token:
            port = EVERYWHERE if peer.role == access.CARRIER else peer.port
            return Identity(peer.name, frozenset({(peer.role, port)}), peer.gate)
        if peer.role != access.CONSOLE:
            raise NotAllowed(f"{peer.role} {peer.name} is no console: people's tokens are taken from consoles only")
        person = await self._person(shown.token)
        return Identity(person.person, frozenset((post.role, post.port) for post in person.posts))

    async def _device(self, shown: Credentials, *, last_known: bool) -> Peer:
        known = ca.identity(shown.names)
        if known is None:
            raise NotAllowed("the certificate names no peer of ours")
        peer = await self._devices.of(known.name, last_known=last_known)
        if peer is None or peer.role != known.role or known.generation < peer.generation:
            raise NotAllowed(
                f"{known.role} {known.name} is not registered here, or was turned away; "
                "`limen-tvs device add` registers one"
            )
        return peer

    async def _person(self, token: str) -> Standing:
        if "." in token:
            if self._outside is None:
                raise NotAllowed("no outside issuer is configured; log in with a local account")
            vouched = self._outside.vouched(token, self._clock() // 1000)
            found = await self._subjects.of(f"{vouched.issuer}\n{vouched.subject}")
        else:
            found = await self._sessions.of(digest(token))
        if found is None:
            raise NotAllowed("the session has ended, or the person has no account here; log in again")
        return found

    async def _by_subject(self, key: str) -> Standing | None:
        issuer, _, subject = key.partition("\n")
        return await self._store.read(people.by_subject, issuer, subject)


class Recent(Generic[Known]):
    """Answers that are asked for again when access changes, and after KNOWN_S anyway: another process may change it."""

    def __init__(self, store: Store, ask: Callable[[str], Awaitable[Known | None]]) -> None:
        self._store, self._ask = store, ask
        self._seen: dict[str, tuple[Known, int, float]] = {}

    async def of(self, key: str, *, last_known: bool = False) -> Known | None:
        revision = self._store.bell.revision(Topic.ACCESS)
        if (seen := self._seen.get(key)) and seen[1] == revision and time.monotonic() < seen[2]:
            return seen[0]
        asked_s = time.monotonic()
        try:
            answer = await self._ask(key)
        except StoreDown:
            if last_known and seen:
                return seen[0]
            raise
        self._seen.pop(key, None)
        if answer is not None:
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[key] = answer, revision, asked_s + KNOWN_S
        return answer
