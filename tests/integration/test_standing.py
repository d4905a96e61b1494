"""How long the service believes what it knew of a caller."""

from pathlib import Path

import pytest

from backend.caller import EVERYWHERE
from backend.clock import utc_ms
from backend.errors import NotAllowed
from backend.standing import Credentials, Standings
from backend.store import peers
from backend.store.engine import Store, open_store
from backend.store.peers import Peer

REMOVE = "/limen.v1.Manifests/Remove"


def shown(role: str, name: str, generation: int = 1) -> Credentials:
    return Credentials((f"limen://{role}/{name}#{generation}",))


async def test_se02_a_removed_device_is_out_at_once_where_it_was_removed_and_soon_elsewhere(tmp_path: Path) -> None:
    here, other = Store(open_store(tmp_path)), Store(open_store(tmp_path))
    await here.run(peers.welcome, Peer("o1", "operator", None, "ZRH"))
    standings = Standings(here, utc_ms, None)
    assert (await standings.caller(REMOVE, shown("operator", "o1"))).ports == frozenset({"ZRH"})
    await here.run(peers.refuse, "o1")
    with pytest.raises(NotAllowed, match="operator o1 is not registered here, or was turned away"):
        await standings.caller(REMOVE, shown("operator", "o1"))
    await other.run(peers.welcome, Peer("o1", "operator", None, "GVA"))  # who was not known is asked for every time
    assert (await standings.caller(REMOVE, shown("operator", "o1"))).ports == frozenset({"GVA"})
    here.close()
    other.close()


async def test_a_certificate_is_of_the_role_and_generation_that_are_registered(tmp_path: Path) -> None:
    store = Store(open_store(tmp_path))
    await store.run(peers.welcome, Peer("c1", "carrier", None, generation=3))
    standings = Standings(store, utc_ms, None)
    for generation in (3, 4):
        assert (await standings.caller(REMOVE, shown("carrier", "c1", generation))).ports == frozenset({EVERYWHERE})
    for wrong in (
        shown("carrier", "c1", 2),
        shown("operator", "c1", 3),
        shown("carrier", "c2"),
        Credentials(("DNS:x",)),
    ):
        with pytest.raises(NotAllowed):
            await standings.caller(REMOVE, wrong)
    store.close()


async def test_an_operator_registered_at_no_port_may_not_act_about_one(tmp_path: Path) -> None:
    store = Store(open_store(tmp_path))
    await store.run(peers.welcome, Peer("o1", "operator", None))
    with pytest.raises(NotAllowed, match="role operator is held at none"):
        await Standings(store, utc_ms, None).caller(REMOVE, shown("operator", "o1"))
    store.close()
