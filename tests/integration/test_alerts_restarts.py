"""No alert is lost when the service is killed, wherever it was."""

import pytest

from calibration.service.alerts import measured


@pytest.mark.timeout(300)
def test_air22_an_officer_sees_every_alert_of_a_service_that_is_killed() -> None:
    told = measured("sqlcipher", kills=2, quiet=4)
    assert told.decisions >= 6
    assert (told.wrong, told.unseen, told.forgotten) == (0, 0, 0)
