"""What the RPCs and the jobs share: made once, handed to each."""

from dataclasses import dataclass

from backend.acting import Acting
from backend.caller import caller
from backend.clock import Clock
from backend.galleries import Galleries
from backend.keys import KeyRing
from backend.retention.lived_clock import LivedClock
from backend.settings import Settings
from backend.store.engine import Store
from backend.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Parts:
    """lived: the time that deletion follows."""

    settings: Settings
    store: Store
    keys: KeyRing
    clock: Clock
    lived: LivedClock
    galleries: Galleries
    verifier: Verifier

    def acting(self) -> Acting:
        """Who makes the call being served, now."""
        return Acting(caller(), self.keys, self.clock())
