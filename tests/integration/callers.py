"""Calls of any method, as whoever may make it."""

from google.protobuf.message import Message
from limen.v1 import verification_pb2 as pb

from backend.people.posts import Post
from calibration.service.bombs import tainted
from calibration.service.border_post import DEVICE, device, session
from calibration.service.calling import Call, said
from calibration.service.rig import PORT, Rig
from calibration.service.wanted import PEOPLE, WANTED

CANARY = b"the-face-of-somebody"


class Callers:
    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        device(rig, "desk", "console", "")
        for role in ("carrier", "operator", "console"):
            device(rig, f"{role}.here", role, PORT)

    def tainted(self, method: str, request: Message) -> str:
        """What was said to a request with canaries in every message of it."""
        if isinstance(request, pb.VerifyRequest | pb.VerifyDocumentsRequest):
            request.device = DEVICE
        return self.raw(method, tainted(request, CANARY))

    def raw(self, method: str, content: bytes) -> str:
        role, purposes = WANTED[method].roles[0], WANTED[method].purposes
        metadata = [("x-limen-purpose", purposes[0])] if purposes else []
        if role in PEOPLE:
            token = self._rig.ask(session, f"some.{role}", [Post(role, PORT), Post(role, "*")])
            metadata.append(("authorization", f"Bearer {token}"))
        name = "desk" if role in PEOPLE else DEVICE if role == "gate" else f"{role}.here"
        with self._rig.connect(name) as channel:
            return said(channel, Call(method, content, tuple(metadata), 10))
