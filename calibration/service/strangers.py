"""Every method called by whom nobody should believe: without a certificate of ours, or with the wrong one (SE-01)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from backend import ca
from backend.store import peers
from backend.store.peers import Peer
from calibration.service.calling import Call, said
from calibration.service.rig import Rig

EXPIRED_DAYS = -1 / 1440  # a minute ago
GATE, PORT = "g-known", "ZRH"
KINDS = ("no certificate", "plain text", "another authority's", "expired", "wrong name", "wrong role", "former one")
UNSEEN, TOLD = "UNAVAILABLE ", "PERMISSION_DENIED "  # refused by TLS, before there is a call; refused in words


@dataclass(frozen=True, slots=True)
class Stranger:
    kind: str
    channel: grpc.Channel


def strangers(rig: Rig) -> list[Stranger]:
    """Each has a certificate that lacks one thing; the known gate's is right in all of them."""
    rig.ask(peers.welcome, Peer(GATE, "gate", GATE, PORT, generation=2))
    rig.ask(peers.welcome, Peer("c-known", "carrier", None))
    ours, other = rig.root / "tvs" / "ca", rig.root / "other"
    ca.init(other, ["localhost"])
    ca.add(ours, rig.root / GATE, "gate", GATE, 2)
    ca.add(other, rig.root / "of-another", "gate", GATE, 2)
    ca.add(ours, rig.root / "expired", "gate", GATE, 2, EXPIRED_DAYS)
    ca.add(ours, rig.root / "wrong-name", "gate", "g-unknown")
    ca.add(ours, rig.root / "wrong-role", "gate", "c-known")
    ca.add(ours, rig.root / "former", "gate", GATE, 1)
    root = (ours / "ca.pem").read_bytes()
    shutil.copy(ours / "ca.pem", rig.root / "of-another" / "ca.pem")
    channels = (
        grpc.secure_channel(rig.address, grpc.ssl_channel_credentials(root)),
        grpc.insecure_channel(rig.address),
        *(rig.connect(name) for name in ("of-another", "expired", "wrong-name", "wrong-role", "former")),
    )
    return [Stranger(kind, channel) for kind, channel in zip(KINDS, channels, strict=True)]


def refused(kind: str) -> str:
    """How the answer to a stranger must begin."""
    return UNSEEN if KINDS.index(kind) < 4 else TOLD


def let_in(rig: Rig, methods: list[str]) -> Iterator[tuple[str, str, str]]:
    """(kind, method, what was said) of every call that was not refused as it must be."""
    for stranger in strangers(rig):
        for method in methods:
            came = said(stranger.channel, Call(method, b""))
            if not came.startswith(refused(stranger.kind)):
                yield stranger.kind, method, came
        stranger.channel.close()


def gets_in(rig: Rig) -> str:
    """What the right certificate is told: the others are not refused because nobody answers."""
    with rig.connect(GATE) as channel:
        return said(channel, Call("/grpc.health.v1.Health/Check", b""))
