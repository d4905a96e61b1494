"""Photos from a folder on this machine: one sub-folder for each travel document."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from backend import photos
from backend.biographic import Biographic
from backend.sources.photo import MOST_PHOTOS, Photo, SourceDown
from vision.image import MOST_BYTES


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return "folder"

    async def photos(self, person: Biographic) -> Sequence[Photo]:
        """One more byte is read than is accepted, so that a file too large is refused as such."""
        if not person.document_number:
            return []
        key = photos.key(person.document_type, person.document_issuer, person.document_number)
        try:
            return await asyncio.to_thread(_read, self._root, key)
        except OSError as error:
            raise SourceDown(f"folder: {error.strerror}; check its rights and the disk") from error


def _read(root: Path, key: str) -> list[Photo]:
    """Raises OSError, also if the folder itself is gone: that is no answer about anybody."""
    root.stat()
    found = []
    files = [path for path in photos.on_file(root, key) if path.is_file()]
    for path in files[:MOST_PHOTOS]:
        with path.open("rb") as file:
            found.append(Photo(file.read(MOST_BYTES + 1), path.suffix.lower().strip(".")))
    return found
