"""Two beams to whole passages: entry broken, then exit, then both clear is one person forward."""


class Passage:
    """Counts forward passages; a person who turns back counts nothing."""

    def __init__(self) -> None:
        self.forward = 0
        self._entry = self._exit = False
        self._came_by_entry = False
        self._reached_exit = False

    @property
    def presence(self) -> bool:
        return self._entry or self._exit

    def sense(self, entry: bool, exit_: bool) -> None:
        """Take the beams as they are now; True means broken."""
        if entry and not self.presence:
            self._came_by_entry, self._reached_exit = True, False
        self._reached_exit = self._reached_exit or (self._came_by_entry and exit_)
        if self._exit and not exit_ and not entry and self._came_by_entry and self._reached_exit:
            self.forward += 1
            self._came_by_entry = self._reached_exit = False
        self._entry, self._exit = entry, exit_
        if not self.presence:
            self._came_by_entry = False
