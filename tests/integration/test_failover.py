"""SR-04 and ER-01 in small, on real processes: replicas that drain or die, services and databases killed under load."""

from collections.abc import Iterator

import pytest

from calibration.service.durability import database_killed, service_killed
from calibration.service.failover import Floor, drained, floor, killed

pytestmark = pytest.mark.timeout(400)  # processes start and recover; a busy machine takes its time


@pytest.fixture(scope="module")
def replicas() -> Iterator[Floor]:
    with floor() as made:
        yield made


def test_sr04_a_replica_that_is_told_to_stop_answers_all_it_was_asked(replicas: Floor) -> None:
    figure = drained(replicas, 30)
    assert (figure.failures, figure.trials >= 30) == (0, True)


def test_sr04_whoever_asks_again_is_answered_by_the_other_replica(replicas: Floor) -> None:
    figure = killed(replicas, 2, 4.0)
    assert figure.trials > 20
    assert figure.failures <= 0.001 * figure.trials


def test_er01_a_service_killed_under_load_loses_nothing_acknowledged() -> None:
    assert service_killed("sqlcipher", 1).failures == 0


def test_er01_a_database_killed_under_load_loses_nothing_acknowledged_and_the_service_stays() -> None:
    assert database_killed(1).failures == 0
