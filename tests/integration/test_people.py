"""Named people: logging in, what a token is good for, and how soon it is good for nothing."""

import grpc
import pytest
from limen.v1 import people_pb2 as pb

from tests.conftest import PASSWORD, Person, Service


@pytest.fixture(scope="module")
def officer(service: Service) -> Person:
    return service.person("o.meyer", "officer@ZRH", "records@GVA")


def test_acc1_who_logs_in_is_known_with_all_posts(officer: Person) -> None:
    me = officer(officer.people.WhoAmI, pb.WhoAmIRequest())
    assert me.person == "o.meyer"
    assert [(post.role, post.port) for post in me.posts] == [("officer", "ZRH"), ("records", "GVA")]


def test_acc1_a_wrong_password_and_an_unknown_person_get_the_same_answer(service: Service, officer: Person) -> None:
    console = Person(service.add("desk", "console").channel, "")
    said = set()
    for person, password in (("o.meyer", "wrong"), ("nobody.here", PASSWORD)):
        with pytest.raises(grpc.RpcError) as refused:
            console(console.people.Login, pb.LoginRequest(person=person, password=password))
        said.add((refused.value.code(), refused.value.details()))
    assert said == {
        (grpc.StatusCode.PERMISSION_DENIED, "person or password is wrong, or the account waits after too many tries")
    }
