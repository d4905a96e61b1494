"""Settings that cannot work: the service does not start, says why in one sentence, and ends with 2."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from backend import ca
from backend.cli import app
from backend.settings import Settings
from backend.store.engine import open_store
from backend.store.key_checks import opened

Spoil = Callable[[Path], str]  # lines of settings, after something was done to the folder


def line(text: str) -> Spoil:
    return lambda _root: text


def no_authority(root: Path) -> str:
    for path in (root / "tvs" / "ca").iterdir():
        path.unlink()
    return ""


def damaged_key(root: Path) -> str:
    (root / "tvs" / "ca" / "service.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    return ""


def keys_lost(root: Path) -> str:
    engine = open_store(root / "tvs")
    with engine.begin() as db:
        opened(db, root / "tvs" / "keys")
    engine.dispose()
    (root / "tvs" / "keys").rename(root / "away")
    return ""


def store_key_lost(root: Path) -> str:
    keys_lost(root)
    (root / "tvs" / "store.key").unlink()
    return ""


def no_database(root: Path) -> str:
    (root / "tvs" / "limen.db").write_bytes(b"no database" * 1000)
    (root / "tvs" / "store.key").write_text("00" * 32)
    return ""


def no_photos(root: Path) -> str:
    (root / "photos").rmdir()
    return ""


UNFIT: dict[str, tuple[Spoil, str]] = {
    "unknown scheme": (line('database = "mysql://limen:canary@h/x"'), "database: postgresql://.* is needed"),
    "no url": (line('database = "postgresql://[::1/x"'), "database: not a URL"),
    "database port": (line('database = "postgresql://limen@h:99999/x"'), "port of 1 to 65535"),
    "a standby wanted": (line('database = "postgresql://h/x?target_session_attrs=any"'), "must be read-write"),
    "nobody there": (line('database = "postgresql://limen:canary@127.0.0.1:1/x"'), "cannot be used: .*refused"),
    "standby of a file": (line('standby = "none"'), "an encrypted file has none"),
    "listen port": (line('listen = "127.0.0.1:70000"'), "listen: .*port of 0 to 65535"),
    "listen nowhere": (line('listen = "7443"'), "listen: .*host:port"),
    "another's address": (line('listen = "192.0.2.1:0"'), "listen 192.0.2.1:0: .*address of this machine"),
    "metrics port": (line('metrics = "127.0.0.1:-1"'), "metrics.*port of 0 to 65535"),
    "unknown key": (line("speed = 1"), "speed: Extra inputs"),
    "wrong type": (line('threads = "many"'), "threads: .*integer"),
    "source": (line('sources = [{kind = "ident", url = "http://h/"}]'), "sources.0.url"),
    "no TOML": (line("= ="), "settings .*Invalid"),
    "operating point": (line('operating_point = "/none.toml"'), "/none.toml"),
    "issuer's keys": (line('issuer = {issuer = "i", audience = "a", jwks = "/none.json"}'), "issuer.jwks /none.json"),
    "no authority": (no_authority, "ca init"),
    "damaged key": (damaged_key, "ca init"),
    "keys lost": (keys_lost, "set keys_dir to the folder of keys"),
    "store.key lost": (store_key_lost, r"store\.key is missing"),
    "no database": (no_database, "wrong key or damaged"),
    "no photos": (no_photos, "photos_dir .* is no folder we can read"),
}


def refused(root: Path, lines: str = "", **env: str) -> str:
    """What the command says."""
    head = f'state_dir = "{root}/tvs"\nphotos_dir = "{root}/photos"\n'
    head += "" if "listen" in lines else 'listen = "127.0.0.1:0"\n'
    (root / "tvs.toml").write_text(f"{head}{lines}\n")
    logged = structlog.get_config()
    done = CliRunner(env=env).invoke(app, ["serve", "--settings", str(root / "tvs.toml")])
    structlog.configure(**logged)
    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.fullmatch(r"limen-tvs: [^\n]+\n", done.stderr), done.stderr
    assert "canary" not in done.stderr
    return done.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    ca.init(tmp_path / "tvs" / "ca", ["localhost"])
    return tmp_path


@pytest.mark.parametrize("what", UNFIT)
def test_what_cannot_work_refuses_to_start_with_one_sentence(root: Path, what: str) -> None:
    spoil, said = UNFIT[what]
    assert re.search(said, refused(root, spoil(root)))


@pytest.mark.parametrize("name", ["listen", "metrics"])
def test_a_port_in_use_refuses_to_start_with_one_sentence(root: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = f"127.0.0.1:{other.getsockname()[1]}"
        assert re.search(f"{name} {where}: Address already in use; .*free port", refused(root, f'{name} = "{where}"'))


def test_a_real_process_says_no_more_than_that_one_sentence(root: Path) -> None:
    """Also the libraries below us, which write to standard error by themselves."""
    no_database(root)
    (root / "tvs.toml").write_text(f'state_dir = "{root}/tvs"\nphotos_dir = "{root}/photos"\nlisten = "127.0.0.1:0"\n')
    command = [sys.executable, "-m", "backend.cli", "serve", "--settings", str(root / "tvs.toml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"limen-tvs: [^\n]+wrong key or damaged\n", done.stderr), done.stderr


def test_the_environment_is_read_as_strictly(root: Path) -> None:
    assert "listen is no section" in refused(root, 'listen = "127.0.0.1:0"', LIMEN_TVS__LISTEN__PORT="1")
    assert "Extra inputs" in refused(root, LIMEN_TVS__SPEED="1")


def test_settings_that_are_no_text_refuse_to_start_with_one_sentence(root: Path) -> None:
    (root / "tvs.toml").write_bytes(b'listen = "\xff"')
    done = CliRunner().invoke(app, ["serve", "--settings", str(root / "tvs.toml")])
    assert (done.exit_code, done.stderr.count("\n"), "utf-8" in done.stderr) == (2, 1, True)


def test_every_port_that_can_be_written_is_one_that_can_be_asked_for(root: Path) -> None:
    for where in ("127.0.0.1:0", "[::1]:65535", "0.0.0.0:7443"):
        assert Settings(state_dir=root, photos_dir=root, listen=where).listen == where
