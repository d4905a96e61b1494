"""Arrivals and departures of one person, matched."""

from backend.stays import Move, Stay, match

DAY_MS = 24 * 3_600_000


def move(direction: str, day: int, person: str = "anna") -> Move:
    until = (day + 90) * DAY_MS if direction == "in" else None
    return Move(f"{person}-{direction}-{day}", person, direction, "ZRH", day * DAY_MS, until)


def ends(*moves: Move) -> list[tuple[str, str | None, bool]]:
    return [(s.arrival.crossing, s.departure.crossing if s.departure else None, s.over) for s in match(moves)]


def test_an_arrival_ends_with_the_same_persons_next_departure_whatever_order_they_are_told_in() -> None:
    assert ends(move("out", 9), move("in", 5, "ben"), move("in", 1), move("out", 30)) == [
        ("anna-in-1", "anna-out-9", True),
        ("ben-in-5", None, False),
    ]


def test_a_second_arrival_shows_that_somebody_left_unseen() -> None:
    assert ends(move("in", 1), move("in", 50)) == [("anna-in-1", None, True), ("anna-in-50", None, False)]


def test_a_departure_without_an_arrival_is_no_stay() -> None:
    assert ends(move("out", 1), move("out", 2)) == []


def test_a_stay_is_over_its_time_after_the_last_allowed_moment_and_never_without_one() -> None:
    (stay,) = match([move("in", 0)])
    assert not stay.overstayed(90 * DAY_MS)
    assert stay.overstayed(90 * DAY_MS + 1)
    assert not Stay(Move("c", "p", "in", "ZRH", 0, None), None, over=False).overstayed(1 << 60)
