"""`limen-tvs doctor`: what is right and wrong on this machine, and what to do."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from backend.commands.terms import SettingsFile, settings_of
from backend.operations.doctor import Finding, Verdict, findings


def doctor(
    settings: SettingsFile, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False
) -> None:
    """Check settings, certificates, keys, database, disks, models and neighbours; ends with 1 if anything is wrong."""
    found = [_read(settings), *findings(settings_of(settings), datetime.now(UTC))]
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            advice = f" — {one.advice}" if one.advice else ""
            print(f"{one.verdict:8}{one.check:20}{one.what}{advice}")
    raise typer.Exit(int(any(one.verdict is Verdict.WRONG for one in found)))


def _read(file: Path) -> Finding:
    settings_of(file)
    return Finding("settings", Verdict.OK, f"{file}: every key known")
