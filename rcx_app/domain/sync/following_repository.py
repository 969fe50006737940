"""SQL of what a switch has touched: to whom the rows belong that it changes, and to which clients accounts belong.

Rows that changed are found by `changed_at`, in one pass over the connection's rows of each table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Table, select, text

from rcx_app.core.repository import Repository
from rcx_app.domain.sync.repository import STAGE, table_of
from rcx_app.domain.sync.rows import STREAMS, Stream
from rcx_app.models import AccountMapping, Invoice, InvoiceLine, Line, Product

Owner = Literal["account_id", "client_id"]
_DECIDED = ("mapped", "no_match", "excluded")
_CHUNK = 500
_MAPPING: Table = AccountMapping.__table__  # type: ignore[attr-defined]
_INVOICE: Table = Invoice.__table__  # type: ignore[attr-defined]
_INVOICE_LINE: Table = InvoiceLine.__table__  # type: ignore[attr-defined]
_LINE: Table = Line.__table__  # type: ignore[attr-defined]
_PRODUCT: Table = Product.__table__  # type: ignore[attr-defined]


class FollowingRepository(Repository):
    noun = "This sync"

    def staged_owners(self, sync_run_id: int, connection_id: int, owner: Owner) -> set[int]:
        """Owners of the rows in force under the ids that are staged with a change, or as gone."""
        unchanged = text("CAST('{}' AS jsonb)" if self.session.get_bind().dialect.name == "postgresql" else "'{}'")
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
                    STAGE.c.payload != unchanged,
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

    def clients_of_products(self, connection_id: int, at: datetime) -> set[int]:
        """Clients with a line of one of the products that were changed at this moment."""
        changed = select(_PRODUCT.c.code_key).where(
            _PRODUCT.c.connection_id == connection_id, _PRODUCT.c.changed_at == at
        )
        return self._ids(
            select(_LINE.c.client_id)
            .distinct()
            .where(_LINE.c.workspace_id == self.workspace_id, _LINE.c.product_key.in_(changed))
        )

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

    def _ids(self, query: Any) -> set[int]:
        return {number for (number,) in self.session.execute(query) if number is not None}


def _owned_by(owner: Owner) -> Iterator[tuple[Stream, Table]]:
    for stream in STREAMS.values():
        table = table_of(stream)
        if owner in table.c:
            yield stream, table


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        yield wanted[start : start + _CHUNK]
