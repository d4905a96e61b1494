"""Structured log lines on standard error; never an image, template, name or document number."""

import contextlib
import sys
from typing import Literal, TextIO, cast

import structlog

Style = Literal["logfmt", "json"]


class Forgiving:
    """A stream whose disk may be full: a line that cannot be written is lost, and ends nobody."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure(style: Style = "logfmt") -> None:
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer()
    if style == "logfmt":
        renderer = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Forgiving(sys.stderr))),
    )
