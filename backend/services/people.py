"""Login, Logout and WhoAmI: translate, call, translate."""

from limen.v1 import people_pb2 as pb
from limen.v1.people_pb2_grpc import PeopleServicer
from sqlalchemy import Connection

from backend.caller import Caller, caller
from backend.parts import Parts
from backend.people.login import Logins, digest
from backend.standing import credentials
from backend.store import people
from backend.store.audit import by, note
from backend.wrapping import Context


class People(PeopleServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._logins = Logins(parts.store, parts.clock)

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginReply:
        session = await self._logins.log_in(caller(), request.person, request.password)
        return pb.LoginReply(token=session.token, until_utc_ms=session.until_utc_ms)

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutReply:
        """Of a session here; a token of an outside issuer ends where it came from."""
        token = credentials((), context.invocation_metadata() or ()).token
        await self._parts.store.run(_log_out, caller(), digest(token), self._parts.clock())
        return pb.LogoutReply()

    async def WhoAmI(self, request: pb.WhoAmIRequest, context: Context) -> pb.WhoAmIReply:
        held = sorted(await self._parts.store.read(people.held, caller().name))
        posts = [pb.Post(role=post.role, port=post.port) for post in held]
        return pb.WhoAmIReply(person=caller().name, posts=posts)


def _log_out(db: Connection, who: Caller, token_sha256: str, now_utc_ms: int) -> None:
    if people.end_session(db, token_sha256):
        note(db, by(who, now_utc_ms, "person.logged_out", who.name))
