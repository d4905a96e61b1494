"""`limen-tvs audit`: prove that the log is whole."""

import json
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import OKPKey

from backend import auditing
from backend.auditing import Head, Problem
from backend.commands.terms import SettingsFile, asked, settings_of, stop
from backend.errors import KeyGone
from backend.keys import KeyRing

audit = typer.Typer(help="The service's audit log.", no_args_is_help=True)


@audit.command("verify")
def verify(
    settings: SettingsFile,
    witness: Annotated[Path | None, typer.Option(help="folder a witness holds: heads.jws and audit.jwk")] = None,
) -> None:
    """Find every edit, deletion and cut: by the chain, and by heads a witness holds."""
    read = settings_of(settings)
    folder = witness or read.witness_dir
    held, wrong = _held(folder) if folder else ([], [])
    problems = wrong + asked(read, lambda db: auditing.verify(db, held), to_read=True)
    for problem in problems:
        print(f"entry {problem.number}: {problem.what}")
    if problems:
        raise typer.Exit(1)
    last = max((head.number for head in held), default=0)
    seen = f"witnessed up to entry {last}" if last else "no witness was asked: a cut end or a new chain would not show"
    print(f"the log is whole; {seen}")


@audit.command("key")
def key(settings: SettingsFile) -> None:
    """Print the public key that a witness checks heads with."""
    try:
        print(json.dumps(auditing.public(KeyRing(settings_of(settings).keys, to_make=False))))
    except KeyGone as error:
        stop(f"{error}; the first start of the service makes it")


def _held(folder: Path) -> tuple[list[Head], list[Problem]]:
    try:
        public = OKPKey.import_key(json.loads((folder / auditing.PUBLIC).read_text()))
        lines = (folder / auditing.FILE).read_text().splitlines()
    except (OSError, ValueError) as error:
        stop(f"witness {folder}: {error}")
    found = list(auditing.heads(lines, public))
    return [one for one in found if isinstance(one, Head)], [one for one in found if isinstance(one, Problem)]
