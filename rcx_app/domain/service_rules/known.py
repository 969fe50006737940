"""What a rule can be made of: products to bill, their lines, and the values that fields have in what was read.

known(session, context, integration) -> Known
products(session, context, search) -> tuple[ProductName, ...]
lines_of(session, context, products, search="", chosen=()) -> tuple[LineName, ...]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session, col

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.money import trim
from rcx_app.core.text import fold
from rcx_app.domain.service_rules.repository import RuleRepository, pick
from rcx_app.models import Client, Connection, Line, Product, Seat

MOST_VALUES = 100
MOST_PRODUCTS = 20
MOST_LINES = 50
_SEATS_LOOKED_AT = 300
_STATUSES = ("active", "disabled")


@dataclass(frozen=True, slots=True)
class Known:
    """By field, its values in live usage, most frequent first; the source's own columns; the integrations by label."""

    values: Mapping[str, tuple[str, ...]]
    attributes: tuple[str, ...]
    integrations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductName:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class LineName:
    """A line by its id at the PSA, with whose it is and what it bills."""

    external_id: str
    client: str
    product: str
    quantity: Decimal


def known(session: Session, context: Context, integration: str = "") -> Known:
    """What the usage of an integration (label or vendor; empty: all) says of itself."""
    repository = RuleRepository(session, context)
    ids = set(repository.connection_ids(integration))
    names = {
        row.label: row.id
        for row in session.execute(
            pick(Connection.id, Connection.label).where(
                col(Connection.workspace_id) == context.workspace_id, col(Connection.side) == "usage"
            )
        )
    }
    counted: dict[str, Counter[str]] = {
        name: Counter() for name in ("kind", "sku", "sku_name", "device_class", "integration")
    }
    labels = {label for label, row_id in names.items() if row_id in ids}
    for connection_id in sorted(ids):
        for fact in repository.usage(connection_id):
            for name in ("kind", "sku", "sku_name", "device_class"):
                counted[name][getattr(fact, name)] += fact.seats
    counted["integration"].update(labels)
    values = {name: tuple(word for word, _ in many.most_common(MOST_VALUES) if word) for name, many in counted.items()}
    return Known({**values, "status": _STATUSES}, _attributes(repository, ids), tuple(sorted(names)))


def _attributes(repository: RuleRepository, ids: Iterable[int]) -> tuple[str, ...]:
    """The source's own columns, as some seats of each connection have them."""
    found: set[str] = set()
    for connection_id in ids:
        query = pick(Seat.attributes).where(
            col(Seat.workspace_id) == repository.workspace_id, col(Seat.connection_id) == connection_id
        )
        for (attributes,) in repository.session.execute(query.limit(_SEATS_LOOKED_AT)):
            found |= {fold(name) for name in attributes or {}}
    return tuple(sorted(found))


def products(session: Session, context: Context, search: str = "") -> tuple[ProductName, ...]:
    """Products of the PSA's catalogue and of its lines whose code or name holds `search`, by name; the first few."""
    text = search.strip()
    found: dict[str, ProductName] = {}
    sources = ((Product, Product.code, Product.name), (Line, Line.product_code, Line.product_name))
    for table, code, name in sources:
        query = pick(code, name).where(col(table.workspace_id) == context.workspace_id, col(table.removed_at).is_(None))
        if text:
            query = query.where(col(code).icontains(text, autoescape=True) | col(name).icontains(text, autoescape=True))
        for row in session.execute(query.distinct().order_by(col(name), col(code)).limit(MOST_PRODUCTS * 5)):
            if row[0]:
                found.setdefault(fold(row[0]), ProductName(row[0], row[1] or row[0]))
    return tuple(sorted(found.values(), key=lambda each: (fold(each.name), each.code))[:MOST_PRODUCTS])


def lines_of(
    session: Session, context: Context, codes: Iterable[str], search: str = "", chosen: Iterable[str] = ()
) -> tuple[LineName, ...]:
    """Active lines of these products, by client; those that are `chosen` first, whatever is searched. Of the others
    the first whose client's name or own id holds `search`."""
    today = clock.today()
    query = (
        pick(Line.external_id, Client.name, Line.product_code, Line.quantity)
        .join(Client, col(Client.id) == Line.client_id)
        .where(
            col(Line.workspace_id) == context.workspace_id,
            col(Line.removed_at).is_(None),
            col(Line.product_key).in_([fold(code) for code in codes]),
            col(Line.effective_date).is_(None) | (col(Line.effective_date) <= today),
            col(Line.cancelled_date).is_(None) | (col(Line.cancelled_date) > today),
        )
        .order_by(col(Client.name), col(Line.external_id))
    )
    ids, text = list(chosen), search.strip()
    kept = list(session.execute(query.where(col(Line.external_id).in_(ids)))) if ids else []
    others = query.where(col(Line.external_id).not_in(ids)) if ids else query
    if text:
        others = others.where(
            col(Client.name).icontains(text, autoescape=True) | col(Line.external_id).contains(text, autoescape=True)
        )
    found = [*kept, *session.execute(others.limit(MOST_LINES))]
    return tuple(LineName(row[0], row[1], row[2], trim(row[3])) for row in found)
