"""How a command ends when something goes wrong: one line and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from calibration.camera.errors import CalibrationError
from edge.errors import EdgeError

REFUSED, BROKEN, STOPPED = 1, 2, 130


@contextmanager
def told(command: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        print(f"limen-calibrate {command}: {wrong}", file=sys.stderr)
        raise typer.Exit(BROKEN) from error
    except (CalibrationError, EdgeError, OSError) as error:
        print(f"limen-calibrate {command}: {error}", file=sys.stderr)
        raise typer.Exit(REFUSED if isinstance(error, CalibrationError) else BROKEN) from error
    except KeyboardInterrupt:
        print(f"\nlimen-calibrate {command}: stopped; nothing was written", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
