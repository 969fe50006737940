"""Who may write where: an admin enables writing for a connection, a workspace chooses how it approves.

What a writer needs is opened here and nowhere else; without it `Wire.may_write` stays off, and the HTTP client sends
nothing that changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from sqlmodel import Session

from connectors.connector import About, SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.http.redact import Redactor
from connectors.writing import Writer
from rcx_app.core import clock, crypto
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.sync import opening
from rcx_app.domain.writeback.listing_repository import ListingRepository
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import Policy, Writable
from rcx_app.models import Connection, WriteAccess, WritePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a connection is written, taken in one short transaction."""

    connector: str
    label: str
    is_sandbox: bool
    values: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def redact(self) -> Redactor:
        return Redactor(self.secrets)


def enable_writing(
    session: Session, context: Context, connection_id: int, values: Mapping[str, str] | None = None
) -> None:
    """Let approved changes be sent to this PSA; with `values`, as another user of the PSA than RCX reads with.

    `values` may name secrets, and fields that say as whom, never an address: it stays the connection's. Raises
    Conflict where this PSA can't be written or the connection not be used, FieldsInvalid for malformed values.
    """
    context.require(Permission.CONNECT)
    # An agent by leave connects systems; that anything is written into one is the workspace's own decision.
    context.require(Permission.SECURE)
    repository = WritebackRepository(session, context)
    row = repository.connection(connection_id, lock=True)
    why_not_writable(row)
    opening.why_not(row)
    own = _own(row, values or {})
    access = repository.access(row.id) or WriteAccess(workspace_id=context.workspace_id, connection_id=row.id)
    access.credentials = crypto.encrypt(own) if own else None
    access.settings = dict(row.settings)
    access.enabled_by, access.enabled_at = context.user_id, clock.now()
    row.may_write = True
    repository.add(access)
    detail = {"label": row.label, "fields": sorted(own)}
    audit.record(session, context, "connection:enable_writing", "connection", row.id, detail)


def values_for(repository: WritebackRepository, row: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """What a writer is made of: what is entered; nothing entered, what is kept for writing or else for reading.

    Raises what `enable_writing` raises.
    """
    kept, own = repository.access(row.id), _own(row, values)
    if not own and kept is not None and kept.credentials:
        own = crypto.decrypt(kept.credentials)
    return opening.cleaned(opening.connector_of(row.connector), opening.stored(row) | own)


def _own(row: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """What is entered for writing alone, without what was left empty. Raises Invalid and FieldsInvalid."""
    own = {name: value.strip() for name, value in values.items() if value.strip()}
    connector = opening.connector_of(row.connector)
    unknown = set(own) - {each.name for each in connector.about.fields}
    if unknown:
        raise Invalid(f"{connector.about.name} has no field {sorted(unknown)[0]!r}.")
    if fixed := sorted(set(own) - set(_own_fields(connector.about))):
        raise Invalid(f"{fixed[0]} can't differ for writing.", remedy="Enter what says as whom RCX writes only.")
    opening.cleaned(connector, opening.stored(row) | own)
    return own


def disable_writing(session: Session, context: Context, connection_id: int) -> None:
    """Send nothing more to this PSA, from the next operation on; forget the credentials for it."""
    context.require(Permission.CONNECT)
    repository = WritebackRepository(session, context)
    row = repository.connection(connection_id, lock=True)
    access = repository.access(row.id)
    if access is None and not row.may_write:
        return
    row.may_write = False
    if access is not None:
        session.delete(access)
    session.flush()
    audit.record(session, context, "connection:disable_writing", "connection", row.id, {"label": row.label})


def writable(session: Session, context: Context) -> tuple[Writable, ...]:
    """The PSA connections, by id, and whether RCX writes there."""
    context.require(Permission.READ)
    repository, listing = WritebackRepository(session, context), ListingRepository(session, context)
    rows = [(row, repository.access(row.id)) for row in listing.connections().values()]
    names = listing.names(access.enabled_by for _, access in rows if access is not None)
    return tuple(_writable(row, access, names) for row, access in rows)


def _writable(row: Connection, access: WriteAccess | None, names: Mapping[int, str]) -> Writable:
    why_not = ""
    try:
        why_not_writable(row)
        opening.why_not(row)
    except Conflict as refused:
        why_not = f"{refused.message} {refused.remedy}".strip()
    about = None if row.connector == opening.FILE else opening.connector_of(row.connector).about
    is_on = row.may_write and access is not None
    return Writable(
        connection_id=row.id,
        label=row.label,
        connector=row.connector,
        system=about.name if about is not None else row.vendor,
        is_on=is_on,
        has_own=access is not None and access.credentials is not None,
        is_stale=access is not None and access.settings != row.settings,
        enabled_by=names.get(access.enabled_by or 0, "") if access is not None else "",
        enabled_at=access.enabled_at if access is not None else None,
        why_not=why_not,
        own_fields=_own_fields(about) if about is not None else (),
    )


def _own_fields(about: About) -> tuple[str, ...]:
    """What may differ for writing: all where no field can hold an address, else what says as whom."""
    return tuple(each.name for each in about.fields if each.is_secret or each.says_whom or about.fixed_addresses)


def policy(session: Session, context: Context) -> Policy:
    """How this workspace approves; both off until somebody chooses."""
    context.require(Permission.READ)
    row = WritebackRepository(session, context).policy()
    return Policy(row.four_eyes, row.one_click) if row else Policy(four_eyes=False, one_click=False)


def choose_policy(session: Session, context: Context, chosen: Policy) -> None:
    """Choose how this workspace approves. Raises Invalid for one click with four eyes: it has two of them only."""
    context.require(Permission.SECURE)
    if chosen.four_eyes and chosen.one_click:
        raise Invalid("One click can't be approved by a second person.", remedy="Choose one of the two.")
    repository = WritebackRepository(session, context)
    row = repository.policy(lock=True) or WritePolicy(workspace_id=context.workspace_id)
    before = [row.four_eyes, row.one_click]
    row.four_eyes, row.one_click = chosen.four_eyes, chosen.one_click
    repository.add(row)
    detail = {"before": before, "after": [chosen.four_eyes, chosen.one_click]}
    audit.record(session, context, "writing:policy", "workspace", context.workspace_id, detail)


def is_writable(row: Connection) -> bool:
    """Whether RCX knows how to write this PSA; whether it may is another question."""
    return row.connector != opening.FILE and opening.connector_of(row.connector).about.writes.kind != "none"


def why_not_writable(row: Connection) -> None:
    """Raises Conflict where RCX can't write into this system."""
    if row.side != "psa":
        raise Conflict(f"{row.label} is no PSA.", remedy="Quantities are corrected where clients are billed.")
    if row.connector == opening.FILE:
        raise Conflict(f"{row.label} is filled by files.", remedy="Export the changes and type them into the PSA.")
    writes = opening.connector_of(row.connector).about.writes
    if writes.kind == "none":
        raise Conflict(f"{row.label} can't be written. {writes.why_not}".strip(), remedy="Export the changes.")


def way(session: Session, context: Context, connection_id: int) -> Way:
    """What it takes to write. Raises Conflict where nothing may be written now."""
    repository = WritebackRepository(session, context)
    row = repository.connection(connection_id)
    access = repository.access(row.id)
    why_not_writable(row)
    opening.why_not(row)
    if not row.may_write or access is None:
        raise Conflict(f"Writing is not enabled for {row.label}.", remedy="An admin enables it, or export the changes.")
    if access.settings != row.settings:
        raise Conflict(
            f"The settings of {row.label} were changed since writing was enabled.", remedy="An admin enables it again."
        )
    values = opening.stored(row) | (crypto.decrypt(access.credentials) if access.credentials else {})
    fields = opening.connector_of(row.connector).about.fields
    return Way(
        connector=row.connector,
        label=row.label,
        is_sandbox=row.is_sandbox,
        values=values,
        secrets=tuple(values[each.name] for each in fields if each.is_secret and values.get(each.name)),
    )


@contextmanager
def opened(way: Way, is_stopped: Callable[[], bool]) -> Iterator[Writer]:
    """A writer at work. Raises ApiFailure."""
    wire = opening.wire(is_sandbox=way.is_sandbox)
    wire.may_write = True
    wire.is_stopped = is_stopped
    try:
        connector = opening.connector_of(way.connector)(way.values, wire)
    except SettingsRefused as refused:
        raise ApiFailure("setting_wrong", way.label, str(refused)) from None
    with closing(connector):
        writer: Writer = connector.writer  # type: ignore[attr-defined]
        yield writer
