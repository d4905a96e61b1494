"""The worst of the last minute, and no longer."""

from edge.loop_lag import LoopLag


def test_the_worst_of_a_minute_is_told_and_then_forgotten() -> None:
    lag = LoopLag()
    lag.note(0.0, 0.004)
    lag.note(1.0, 0.350)
    lag.note(2.0, 0.001)
    assert lag.worst_s == 0.350
    for second in range(3, 58):
        lag.note(float(second), 0.002)
    assert lag.worst_s == 0.350
    for second in range(58, 75):
        lag.note(float(second), 0.002)
    assert lag.worst_s == 0.002
