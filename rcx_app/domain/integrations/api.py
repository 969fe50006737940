"""Connections that read a vendor's API: test, connect, change, disconnect, and (from beside) list and sync them.

Secrets come in and are encrypted; nothing here gives one out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from sqlmodel import Session

from connectors.connector import Connector
from connectors.http.failures import ApiFailure
from connectors.http.redact import Redactor
from connectors.wire import Patience
from rcx_app.core import clock, crypto
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.integrations.catalogue import catalogue
from rcx_app.domain.integrations.repository import ConnectionRepository
from rcx_app.domain.integrations.schemas import CheckView, FailureView, SettingsView, SettingView
from rcx_app.domain.integrations.service import failure_view, free_label
from rcx_app.domain.integrations.syncing import cancel_syncs, open_syncs, request_all, request_sync
from rcx_app.domain.integrations.vendors import vendor_of
from rcx_app.domain.sync import failures, opening
from rcx_app.domain.writeback import access as writing
from rcx_app.models import Connection

__all__ = [
    "catalogue",
    "connect",
    "disconnect",
    "open_syncs",
    "request_all",
    "request_sync",
    "rotate",
    "settings_of",
    "test",
]

# A person waits for a test.
_PATIENCE = Patience(answer_s=20.0, attempts=2, longest_pause_s=5.0)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a test is about. `is_as_stored`: nothing was entered that a connection does not hold already."""

    connection_id: int | None
    values: dict[str, str] = field(repr=False)
    is_sandbox: bool
    is_as_stored: bool


def test(
    context: Context,
    connector_id: str,
    values: Mapping[str, str],
    *,
    connection_id: int | None = None,  # noqa: PT028 - no test of ours
    is_sandbox: bool | None = None,  # noqa: PT028
) -> CheckView | FailureView:
    """Sign in at the vendor with what was entered, and read the first record of every stream. Takes seconds.

    With `connection_id`, what is not entered is taken from that connection. Opens its own short transactions, none
    while the vendor is asked. Raises FieldsInvalid for malformed values, NotFound for a foreign connection.
    """
    context.require(Permission.CONNECT)
    connector = opening.connector_of(connector_id)
    subject = _subject(context, connector, values, connection_id, is_sandbox)
    outcome = _checked(connector, subject)
    with transaction(context) as session:
        detail = {"connector": connector_id, "outcome": outcome.kind if isinstance(outcome, FailureView) else "ok"}
        if subject.connection_id is not None and subject.is_as_stored and isinstance(outcome, CheckView):
            _connection(session, context, subject.connection_id, lock=True).checked_at = clock.now()
        audit.record(session, context, "connection:test", "connection", subject.connection_id, detail)
    return outcome


def connect(
    session: Session,
    context: Context,
    *,
    connector_id: str,
    label: str,
    values: Mapping[str, str],
    is_sandbox: bool = False,
) -> int:
    """Add a connection to a vendor's API; returns its id. It is not synced yet.

    Raises FieldsInvalid for malformed values, Conflict where the label is taken, Invalid for an unknown connector or
    a sandbox where this server has none.
    """
    context.require(Permission.CONNECT)
    connector = opening.connector_of(connector_id)
    if is_sandbox:
        opening.need_sandbox()
    clean = opening.cleaned(connector, values)
    repository = ConnectionRepository(session, context)
    plain = free_label(repository, label)
    row = Connection(
        workspace_id=context.workspace_id,
        side=connector.about.side,
        vendor=vendor_of(connector.about.name),
        connector=connector_id,
        label=plain,
        label_key=fold(plain),
        is_sandbox=is_sandbox,
    )
    _store(row, connector, clean)
    repository.add(row)
    detail = {"label": plain, "connector": connector_id, "is_sandbox": is_sandbox}
    audit.record(session, context, "connection:connect", "connection", row.id, detail)
    alerts_history.note(session, context, row)
    return row.id


def rotate(session: Session, context: Context, connection_id: int, values: Mapping[str, str]) -> None:
    """Change what was entered for a connection. A secret left empty keeps its old value, as does a field not given.

    The next sync reads everything whole; one that runs now will change nothing. Raises FieldsInvalid, NotFound, and
    Conflict where the connection is filled by files.
    """
    context.require(Permission.CONNECT)
    row = _connection(session, context, connection_id, lock=True)
    connector = opening.connector_of(row.connector)
    before = opening.readable(row)
    after = opening.cleaned(connector, _merged(connector, before, values))
    if after == before and row.credentials is not None:
        return
    _store(row, connector, after)
    row.cursors, row.must_read_whole, row.checked_at = {}, True, None
    session.flush()
    changed = sorted(name for name in after if after[name] != before.get(name, ""))
    detail = {"label": row.label, "fields": changed}
    if any(each.is_secret and each.name in changed for each in connector.about.fields):
        row.expires_on = None  # said of the secret that was replaced
    audit.record(session, context, "connection:rotate", "connection", row.id, detail)
    alerts_history.note(session, context, row)


def settings_of(session: Session, context: Context, connection_id: int) -> SettingsView:
    """What was entered for a connection; of secrets only whether they are set."""
    context.require(Permission.CONNECT)
    row = _connection(session, context, connection_id)
    values = opening.readable(row)
    return SettingsView(
        connection_id=row.id,
        connector=row.connector,
        label=row.label,
        is_connected=row.credentials is not None,
        is_sandbox=row.is_sandbox,
        may_write=row.may_write,
        checked_at=row.checked_at,
        expires_on=row.expires_on,
        fields=tuple(
            SettingView(
                name=each.name,
                label=each.label,
                is_secret=each.is_secret,
                is_set=bool(values.get(each.name)),
                value="" if each.is_secret else values.get(each.name, ""),
            )
            for each in opening.connector_of(row.connector).about.fields
        ),
    )


def disconnect(session: Session, context: Context, connection_id: int) -> None:
    """Delete the credentials of a connection, those for writing too, and end its syncs. What it delivered stays."""
    context.require(Permission.CONNECT)
    row = _connection(session, context, connection_id, lock=True)
    writing.disable_writing(session, context, connection_id)
    if row.credentials is None:
        return
    row.credentials, row.cursors, row.must_read_whole, row.checked_at = None, {}, True, None
    row.expires_on = None
    session.flush()
    audit.record(session, context, "connection:disconnect", "connection", row.id, {"label": row.label})
    alerts_history.note(session, context, row)
    cancel_syncs(session, context, row.id)


def _connection(session: Session, context: Context, connection_id: int, *, lock: bool = False) -> Connection:
    row = ConnectionRepository(session, context).get(Connection, connection_id, lock=lock)
    if row.connector == opening.FILE:
        raise Conflict(f"{row.label} is filled by files.", remedy="Add a connection to the vendor's API beside it.")
    return row


def _store(row: Connection, connector: type[Connector], values: Mapping[str, str]) -> None:
    secret = {each.name for each in connector.about.fields if each.is_secret}
    row.settings = {name: value for name, value in values.items() if name not in secret}
    row.credentials = crypto.encrypt({name: value for name, value in values.items() if name in secret})


def _merged(connector: type[Connector], before: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What was entered over what is stored.

    Raises FieldsInvalid where a secret would be kept though the address it is sent to may have changed: whoever may
    change an address must not learn a secret by it.
    """
    about = connector.about
    merged, kept = {}, []
    for each in about.fields:
        old = before.get(each.name, "")
        given = str(values.get(each.name) or "").strip()
        if each.is_secret and old and not given:
            kept.append(each)
        is_kept = not given if each.is_secret else each.name not in values
        merged[each.name] = old if is_kept else given
    is_moved = any(merged[each.name] != before.get(each.name, "") for each in about.fields if not each.is_secret)
    if kept and is_moved and not about.fixed_addresses:
        raise opening.FieldsInvalid(
            {each.name: f"{each.label} must be entered again with a new address." for each in kept}
        )
    return merged


def _subject(
    context: Context,
    connector: type[Connector],
    values: Mapping[str, str],
    connection_id: int | None,
    is_sandbox: bool | None,
) -> _Subject:
    before: dict[str, str] = {}
    sandbox = bool(is_sandbox)
    if connection_id is not None:
        with transaction(context, read_only=True) as session:
            row = _connection(session, context, connection_id)
            if row.connector != connector.about.id:
                raise Invalid(f"{row.label} is no connection of {connector.about.name}.")
            before, sandbox = opening.readable(row), row.is_sandbox
    clean = opening.cleaned(connector, _merged(connector, before, values))
    return _Subject(connection_id, clean, sandbox, clean == before)


def _checked(connector: type[Connector], subject: _Subject) -> CheckView | FailureView:
    secret = {each.name for each in connector.about.fields if each.is_secret}
    redact = Redactor(value for name, value in subject.values.items() if name in secret)
    wire = opening.wire(is_sandbox=subject.is_sandbox, patience=_PATIENCE)
    try:
        with closing(connector(subject.values, wire)) as opened:
            found = opened.check()
    except ApiFailure as failure:
        return failure_view(failures.of_vendor(failure, redact).as_note())
    except failures.FAULTS as error:
        return failure_view(failures.of_fault(error, connector.about.id).as_note())
    return CheckView(
        account=redact(found.account),
        missing=tuple(failure_view(failures.of_vendor(each, redact).as_note()) for each in found.missing),
        notes=tuple(redact(note) for note in found.notes),
    )
