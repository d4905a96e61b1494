"""Structured log lines on standard error; never an image, template, name or document number."""

import sys
from typing import Literal

import structlog

Style = Literal["logfmt", "json"]


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
