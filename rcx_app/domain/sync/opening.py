"""From a connection's row to a connector that may read: settings put together, secrets decrypted, the wire laid.

Nothing is read here, and what is decrypted is held only by the values that these functions return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connectors import registry
from connectors.connector import Connector, SettingsRefused
from connectors.http.redact import Redactor
from connectors.wire import Observer, Patience, Wire
from rcx_app.core import crypto
from rcx_app.core.errors import Conflict, Invalid, Unavailable
from rcx_app.core.settings import settings
from rcx_app.models import Connection

FILE = "file"


class FieldsInvalid(Invalid):
    """What was entered for a connection can't be right; `fields` says what is wrong, by the field's name."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(self.fields.values()), problems=tuple(self.fields.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a run needs of a connection, taken in one short transaction.

    `seal` is equal as long as nobody changed where and as whom RCX reads.
    """

    connection_id: int
    label: str
    connector: str
    is_sandbox: bool
    cursors: Mapping[str, str]
    values: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    seal: object = field(repr=False)

    @property
    def redact(self) -> Redactor:
        return Redactor(self.secrets)


def connector_of(connector_id: str) -> type[Connector]:
    """Raises Invalid where this version has no such connector."""
    try:
        return registry.connector_class(connector_id)
    except LookupError:
        raise Invalid(
            f"There is no connector {connector_id!r}.", remedy="`rcx connectors` lists what there is."
        ) from None


def source(row: Connection) -> Source:
    """Raises Unavailable where no key fits the credentials."""
    values = stored(row)
    secret = {each.name for each in connector_of(row.connector).about.fields if each.is_secret}
    return Source(
        connection_id=row.id,
        label=row.label,
        connector=row.connector,
        is_sandbox=row.is_sandbox,
        cursors=dict(row.cursors),
        values=values,
        secrets=tuple(value for name, value in values.items() if name in secret),
        seal=seal(row),
    )


def why_not(row: Connection) -> None:
    """Raises Conflict saying why a connection can't be synced; nothing where it can."""
    if row.connector == FILE:
        raise Conflict(f"{row.label} is filled by files.", remedy="Import a newer file.")
    if row.credentials is None:
        raise Conflict(f"{row.label} is disconnected.", remedy="Enter its credentials again.")
    if not row.is_enabled:
        raise Conflict(f"{row.label} is switched off.", remedy="Switch it on in the list of integrations.")


def seal(row: Connection) -> object:
    """Changes with anything that decides where and as whom RCX reads."""
    return row.connector, row.is_enabled, row.is_sandbox, row.credentials, tuple(sorted(row.settings.items()))


def stored(row: Connection) -> dict[str, str]:
    """All that was entered for a connection, secrets decrypted. Raises Unavailable where no key fits."""
    plain = {str(name): str(value) for name, value in row.settings.items()}
    return plain | (crypto.decrypt(row.credentials) if row.credentials is not None else {})


def readable(row: Connection) -> dict[str, str]:
    """The same without the secrets where no key fits: they have to be entered again."""
    try:
        return stored(row)
    except Unavailable:
        return {str(name): str(value) for name, value in row.settings.items()}


def cleaned(connector: type[Connector], values: Mapping[str, str]) -> dict[str, str]:
    """What was entered, trimmed and complete. Raises FieldsInvalid naming each wrong field, never its value."""
    try:
        return connector.cleaned(values)
    except SettingsRefused as refused:
        raise FieldsInvalid({problem.column: problem.message for problem in refused.problems}) from None


def wire(
    *,
    is_sandbox: bool,
    is_stopped: Callable[[], bool] = lambda: False,
    observe: Observer = lambda _event, _fields: None,
    patience: Patience | None = None,
) -> Wire:
    """The surroundings of a connection that reads. Raises Invalid for a sandbox where there is none."""
    chosen = settings()
    if is_sandbox:
        need_sandbox()
    return Wire(
        budget_storage=chosen.redis_url or "memory://",
        allow_private_hosts=chosen.allow_private_hosts,
        sandbox_url=chosen.sandbox_url if is_sandbox else "",
        is_stopped=is_stopped,
        observe=observe,
        patience=patience or Patience(),
    )


def need_sandbox() -> None:
    """Raises Invalid where this server has no sandbox."""
    if not settings().sandbox_url:
        raise Invalid("This server has no sandbox.", remedy="Set RCX_SANDBOX_URL, or connect to the vendor itself.")
