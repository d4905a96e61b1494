"""What the RPCs and the jobs share: made once, handed to each."""

from dataclasses import dataclass

from backend.clock import Clock
from backend.galleries import Galleries
from backend.keys import KeyRing
from backend.settings import Settings
from backend.store.engine import Store
from backend.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Parts:
    settings: Settings
    store: Store
    keys: KeyRing
    clock: Clock
    galleries: Galleries
    verifier: Verifier
