"""`limen-tvs crossings`, `decisions`, `outbox` and `photo-key`: what is kept and what waits, for auditors."""

import json
from dataclasses import asdict

from sqlalchemy import Connection

from backend import photos
from backend.commands.terms import SettingsFile, asked, settings_of
from backend.store import crossings, decisions, outbox


def list_crossings(settings: SettingsFile) -> None:
    """Print every recorded crossing, one JSON object a line."""
    for entry in asked(settings_of(settings), crossings.entries, to_read=True):
        print(json.dumps(asdict(entry)))


def list_decisions(settings: SettingsFile) -> None:
    """Print every answer given, for auditors: by ids, with scores and liveness evidence, one JSON object a line."""
    for answer in asked(settings_of(settings), decisions.entries, to_read=True):
        print(json.dumps(asdict(answer)))


def list_waiting(settings: SettingsFile) -> None:
    """Print what systems of record must still be told, since when and why it waits, one JSON object a line."""
    known = settings_of(settings)
    waiting, untold = asked(known, _waiting, to_read=True)
    for row in waiting:
        why = row.trouble or ("" if known.records.url(row.system) else f"{row.system} is not configured")
        print(json.dumps(asdict(row) | {"trouble": why}))
    for crossing in untold:
        print(json.dumps({"system": "", "crossing": crossing, "trouble": "no system of record was configured"}))


def _waiting(db: Connection) -> tuple[list[outbox.Waiting], list[str]]:
    return outbox.waiting(db), outbox.untold(db)


def photo_key(document_type: str, issuer: str, number: str) -> None:
    """Print the name of the photo folder of a travel document."""
    print(photos.key(document_type, issuer, number))
