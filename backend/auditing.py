"""Heads of the audit log, signed for a witness outside, and the check that nothing was changed, removed or cut off.

A head is a JWS (RFC 7515) by Ed25519 over the number and hash of the last entry.  Whoever can write the database can
chain it anew from any entry on; he cannot sign a head, nor change one that somebody else already holds.
"""

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from sqlalchemy import Connection, select

from backend.clock import Clock
from backend.keys import HEADS, KeyRing
from backend.store.audit import DEVICE_LINES, START, chained, digest
from backend.store.engine import Store
from backend.store.portable import add
from backend.store.schema import audit_heads, audit_log

EVERY_S = 10.0
ALGORITHM = "Ed25519"
FILE, PUBLIC = "heads.jws", "audit.jwk"


@dataclass(frozen=True, slots=True)
class Head:
    number: int
    hash: str
    signed_utc_ms: int


@dataclass(frozen=True, slots=True)
class Problem:
    """number: of the first entry concerned."""

    number: int
    what: str


def signer(keys: KeyRing) -> OKPKey:
    """The key heads are signed with; never leaves the folder of keys."""
    raw = Ed25519PrivateKey.from_private_bytes(keys.box(HEADS).raw())
    return OKPKey.import_key(raw)


def public(keys: KeyRing) -> dict[str, str]:
    """What a witness needs to check a head: a JWK (RFC 8037)."""
    return {name: str(value) for name, value in signer(keys).as_dict(private=False).items()}


def sign(db: Connection, key: OKPKey, now_utc_ms: int) -> str | None:
    """Sign the log as it is now; None if its last entry was signed already."""
    last = db.execute(select(audit_log.c.number, audit_log.c.hash).order_by(audit_log.c.number.desc()).limit(1)).first()
    if last is None:
        return None
    payload = json.dumps({"number": last.number, "hash": last.hash, "at": now_utc_ms})
    signed = jws.serialize_compact({"alg": ALGORITHM}, payload, key, algorithms=[ALGORITHM])
    row = {"number": last.number, "signed": signed, "signed_utc_ms": now_utc_ms}
    return signed if add(db, audit_heads, row) else None


def heads(signed: Iterable[str], key: OKPKey) -> Iterator[Head | Problem]:
    for line in signed:
        try:
            claims = json.loads(jws.deserialize_compact(line.strip(), key, algorithms=[ALGORITHM]).payload)
            yield Head(claims["number"], claims["hash"], claims["at"])
        except (JoseError, ValueError, KeyError, TypeError):
            yield Problem(0, "a head was not signed by this service's key")


def verify(db: Connection, held: Sequence[Head]) -> list[Problem]:
    """Compare the whole log with its own chain and with the heads somebody holds.  Empty if nothing is wrong."""
    witnessed = {head.number: head.hash for head in held}
    problems: list[Problem] = []
    before, expected = START, 1
    for row in db.execute(select(audit_log).order_by(audit_log.c.number).execution_options(yield_per=1000)):
        entry = dict(row._mapping)
        hash_, number = entry.pop("hash"), row.number
        if number != expected:
            problems.append(Problem(expected, f"entries {expected} to {number - 1} are missing"))
        elif chained(before, entry) != hash_:
            problems.append(Problem(number, "does not follow from the entry before: one of the two was changed"))
        elif row.action == DEVICE_LINES and digest(db, row.subject) != row.result:
            problems.append(Problem(number, f"the lines {row.subject} of a device are not what they were"))
        if witnessed.pop(number, hash_) != hash_:
            problems.append(Problem(number, "is not the entry a witness holds the head of"))
        before, expected = hash_, number + 1
    if witnessed:
        problems.append(Problem(min(witnessed), f"the end is cut off: a witness holds entry {max(witnessed)}"))
    return problems


async def run(store: Store, keys: KeyRing, clock: Clock, witness: Path | None) -> None:
    """Sign a head now and then, for ever, and give it to the witness's folder."""
    key = signer(keys)
    if witness is not None:
        witness.mkdir(parents=True, exist_ok=True)
        (witness / PUBLIC).write_text(json.dumps(public(keys)) + "\n")
    while True:
        signed = await store.run(sign, key, clock())
        if signed is not None and witness is not None:
            await asyncio.to_thread(_append, witness / FILE, signed)
        await asyncio.sleep(EVERY_S)


def _append(file: Path, line: str) -> None:
    with file.open("a") as out:
        out.write(line + "\n")
        out.flush()
        os.fsync(out.fileno())
