import pytest

from backend import access
from backend.errors import NotAllowed
from backend.server import METHODS


def test_every_method_has_a_row() -> None:
    assert access.without_policy(METHODS) == []
    assert access.without_policy(["/limen.v1.New/Method"]) == ["/limen.v1.New/Method"]


def test_se04_an_unknown_method_is_refused() -> None:
    with pytest.raises(NotAllowed, match=r"nobody may call /limen\.v1\.New/Method"):
        access.check("/limen.v1.New/Method", [("gate", "ZRH")])


def test_se04_nobody_without_a_role_gets_in() -> None:
    for method in METHODS:
        with pytest.raises(NotAllowed, match="role none may not call"):
            access.check(method, [])


def test_se04_ports_are_those_of_posts_that_allow_the_method() -> None:
    posts = [("officer", "ZRH"), ("records", "GVA"), ("technician", "BSL")]
    assert access.check("/limen.v1.Alerts/Take", posts) == ("officer", frozenset({"ZRH"}))
    role, ports = access.check("/limen.v1.Crossings/List", posts, "case")
    assert (role, ports) == ("officer", frozenset({"ZRH", "GVA"}))


def test_se04_a_purpose_nobody_knows_is_refused_even_where_none_is_needed() -> None:
    with pytest.raises(NotAllowed, match="no such purpose"):
        access.check("/limen.v1.Alerts/Take", [("officer", "ZRH")], "curiosity")


def test_se04_a_gate_without_a_port_may_not_ask_about_one() -> None:
    with pytest.raises(NotAllowed, match="role gate is held at none"):
        access.check("/limen.v1.Verification/Verify", [("gate", "")])
