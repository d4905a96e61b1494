"""What both kinds of database promise: writes one after the other, reads beside them, nothing unsafe, one schema."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlcipher3.dbapi2
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.errors import StoreUnfit
from backend.keys import KeyRing
from backend.store import alerts, decisions, hotlist, migrating, peers, schema, sqlcipher
from backend.store.alerts import Alert
from backend.store.bell import Topic
from backend.store.engine import Store, open_store, touch
from backend.store.migrating import FOLDER, KNOWN, NEEDED, schema_of, upgrade
from backend.store.migrations.versions.v0005_additions import COLUMNS
from backend.store.peers import Peer
from backend.store.portable import row_of
from calibration.service.border import answer
from calibration.service.journeys import announce, people, vectors
from calibration.service.postgres import Postgres
from calibration.service.rig import stand_against

LATER = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "0006", "0005"
def upgrade() -> None:
    op.add_column("peers", sa.Column("note", sa.String))
    {end}
"""


def names(db: Connection) -> list[str]:
    return list(db.execute(text("SELECT name FROM peers ORDER BY name")).scalars())


async def test_a_reader_neither_waits_for_a_writer_nor_holds_it_up(engine: Engine) -> None:
    store, writing, read, wrote = Store(engine), threading.Event(), threading.Event(), threading.Event()

    def write(db: Connection) -> None:
        peers.welcome(db, Peer("second", "gate", "G2"))
        writing.set()
        assert read.wait(20)

    def look(db: Connection) -> list[str]:
        before = names(db)
        read.set()  # the writer commits while this transaction goes on
        assert wrote.wait(20)
        assert names(db) == before
        return before

    try:
        await store.run(peers.welcome, Peer("first", "gate", "G1"))
        writer = asyncio.create_task(store.run(write))
        await asyncio.to_thread(writing.wait, 20)
        reader = asyncio.create_task(store.read(look))
        await writer
        wrote.set()
        assert await reader == ["first"]
        assert await store.read(names) == ["first", "second"]
    finally:
        store.close()


async def test_a_reader_cannot_write(engine: Engine) -> None:
    store = Store(engine)
    try:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await store.read(peers.welcome, Peer("g", "gate", "G1"))
        await store.run(peers.welcome, Peer("g", "gate", "G1"))
        assert await store.read(names) == ["g"]
    finally:
        store.close()


async def test_what_fails_leaves_nothing_behind_and_rings_nobody(engine: Engine) -> None:
    store = Store(engine)

    def half(db: Connection) -> None:
        peers.welcome(db, Peer("g", "gate", "G1"))
        touch(db, Topic.ACCESS)
        db.execute(schema.posts.insert().values(person=None, role="r", port="p"))

    try:
        with pytest.raises(IntegrityError) as failed:
            await store.run(half)
        assert "G1" not in str(failed.value)
        assert await store.read(names) == []
        assert store.bell.revision(Topic.ACCESS) == 0
    finally:
        store.close()


async def test_a_caller_who_left_does_not_keep_the_bell_from_the_others(engine: Engine) -> None:
    store, begun, go_on = Store(engine), threading.Event(), threading.Event()

    def slow(db: Connection) -> None:
        touch(db, Topic.ALERTS)
        begun.set()
        assert go_on.wait(20)

    try:
        leaving = asyncio.create_task(store.run(slow))
        await asyncio.to_thread(begun.wait, 20)
        leaving.cancel()
        go_on.set()
        assert await store.bell.wait(Topic.ALERTS, 0, 20) == 1
    finally:
        store.close()


def test_the_tables_are_as_the_program_describes_them(engine: Engine) -> None:
    with engine.begin() as db:
        assert schema_of(db) == NEEDED
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_the_steps_are_those_the_program_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == KNOWN


@pytest.fixture(params=["sqlcipher", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    return tmp_path, "" if request.param == "sqlcipher" else request.getfixturevalue("postgres").database()


@pytest.mark.parametrize(
    ("version", "advice"), [("0001", "keep this one for the release that made it"), ("0099", "a newer release made it")]
)
@pytest.mark.parametrize("to_migrate", [False, True])
def test_a_database_of_another_program_is_refused(
    where: tuple[Path, str], version: str, advice: str, to_migrate: bool
) -> None:
    engine = open_store(*where)
    with engine.begin() as db:
        db.execute(text(f"UPDATE alembic_version SET version_num = '{version}'"))
    engine.dispose()
    with pytest.raises(StoreUnfit, match=f"has schema {version}, this program needs {NEEDED}: .*{advice}"):
        open_store(*where, to_migrate=to_migrate)


@pytest.mark.parametrize("version", [-1, 1, 2, 3])
def test_a_database_from_before_there_were_steps_is_refused(tmp_path: Path, version: int) -> None:
    engine = open_store(tmp_path)
    with engine.begin() as db:
        db.execute(text("DROP TABLE alembic_version"))
        db.execute(text(f"PRAGMA user_version = {version}"))
    engine.dispose()
    with pytest.raises(StoreUnfit, match=f"has schema {version}, this program needs"):
        open_store(tmp_path)


def test_tables_of_somebody_else_are_left_alone(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database()
    engine = open_store(tmp_path, url)
    with engine.begin() as db:
        db.execute(text("DROP TABLE alembic_version"))
    engine.dispose()
    with pytest.raises(StoreUnfit, match="schema of unknown origin"):
        open_store(tmp_path, url)


def test_an_older_schema_is_refused_until_it_is_migrated_and_then_keeps_what_it_held(
    where: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_store(*where)
    with engine.begin() as db:
        peers.welcome(db, Peer("g", "gate", "G1"))
    engine.dispose()
    (tmp_path / "v0006_note.py").write_text(LATER.format(end=""))
    monkeypatch.setattr(migrating, "KNOWN", ("0004", "0005", "0006"))
    monkeypatch.setattr(migrating, "NEEDED", "0006")
    with pytest.raises(StoreUnfit, match=r"has schema 0005, this program needs 0006: .*run `limen-tvs migrate`"):
        open_store(*where)
    monkeypatch.undo()
    engine = open_store(*where)
    with engine.begin() as db:
        upgrade(db, [tmp_path])
        assert schema_of(db) == "0006"
        assert names(db) == ["g"]
        db.execute(text("SELECT note FROM peers"))
    engine.dispose()


def test_a_step_that_fails_half_way_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "v0006_note.py").write_text(LATER.format(end="raise RuntimeError('half way')"))
    with pytest.raises(RuntimeError, match="half way"), engine.begin() as db:
        upgrade(db, [tmp_path])
    with engine.begin() as db:
        assert schema_of(db) == NEEDED
        assert compare_metadata(MigrationContext.configure(db), schema.metadata) == []


def test_a_database_that_cannot_keep_a_log_ahead_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else holds it open in the older mode: SQLite cannot change it then, and says so."""
    monkeypatch.setattr(sqlcipher, "BUSY_S", 0.1)
    (tmp_path / "store.key").write_text("ab" * 32)
    other = sqlcipher3.dbapi2.connect(str(tmp_path / "limen.db"))
    other.execute(f"PRAGMA key = \"x'{'ab' * 32}'\"")
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN")
    other.execute("SELECT * FROM t").fetchall()
    with pytest.raises(StoreUnfit, match="database is locked"):
        open_store(tmp_path)
    other.close()


def test_a_database_of_the_first_release_gets_what_was_added_and_finds_everybody_by_the_document_they_had(
    where: tuple[Path, str], tmp_path: Path
) -> None:
    keys, (one,) = KeyRing(tmp_path / "keys"), people("XX1", 1)
    engine = open_store(*where)
    with engine.begin() as db:
        announce(db, keys, "XX1", [one], vectors(np.random.default_rng(1), 1), 1)
        entry = stand_against(db, keys, one, 1)
        db.execute(text("DROP TABLE traveler_documents"))
        for table, column in COLUMNS:
            for index in schema.metadata.tables[table].indexes:
                if column in {part.name for part in index.columns}:
                    index.drop(db)
            db.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        for index in schema.hotlist.indexes:
            index.drop(db)
        db.execute(text("CREATE INDEX ix_hotlist_person ON hotlist (person)"))
        db.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        migrating.upgrade(db)
        assert schema_of(db) == NEEDED
        assert compare_metadata(MigrationContext.configure(db), schema.metadata) == []
        assert hotlist.against(db, one.traveler, 2) == entry
    engine.dispose()


# As the first release made it.
ALERTS = """
CREATE TABLE alerts (
    alert VARCHAR NOT NULL, decision VARCHAR NOT NULL, reason VARCHAR NOT NULL, port VARCHAR NOT NULL,
    gate VARCHAR NOT NULL, journey VARCHAR NOT NULL, traveler VARCHAR, entry VARCHAR, raised_utc_ms BIGINT NOT NULL,
    escalated_utc_ms BIGINT, taken_by VARCHAR, taken_utc_ms BIGINT, adjudication VARCHAR, reason_given VARCHAR,
    ground VARCHAR, adjudicated_utc_ms BIGINT,
    CONSTRAINT pk_alerts PRIMARY KEY (alert),
    CONSTRAINT ck_alerts_ground CHECK (
        coalesce(adjudication, '') <> 'intercept' OR (taken_by IS NOT NULL AND coalesce(ground, '') <> '')),
    CONSTRAINT uq_alerts_decision UNIQUE (decision),
    CONSTRAINT fk_alerts_decision_decisions FOREIGN KEY(decision) REFERENCES decisions (decision)
)
"""


def test_alerts_of_the_first_release_are_kept_and_the_rules_about_them_too(
    where: tuple[Path, str], tmp_path: Path
) -> None:
    engine = open_store(*where)
    told = replace(
        answer("XX1", "", "G1", "cross", 1), directive="wait", concern="no_match", traveler=None, subject=None
    )
    kept = Alert("a", "", "no_match", "ZRH", "G1", "XX1", None, None, 1, taken_by="o.meyer")
    with engine.begin() as db:
        announce(db, KeyRing(tmp_path / "keys"), "XX1", [], vectors(np.random.default_rng(1), 0), 1)
        kept = replace(kept, decision=decisions.record(db, told).decision)
        db.execute(text("DROP TABLE alerts"))
        db.execute(text(ALERTS))
        old = {name: value for name, value in row_of(kept).items() if ("alerts", name) not in COLUMNS}
        db.execute(insert(schema.alerts).values(old))
        db.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        for _ in range(2):  # one stopped before the last line was written begins again
            migrating.upgrade(db)
            db.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        migrating.upgrade(db)
        assert compare_metadata(MigrationContext.configure(db), schema.metadata) == []
        assert alerts.find(db, "a") == kept
        assert alerts.put(db, replace(kept, alert="b", decision=None, reason="expected", expected="o/e"))
        assert not alerts.put(db, replace(kept, alert="c", decision=None, reason="expected", expected="o/e"))
        assert not alerts.put(db, replace(kept, alert="d"))
    for wrong in ({"adjudication": "intercept"}, {"decision": "none"}):
        with pytest.raises(IntegrityError), engine.begin() as db:
            db.execute(schema.alerts.update().where(schema.alerts.c.alert == "b").values(wrong))
    engine.dispose()
