"""The service goes on with the keys its database was written with, or not at all."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from backend import auditing
from backend.cli import app
from backend.errors import StoreUnfit
from backend.keys import LASTING, PERSONS, KeyRing
from backend.operations.backup import back_up, restore
from backend.operations.doctor import findings
from backend.operations.finding import Verdict
from backend.settings import Settings
from backend.store import key_checks
from backend.store.engine import Store, open_store


def open_with(engine: Engine, folder: Path) -> KeyRing:
    with engine.begin() as db:
        return key_checks.opened(db, folder)


def test_the_first_start_makes_keys_and_every_later_one_and_replica_has_the_same(
    engine: Engine, tmp_path: Path
) -> None:
    first, later = open_with(engine, tmp_path / "keys"), open_with(engine, tmp_path / "keys")
    assert [first.box(name).raw() for name in LASTING] == [later.box(name).raw() for name in LASTING]


def test_air22_another_folder_of_keys_is_refused_and_nothing_is_made_there(engine: Engine, tmp_path: Path) -> None:
    open_with(engine, tmp_path / "keys")
    with pytest.raises(StoreUnfit, match=r"empty: .*persons is not there.*keys_dir.*every replica"):
        open_with(engine, tmp_path / "empty")
    assert not (tmp_path / "empty").exists(), "an empty folder would make the hotlist silent"
    KeyRing(tmp_path / "others")
    with pytest.raises(StoreUnfit, match=r"the key persons is not the one this database was written with"):
        open_with(engine, tmp_path / "others")


@pytest.mark.parametrize("name", LASTING)
def test_one_key_lost_is_named_and_not_made_anew(engine: Engine, tmp_path: Path, name: str) -> None:
    open_with(engine, tmp_path / "keys").destroy(name)
    with pytest.raises(StoreUnfit, match=f"the key {name} is not there"):
        open_with(engine, tmp_path / "keys")
    assert not KeyRing(tmp_path / "keys", to_make=False).has(name)


def test_pr03_a_restored_database_knows_its_keys(engine: Engine, tmp_path: Path) -> None:
    keys = open_with(engine, tmp_path / "keys")
    back_up(engine, tmp_path / "b.limen", tmp_path / "keys")
    other = open_store(tmp_path / "other")
    restore(tmp_path / "b.limen", other, tmp_path / "keys")
    assert open_with(other, tmp_path / "keys").box(PERSONS) == keys.box(PERSONS)
    with pytest.raises(StoreUnfit):
        open_with(other, tmp_path / "new keys")
    other.dispose()


def test_the_doctor_finds_a_wrong_folder_of_keys_and_makes_none(tmp_path: Path) -> None:
    engine = open_store(tmp_path / "tvs")
    open_with(engine, tmp_path / "keys")
    engine.dispose()
    settings = Settings(state_dir=tmp_path / "tvs", photos_dir=tmp_path, keys_dir=tmp_path / "keys")

    def told(folder: Path) -> list[str]:
        of = settings.model_copy(update={"keys_dir": folder})
        found = findings(of, datetime.now(UTC))
        return [one.what for one in found if one.check == "keys of the database" and one.verdict is Verdict.WRONG]

    assert told(tmp_path / "keys") == []
    assert len(told(tmp_path / "wrong")) == len(LASTING)
    assert not (tmp_path / "wrong").exists()


def test_the_public_key_is_asked_of_keys_there_are(tmp_path: Path) -> None:
    settings = tmp_path / "tvs.toml"
    settings.write_text(f'state_dir = "{tmp_path}/tvs"\nphotos_dir = "{tmp_path}"\nkeys_dir = "{tmp_path}/keys"\n')
    asked = CliRunner().invoke(app, ["audit", "key", "--settings", str(settings)])
    assert asked.exit_code != 0
    assert "never made" in asked.output
    assert not (tmp_path / "keys").exists()
    KeyRing(tmp_path / "keys")
    told = CliRunner().invoke(app, ["audit", "key", "--settings", str(settings)])
    assert json.loads(told.output)["crv"] == "Ed25519"


def test_se06_a_witness_keeps_the_key_it_was_given_first(tmp_path: Path) -> None:
    engine, witness = open_store(tmp_path / "tvs"), tmp_path / "witness"

    async def tell(keys: KeyRing) -> bool:
        return await auditing.tell(Store(engine), auditing.signer(keys), witness, away=False)

    ours = KeyRing(tmp_path / "keys")
    assert [asyncio.run(tell(ours)) for _ in range(2)] == [False, False]
    held = (witness / auditing.PUBLIC).read_bytes()
    assert json.loads(held) == auditing.public(ours)
    with pytest.raises(StoreUnfit, match=r"audit\.jwk is not the public key"):
        asyncio.run(tell(KeyRing(tmp_path / "others")))
    assert (witness / auditing.PUBLIC).read_bytes() == held
    assert [path.name for path in witness.iterdir()] == [auditing.PUBLIC]
    engine.dispose()
