"""Tries the credentials for writing without writing: sign in, and plan one change of a real line that is never sent.

The wire is laid for reading, so that a writer which tried to send would be turned down by the HTTP client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from connectors.connector import Connector
from connectors.http.failures import ApiFailure
from connectors.http.redact import Redactor
from connectors.wire import Patience
from connectors.writing import Change, WriteRefused
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations.schemas import FailureView
from rcx_app.domain.integrations.service import failure_view
from rcx_app.domain.sync import failures, opening
from rcx_app.domain.writeback import access
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import Trial
from rcx_app.models import Line

# A person waits for it.
_PATIENCE = Patience(answer_s=20.0, attempts=2, longest_pause_s=5.0)
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose credentials are tried, and on which lines: what a writer would be asked, and what people call it."""

    connector: type[Connector]
    is_sandbox: bool
    values: Mapping[str, str] = field(repr=False)
    lines: Sequence[tuple[Change, str]]

    @property
    def redact(self) -> Redactor:
        secret = {each.name for each in self.connector.about.fields if each.is_secret}
        return Redactor(value for name, value in self.values.items() if name in secret)


def try_writing(context: Context, connection_id: int, values: Mapping[str, str]) -> Trial | FailureView:
    """Sign in as who would write, and ask the PSA what one more of a line would be. Takes seconds, changes nothing.

    `values` as in `access.enable_writing`; without any, those that are kept for writing, or else those RCX reads with.
    Whether a PSA would also take the change, only a change tells. Opens its own short transactions, none while the PSA
    is asked. Raises what `enable_writing` raises.
    """
    context.require(Permission.CONNECT)
    with transaction(context, read_only=True) as session:
        repository = WritebackRepository(session, context)
        row = repository.connection(connection_id)
        access.why_not_writable(row)
        opening.why_not(row)
        lines = [_asked(line, external_id) for line, external_id in repository.lines_to_try(row.id, _MOST_LINES)]
        subject = _Subject(
            opening.connector_of(row.connector), row.is_sandbox, access.values_for(repository, row, values), lines
        )
    try:
        outcome: Trial | FailureView = _tried(subject)
    except ApiFailure as failure:
        outcome = failure_view(failures.of_vendor(failure, subject.redact).as_note())
    except failures.FAULTS as error:
        outcome = failure_view(failures.of_fault(error, subject.connector.about.id).as_note())
    with transaction(context) as session:
        detail = {"outcome": outcome.kind if isinstance(outcome, FailureView) else "ok", "own": bool(values)}
        audit.record(session, context, "writing:test", "connection", connection_id, detail)
    return outcome


def _asked(line: Line, agreement_external_id: str) -> tuple[Change, str]:
    change = Change(
        line_external_id=line.external_id,
        agreement_external_id=agreement_external_id,
        quantity=line.quantity + Decimal(1),
        seen_quantity=line.quantity,
        seen_version=str(line.attributes.get("version", "")),
    )
    return change, line.product_name or line.product_code


def _tried(subject: _Subject) -> Trial:
    """Raises ApiFailure."""
    wire = opening.wire(is_sandbox=subject.is_sandbox, patience=_PATIENCE)
    with closing(subject.connector(subject.values, wire)) as opened:
        account = opened.identify()
        writer = cast(Any, opened).writer
        for change, name in subject.lines:
            try:
                said = [each.says for each in writer.plan(change)]
            except WriteRefused as refused:
                if refused.kind == "not_found":
                    continue
                said = [str(refused)]
            return Trial(subject.redact(account), name, subject.redact("; ".join(said)))
    return Trial(subject.redact(account))
