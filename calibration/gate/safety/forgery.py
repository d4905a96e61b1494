"""Frames a strong attacker would like to be obeyed: each is right in everything but one thing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from hardware.gate import frames
from hardware.gate.limits import KNOWN_KEYS, MAC_SIZE
from hardware.gate.mac import Key
from hardware.gate.messages import Want
from hardware.lights import Lamp

_LEASE_MS = 500
_OTHER = Key(bytes(range(40, 56)))


@dataclass(frozen=True, slots=True)
class Moment:
    """What the newest Want that would be obeyed says, and what is old by now.

    stale_poll: issued more than a second ago, among the last 32, or None.  opened: highest grant that opened.
    """

    newest: Want
    stale_poll: int | None
    opened: int
    sequence: int  # of the last Want obeyed


def forge(moment: Moment, key: Key, rng: random.Random) -> bytes:
    """One frame that must not open a gate."""
    return frames.encode(rng.choice(list(forgeries(moment, key))))


def forgeries(moment: Moment, key: Key) -> Iterator[bytes]:
    """Sealed payloads: an obeyed one among them would open a gate at rest."""
    want = replace(moment.newest, lease_ms=_LEASE_MS, lamp=Lamp.GO)
    whole = want.pack()
    yield _OTHER.seal(whole)  # another key
    yield whole + bytes(MAC_SIZE)  # an unprovisioned controller's tag
    yield key.seal(whole)[:-1] + bytes((key.seal(whole)[-1] ^ 1,))  # one bit of the tag
    yield from _under_known_keys(whole)
    yield key.seal(replace(want, gate=want.gate ^ 1).pack())
    yield key.seal(whole[:1] + b"\x01" + whole[2:])  # an older version of the protocol
    yield whole[:1] + b"\x01" + whole[2:]  # and as that sent it: not authenticated
    yield from (key.seal(replace(want, epoch=epoch).pack()) for epoch in _old(want.epoch))
    yield key.seal(replace(want, sequence=moment.sequence).pack())
    yield key.seal(replace(want, grant=moment.opened).pack())
    yield key.seal(replace(want, lease_ms=0).pack())
    yield key.seal(replace(want, poll=want.poll + 1_000).pack())  # not issued yet
    if moment.stale_poll is not None:
        yield key.seal(replace(want, poll=moment.stale_poll).pack())


def _old(epoch: int) -> Iterator[int]:
    """The session before, and one of the start before."""
    yield from (old for old in (epoch - 1, epoch - (1 << 32)) if old > 0)


def _under_known_keys(whole: bytes) -> Iterator[bytes]:
    """`Key` refuses such secrets: whether the controller takes them is what is tried here."""
    for secret in (*KNOWN_KEYS, bytes(16), b"\xff" * 16):
        cmac = CMAC(AES(secret))
        cmac.update(whole)
        yield whole + cmac.finalize()[:MAC_SIZE]
