"""Who of many browsers may hold a connection: bounded in all and for each address, and the newest wins."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

OWN = frozenset(("127.0.0.1", "::1"))  # the screen on this machine
MOST_AGENTS = 32  # addresses that are remembered as agents'
A_SECOND, AT_ONCE, MOST_KNOWN = 10.0, 32.0, 4096  # new connections of one address; addresses that are counted
Leave = Callable[[], None]


@dataclass(slots=True)
class Pool:
    """most: in all.  each: for one address.  held: by address, the oldest first; a pool of none is not kept."""

    most: int
    each: int
    held: dict[str, list[Leave]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(map(len, self.held.values()))

    def take(self, address: str, leave: Leave) -> Leave | None:
        """leave: ends the new one.  Who has to leave for it: the oldest of the address that holds most."""
        mine = self.held.get(address, [])
        gone = mine if len(mine) >= self.each else self._fullest() if self.count >= self.most else None
        ended = gone.pop(0) if gone else None
        self.held.setdefault(address, mine).append(leave)
        self.held = {peer: some for peer, some in self.held.items() if some}
        return ended

    def free(self, address: str, leave: Leave) -> None:
        """It ended by itself, or because it had to."""
        mine = self.held.get(address, [])
        if leave in mine:
            mine.remove(leave)
        if not mine:
            self.held.pop(address, None)

    def _fullest(self) -> list[Leave]:
        return max(self.held.values(), key=len)


class Places:
    """Three pools, so that strangers never take the place of the traveler's screen here or of an agent."""

    def __init__(self) -> None:
        self.pools = {"own": Pool(64, 64), "agents": Pool(128, 32), "strangers": Pool(192, 16)}
        self._agents: OrderedDict[str, None] = OrderedDict()
        self._paces: OrderedDict[str, tuple[float, float]] = OrderedDict()  # connections left, when that was
        self.ended = self.refused = 0

    def admits(self, address: str, now_s: float) -> bool:
        """Whether one more from there is worth the work now: an address that comes again and again has to wait."""
        if address in OWN:
            return True
        who = peer(address)
        left, at_s = self._paces.pop(who, (AT_ONCE, now_s))
        left = min(AT_ONCE, left + (now_s - at_s) * A_SECOND)
        self._paces[who] = (left - 1 if left >= 1 else left, now_s)
        if len(self._paces) > MOST_KNOWN:
            self._paces.popitem(last=False)
        self.refused += left < 1
        return left >= 1

    def know(self, address: str) -> None:
        """Somebody there is an agent: what comes from there next has a place among agents."""
        self._agents[peer(address)] = None
        self._agents.move_to_end(peer(address))
        if len(self._agents) > MOST_AGENTS:
            self._agents.popitem(last=False)

    def take(self, address: str, leave: Leave) -> Leave:
        """A place for a connection that `leave` ends; the older one that has to go is ended.  Returns what frees it."""
        who = peer(address)
        name = "own" if address in OWN else "agents" if who in self._agents else "strangers"
        pool = self.pools[name]
        if (gone := pool.take(who, leave)) is not None:
            self.ended += 1
            gone()
        return lambda: pool.free(who, leave)


def peer(address: str) -> str:
    """Whom an address stands for: of IPv6 the network, because one host has as many addresses as it likes."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
