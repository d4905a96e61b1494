"""Who must go of those connected: the silent, the oldest of a crowd, the newest of a peer."""

from backend.doorkeeper import OF_PEER, Connection, Crowd, plain
from backend.settings import Budgets

MOST = Budgets(connections=40, unknown=4, handshake_s=3.0)


def there(numbers: range, address: str = "10.0.0.1") -> dict[int, Connection]:
    return {n: Connection(n, address, f"{address}:{n}") for n in numbers}


def test_who_makes_no_call_in_time_goes_and_who_does_stays() -> None:
    crowd, present = Crowd(MOST, 40), there(range(2))
    assert crowd.judge(present, {}, 0.0) == {}
    assert crowd.judge(present, {"10.0.0.1:1": "g1"}, 1.0) == {}
    assert crowd.judge(present, {}, 3.5) == {0: "silent"}
    assert crowd.judge(there(range(1, 2)), {}, 100.0) == {}, "known once is known for as long as it is open"


def test_the_oldest_unknown_of_an_address_makes_room_and_other_addresses_do_not_care() -> None:
    crowd = Crowd(MOST, 8)
    present = there(range(10, 13), "10.0.0.2") | there(range(6))
    assert crowd.judge(present, {}, 0.0) == {0: "address", 1: "address"}


def test_an_address_may_crowd_while_there_is_room_for_all() -> None:
    """Whoever is ended is back at once, and a handshake costs more than a place."""
    crowd, present = Crowd(MOST, 40), there(range(30))
    assert crowd.judge(present, {}, 0.0) == {}
    assert crowd.judge(present | there(range(30, 33), "10.0.0.2"), {}, 0.1) == dict.fromkeys(range(3), "address")


def test_known_peers_stay_when_all_places_are_taken() -> None:
    crowd, known = Crowd(MOST, 10), there(range(8))
    assert crowd.judge(known, {one.peer: "g1" for one in known.values()}, 0.0) == {}
    crowded = known | {n: Connection(n, f"10.0.1.{n}", f"10.0.1.{n}:1") for n in range(20, 25)}
    assert crowd.judge(crowded, {}, 1.0) == {20: "all", 21: "all", 22: "all"}


def test_the_newest_of_a_peer_beyond_its_budget_go() -> None:
    crowd, present = Crowd(Budgets(), 2000), there(range(OF_PEER + 2))
    named = {one.peer: "g1" for one in present.values()}
    assert crowd.judge(present, named, 0.0) == {OF_PEER: "peer", OF_PEER + 1: "peer"}


def test_peers_are_named_as_sockets_are() -> None:
    assert plain("ipv4:127.0.0.1:5") == "127.0.0.1:5"
    assert plain("ipv6:%5B::1%5D:5") == "::1:5"
    assert plain("ipv6:%5B::ffff:10.0.0.1%5D:5") == "10.0.0.1:5"
