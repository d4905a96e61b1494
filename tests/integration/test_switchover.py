"""SR-04 in small: the primary changes under two real replicas that are being asked; what each says of itself."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from backend.operations.doctor import findings
from backend.operations.finding import Finding, Verdict
from backend.settings import read
from calibration.service.switchover import Site, changed, site

pytestmark = pytest.mark.timeout(400)  # processes start and recover; a busy machine takes its time


@pytest.fixture(scope="module")
def at() -> Iterator[Site]:
    with site() as made:
        yield made


def doctored(at: Site, **settings: object) -> dict[str, Finding]:
    found = read(at.made.rig.root / "tvs.toml", {}).model_copy(update=settings)
    return {one.check: one for one in findings(found, datetime.now(UTC))}


def test_sr04_a_planned_switch_over_loses_nothing_and_ends_nobody(at: Site) -> None:
    figure = changed(at, "switch-over", at.cluster.switch_over, 1)
    assert figure.failures == 0, figure.words


def test_sr04_a_killed_primary_whose_standby_is_promoted_loses_nothing_and_ends_nobody(at: Site) -> None:
    figure = changed(at, "fail-over", at.cluster.fail_over, 1)
    assert figure.failures == 0, figure.words


def test_the_doctor_asks_for_the_hosts_and_for_the_standby_or_hears_it_declined(at: Site) -> None:
    url = str(read(at.made.rig.root / "tvs.toml", {}).database)
    found = doctored(at)
    assert (found["standby"].verdict, found["standby"].what) == (Verdict.OK, "1 confirms each commit")
    assert found["database hosts"].verdict is Verdict.OK
    one = url.replace(url.partition("@")[2].partition("/")[0], f"127.0.0.1:{at.cluster.primary.port}")
    assert "target_session_attrs=read-write" in doctored(at, database=one)["database hosts"].advice
    assert doctored(at, database=one, standby="none")["database hosts"].verdict is Verdict.OK
    assert doctored(at, standby="none")["standby"].verdict is Verdict.OK
    assert doctored(at, standby=None)["standby"].verdict is Verdict.WARNING
    only = one.replace(str(at.cluster.primary.port), str(at.cluster.standby.port))
    standby = doctored(at, database=only)["database"]
    assert (standby.verdict, "read-only" in standby.what) == (Verdict.WRONG, True)
    at.cluster.await_standby(False)
    assert doctored(at)["standby"].verdict is Verdict.WRONG
    at.cluster.await_standby(True)
