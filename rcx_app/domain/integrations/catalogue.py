"""What can be connected: every connector as it describes itself, in words for a screen or a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from connectors import registry
from connectors.connector import About, Budget, WriteWay
from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.sync.opening import connector_of

_WINDOWS = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One thing to enter. `choices` are (value, title); none: any text."""

    name: str
    label: str
    help: str
    is_secret: bool
    is_required: bool
    choices: tuple[tuple[str, str], ...]
    default: str
    placeholder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivilegeView:
    """A right that the API user needs, as the vendor calls it, and what for."""

    name: str
    why: str
    is_optional: bool
    for_writing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A kind of record that is read. `is_incremental`: a later sync asks for changes only."""

    name: str
    is_incremental: bool
    is_optional: bool
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A connector. `limits` and `writes` are sentences; `documentation` is a page below `docs/`; `hosts` are patterns.

    `proof`: what it was held against: the vendor's specification, its example payloads, or facts from documentation.
    """

    id: str
    name: str
    side: str
    category: str
    summary: str
    fields: tuple[FieldView, ...]
    privileges: tuple[PrivilegeView, ...]
    streams: tuple[StreamView, ...]
    limits: tuple[str, ...]
    can_write: bool
    writes: str
    proof: str
    documentation: str
    hosts: tuple[str, ...]


def catalogue(context: Context) -> tuple[CatalogueEntry, ...]:
    """Every connector of this version, PSAs first."""
    context.require(Permission.READ)
    return entries()


def entries() -> tuple[CatalogueEntry, ...]:
    """The same for the operator of the server, who is in no workspace."""
    return tuple(_entry(about) for about in registry.abouts())


def _entry(about: About) -> CatalogueEntry:
    return CatalogueEntry(
        id=about.id,
        name=about.name,
        side=about.side,
        category=about.category,
        summary=about.summary,
        fields=tuple(
            FieldView(
                name=each.name,
                label=each.label,
                help=each.help,
                is_secret=each.is_secret,
                is_required=each.is_required,
                choices=each.choices,
                default=each.default,
                placeholder=each.placeholder,
            )
            for each in about.fields
        ),
        privileges=tuple(
            PrivilegeView(name=each.name, why=each.why, is_optional=each.is_optional, for_writing=each.for_writing)
            for each in about.privileges
        ),
        streams=tuple(
            StreamView(
                name=each.name, is_incremental=each.is_incremental, is_optional=each.is_optional, needs=each.needs
            )
            for each in connector_of(about.id).streams()
        ),
        limits=_limits(about),
        can_write=about.writes.kind != "none",
        writes=_writes(about.writes),
        proof=about.proof,
        documentation=about.documentation,
        hosts=about.hosts,
    )


def _limits(about: About) -> tuple[str, ...]:
    limits = about.limits
    said = [_budget(each) for each in limits.budgets]
    said.append(f"At most {limits.at_once} at once." if limits.at_once > 1 else "One request at a time.")
    if not limits.is_confirmed:
        said.append("The vendor does not confirm these limits; they are RCX's own caution.")
    return tuple(said)


def _budget(budget: Budget) -> str:
    window = _WINDOWS.get(budget.seconds, f"in {budget.seconds:,} seconds")
    used = max(1, int(budget.requests * (1 - budget.headroom)))
    shared = ", shared with other integrations" if budget.is_shared else ""
    return f"{budget.requests:,} requests {window}{shared}; RCX uses {used:,} of them."


def _writes(way: WriteWay) -> str:
    if way.kind == "none":
        return way.why_not
    first = "Sets the quantity" if way.kind == "absolute" else "Adds or takes the difference"
    said = [f"{first}, in effect {way.effective}." if way.effective else f"{first}."]
    if way.proration:
        said.append(f"{way.proration[0].upper()}{way.proration[1:].rstrip('.')}.")
    if way.refuses:
        said.append(f"Never written: {', '.join(way.refuses)}.")
    return " ".join(said)
