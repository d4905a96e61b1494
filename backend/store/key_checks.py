"""Whether a folder of keys is the one this database was written with, told without the keys."""

from pathlib import Path

from sqlalchemy import Connection, select

from backend.errors import KeyGone, StoreUnfit
from backend.keys import LASTING, KeyRing
from backend.store.portable import add
from backend.store.schema import key_checks

CONSTANT = "limen key check"  # in small letters: no document and no name is ever fingerprinted so


def opened(db: Connection, folder: Path) -> KeyRing:
    """The keys this database was written with.  They are made for a database that has had none only.

    Raises StoreUnfit: new keys would find nobody on the hotlist and open nothing, and nobody would be told.
    """
    if faults := wrong(db, KeyRing(folder, to_make=False)):
        raise StoreUnfit(f"{folder}: {'; '.join(faults)}; {ADVICE}")
    keys = KeyRing(folder)
    if not _held(db):
        for name in LASTING:
            add(db, key_checks, {"name": name, "fingerprint": _check(keys, name)})
    return keys


ADVICE = "set keys_dir to the folder of keys this database was written with, the same for every replica, or restore it"


def wrong(db: Connection, keys: KeyRing) -> list[str]:
    """What is not as it was, key by key; nothing for a database that has had no keys yet."""
    faults = []
    for name, fingerprint in _held(db).items():
        try:
            if _check(keys, name) != fingerprint:
                faults.append(f"the key {name} is not the one this database was written with")
        except KeyGone as error:
            faults.append(str(error))
    return faults


def _held(db: Connection) -> dict[str, str]:
    return {row.name: row.fingerprint for row in db.execute(select(key_checks).order_by(key_checks.c.name))}


def _check(keys: KeyRing, name: str) -> str:
    return keys.box(name).fingerprint(f"{CONSTANT} {name}")
