"""Is any part of a gate's key in what it said?  The key, every round key of it, and CMAC's two subkeys."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_WINDOW = 6  # bytes: ten megabytes hold one by chance once in 10⁵ times
_ROUNDS = 10


def _sbox() -> bytes:
    """Of AES (FIPS 197 §5.1.1), from inverses in GF(2⁸)."""
    box, p, q = bytearray(256), 1, 1
    while True:
        p = p ^ (p << 1 & 0xFF) ^ (0x1B if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        box[p] = q ^ _turn(q, 1) ^ _turn(q, 2) ^ _turn(q, 3) ^ _turn(q, 4) ^ 0x63
        if p == 1:
            box[0] = 0x63
            return bytes(box)


def _turn(byte: int, by: int) -> int:
    return (byte << by | byte >> 8 - by) & 0xFF


def round_keys(secret: bytes) -> Iterator[bytes]:
    """FIPS 197 §5.2; the first is the key itself."""
    box, words, constant = _sbox(), [secret[at : at + 4] for at in range(0, 16, 4)], 1
    for number in range(4, 4 * (_ROUNDS + 1)):
        last = words[-1]
        if number % 4 == 0:
            last = bytes(box[byte] for byte in last[1:] + last[:1])
            last = bytes((last[0] ^ constant,)) + last[1:]
            constant = constant << 1 ^ (0x11B if constant & 0x80 else 0)
        words.append(bytes(a ^ b for a, b in zip(words[number - 4], last, strict=True)))
    for number in range(0, len(words), 4):
        yield b"".join(words[number : number + 4])


def subkeys(secret: bytes) -> Iterator[bytes]:
    """RFC 4493 §2.3."""
    block = Cipher(algorithms.AES(secret), modes.ECB()).encryptor().update(bytes(16))  # one block, as the RFC has it
    for _ in range(2):
        number = int.from_bytes(block, "big") << 1
        block = ((number ^ (0x87 if number >> 128 else 0)) & (1 << 128) - 1).to_bytes(16, "big")
        yield block


def parts_of_key(secret: bytes, said: bytes) -> int:
    """How many different windows of six bytes of anything secret are in it."""
    secrets = [*round_keys(secret), *subkeys(secret)]
    windows = {whole[at : at + _WINDOW] for whole in secrets for at in range(len(whole) - _WINDOW + 1)}
    return sum(window in said for window in windows)
