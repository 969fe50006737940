"""SQL of the trust gate: what each account counts of each SKU, and the falls that are held."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlmodel import col

from rcx_app.core.money import MICROS
from rcx_app.core.repository import Repository
from rcx_app.models import Account, AccountMapping, Client, Connection, CountFall, Seat

Key = tuple[int, str]
"""Account id and folded SKU."""
Counted = dict[Key, tuple[int, str]]
"""What is counted, in millionths, and the SKU's name."""


class FallRepository(Repository):
    noun = "This count"

    def counts(self, connection_id: int) -> Counted:
        """Seats in force by account and SKU; a quantity counts as itself, a seat without one as 1."""
        quantity: Any = type_coerce(Seat.quantity, BigInteger)
        columns: tuple[Any, ...] = (Seat.account_id, Seat.sku_key, func.max(Seat.sku_name))
        query = (
            select(*columns, func.sum(func.coalesce(quantity, MICROS)))
            .where(
                col(Seat.workspace_id) == self.workspace_id,
                col(Seat.connection_id) == connection_id,
                col(Seat.removed_at).is_(None),
                col(Seat.status) != "deleted",
            )
            .group_by(col(Seat.account_id), col(Seat.sku_key))
        )
        return {(account, sku): (int(count), name or "") for account, sku, name, count in self.session.execute(query)}

    def held(self, connection_id: int) -> list[CountFall]:
        query = self.scoped(CountFall).where(
            col(CountFall.connection_id) == connection_id, col(CountFall.state) == "held"
        )
        return list(self.session.scalars(query.order_by(col(CountFall.id))))

    def how_many(self) -> int:
        query = select(func.count()).select_from(CountFall)
        held = query.where(col(CountFall.workspace_id) == self.workspace_id, col(CountFall.state) == "held")
        return int(self.session.execute(held).scalar_one())

    def of_ids(self, ids: Collection[int]) -> list[CountFall]:
        """These falls, locked. Raises NotFound where one is missing or another workspace's."""
        return sorted((self.get(CountFall, each, lock=True) for each in ids), key=lambda fall: fall.id)

    def shown(self, connection_id: int | None) -> Iterable[tuple[CountFall, str, str, int | None, str | None]]:
        """Held falls with connection, account and client, the largest first."""
        query: Any = (
            select(CountFall, Connection.label, Account.name, AccountMapping.client_id, Client.name)  # type: ignore[call-overload]
            .join(Connection, col(Connection.id) == CountFall.connection_id)
            .join(Account, col(Account.id) == CountFall.account_id)
            .outerjoin(
                AccountMapping,
                (col(AccountMapping.account_id) == col(CountFall.account_id)) & (col(AccountMapping.state) == "mapped"),
            )
            .outerjoin(Client, col(Client.id) == AccountMapping.client_id)
            .where(col(CountFall.workspace_id) == self.workspace_id, col(CountFall.state) == "held")
        )
        if connection_id is not None:
            query = query.where(col(CountFall.connection_id) == connection_id)
        order = type_coerce(CountFall.after, BigInteger) - type_coerce(CountFall.before, BigInteger)
        return list(self.session.execute(query.order_by(order, col(CountFall.id))))

    def clients_of(self, accounts: Collection[int]) -> list[int]:
        """Clients that these accounts are mapped to."""
        query: Any = select(AccountMapping.client_id).where(  # type: ignore[call-overload]
            col(AccountMapping.workspace_id) == self.workspace_id,
            col(AccountMapping.account_id).in_(sorted(accounts)),
            col(AccountMapping.client_id).is_not(None),
        )
        return sorted({client_id for (client_id,) in self.session.execute(query)})

    def hold(self, run_id: int, connection_id: int, key: Key, name: str, before: Any, after: Any, at: datetime) -> None:
        self.session.add(
            CountFall(
                workspace_id=self.workspace_id,
                connection_id=connection_id,
                account_id=key[0],
                sync_run_id=run_id,
                sku_key=key[1],
                sku_name=name,
                before=before,
                after=after,
                fell_at=at,
            )
        )
