"""A backup holds everything but keys; restored, it gives back everything but what was purged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select

from backend.biographic import Biographic
from backend.errors import KeyGone, Refused, StoreUnfit
from backend.keys import RECORDS, KeyRing, of_citizens, of_gallery
from backend.operations.backup import KEY, back_up, restore
from backend.store import audit, journeys, schema, travelers
from backend.store.audit import START, Note, chained
from backend.store.engine import open_store
from backend.store.journeys import Journey
from backend.store.travelers import Traveler

CANARY = "QUETZALCOATLUS"
KEPT, PURGED = "kept", "purged"


@pytest.fixture(params=["sqlcipher", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database to restore into."""
    url = "" if request.param == "sqlcipher" else request.getfixturevalue("postgres").database()
    made = open_store(tmp_path / "other", url)
    yield made
    made.dispose()


def fill(db: Connection, keys: KeyRing) -> None:
    for journey in (KEPT, PURGED):
        for name in (of_gallery(journey), of_citizens(journey)):
            keys.make(name)
        journeys.announce(db, Journey(journey, "air", "out", "c", "ZRH", "HKG", None, None, "2025-12-26", 1))
        people = [Traveler(f"{journey} {i}", Biographic(CANARY, str(i)), f"{i}A") for i in range(600)]
        travelers.expect(db, keys, journey, people, 1)
        sealed = keys.box(of_gallery(journey)).seal(b"answer", journey)
        answer = {"answer": journey, "carrier": "c", "journey": journey, "sealed": sealed, "made_utc_ms": 1}
        db.execute(schema.answers.insert().values(**answer, held=False))
    for number in range(20):
        audit.note(db, Note(number, "w", "r", "test.noted", str(number)))


def counts(db: Connection) -> dict[str, int]:
    tables = schema.metadata.sorted_tables
    return {table.name: db.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def chain_holds(db: Connection) -> bool:
    before = START
    for row in db.execute(select(schema.audit_log).order_by(schema.audit_log.c.number)).mappings():
        entry = {name: value for name, value in row.items() if name != "hash"}
        if (before := chained(before, entry)) != row["hash"]:
            return False
    return before != START


def test_pr03_a_restored_backup_gives_back_everything_but_what_was_purged_since(
    engine: Engine, other: Engine, keys: KeyRing, tmp_path: Path
) -> None:
    with engine.begin() as db:
        fill(db, keys)
        held = counts(db)
    assert back_up(engine, tmp_path / "b.limen", tmp_path / "keys") == held
    for name in (of_gallery(PURGED), of_citizens(PURGED)):
        assert keys.destroy(name)
    assert restore(tmp_path / "b.limen", other, tmp_path / "keys") == held
    with other.begin() as db:
        assert counts(db) == held
        assert chain_holds(db)
        assert [p.biographic.surname for p in travelers.of_journey(db, keys, KEPT)] == [CANARY] * 600
        sealed = db.execute(select(schema.travelers.c.traveler, schema.travelers.c.sealed)).all()
        remaining = [box for name in (RECORDS, of_gallery(KEPT), of_citizens(KEPT)) for box in [keys.box(name)]]
        for traveler, content in sealed:
            if traveler.startswith(PURGED):
                for box in remaining:
                    with pytest.raises(KeyGone):
                        box.open(content, traveler)
        with pytest.raises(KeyGone):
            keys.box(of_gallery(PURGED))
        one_more = {"answer": "n", "carrier": "c", "journey": KEPT, "made_utc_ms": 1, "held": False}
        assert db.execute(schema.answers.insert().values(**one_more)).inserted_primary_key == (3,)


def test_pr03_a_backup_holds_no_key_and_nothing_readable(engine: Engine, keys: KeyRing, tmp_path: Path) -> None:
    with engine.begin() as db:
        fill(db, keys)
    back_up(engine, tmp_path / "b.limen", tmp_path / "keys")
    content = (tmp_path / "b.limen").read_bytes()
    secrets = [path.read_bytes() for path in (tmp_path / "keys").iterdir()]
    assert len(secrets) > 5
    for secret in (*secrets, bytes.fromhex((tmp_path / "keys" / KEY).read_text()), CANARY.encode(), b"test.noted"):
        assert secret not in content
    assert not content.startswith(b"SQLite format 3")
    assert (tmp_path / "keys" / KEY).stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("b.limen*")] == ["b.limen"]


def test_a_backup_never_overwrites_and_is_never_among_the_keys(engine: Engine, keys: KeyRing, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"precious")
    with pytest.raises(Refused, match="is there already"):
        back_up(engine, tmp_path / "there", tmp_path / "keys")
    assert (tmp_path / "there").read_bytes() == b"precious"
    with pytest.raises(Refused, match="among the keys"):
        back_up(engine, tmp_path / "keys" / "b.limen", tmp_path / "keys")


def test_only_an_empty_database_is_restored_into_and_only_from_a_sound_file(
    engine: Engine, keys: KeyRing, tmp_path: Path
) -> None:
    with engine.begin() as db:
        fill(db, keys)
        held = counts(db)
    file, folder = tmp_path / "b.limen", tmp_path / "keys"
    back_up(engine, file, folder)
    with pytest.raises(Refused, match=r"empty database only; there are rows in .*journeys"):
        restore(file, engine, folder)
    with engine.begin() as db:
        assert counts(db) == held
    with pytest.raises(Refused, match=r"none\.limen is not there"):
        restore(tmp_path / "none.limen", engine, folder)
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    with pytest.raises(StoreUnfit, match="another's, or damaged"):
        restore(file, engine, folder)
    (folder / KEY).rename(tmp_path / "elsewhere")
    with pytest.raises(Refused, match=r"backup\.secret is missing"):
        restore(file, engine, folder)
