"""Who keeps a connection when more come than there is place for."""

import socket
from contextlib import closing

import pytest

from edge.screens.connections import _waiting
from edge.screens.places import Places, peer


class Crowd:
    """Connections by name; `left` in the order they had to."""

    def __init__(self) -> None:
        self.places, self.left = Places(), list[str]()

    def come(self, address: str, name: str = "") -> None:
        self.places.take(address, lambda: self.left.append(name or address))


def test_strangers_of_one_address_make_place_for_each_other_only() -> None:
    crowd = Crowd()
    crowd.come("10.0.0.1", "quiet")
    for number in range(1500):
        crowd.come("10.0.0.2", str(number))
    assert crowd.left == [str(number) for number in range(1500 - 16)]
    assert crowd.places.pools["strangers"].count == 17
    assert crowd.places.ended == 1500 - 16


def test_strangers_of_many_addresses_never_hold_more_than_their_share_and_the_fullest_goes_first() -> None:
    crowd = Crowd()
    for number in range(1500):
        crowd.come(f"10.0.{number % 12}.1")
    pool = crowd.places.pools["strangers"]
    assert pool.count == 192
    crowd.left.clear()
    crowd.come("10.9.9.9")
    assert len(crowd.left) == 1 and crowd.left != ["10.9.9.9"]
    assert pool.count == 192


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.7"])
def test_this_machines_screen_and_agents_keep_their_places_whoever_comes(address: str) -> None:
    crowd = Crowd()
    crowd.places.know("10.0.0.7")
    crowd.come(address, "kept")
    for number in range(3000):
        crowd.come(f"10.1.{number % 200}.{number % 7}")
    assert "kept" not in crowd.left


def test_a_place_is_free_again_and_nothing_of_an_address_stays() -> None:
    places = Places()
    for number in range(500):
        places.take(f"10.2.{number // 200}.{number % 200}", lambda: None)()
    assert (places.pools["strangers"].count, places.pools["strangers"].held) == (0, {})


def test_an_address_that_comes_again_and_again_has_to_wait_and_another_need_not() -> None:
    places = Places()
    taken = sum(places.admits("10.0.0.2", now_s=number / 1000) for number in range(2000))
    assert 45 <= taken <= 55, "32 at once and ten a second"
    assert places.admits("10.0.0.3", 2.0)
    assert all(places.admits("127.0.0.1", 2.0) for _ in range(1000))
    assert places.admits("10.0.0.2", 3.0)


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    places = Places()
    for number in range(10_000):
        places.admits(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", 0.0)
        places.know(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    assert len(places._paces) <= 4096
    assert len(places._agents) <= 32


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("10.0.0.1", "10.0.0.2", False),
    ],
)
def test_a_network_of_ipv6_is_one_peer(one: str, other: str, same: bool) -> None:
    assert (peer(one) == peer(other)) is same


def test_the_screen_of_this_machine_is_known_by_whatever_address_it_asks() -> None:
    with socket.create_server(("127.0.0.9", 0)) as listening:
        at = listening.getsockname()
        for own in ("127.0.0.9", "127.0.0.8"):
            socket.create_connection(at, source_address=(own, 0)).close()
        listening.setblocking(False)
        found = []
        for browser, address in _waiting(listening):
            with closing(browser):
                found.append(address)
    assert found == ["127.0.0.1", "127.0.0.8"]
