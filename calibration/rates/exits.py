"""How a command that measures ends when something goes wrong: one line and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from backend.errors import ServiceError
from calibration.rates.errors import RatesError
from vision.errors import VisionError

REFUSED, STOPPED = 1, 130


@contextmanager
def told(errors: Console) -> Iterator[None]:
    """Raises typer.Exit."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("stopped")
        raise typer.Exit(STOPPED) from None
    except (RatesError, VisionError, ServiceError, OSError) as error:
        errors.print(str(error), style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from error
