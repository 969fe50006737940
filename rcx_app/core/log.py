"""Structured logs: a constant event name and fields, ids not objects, nothing secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from rcx_app.core.settings import settings

_SECRET_WORDS = ("password", "secret", "token", "authorization", "api_key", "apikey", "cookie", "credential")


def configure() -> None:
    """Set up logging for this process; everything goes to stderr, so that stdout stays for data."""
    chosen = settings()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if chosen.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[chosen.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> Any:
    """A logger. `log.info("import_applied", import_id=7, rows=200)`."""
    return structlog.get_logger(component=name)


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name smells of a secret."""
    for key in event:
        if hides(key):
            event[key] = "[redacted]"
    return event


def hides(name: str) -> bool:
    """Whether a field of this name smells of a secret."""
    return any(word in name.lower() for word in _SECRET_WORDS)
