"""The two checksums of the line and of the controller's memory.  `PROTOCOL.md` §1, §9."""

from binascii import crc_hqx


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/CCITT-FALSE."""
    return crc_hqx(data, 0xFFFF)


def crc8(data: bytes | bytearray) -> int:
    """CRC-8: polynomial 07, start 00."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
