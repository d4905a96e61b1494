"""What no field names is kept nowhere: a canary in every message of every call, looked for in all that is stored."""

import itertools
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import Message
from limen.v1 import approvals_pb2, manifests_pb2
from limen.v1 import verification_pb2 as pb
from sqlalchemy import Connection, select

from backend.acting import Acting
from backend.caller import NOBODY
from backend.clock import utc_ms
from backend.daily import WRITTEN
from backend.keys import NONCE, SIZE
from backend.proposal_content import Shown, show
from backend.settings import Rules
from backend.store import peers, proposals
from backend.store.engine import open_store
from backend.store.peers import Peer
from backend.store.schema import metadata
from calibration.service.access import running
from calibration.service.bombs import tainted
from calibration.service.border_post import DEVICE, JOURNEY, Place, requests
from calibration.service.rig import PORT, Rig, cropped, question, shot, work
from calibration.service.wanted import WANTED
from tests.conftest import manifest
from tests.integration.callers import CANARY, Callers

HOTLIST = approvals_pb2.HotlistEntry(
    document_type="P", document_issuer="UTO", document_number="L898902C3", remark="talk to", ground="case 12/26"
)

# There is nothing to settle before `_listed`; nobody of that name has a password.
REFUSED = {
    "/limen.v1.Approvals/Settle": "INVALID_ARGUMENT",
    "/limen.v1.People/Login": "PERMISSION_DENIED",
    "/limen.v1.People/SetPassword": "PERMISSION_DENIED",
}


@pytest.fixture(scope="module")
def border() -> Iterator[tuple[Rig, Place]]:
    with running() as there:
        yield there


def test_nothing_is_kept_that_no_field_names(border: tuple[Rig, Place]) -> None:
    rig, place = border
    post = Callers(rig)
    asked = _taken(rig, place)
    assert set(asked) == {*WANTED}, "every method"
    came = {method: post.tainted(method, request) for method, request in asked.items()}
    assert {method: words.split()[0] for method, words in came.items() if words != "ok"} == REFUSED
    _listed(rig, post)
    stored = list(_stored(rig))
    assert [where for where, content in stored if CANARY in content] == []
    opened = {where for where, _ in stored if where.endswith("opened")}
    assert {"proposals.sealed opened", "hotlist.sealed opened"} <= opened
    assert any(b"rig" in content for where, content in stored if where == "decisions.capture"), "the rest is kept"


def test_a_canary_that_was_kept_would_be_found(border: tuple[Rig, Place]) -> None:
    rig, _ = border
    sealed = approvals_pb2.ProposeRequest.FromString(tainted(approvals_pb2.ProposeRequest(hotlist=HOTLIST), CANARY))
    name = rig.ask(_seal_by_hand, rig, sealed.SerializeToString())
    found = [where for where, content in _stored(rig) if CANARY in content]
    rig.ask(_forget, name)
    assert found == ["proposals.sealed opened"]


def _taken(rig: Rig, place: Place) -> dict[str, Message]:
    """A request for each method, such that the service takes what it can of them."""
    rig.ask(peers.welcome, Peer("carrier.here", "carrier", None, PORT, carriers=("XX",)))
    rig.ask(_announced_by, "carrier.here")
    asked = dict(requests(place))
    asked["/limen.v1.Verification/Identify"] = question(place.boarding, [shot(cropped("stranger-live"))])
    papers = pb.VerifyDocumentsRequest(agent="a.keller", session=rig.ask(work, "a.keller"))
    asked["/limen.v1.Verification/VerifyDocuments"].MergeFrom(papers)
    asked["/limen.v1.Manifests/Submit"] = manifests_pb2.SubmitRequest(interchange=manifest("XX0123", ["C1", "C2"]))
    asked["/limen.v1.Manifests/Assign"] = manifests_pb2.AssignRequest(gate=f"at-{DEVICE}", journey=JOURNEY)
    return asked


def _announced_by(db: Connection, carrier: str) -> None:
    table = metadata.tables["journeys"]
    db.execute(table.update().where(table.c.journey == JOURNEY).values(carrier=carrier))


def _listed(rig: Rig, post: Callers) -> None:
    """An entry of the hotlist proposed by one and approved by another, canaries on the way."""
    entry = approvals_pb2.HotlistEntry()
    entry.CopyFrom(HOTLIST)
    entry.until_utc_ms = utc_ms() + 1_000_000
    assert (
        post.tainted("/limen.v1.Approvals/Propose", approvals_pb2.ProposeRequest(reason="new", hotlist=entry)) == "ok"
    )
    held = rig.ask(_newest, rig)
    settled = approvals_pb2.SettleRequest(settled=approvals_pb2.SETTLED_APPROVED, reason="looked at it")
    settled.proposal, settled.digest = held.proposal.proposal, held.digest
    assert post.tainted("/limen.v1.Approvals/Settle", settled) == "ok"


def _newest(db: Connection, rig: Rig) -> Shown:
    [held] = [one for one in proposals.listed(db, 10, open_only=True) if one.kind == "hotlist"]
    return show(db, Acting(NOBODY, rig.keys, utc_ms()), Rules(), held)


def _seal_by_hand(db: Connection, rig: Rig, content: bytes) -> str:
    table, name = metadata.tables["proposals"], "by-hand"
    row: dict[str, object] = {
        "proposal": name,
        "kind": "hotlist",
        "sealed": rig.keys.box("records").seal(content, name),
    }
    row |= {"reason": "by hand", "proposed_by": "nobody", "proposed_utc_ms": 1, "settled": "", "made": ""}
    db.execute(table.insert(), row)
    return name


def _forget(db: Connection, name: str) -> None:
    table = metadata.tables["proposals"]
    db.execute(table.delete().where(table.c.proposal == name))


def _stored(rig: Rig) -> Iterator[tuple[str, bytes]]:
    """Every value of the database as bytes; what is sealed also as it was before."""
    keys = [path.read_bytes() for path in (rig.root / "tvs" / "keys").glob("*.key")]
    with open_store(rig.root / "tvs").connect() as db:
        for table in metadata.sorted_tables:
            for row in db.execute(select(table)).mappings():
                names = [str(value) for value in row.values() if isinstance(value, str | int)]
                for column, value in row.items():
                    content = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{table.name}.{column}", content
                    if isinstance(value, bytes) and (plain := _opened(content, keys, names)) is not None:
                        yield f"{table.name}.{column} opened", plain


def _opened(sealed: bytes, keys: list[bytes], names: list[str]) -> bytes | None:
    for key, name, begins in itertools.product([k for k in keys if len(k) == SIZE], names, (0, WRITTEN)):
        try:
            return AESGCM(key).decrypt(sealed[begins : begins + NONCE], sealed[begins + NONCE :], name.encode())
        except (InvalidTag, ValueError):
            continue
    return None
