"""What goes wrong while a source is read, as a `Failure` that a person can act on, with no secret in it."""

from __future__ import annotations

import secrets
import traceback
from dataclasses import replace
from pathlib import Path

from connectors.http.failures import ApiFailure
from connectors.http.redact import Redactor
from rcx_app.core import log
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.domain.jobs import space
from rcx_app.domain.sync.schemas import Failure

SIGN_IN = frozenset({"credentials_refused", "credentials_expired"})
"""Kinds that no stream of a connection gets past."""

FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a fault in a connector raises. Not `Exception`: the end of a worker's time must pass."""

_SPACE_RETRY_S = 15 * 60.0
_log = log.get("sync")


class SourceFailed(RcxError):
    """Nothing of a connection could be read. `failures` says why; the first is the message."""

    status = 502
    code = "source_failed"

    def __init__(self, label: str, failures: tuple[Failure, ...]) -> None:
        self.failures = failures
        super().__init__(f"{label}: {failures[0].message}", remedy=failures[0].remedy)


def of_vendor(failure: ApiFailure, redact: Redactor) -> Failure:
    """A failure of the vendor's API, also with what the vendor said of it."""
    return Failure(
        kind=failure.kind,
        whose=failure.whose.value,
        message=redact(str(failure)),
        remedy=redact(failure.remedy),
        retry_after_s=failure.retry_after_s,
    )


def of_record(error: Invalid, redact: Redactor) -> Failure:
    """A record that can't be stored."""
    return Failure(
        kind="unexpected_shape",
        whose="rcx",
        message=redact(error.message),
        remedy="Nothing of it was changed. Tell support: the vendor may have changed its API.",
    )


def of_time(limit_s: float) -> Failure:
    """The reading took longer than a sync may."""
    return Failure(
        kind="took_too_long",
        whose="admin",
        message=f"Reading it took longer than {_said(limit_s)} and was stopped.",
        remedy="Nothing of it was changed. Sync it when no other integration uses the vendor's request budget, or ask "
        "the vendor for a larger one.",
    )


def of_space() -> Failure:
    """What was read does not fit into the database. It may by the next automatic try."""
    return Failure(
        kind="disk_full", whose="admin", message=space.MESSAGE, remedy=space.REMEDY, retry_after_s=_SPACE_RETRY_S
    )


def of_credentials(error: RcxError) -> Failure:
    """Credentials that no key of this server decrypts."""
    remedy = f"{error.remedy} Or enter them again."
    return Failure(kind="credentials_unreadable", whose="admin", message=error.message, remedy=remedy)


def of_fault(error: BaseException, connector: str) -> Failure:
    """A fault of ours. The log gets its place by the reference; its text may hold what the vendor sent, so it stays."""
    reference = secrets.token_hex(4)
    _log.error(
        "connector_crashed",
        connector=connector,
        reference=reference,
        error=type(error).__name__,
        places=_places(error),
    )
    return Failure(
        kind="crashed",
        whose="rcx",
        message="RCX could not read it for a fault of its own.",
        remedy=f"Nothing of it was changed. Tell support the reference {reference}.",
    )


def about(failure: Failure, *streams: str) -> Failure:
    """The failure with the streams that stay as they were for it."""
    return replace(failure, streams=streams)


def _said(seconds: float) -> str:
    """ "6 hours", "90 seconds"."""
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds:g} seconds"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
