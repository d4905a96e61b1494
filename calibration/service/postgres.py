"""A PostgreSQL server of our own, from the system's package, started as an ordinary user in a folder of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Self

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

    def __init__(self, primary: "Postgres | None" = None) -> None:
        """primary: whose standby this one is."""
        found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise PostgresMissing(f"{PROGRAMS}/*/bin/initdb: not found; install the package postgresql")
        self._programs = found[-1].parent
        self._as = _ordinary() if os.geteuid() == 0 else ()  # the server refuses to run as root
        self.port, self._primary = free_port(0), primary

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="limen-pg-"))
        if self._as:
            shutil.chown(self._folder, USER_OF_SERVER)
        if self._primary is not None:
            self.follow(self._primary)
            return self
        self._do("initdb", "-D", "data", "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it was stopped already
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

    def kill(self) -> None:
        """SIGKILL to the server and its children, which leaves no time to tell anybody anything."""
        lines = (self._folder / "data" / "postmaster.pid").read_text().splitlines()
        postmaster = int(lines[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        processes = (postmaster, *map(int, children))
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}/exe").exists() for process in processes):
            time.sleep(0.01)  # its memory is theirs until then
        for left in (self._folder / "data" / "postmaster.pid", *self._folder.glob(".s.PGSQL.*")):
            left.unlink()  # where nobody buries the dead, their numbers look alive

    def follow(self, primary: "Postgres") -> None:
        """Become the standby of another, from a copy of it made now: whatever was here is gone.  Not while running."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        where = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", USER)
        self._do("pg_basebackup", *where, "-D", "data", "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.start(wal_retrieve_retry_interval="100ms")

    def promote(self) -> None:
        """From standby to primary."""
        self._do("pg_ctl", "-D", "data", "-w", "promote")

    def tell(self, *statements: str) -> list[tuple[Any, ...]]:
        """Rows of the last statement, as an administrator."""
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(self._url("postgres"), autocommit=True) as admin:
            for statement in statements:
                cursor = admin.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

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
