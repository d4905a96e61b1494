"""Wrong passwords and codes slow down further tries, from the same address and in all."""

from collections import OrderedDict

FREE, LONGEST_S = 3, 60.0  # tries of an address without a wait; then 1 s, doubled by each further one
FREE_IN_ALL, IN_ALL_S = 20, 3.0  # wrong ones within LONGEST_S, from anywhere; then one try every three seconds
ADDRESSES = 1000


class Tries:
    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # by address: how many in a row, the last when
        self._all: list[float] = []

    def wait_s(self, address: str, now_s: float) -> float:
        """How long until this address may try again; 0 for now."""
        count, last_s = self._wrong.get(address, (0, now_s))
        own = last_s + _pause_s(count) - now_s
        recent = [at_s for at_s in self._all if now_s - at_s < LONGEST_S]
        in_all = recent[-1] + IN_ALL_S - now_s if len(recent) >= FREE_IN_ALL else 0.0
        return max(own if count else 0.0, in_all, 0.0)

    def wrong(self, address: str, now_s: float) -> int:
        """Count one; how many in a row this address had."""
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        self._wrong[address] = count, now_s
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        self._all = [*self._all[-FREE_IN_ALL + 1 :], now_s]
        return count

    def right(self, address: str) -> None:
        self._wrong.pop(address, None)


def _pause_s(count: int) -> float:
    return 0.0 if count < FREE else min(2.0 ** min(count - FREE, 10), LONGEST_S)
