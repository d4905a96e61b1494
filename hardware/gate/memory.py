"""What the controller remembers without power.  `PROTOCOL.md` §9."""

from dataclasses import dataclass

from hardware.gate.crc import crc8, crc16
from hardware.gate.limits import (
    COMMISSIONED,
    LATCHED,
    MAGIC,
    MEMORY_SIZE,
    OPEN_MOST_MS,
    PROVISIONED,
    STARTS,
    TRAVEL_LEAST_MS,
    TRAVEL_MOST_MS,
)
from hardware.gate.mac import KEY_SIZE, known

ERASED = 0xFF
_SIGNED = PROVISIONED + 22  # bytes under the checksum


@dataclass(frozen=True, slots=True)
class Site:
    """What a programmer writes into one controller."""

    gate: int
    opens_ms: int
    travel_ms: int
    key: bytes

    def pack(self) -> bytes:
        """The first 24 bytes of the EEPROM."""
        head = MAGIC + self.gate.to_bytes(2, "big") + bytes((self.opens_ms // 100, self.travel_ms // 10)) + self.key
        return head + crc16(head).to_bytes(2, "big")

    def image(self, *, commissioned: bool = False, starts: int = 0) -> bytes:
        """A whole new EEPROM.  For benches: as commissioned by a technician, and after so many starts."""
        image = bytearray(self.pack().ljust(MEMORY_SIZE, bytes((ERASED,))))
        if commissioned:
            image[COMMISSIONED] = commission_mark(image)
        number = starts.to_bytes(4, "big")
        image[STARTS[0] : STARTS[0] + 5] = number + bytes((crc8(number),))
        image[LATCHED : LATCHED + 4] = bytes(4)
        return bytes(image)


def commission_mark(record: bytes | bytearray) -> int:
    return crc8(record[:COMMISSIONED]) ^ 1


class Memory:
    """The wanted image, and how much of it the EEPROM holds already: one byte is written at a time."""

    def __init__(self, stored: bytes) -> None:
        self._stored = bytearray(stored)
        self._wanted = bytearray(stored)
        self.commissioned = stored[COMMISSIONED] == commission_mark(stored)

    @property
    def stored(self) -> bytes:
        return bytes(self._stored)

    @property
    def settled(self) -> bool:
        return self._stored == self._wanted

    def store(self) -> bool:
        """Write the next byte, if there is one to write."""
        if self.settled:
            return False
        address = next(at for at in range(MEMORY_SIZE) if self._stored[at] != self._wanted[at])
        self._stored[address] = self._wanted[address]
        return True

    def site(self) -> Site | None:
        """None without a usable key or with limits out of range."""
        record = bytes(self._wanted[: _SIGNED + 2])
        if record[:2] != MAGIC or crc16(record[:_SIGNED]) != int.from_bytes(record[_SIGNED:], "big"):
            return None
        site = Site(int.from_bytes(record[2:4], "big"), record[4] * 100, record[5] * 10, record[6 : 6 + KEY_SIZE])
        limits_kept = 0 < site.opens_ms <= OPEN_MOST_MS and TRAVEL_LEAST_MS <= site.travel_ms <= TRAVEL_MOST_MS
        return site if limits_kept and not known(site.key) else None

    def commission(self) -> None:
        self._wanted[COMMISSIONED] = commission_mark(self._wanted)
        self.commissioned = True

    def begin(self) -> int:
        """Count this start: its number, or 0 if no earlier number can be believed."""
        known_starts = [self._start(address) for address in STARTS]
        if all(self._erased(address, 5) for address in STARTS):
            known_starts = [0, 0]
        newest = max((number for number in known_starts if number is not None), default=None)
        if newest is None or newest == 0xFFFFFFFF:
            return 0
        address = STARTS[1] if known_starts[0] == newest else STARTS[0]
        number = (newest + 1).to_bytes(4, "big")
        self._wanted[address : address + 5] = number + bytes((crc8(number),))
        return newest + 1

    def latched(self) -> tuple[bool, int | None]:
        """Emergency and faults; None for faults that cannot be believed, an emergency is believed all the same."""
        if self._erased(LATCHED, 4):
            return False, 0
        record = bytes(self._wanted[LATCHED : LATCHED + 4])
        holds = crc8(record[:3]) == record[3]
        return record[0] != 0, int.from_bytes(record[1:3], "big") if holds else None

    def latch(self, emergency: bool, faults: int) -> None:
        record = bytes((emergency,)) + faults.to_bytes(2, "big")
        if (emergency or faults) or not self._erased(LATCHED, 4):
            self._wanted[LATCHED : LATCHED + 4] = record + bytes((crc8(record),))

    def _start(self, address: int) -> int | None:
        record = bytes(self._wanted[address : address + 5])
        return int.from_bytes(record[:4], "big") if crc8(record[:4]) == record[4] else None

    def _erased(self, address: int, size: int) -> bool:
        return all(byte == ERASED for byte in self._wanted[address : address + size])
