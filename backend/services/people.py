"""Login, Logout and WhoAmI: translate, call, translate."""

from limen.v1.people_pb2_grpc import PeopleServicer

from backend.parts import Parts


class People(PeopleServicer):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
