"""Who makes a call: a device by its certificate, or a person by a token, and where they may act."""

from contextvars import ContextVar
from dataclasses import dataclass

from backend.errors import NotAllowed

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """role: the one the call is allowed by.  gate: where a gate's appliance stands.  ports: where the role holds.
    purpose: what a person says the call is for."""

    name: str
    role: str
    gate: str | None = None
    ports: frozenset[str] = frozenset()
    purpose: str = ""

    @property
    def port(self) -> str:
        """Where a device stands; "" if it may stand anywhere."""
        return next(iter(self.ports - {EVERYWHERE}), "")

    def require_own(self, device: str) -> None:
        """Raises NotAllowed for a request that says it is another device's."""
        if device != self.name:
            raise NotAllowed(f"the certificate is of {self.name}, the request says {device}")

    def holds_at(self, port: str) -> bool:
        return EVERYWHERE in self.ports or port in self.ports

    def require(self, port: str) -> None:
        """Raises NotAllowed where the caller has no post."""
        if not self.holds_at(port):
            raise NotAllowed(f"{self.role} {self.name} has no post at port {port}")


NOBODY = Caller("", "")
_caller: ContextVar[Caller] = ContextVar("caller", default=NOBODY)


def caller() -> Caller:
    """Who made the call being served."""
    return _caller.get()


def set_caller(who: Caller) -> None:
    _caller.set(who)
