"""A PostgreSQL server of our own, from the system's package, started as an ordinary user in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Self

import psycopg

from calibration.rehearsal.lane import free_port

PROGRAMS = Path("/usr/lib/postgresql")
USER = "limen"
USER_OF_SERVER = "nobody"
PASS = "+dac_read_search"


class PostgresMissing(Exception):
    """The server's programs are not on this machine."""


class Postgres:
    """Use as a context manager.  Its files lie in memory or a temporary folder and go with it."""

    def __init__(self) -> None:
        found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise PostgresMissing(f"{PROGRAMS}/*/bin/initdb: not found; install the package postgresql")
        self._programs = found[-1].parent
        self._as = _ordinary() if os.geteuid() == 0 else ()  # the server refuses to run as root
        self.port = free_port(0)

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="limen-pg-"))
        if self._as:
            shutil.chown(self._folder, USER_OF_SERVER)
        self._do("initdb", "-D", "data", "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")  # nothing of it is kept
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self, **settings: str) -> None:
        """settings: of the server, such as fsync="off"."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1"
        options += "".join(f" -c {name}={value}" for name, value in settings.items())
        self._do("pg_ctl", "-D", "data", "-w", "-l", "server.log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """mode: fast, or immediate as after a power cut."""
        self._do("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def database(self, encoding: str = "UTF8", like: str = "template0") -> str:
        """The URL of a new database, empty or a copy of another, to which nobody is connected."""
        name = f"d{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE {like}".encode())
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def _do(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), *arguments]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True)


def _ordinary() -> tuple[str, ...]:
    """Run what follows as an ordinary user.

    In a root that only root may enter, as of a fresh chroot, the user keeps one right: to pass through folders.
    """
    rights = ("--securebits=+no_setuid_fixup", f"--inh-caps={PASS}", f"--ambient-caps={PASS}")
    passes = () if Path("/").stat().st_mode & 0o001 else rights
    return ("setpriv", *passes, f"--reuid={USER_OF_SERVER}", "--regid=nogroup", "--clear-groups", "--")
