"""Who may call what.  A method without a row is refused, and the server does not start with one."""

from collections.abc import Iterable

from backend.errors import NotAllowed
from backend.store.peers import Peer

GATE, CARRIER, OPERATOR = "gate", "carrier", "operator"
ALLOWED: dict[str, frozenset[str]] = {
    "/limen.v1.Verification/Verify": frozenset({GATE}),
    "/limen.v1.Verification/ReportOutcome": frozenset({GATE}),
    "/limen.v1.Manifests/Submit": frozenset({CARRIER, OPERATOR}),
    "/limen.v1.Manifests/WatchGallery": frozenset({GATE}),
    "/limen.v1.Manifests/Assign": frozenset({OPERATOR}),
    "/limen.v1.Fleet/Hello": frozenset({GATE}),
    "/limen.v1.Fleet/Health": frozenset({GATE}),
    "/limen.v1.Audit/Append": frozenset({GATE}),
    "/grpc.health.v1.Health/Check": frozenset({GATE, CARRIER, OPERATOR}),
}


def check(method: str, role: str, name: str, peer: Peer | None) -> Peer:
    """The peer, if it is registered, still welcome, and its role may call the method.  Raises NotAllowed."""
    if peer is None or peer.role != role:
        raise NotAllowed(
            f"{role} {name} is not registered here, or was turned away; `limen-tvs device add` registers one"
        )
    if role not in ALLOWED.get(method, frozenset()):
        raise NotAllowed(f"role {role} may not call {method}")
    return peer


def without_policy(methods: Iterable[str]) -> list[str]:
    return sorted(set(methods) - ALLOWED.keys())
