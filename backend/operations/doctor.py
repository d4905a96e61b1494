"""What would keep the service from its work on this machine: one finding a check, with what to do about it."""

import ctypes
import os
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.clock import utc_ms
from backend.errors import ServiceError, StoreUnfit
from backend.keys import KeyRing
from backend.operating_point import FILE, read_operating_point
from backend.operations import replication
from backend.operations.finding import Finding, Verdict
from backend.retention.lived_time import HOUR_MS, LONGEST_MS
from backend.settings import Settings
from backend.store import key_checks, lived
from backend.store.engine import reach
from backend.store.migrating import NEEDED, schema_of
from vision import models
from vision.embed import template_version
from vision.errors import VisionError
from vision.sessions import check_libraries

WARN_DAYS = 30
LEAST_FREE, SCANT_FREE = 0.05, 0.15  # of a disk
REACHED_S = 3.0
SKEW_S = 1.0  # between us and the database
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    yield from _certificates(settings.state_dir / "ca", now)
    yield from _keys(settings)
    yield from _database(settings)
    yield from (_disk(name, folder) for name, folder in (("data", settings.state_dir), ("keys", settings.keys)))
    yield from _recognition(settings)
    yield _photos(settings.photos_dir)
    yield from _neighbours(settings)
    yield _time()


def _certificates(folder: Path, now: datetime) -> Iterator[Finding]:
    for name in ("ca", "service"):
        check, path = f"certificate {name}", folder / f"{name}.pem"
        try:
            read = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError) as error:
            yield Finding(check, Verdict.WRONG, f"{path}: {error}", "run `limen-tvs ca init`")
            continue
        left = read.not_valid_after_utc - now
        what, renew = f"valid until {read.not_valid_after_utc:%Y-%m-%d}", "have a new one made in time"
        if left < timedelta(0) or now < read.not_valid_before_utc:
            yield Finding(check, Verdict.WRONG, f"{what}, and from {read.not_valid_before_utc:%Y-%m-%d}", renew)
        else:
            yield Finding(check, *((Verdict.WARNING, what, renew) if left.days < WARN_DAYS else (Verdict.OK, what)))
    yield _pair(folder)


def _pair(folder: Path) -> Finding:
    try:
        key = load_pem_private_key((folder / "service.key").read_bytes(), None)
        ours = x509.load_pem_x509_certificate((folder / "service.pem").read_bytes()).public_key()
    except (OSError, ValueError) as error:
        return Finding("service key", Verdict.WRONG, str(error), "run `limen-tvs ca init`")
    if key.public_key() != ours:
        return Finding("service key", Verdict.WRONG, "it is not the certificate's", "put both from one issue in place")
    return _private("service key", [folder / "service.key"])


def _private(check: str, paths: list[Path]) -> Finding:
    """Only their owner may read them."""
    if open_ := [path for path in paths if path.stat().st_mode & 0o077]:
        return Finding(check, Verdict.WRONG, f"others may read {open_[0]}", f"chmod go= {open_[0]}")
    return Finding(check, Verdict.OK, f"{len(paths)} readable by their owner only")


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.keys
    if not folder.is_dir():
        yield Finding("keys", Verdict.WARNING, f"{folder} is not there yet", "the first start makes it")
        return
    yield _private("keys", [folder, *(path for path in folder.iterdir() if path.is_file())])
    if folder.resolve().is_relative_to(settings.state_dir.resolve()):
        apart = f"{folder} lies within the data: whoever copies the data has the keys"
        yield Finding("keys apart", Verdict.WARNING, apart, "set keys_dir to a folder that no backup holds")
    else:
        yield Finding("keys apart", Verdict.OK, f"{folder} is outside {settings.state_dir}")


def _database(settings: Settings) -> Iterator[Finding]:
    """Reached and safe; of our schema; of our time."""
    began_s = time.monotonic()
    try:
        engine = reach(settings.state_dir, settings.database)
        with engine.execution_options(to_read=True).begin() as db:
            took_s, held = time.monotonic() - began_s, schema_of(db)
            their_s = float(db.execute(text(SECONDS[db.dialect.name])).scalar_one())
            ours = held == NEEDED
            faults = key_checks.wrong(db, KeyRing(settings.keys, to_make=False)) if ours else []
            kept_utc_ms = lived.kept(db) if ours else None
            replicated = list(replication.findings(db, settings))
        engine.dispose()
    except StoreUnfit as error:
        yield Finding("database", Verdict.WRONG, str(error), "mend that first: the service does not start on it")
        return
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        advice = "is it running, and do address and password hold? One of its hosts must be a primary that takes writes"
        yield Finding("database", Verdict.WRONG, said, advice)
        return
    yield Finding("database", Verdict.OK, f"{engine.dialect.name} answered after {took_s * 1000:.0f} ms, durable")
    yield from replicated
    yield _schema(held)
    yield from (Finding("keys of the database", Verdict.WRONG, fault, key_checks.ADVICE) for fault in faults)
    if abs(skew_s := their_s - time.time()) > SKEW_S:
        yield Finding("database time", Verdict.WRONG, f"it is {skew_s:+.1f} s from ours", "synchronise both clocks")
    if kept_utc_ms is not None:
        yield _lived(kept_utc_ms, utc_ms())


SECONDS = {"postgresql": "SELECT extract(epoch FROM clock_timestamp())", "sqlite": "SELECT unixepoch('subsec')"}


def _lived(kept_utc_ms: int, now_utc_ms: int) -> Finding:
    """A clock that was ahead would have deleted what is needed today."""
    ahead_ms = now_utc_ms - kept_utc_ms
    what = f"deletion goes by {datetime.fromtimestamp(kept_utc_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    if ahead_ms <= LONGEST_MS:
        return Finding("time lived", Verdict.OK, what)
    advice = "if this machine's clock is right, run `limen-tvs confirm-clock`; until then nothing newer is deleted"
    return Finding("time lived", Verdict.WRONG, f"{what}, {ahead_ms / HOUR_MS:.0f} h behind this machine", advice)


def _schema(held: str | None) -> Finding:
    match held:
        case None:
            return Finding("schema", Verdict.WARNING, "the database is empty", "the first start makes the tables")
        case str() if held != NEEDED:
            advice = "run `limen-tvs migrate`, or install the release that made it"
            return Finding("schema", Verdict.WRONG, f"{held}; this program needs {NEEDED}", advice)
    return Finding("schema", Verdict.OK, NEEDED)


def _disk(name: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK):
        return Finding(f"disk of {name}", Verdict.WRONG, f"{there} cannot be written to", f"chown {there}")
    found = shutil.disk_usage(there)
    share, what = found.free / found.total, f"{found.free / 1e9:.1f} GB free, {found.free / found.total:.0%}"
    if share < SCANT_FREE:
        verdict = Verdict.WRONG if share < LEAST_FREE else Verdict.WARNING
        return Finding(f"disk of {name}", verdict, what, "make room: a full disk stops every record")
    return Finding(f"disk of {name}", Verdict.OK, what)


def _recognition(settings: Settings) -> Iterator[Finding]:
    try:
        check_libraries()
        models.check_all()
        yield Finding("models", Verdict.OK, f"every byte as published, template version {template_version()}")
    except VisionError as error:
        yield Finding("models", Verdict.WRONG, str(error), "run `make models`")
        return
    try:
        point = read_operating_point(settings.operating_point or FILE)
    except ServiceError as error:
        yield Finding("operating point", Verdict.WRONG, str(error), "run `limen-calibrate identify --write`")
        return
    if point.template_version != template_version():
        what = f"of template version {point.template_version}, not {template_version()}"
        yield Finding("operating point", Verdict.WRONG, what, "run `limen-calibrate identify --write`")
    else:
        yield Finding("operating point", Verdict.OK, "of these templates")


def _photos(folder: Path) -> Finding:
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return Finding("photos", Verdict.WRONG, f"{folder} is no folder we can read", "set photos_dir")
    return Finding("photos", Verdict.OK, f"{folder} can be read")


def _neighbours(settings: Settings) -> Iterator[Finding]:
    """Photo sources and systems of record: does anybody listen there?"""
    records = settings.records
    for name, url in (
        *((f"source {source.kind}", source.url) for source in settings.sources),
        *(("records ident", records.ident), ("records tecs", records.tecs), ("records adis", records.adis)),
    ):
        if not url:
            continue
        address = urlsplit(url)
        port = address.port or (443 if address.scheme == "https" else 80)
        try:
            socket.create_connection((address.hostname or "", port), REACHED_S).close()
            yield Finding(name, Verdict.OK, f"{address.hostname}:{port} listens")
        except OSError as error:
            advice = (
                "what it must be told waits in the outbox" if name.startswith("records") else "its photos are missing"
            )
            yield Finding(name, Verdict.WRONG, f"{address.hostname}:{port}: {error}", f"ask its operators; {advice}")


def _time() -> Finding:
    """As the kernel knows it."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # modes 0: only asked
    if state in (UNSYNCHRONISED, -1):
        return Finding("time", Verdict.WARNING, "the clock is not synchronised", "run chrony or systemd-timesyncd")
    return Finding("time", Verdict.OK, f"synchronised, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
