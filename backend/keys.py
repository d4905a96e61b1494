"""Keys that live apart from the data: destroy one, and what it sealed is gone from every copy and backup.

Each is a file of 32 random bytes; AES-256-GCM (NIST SP 800-38D) with a random nonce, bound to what it belongs to.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.errors import KeyGone

SIZE, NONCE = 32, 12
RECORDS = "records"  # seals proposals and the hotlist; of crossing records see `backend.daily`
PERSONS = "persons"  # keys the fingerprints that stand for documents
HEADS = "heads"  # signs heads of the audit log
MANIFESTS = "manifests"  # seals parts of manifests that wait for the others, by a key a day: `backend.daily`
LASTING = (RECORDS, PERSONS, HEADS)  # of the whole service: the database can tell whether they are its own
GONE = ".gone."  # in the name of a key that is being destroyed


def of_gallery(journey: str) -> str:
    return f"gallery/{journey}"


def of_citizens(journey: str) -> str:
    """Citizens' entries in a gallery go sooner than the gallery (RET-1), so they have a key of their own."""
    return f"gallery/{journey}/citizens"


def of_day(kind: str, day: str) -> str:
    return f"{kind}/{day}"


@dataclass(frozen=True, slots=True)
class Box:
    """One key, read once.  `about` names what is sealed, such as a row: it opens under the same name only."""

    name: str
    _key: bytes = field(repr=False)

    def seal(self, plain: bytes, about: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self._key).encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises KeyGone if another key sealed it, or for something else."""
        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE], sealed[NONCE:], about.encode())
        except (InvalidTag, ValueError) as error:  # the second of what is too short to be sealed
            raise KeyGone(f"{about} was not sealed with the key {self.name} there is now, or was changed") from error

    def raw(self) -> bytes:
        """For a key that signs instead of sealing."""
        return self._key

    def fingerprint(self, text: str) -> str:
        """The same text gives the same 64 hexadecimal digits, and nobody without the key can try texts."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class KeyRing:
    """A folder of keys, shared by every replica of the service and kept out of the data's backup."""

    def __init__(self, folder: Path, *, to_make: bool = True) -> None:
        """to_make: the folder and the keys that last, where they are missing; see `store.key_checks.opened`."""
        self._folder = folder
        if not to_make:
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._finish("*")
        for name in LASTING:
            self.make(name)

    def make(self, name: str) -> None:
        """Have this key; one that is there stays."""
        path = self._path(name)
        if path.exists():
            return
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):  # unlike a rename, a link never replaces another replica's key
                os.link(draft, path)
        finally:
            draft.unlink()
        self._sync()

    def box(self, name: str) -> Box:
        """Raises KeyGone if there is no such key, or no longer."""
        try:
            key = self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise KeyGone(f"the key {name} is not there: never made, or destroyed") from error
        if len(key) != SIZE:
            raise KeyGone(f"the key {name} has {len(key)} bytes instead of {SIZE}: restore the folder of keys")
        return Box(name, key)

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def destroy(self, name: str) -> bool:
        """Overwrite and remove a key; False if there is none (any more).

        It is renamed first, so that nobody reads half of one.  Stopped in between, it is finished by the next, or at
        the next start.
        """
        path = self._path(name)
        try:
            path.rename(path.with_name(f"{path.name}{GONE}{secrets.token_hex(4)}"))
        except FileNotFoundError:
            return self._finish(path.name)
        self._sync()
        return self._finish(path.name)

    def days(self, kind: str) -> list[str]:
        """Days, as YYYY-MM-DD, there is a key of a kind for."""
        return sorted(path.name.split(".")[1] for path in self._folder.glob(f"{kind}.????-??-??.key"))

    def _finish(self, pattern: str) -> bool:
        """Whether there was anything left of keys that were renamed to be destroyed."""
        left = list(self._folder.glob(f"{pattern}{GONE}*"))
        for path in left:
            with contextlib.suppress(FileNotFoundError):  # another replica is as quick
                with path.open("r+b") as file:
                    file.write(bytes(SIZE))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
        if left:
            self._sync()
        return bool(left)

    def _path(self, name: str) -> Path:
        """A journey is not told by its key's file; a day is, so that old ones can be found."""
        kind, _, day = name.partition("/")
        if kind in (RECORDS, MANIFESTS) and day:
            return self._folder / f"{kind}.{day}.key"
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()}.key"

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
