"""The configuration page's rows. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rcx_app.core.money import format_quantity
from rcx_app.domain.configuration.schemas import Chosen, ConfigRow, Kind, Status
from rcx_app.ui import addresses, words

KINDS = {Kind.ACCOUNT: "Account", Kind.USAGE: "Usage", Kind.PRODUCT: "PSA product", Kind.LINE: "Billing line"}
STATUSES = {
    Status.SET: "Set up",
    Status.REVIEW: "To review",
    Status.OPEN: "Not set up",
    Status.EXCLUDED: "Excluded",
}
TONES = {Status.SET: "ok", Status.REVIEW: "acc", Status.OPEN: "under", Status.EXCLUDED: ""}
_STATES = {
    "mapped": "Mapped",
    "suggested": "Suggested",
    "unsure": "Unsure",
    "client_gone": "Its client is gone",
    "snoozed": "Snoozed",
    "unmapped": "Unmapped",
    "no_match": "No match",
    "excluded": "Excluded",
    "counted": "Counted",
    "not_counted": "Not counted",
    "waiting": "Only in unmapped accounts",
}
_MAPPING_TABS = {
    "mapped": "mapped", "unmapped": "unmapped", "no_match": "unmapped", "excluded": "excluded", "snoozed": "snoozed",
}  # fmt: skip
_UNITS = {Kind.ACCOUNT: "seat", Kind.USAGE: "unit", Kind.PRODUCT: "line"}


@dataclass
class ConfigLine:
    """One thing that can be set up. `id` names it with the version that was seen."""

    id: str
    name: str
    code: str
    second: str
    kind: str
    integration: str
    units: str
    state: str
    tone: str
    target: str
    who: str
    title: str
    href: str
    is_excluded: bool


def config_line(row: ConfigRow) -> ConfigLine:
    return ConfigLine(
        id=f"{row.kind.value}.{row.connection_id}.{row.version}.{row.key}",
        name=row.name or row.code,
        code=row.code if row.code != row.name and row.kind is not Kind.LINE else "",
        second=f"{row.client} · line {row.code}" if row.kind is Kind.LINE else "",
        kind=KINDS[row.kind],
        integration=row.connection,
        units=_units(row),
        state=_STATES[row.state],
        tone=TONES[row.status],
        target=row.target or row.note,
        who=_who(row),
        title=row.target or ", ".join(part for part in (row.note, _who(row)) if part),
        href=_href(row),
        is_excluded=row.status is Status.EXCLUDED,
    )


def _units(row: ConfigRow) -> str:
    if row.kind is Kind.LINE:
        return f"{format_quantity(Decimal(row.units))} billed"
    return words.count(int(row.units), _UNITS[row.kind])


def _who(row: ConfigRow) -> str:
    """Who left it out, and when."""
    if row.status is not Status.EXCLUDED or row.left_out_at is None:
        return ""
    return f"{row.left_out_by or 'RCX'}, {words.day(row.left_out_at.date())}"


def chosen(line_id: str) -> Chosen:
    """What a row's id names. Raises ValueError for anything else."""
    kind, connection, version, key = line_id.split(".", 3)
    return Chosen(Kind(kind), int(connection), key, int(version))


def _href(row: ConfigRow) -> str:
    """Where it is set up."""
    if row.kind is Kind.ACCOUNT:
        return addresses.address(addresses.MAPPING, tab=_MAPPING_TABS.get(row.state, ""), account=row.key)
    if row.kind is Kind.LINE:
        return addresses.client(row.client_id)
    if row.kind is Kind.USAGE:
        return addresses.address(addresses.SERVICES, tab="unaccounted", q=row.code)
    return addresses.address(addresses.SERVICES, tab="all", q=row.code)
