"""Senders killed at every step and records through outages: one effect at each system, no more and no less."""

import uuid
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine

from backend.keys import KeyRing
from backend.store.engine import open_store
from backend.store.outbox import SYSTEMS
from calibration.service import outbox as figures
from calibration.service.line import Line
from calibration.service.postgres import Postgres
from calibration.service.sinks import Sinks
from calibration.service.stores import Scratch


@pytest.mark.parametrize("point", figures.POINTS)
def test_sr05_a_sender_killed_at_this_step_has_told_every_system_once(
    point: str, tmp_path: Path, sinks: Sinks, request: pytest.FixtureRequest
) -> None:
    server: Postgres | None = request.getfixturevalue("postgres") if point == "answered" else None
    url = server.database() if server else ""
    engine = open_store(tmp_path / "tvs", url)
    at = Scratch("postgresql" if url else "sqlcipher", tmp_path, url, engine, KeyRing(tmp_path / "keys"))
    with Line(sinks.port) as line:
        assert figures.Crashes(at, sinks, line).once(point, SYSTEMS)
    engine.dispose()


def test_er03_records_reported_twice_and_in_disorder_through_outages_arrive_once(
    engine: Engine, tmp_path: Path, sinks: Sinks
) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.set(drivername="postgresql").render_as_string(False)
    here = open_store(tmp_path / "tvs", url)
    at = Scratch("", tmp_path, url, here, KeyRing(tmp_path / "keys"))
    left = figures.flood(at, sinks, 60, outages=3)
    here.dispose()
    assert left.wrong(60) == 0, left


def test_what_is_not_one_of_ours_is_refused_by_the_stand_in(sinks: Sinks) -> None:
    key = str(uuid.uuid4())
    for system, form in (("ident", "application/vnd.ansi-nist"), ("ident", "text/plain"), ("tecs", "application/json")):
        headers = {"Idempotency-Key": key, "Content-Type": form}
        assert httpx2.post(sinks.urls()[system], content=b"{}", headers=headers).status_code == 400
        assert sinks.effects(system)[key] == 0
