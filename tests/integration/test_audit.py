"""The audit log: whole, or told where it is not."""

import asyncio
import json
import random
from pathlib import Path

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs
from typer.testing import CliRunner

from backend import auditing
from backend.cli import app
from backend.keys import KeyRing
from backend.store import audit
from backend.store.audit import DeviceLine
from backend.store.engine import Store, open_store
from calibration.service.audit import ATTACKS, ENTRIES, Attack, unseen, written


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_se06_whoever_changes_the_log_is_found(engine: Engine, tmp_path: Path, attack: Attack) -> None:
    held = written(engine, KeyRing(tmp_path / "keys"))
    with engine.connect() as db:
        assert auditing.verify(db, held) == []
    assert unseen(engine, held, attack, 10, random.Random(2)) == 0


def test_se06_a_head_of_another_key_is_no_head(engine: Engine, tmp_path: Path) -> None:
    written(engine, KeyRing(tmp_path / "keys"))
    stranger = auditing.signer(KeyRing(tmp_path / "others"))
    with engine.begin() as db:
        audit.note(db, audit.Note(1, "o.x", "officer", "traveler.viewed"))
        forged = auditing.sign(db, stranger, 1)
    assert forged is not None
    key = auditing.signer(KeyRing(tmp_path / "keys"))
    assert [type(one).__name__ for one in auditing.heads([forged, "no head"], key)] == ["Problem", "Problem"]


def test_se06_devices_lines_are_bound_into_the_log(engine: Engine) -> None:
    lines = [DeviceLine("kiosk-1", number, 1, "gate.opened", "", "") for number in (1, 2, 3)]
    with engine.begin() as db:
        audit.append(db, "gate", lines, 5)
        audit.append(db, "gate", lines, 6)  # told again: held already
        (entry,) = audit.search(db, "kiosk-1", "", 0, 10)
        assert (entry.subject, entry.result) == ("kiosk-1:1-3", audit.digest(db, "kiosk-1:1-3"))
        db.exec_driver_sql("UPDATE audit SET event = 'gate.shut' WHERE number = 2")
        assert [problem.number for problem in auditing.verify(db, [])] == [entry.number]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Settings of a service whose log was witnessed."""
    settings = tmp_path / "tvs.toml"
    settings.write_text(
        f'state_dir = "{tmp_path}/tvs"\nphotos_dir = "{tmp_path}"\nwitness_dir = "{tmp_path}/witness"\n'
    )
    engine, keys = open_store(tmp_path / "tvs"), KeyRing(tmp_path / "tvs" / "keys")
    written(engine, keys)
    (tmp_path / "witness").mkdir()
    (tmp_path / "witness" / auditing.PUBLIC).write_text(json.dumps(auditing.public(keys)))
    with engine.begin() as db:
        signed = db.exec_driver_sql("SELECT signed FROM audit_heads ORDER BY number").scalars().all()
    (tmp_path / "witness" / auditing.FILE).write_text("\n".join(signed) + "\n")
    engine.dispose()
    return settings


def test_se06_an_auditor_asks_with_one_command(site: Path) -> None:
    whole = CliRunner().invoke(app, ["audit", "verify", "--settings", str(site)])
    assert (whole.exit_code, whole.output) == (0, f"the log is whole; witnessed up to entry {ENTRIES}\n")
    engine = open_store(site.parent / "tvs")
    with engine.begin() as db:
        db.exec_driver_sql(f"DELETE FROM audit_log WHERE number > {ENTRIES - 5}")
    engine.dispose()
    cut = CliRunner().invoke(app, ["audit", "verify", "--settings", str(site)])
    assert cut.exit_code == 1
    assert f"the end is cut off: a witness holds entry {ENTRIES}" in cut.output


def test_the_public_key_is_public_only(site: Path) -> None:
    told = CliRunner().invoke(app, ["audit", "key", "--settings", str(site)])
    assert set(json.loads(told.output)) >= {"kty", "crv", "x"}
    assert "d" not in json.loads(told.output)


async def test_se06_a_witness_that_is_away_is_given_all_heads_when_it_is_back(engine: Engine, tmp_path: Path) -> None:
    keys, witness, store = KeyRing(tmp_path / "keys"), tmp_path / "share" / "witness", Store(engine)
    key = auditing.signer(keys)

    async def tell(away: bool) -> bool:
        await store.run(lambda db: audit.note(db, audit.Note(1, "o.x", "officer", "traveler.viewed")))
        assert await store.run(auditing.sign, key, 1)
        return await auditing.tell(store, key, witness, away=away)

    def held() -> list[int]:
        lines = (witness / auditing.FILE).read_text().splitlines()
        return [head.number for head in auditing.heads(lines, key) if isinstance(head, auditing.Head)]

    (tmp_path / "share").write_text("no folder")
    with capture_logs() as logs:
        assert await tell(away=False)
        assert await tell(away=True)
        (tmp_path / "share").unlink()
        assert not await tell(away=True)
        assert not await tell(away=False)
    assert held() == [1, 2, 3, 4]
    assert [line["event"] for line in logs] == ["witness.lost", "witness.came_back"]
    with (witness / auditing.FILE).open("a") as file:
        file.write("eyJhbGci")  # cut off
    await tell(away=False)
    assert held() == [1, 2, 3, 4, 5]


async def test_se06_a_witness_that_is_away_keeps_nothing_from_starting(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "share").write_text("no folder")
    keys, store = KeyRing(tmp_path / "keys"), Store(engine)
    job = asyncio.create_task(auditing.run(store, keys, lambda: 1, tmp_path / "share" / "witness"))
    with capture_logs() as logs:
        async with asyncio.timeout(20):
            while not logs and not job.done():
                await asyncio.sleep(0.01)
    assert not job.done()
    job.cancel()
