"""`limen-gate scan`: one boarding pass or machine readable zone, as text or as an image, and what is wrong with it."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from hardware.documents import barcodes, scan
from hardware.documents.finding import Finding, Unread, Weight
from hardware.documents.scan import Document
from vision import image
from vision.errors import ImageRefused

MOST_BYTES = 64 * 1024
UNUSABLE = 2
_TITLES = {"bcbp": "boarding pass", "mrz": "machine readable zone", None: "not read"}


def command(
    what: Annotated[
        str, typer.Argument(metavar="TEXT|-|IMAGE", help="what was scanned; - reads it from standard input")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="print {kind, ok, fields, findings}")] = False,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day that dates without a year are near to")
    ] = None,
) -> None:
    """Read a boarding pass or the lines of a travel document.  Exit 0: sound, 1: with errors, 2: of no use."""
    day = today.date() if today else datetime.now().astimezone().date()
    document = _document(what, day)
    print(json.dumps(scan.result(document), ensure_ascii=False) if as_json else "\n".join(_rendition(document)))
    if isinstance(document, Unread):
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(0 if scan.ok(document) else 1)


def _document(what: str, today: date) -> Document:
    if what == "-":
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            return _refused("text", f"standard input has more than {MOST_BYTES} bytes: no document is that long")
        return scan.read(content.decode("utf-8", errors="replace"), today)
    path = Path(what)
    if _exists(path):
        return _from_image(path, today)
    if path.suffix.lower() in image.SUFFIXES or what.startswith(("/", "./", "../", "~")):
        return _refused("file", f"{what}: there is no such file")
    return scan.read(what, today)


def _exists(path: Path) -> bool:
    """False also for a text that cannot be a path: too long, with a NUL."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _from_image(path: Path, today: date) -> Document:
    if path.suffix.lower() not in image.SUFFIXES:
        expected = ", ".join(sorted(image.SUFFIXES))
        return _refused("file", f"{path} is no image ({expected}); for the text in a file: limen-gate scan - < FILE")
    try:
        pixels = image.read(path)
    except (OSError, ImageRefused) as error:
        return _refused("image", str(error))
    codes = barcodes.read(pixels)
    if not codes:
        return _refused(
            "image",
            "no PDF417, Aztec, QR code or Data Matrix found; the printed lines of a passport or card (MRZ) are not "
            "read from images: type them, or scan them with a document reader",
        )
    return _best([scan.read(code.text, today) for code in codes])


def _best(documents: list[Document]) -> Document:
    """The soundest of several barcodes; that there were others is told."""
    best = max(documents, key=lambda document: (scan.ok(document), not isinstance(document, Unread)))
    if len(documents) == 1:
        return best
    note = Finding("image", 0, f"{len(documents)} barcodes found, the soundest is told", weight=Weight.NOTE)
    return replace(best, findings=(note, *best.findings))


def _refused(item: str, problem: str) -> Unread:
    return Unread(None, (Finding(item, 0, problem),))


def _rendition(document: Document) -> Iterator[str]:
    yield f"{_TITLES[scan.kind(document)]}: {'ok' if scan.ok(document) else 'NOT ok'}"
    yield from _lines(scan.fields(document), "  ")
    for finding in document.findings:
        place = f"line {finding.line}, " if finding.line else ""
        stands = f" (found {finding.value!r}" + (f", expected {finding.limit})" if finding.limit else ")")
        yield f"  {finding.weight}: {finding.item}, {place}offset {finding.position}: {finding.problem}" + (
            stands if finding.value else ""
        )


def _lines(fields: Mapping[str, object], indent: str) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list | tuple):
            numbered = {f"{name} {number}": part for number, part in enumerate(value, 1)}
            yield from _lines(numbered, indent)
        elif value not in (None, ""):
            yield f"{indent}{name}: {value}"
