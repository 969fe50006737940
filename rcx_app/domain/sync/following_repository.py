"""SQL of what a switch has touched: to whom the rows belong that it changes, and to which clients accounts belong.

Rows that changed are found by `changed_at`, in one pass over the connection's rows of each table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import Table, TextClause, select, text

from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.sync.repository import STAGE, table_of
from rcx_app.domain.sync.rows import STREAMS, Stream
from rcx_app.models import AccountMapping, Finding, Invoice, InvoiceLine, Line, Product
from rcx_app.models.base import sql_table

Owner = Literal["account_id", "client_id"]
Id = TypeVar("Id", int, str)
_DECIDED = ("mapped", "no_match", "excluded")
_CHUNK = 500
_MAPPING: Table = sql_table(AccountMapping)
_INVOICE: Table = sql_table(Invoice)
_INVOICE_LINE: Table = sql_table(InvoiceLine)
_LINE: Table = sql_table(Line)
_PRODUCT: Table = sql_table(Product)
_FINDING: Table = sql_table(Finding)
Priced = tuple[Any, ...]
"""A line's product (folded) and all that says whether and how its price counts for that of others."""
_PRICED = (
    *(_LINE.c.product_key, _LINE.c.client_id, _LINE.c.unit_price, _LINE.c.currency, _LINE.c.billing_cycle),
    *(_LINE.c.effective_date, _LINE.c.cancelled_date, _LINE.c.removed_at),
)


class FollowingRepository(Repository):
    noun = "This sync"

    def staged_owners(self, sync_run_id: int, connection_id: int, owner: Owner) -> set[int]:
        """Owners of the rows in force under the ids that are staged with a change, or as gone."""
        found: set[int] = set()
        for stream, table in _owned_by(owner):
            query = (
                select(table.c[owner])
                .distinct()
                .select_from(STAGE)
                .join(table, (table.c.connection_id == connection_id) & (table.c.external_id == STAGE.c.external_id))
                .where(
                    STAGE.c.sync_run_id == sync_run_id,
                    STAGE.c.stream == stream.name,
                    STAGE.c.payload != self._unchanged(),
                    table.c.removed_at.is_(None),
                )
            )
            found |= self._ids(query)
        return found

    def changed_owners(self, connection_id: int, at: datetime, owner: Owner) -> set[int]:
        """Owners of the rows that were changed, added or removed at this moment."""
        found: set[int] = set()
        for _stream, table in _owned_by(owner):
            query = select(table.c[owner]).distinct()
            found |= self._ids(query.where(table.c.connection_id == connection_id, table.c.changed_at == at))
        return found

    def clients_of_invoice_lines(self, connection_id: int, at: datetime) -> set[int]:
        changed = (_INVOICE_LINE.c.connection_id == connection_id, _INVOICE_LINE.c.changed_at == at)
        joined = _INVOICE_LINE.join(_INVOICE, _INVOICE.c.id == _INVOICE_LINE.c.invoice_id)
        return self._ids(select(_INVOICE.c.client_id).distinct().select_from(joined).where(*changed))

    def changed_products(self, connection_id: int, at: datetime) -> set[str]:
        """Folded codes of the catalogue's products that were changed at this moment."""
        changed = (_PRODUCT.c.connection_id == connection_id, _PRODUCT.c.changed_at == at)
        return set(self.session.scalars(select(_PRODUCT.c.code_key).where(*changed)))

    def clients_with(self, product_keys: Collection[str]) -> set[int]:
        """Clients with a line of one of these products (folded), or with usage of one that no line bills."""
        found: set[int] = set()
        for chunk in _chunks(product_keys):
            own = (_LINE.c.workspace_id == self.workspace_id, _LINE.c.product_key.in_(chunk))
            found |= self._ids(select(_LINE.c.client_id).distinct().where(*own))
        if product_keys:
            unbilled = (_FINDING.c.scope == "rule", _FINDING.c.resolved_at.is_(None))
            query = select(_FINDING.c.client_id, _FINDING.c.product_code).where(
                _FINDING.c.workspace_id == self.workspace_id, *unbilled
            )
            found |= {client for client, code in self.session.execute(query) if client and fold(code) in product_keys}
        return found

    def staged_prices(self, sync_run_id: int, connection_id: int) -> dict[int, Priced]:
        """What the lines in force cost that are staged with a change, or as gone."""
        of_line = (_LINE.c.connection_id == connection_id) & (_LINE.c.external_id == STAGE.c.external_id)
        query = select(_LINE.c.id, *_PRICED).select_from(STAGE).join(_LINE, of_line)
        staged = (STAGE.c.sync_run_id == sync_run_id, STAGE.c.stream == "lines", STAGE.c.payload != self._unchanged())
        return {line_id: tuple(priced) for line_id, *priced in self.session.execute(query.where(*staged))}

    def changed_prices(self, connection_id: int, at: datetime) -> dict[int, Priced]:
        """What the lines cost now that were changed, added or removed at this moment."""
        query = select(_LINE.c.id, *_PRICED).where(_LINE.c.connection_id == connection_id, _LINE.c.changed_at == at)
        return {line_id: tuple(priced) for line_id, *priced in self.session.execute(query)}

    def clients_of(self, accounts: Collection[int]) -> set[int]:
        """The clients that these accounts belong to, or may belong to."""
        found: set[int] = set()
        for chunk in _chunks(accounts):
            of_accounts = (_MAPPING.c.workspace_id == self.workspace_id, _MAPPING.c.account_id.in_(chunk))
            found |= self._ids(select(_MAPPING.c.client_id).distinct().where(*of_accounts))
        return found

    def is_open(self, accounts: Collection[int]) -> bool:
        """Whether nobody has decided one of these accounts."""
        for chunk in _chunks(accounts):
            of_accounts = (_MAPPING.c.workspace_id == self.workspace_id, _MAPPING.c.account_id.in_(chunk))
            query = select(_MAPPING.c.id).where(*of_accounts, _MAPPING.c.state.not_in(_DECIDED)).limit(1)
            if self.session.execute(query).first() is not None:
                return True
        return False

    def _unchanged(self) -> TextClause:
        """The payload of a staged record that says what is in force already."""
        return text("CAST('{}' AS jsonb)" if self.session.get_bind().dialect.name == "postgresql" else "'{}'")

    def _ids(self, query: Any) -> set[int]:
        return {number for (number,) in self.session.execute(query) if number is not None}


def _owned_by(owner: Owner) -> Iterator[tuple[Stream, Table]]:
    for stream in STREAMS.values():
        table = table_of(stream)
        if owner in table.c:
            yield stream, table


def _chunks(ids: Collection[Id]) -> Iterator[list[Id]]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        yield wanted[start : start + _CHUNK]
