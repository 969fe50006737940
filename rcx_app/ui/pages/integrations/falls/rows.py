"""Pure transforms: held counts in words, and what confirming some of them comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from rcx_app.core.money import format_quantity
from rcx_app.domain.sync.falls.schemas import FallView
from rcx_app.ui import addresses, words

ALL = "all"
_MOST_NAMED = 6


@dataclass(frozen=True)
class FallRow:
    """A held count. `client` is empty where its account is not mapped; `may_sync` where its connection can be read."""

    id: int = 0
    connection_id: int = 0
    connection: str = ""
    connection_href: str = ""
    account: str = ""
    client: str = ""
    what: str = ""
    before: str = ""
    after: str = ""
    at_iso: str = ""
    at: str = ""
    may_sync: bool = False


@dataclass(frozen=True)
class Asked:
    """The question before counts are confirmed: what it is about and what follows."""

    title: str = ""
    consequence: str = ""
    named: list[str] = field(default_factory=list)
    more: str = ""
    act: str = ""


def fall_row(view: FallView, readable: Collection[int]) -> FallRow:
    """`readable`: the connections that a sync can be asked of."""
    return FallRow(
        id=view.id,
        connection_id=view.connection_id,
        connection=view.connection,
        connection_href=addresses.address(addresses.INTEGRATIONS, connection=view.connection_id),
        account=view.account,
        client=view.client_name,
        what=view.sku_name or "Seats",
        before=format_quantity(view.before),
        after=format_quantity(view.after),
        at_iso=view.fell_at.isoformat(),
        at=words.moment(view.fell_at),
        may_sync=view.connection_id in readable,
    )


def headline(number: int) -> str:
    """``3 counts fell too far to be believed``."""
    return f"{words.count(number, 'count')} fell too far to be believed"


def asked(views: Sequence[FallView]) -> Asked:
    """The question for one count or for several."""
    named = [_line(view) for view in views[:_MOST_NAMED]]
    more = f"and {len(views) - _MOST_NAMED:,} more" if len(views) > _MOST_NAMED else ""
    if len(views) == 1:
        return Asked("Is this count right?", _one(views[0]), named, more, "It is right")
    counts = words.count(len(views), "count")
    return Asked(f"Are these {counts} right?", _several(views), named, more, f"Confirm {counts}")


def _one(view: FallView) -> str:
    before, after = format_quantity(view.before), format_quantity(view.after)
    if view.client_id is None:
        return f"The account has no client yet; once it is mapped, {after} counts in place of {before}."
    return f"The findings of {view.client_name} become ready with {after} in place of {before}."


def _several(views: Sequence[FallView]) -> str:
    clients = len({view.client_id for view in views if view.client_id is not None})
    unmapped = sum(view.client_id is None for view in views)
    if not clients:
        return "Their accounts have no client yet; once they are mapped, the new numbers count."
    waits = (
        "1 count waits until its account is" if unmapped == 1 else f"{unmapped:,} counts wait until their accounts are"
    )
    rest = f"; {waits} mapped" if unmapped else ""
    return f"The findings of {words.count(clients, 'client')} become ready with the new numbers{rest}."


def _line(view: FallView) -> str:
    who = view.client_name or view.account
    return f"{who}: {view.sku_name or 'seats'} from {format_quantity(view.before)} to {format_quantity(view.after)}"
