"""Wrong passwords and codes slow down further tries."""

from edge.agents.tries import FREE, FREE_IN_ALL, IN_ALL_S, LONGEST_S, Tries


def test_wrong_tries_slow_an_address_down_and_then_all_of_them() -> None:
    tries = Tries()
    for _ in range(FREE - 1):
        tries.wrong("a", 0.0)
        assert tries.wait_s("a", 0.0) == 0
    waits = []
    for _ in range(9):
        tries.wrong("a", 0.0)
        waits.append(tries.wait_s("a", 0.0))
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_S, LONGEST_S, LONGEST_S]
    assert tries.wait_s("b", 0.0) == 0
    for number in range(FREE_IN_ALL):
        tries.wrong(f"c{number}", 10.0)
    assert tries.wait_s("nobody before", 10.0) == IN_ALL_S
    assert tries.wait_s("nobody before", 10.0 + IN_ALL_S) == 0
    assert tries.wait_s("nobody before", 10.0 + LONGEST_S) == 0
    tries.right("a")
    assert tries.wait_s("a", 10.0 + LONGEST_S) == 0
