"""A gate's key where it is kept: a file of the host, an image for the controller's programmer."""

import secrets
from pathlib import Path

from hardware.errors import KeyUnfit
from hardware.gate.mac import KEY_SIZE, Key, known
from hardware.gate.memory import Site


def read(path: Path) -> Key:
    """The key in a file of 32 hexadecimal digits that only its owner can read.  Raises KeyUnfit."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeyUnfit(f"{path}: others can read it; run chmod 600 {path}, and make a new key if they might have")
        return Key.of_hex(path.read_text(errors="replace").strip())
    except OSError as error:
        raise KeyUnfit(f"{path}: {error.strerror}; `python -m hardware key` makes a gate's key") from error
    except KeyUnfit as error:
        raise KeyUnfit(f"{path}: {error}") from error


def new() -> bytes:
    key = secrets.token_bytes(KEY_SIZE)
    return new() if known(key) else key


def write(site: Site, file: Path, image: Path) -> None:
    """The host's key file and the EEPROM image of one gate.  Raises FileExistsError: a key is never overwritten."""
    for path, text in ((file, site.key.hex() + "\n"), (image, intel_hex(site.image()))):
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text)


def intel_hex(image: bytes) -> str:
    """What programmers read: one record for each sixteen bytes, then the end."""
    records = [bytes((len(part), 0, at, 0)) + part for at in range(0, len(image), 16) if (part := image[at : at + 16])]
    records.append(bytes((0, 0, 0, 1)))
    return "".join(f":{(record + bytes((-sum(record) & 0xFF,))).hex().upper()}\n" for record in records)
