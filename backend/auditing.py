"""Heads of the audit log, signed for a witness outside, and the check that nothing was changed, removed or cut off.

A head is a JWS (RFC 7515) by Ed25519 over the number and hash of the last entry.  Whoever can write the database can
chain it anew from any entry on; he cannot sign a head, nor change one that somebody else already holds.
"""

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from sqlalchemy import Connection, select

from backend.clock import Clock
from backend.errors import StoreUnfit
from backend.keys import HEADS, KeyRing
from backend.store import decisions
from backend.store.audit import DEVICE_LINES, START, chained, digest
from backend.store.engine import Store
from backend.store.portable import add
from backend.store.schema import audit_heads, audit_log

log = structlog.get_logger()
EVERY_S = 10.0
TAIL = 8192  # bytes: heads have a few hundred
AT_ONCE = 500  # heads
ALGORITHM = "Ed25519"
FILE, PUBLIC = "heads.jws", "audit.jwk"


@dataclass(frozen=True, slots=True)
class Head:
    number: int
    hash: str
    signed_utc_ms: int


NO_HEAD = Head(0, START, 0)


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
    return _public(signer(keys))


def _public(key: OKPKey) -> dict[str, str]:
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


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
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
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
        elif row.action == decisions.MADE and decisions.digest(decisions.by_id(db, row.subject)) != row.result:
            problems.append(Problem(number, f"the decision {row.subject} is not what it was"))
        if witnessed.pop(number, hash_) != hash_:
            problems.append(Problem(number, "is not the entry a witness holds the head of"))
        before, expected = hash_, number + 1
    if witnessed:
        problems.append(Problem(min(witnessed), f"the end is cut off: a witness holds entry {max(witnessed)}"))
    return problems


async def run(store: Store, keys: KeyRing, clock: Clock, witness: Path | None) -> None:
    """Sign a head now and then, for ever, and give it to the witness's folder."""
    key, away = signer(keys), False
    while True:
        await store.run(sign, key, clock())
        if witness is not None:
            away = await tell(store, key, witness, away=away)
        await asyncio.sleep(EVERY_S)


async def tell(store: Store, key: OKPKey, witness: Path, *, away: bool) -> bool:
    """Give the witness what it lacks; whether it is away.  away: whether it was before.

    The database keeps every head, so a folder that comes back is given them all.
    """
    try:
        last = await asyncio.to_thread(_begun, witness, key)
        while lines := await store.read(_after, last.number):
            await asyncio.to_thread(_append, witness / FILE, [line for _, line in lines])
            last = Head(lines[-1][0], "", 0)
    except OSError as error:
        if not away:
            log.error("witness.lost", folder=str(witness), why=error.strerror or type(error).__name__)
        return True
    if away:
        log.info("witness.came_back", folder=str(witness))
    return False


def _begun(witness: Path, key: OKPKey) -> Head:
    """The last head the witness holds.  Raises OSError, StoreUnfit."""
    witness.mkdir(parents=True, exist_ok=True)
    _introduced(witness / PUBLIC, _public(key))
    if not (witness / FILE).exists():
        return NO_HEAD
    with (witness / FILE).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        tail = file.read().decode("ascii", "replace").split("\n")
    found = heads(reversed(tail), key)
    return next((head for head in found if isinstance(head, Head)), NO_HEAD)


def _introduced(file: Path, ours: dict[str, str]) -> None:
    """The witness has our public key, and goes on having it.  Raises StoreUnfit if it has another's, OSError."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        draft.write_text(json.dumps(ours) + "\n")
        with contextlib.suppress(FileExistsError):  # another replica was as quick
            os.link(draft, file)
        draft.unlink()
    try:
        held = json.loads(file.read_bytes())
    except ValueError:
        held = None
    if held != ours:
        raise StoreUnfit(
            f"{file} is not the public key this service signs with, and stays: the heads beside it are checked by it. "
            "Set keys_dir to the folder of keys of that service, or witness_dir to an empty folder"
        )


def _after(db: Connection, number: int) -> list[tuple[int, str]]:
    """Signed heads that follow one."""
    later = select(audit_heads.c.number, audit_heads.c.signed).where(audit_heads.c.number > number)
    return [(row.number, row.signed) for row in db.execute(later.order_by(audit_heads.c.number).limit(AT_ONCE))]


def _append(file: Path, lines: Sequence[str]) -> None:
    """A line that was cut off by a crash stays alone."""
    with file.open("a+b") as out:
        cut = out.seek(0, os.SEEK_END) and (out.seek(-1, os.SEEK_END), out.read())[1] != b"\n"
        out.write(b"\n" * cut + "".join(f"{line}\n" for line in lines).encode())
        out.flush()
        os.fsync(out.fileno())
