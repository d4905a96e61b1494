"""`limen-tvs crossings`, `decisions` and `photo-key`: what is kept, for auditors."""

import json
from dataclasses import asdict

from backend import photos
from backend.commands.terms import SettingsFile, asked, settings_of
from backend.store import crossings, decisions


def list_crossings(settings: SettingsFile) -> None:
    """Print every recorded crossing, one JSON object a line."""
    for entry in asked(settings_of(settings), crossings.entries, to_read=True):
        print(json.dumps(asdict(entry)))


def list_decisions(settings: SettingsFile) -> None:
    """Print every answer given, for auditors: by ids, with scores and liveness evidence, one JSON object a line."""
    for answer in asked(settings_of(settings), decisions.entries, to_read=True):
        print(json.dumps(asdict(answer)))


def photo_key(document_type: str, issuer: str, number: str) -> None:
    """Print the name of the photo folder of a travel document."""
    print(photos.key(document_type, issuer, number))
