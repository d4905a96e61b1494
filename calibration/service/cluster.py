"""A primary and its synchronous standby, which change places: planned, or because one was killed."""

import time
from types import TracebackType
from typing import Self

from calibration.service.postgres import Postgres

JOINED_S = 60.0


class Cluster:
    """Use as a context manager.  Between acts every commit waits for the standby, so that either can be lost."""

    def __enter__(self) -> Self:
        self.primary = Postgres().__enter__()
        self.standby = Postgres(self.primary).__enter__()
        self._hosts = self.primary.port, self.standby.port
        self.await_standby(True)
        return self

    def __exit__(self, *error: tuple[type[BaseException] | None, BaseException | None, TracebackType | None]) -> None:
        for server in (self.standby, self.primary):
            server.__exit__(*error)

    def url(self) -> str:
        """Of a new database; both hosts, the same whoever is primary."""
        name = self.primary.database().rpartition("/")[2]
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._hosts)
        return f"postgresql://limen@{hosts}/{name}?target_session_attrs=read-write"

    def switch_over(self) -> None:
        """As planned: the primary ends, having told the standby everything, and comes back as the standby."""
        self.primary.stop()
        self._take_over()

    def fail_over(self) -> None:
        """The primary is killed; what it acknowledged is at the standby already."""
        self.primary.kill()
        self._take_over()

    def crash(self) -> None:
        """The primary is killed and comes back by itself, as the primary."""
        self.primary.kill()
        self.primary.start()

    def await_standby(self, wanted: bool) -> None:
        """Have commits wait for the standby, or not.  Raises TimeoutError where it does not join."""
        names = "*" if wanted else ""
        self.primary.tell(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'", "SELECT pg_reload_conf()")
        until_s = time.monotonic() + JOINED_S
        while wanted and self.primary.tell("SELECT sync_state FROM pg_stat_replication") != [("sync",)]:
            if time.monotonic() > until_s:
                raise TimeoutError(f"the standby did not join within {JOINED_S:g} s")
            time.sleep(0.05)

    def _take_over(self) -> None:
        """The new primary serves alone until the other is its standby."""
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary
        self.await_standby(False)
        self.standby.follow(self.primary)
        self.await_standby(True)
