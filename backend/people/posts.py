"""What a person is trusted with: a role at a port."""

import re
from dataclasses import dataclass

from backend.access import PEOPLE_ROLES
from backend.caller import EVERYWHERE
from backend.errors import Refused

_PORT = re.compile(r"[A-Z0-9]{3,5}")  # IATA or UN/LOCODE
_PERSON = re.compile(r"[a-z][a-z0-9._-]{1,79}")


@dataclass(frozen=True, slots=True, order=True)
class Post:
    """port: EVERYWHERE for all."""

    role: str
    port: str

    def __str__(self) -> str:
        return f"{self.role}@{self.port}"


def parse(text: str) -> Post:
    """`officer@ZRH`, or `auditor@*`.  Raises Refused."""
    role, _, port = text.partition("@")
    if role not in PEOPLE_ROLES:
        raise Refused(f"role {role!r} of {text!r} is unknown; one of {', '.join(sorted(PEOPLE_ROLES))}")
    return Post(role, port_named(port))


def port_named(port: str) -> str:
    """Raises Refused for what cannot be a port's code."""
    if port != EVERYWHERE and not _PORT.fullmatch(port):
        raise Refused(f"port {port!r} must be 3 to 5 capitals or digits, such as ZRH, or {EVERYWHERE} for every port")
    return port


def person_named(name: str) -> str:
    """Raises Refused for what cannot be an account's name."""
    if not _PERSON.fullmatch(name):
        raise Refused(f"person {name!r} must be 2 to 80 of a-z 0-9 . _ - and begin with a letter, such as o.meyer")
    return name
