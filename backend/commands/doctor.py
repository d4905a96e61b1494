"""`limen-tvs doctor`: what is right and wrong on this machine, and what to do."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from backend.commands.terms import SettingsFile
from backend.operations.doctor import findings
from backend.operations.finding import Finding, Verdict
from backend.settings import read


def doctor(
    settings: SettingsFile, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False
) -> None:
    """Check settings, certificates, keys, database, disks, models and neighbours; ends with 1 if anything is wrong."""
    found = list(_found(settings))
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            advice = f" — {one.advice}" if one.advice else ""
            print(f"{one.verdict:8}{one.check:20}{one.what}{advice}")
    raise typer.Exit(int(any(one.verdict is Verdict.WRONG for one in found)))


def _found(file: Path) -> Iterator[Finding]:
    try:
        settings = read(file)
    except (OSError, ValueError) as error:
        yield Finding("settings", Verdict.WRONG, f"{file}: {_said(error)}", "correct the file; deploy/tvs.toml is one")
        return
    yield Finding("settings", Verdict.OK, f"{file}: every key known")
    yield from findings(settings, datetime.now(UTC))


def _said(error: Exception) -> str:
    """What was given is left out: it may be an address with a password."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return str(error)
