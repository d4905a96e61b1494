"""Photos on file, from a folder: one sub-folder for each travel document, several photos in it."""

import hashlib
from pathlib import Path

from backend import documents
from vision.image import SUFFIXES


def key(document_type: str, issuer: str, number: str) -> str:
    """The folder's name for a travel document, however it is written: the number itself is never a file's name."""
    return hashlib.sha256(documents.name(document_type, issuer, number).encode()).hexdigest()[:32]


def on_file(root: Path, photo_key: str) -> list[Path]:
    """Paths of a document's photos, in order of name; none is a common answer."""
    folder = root / photo_key
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
