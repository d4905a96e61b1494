import pytest

from backend import access
from backend.errors import NotAllowed
from backend.server import SERVICES
from backend.store.peers import Peer

METHODS = [f"/{s.full_name}/{m.name}" for file in SERVICES for s in file.services_by_name.values() for m in s.methods]
ROLES = ["gate", "carrier", "operator"]


def test_every_method_has_a_row() -> None:
    assert access.without_policy(METHODS) == []
    assert access.without_policy(["/limen.v1.New/Method"]) == ["/limen.v1.New/Method"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("role", ROLES)
def test_se04_a_role_may_call_what_its_row_says_and_nothing_else(method: str, role: str) -> None:
    peer = Peer("p", role, None)
    if role in access.ALLOWED[method]:
        assert access.check(method, role, "p", peer) is peer
    else:
        with pytest.raises(NotAllowed, match=f"role {role} may not call"):
            access.check(method, role, "p", peer)


@pytest.mark.parametrize("peer", [None, Peer("p", "carrier", None)])
def test_se04_a_certificate_without_a_matching_registration_is_refused(peer: Peer | None) -> None:
    with pytest.raises(NotAllowed, match="gate p is not registered here"):
        access.check("/limen.v1.Verification/Verify", "gate", "p", peer)


def test_se04_an_unknown_method_is_refused() -> None:
    with pytest.raises(NotAllowed):
        access.check("/limen.v1.New/Method", "gate", "p", Peer("p", "gate", None))
