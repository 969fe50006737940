"""Queries of what stands behind findings: a client, its agreements, and the records as they were fetched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col

from rcx_app.core.errors import NotFound
from rcx_app.domain.reconcile.repository import pick
from rcx_app.domain.reconcile.screens.repository import ScreenRepository, live_seats
from rcx_app.models import Account, AccountMapping, Agreement, Client, Connection, Line


class EvidenceRepository(ScreenRepository):
    """Source records of one workspace."""

    def client(self, client_id: int) -> Client:
        query = self.scoped(Client).where(col(Client.id) == client_id)
        found: Client | None = self.session.scalars(query).one_or_none()
        if found is None:
            raise NotFound("This client")
        return found

    def source_lines(self, line_ids: Sequence[int]) -> list[Any]:
        """(line, agreement's name, connection's label, its last complete sync), by id."""
        query = (
            pick(Line, Agreement.name, Connection.label, Connection.last_complete_at)
            .join(Agreement, col(Agreement.id) == Line.agreement_id)
            .join(Connection, col(Connection.id) == Line.connection_id)
            .where(col(Line.workspace_id) == self.workspace_id, col(Line.id).in_(list(line_ids)))
        )
        return list(self.session.execute(query.order_by(col(Line.id))))

    def agreements(self, client_id: int) -> dict[int, str]:
        query = pick(Agreement.id, Agreement.name, Agreement.external_id).where(
            col(Agreement.workspace_id) == self.workspace_id,
            col(Agreement.client_id) == client_id,
            col(Agreement.removed_at).is_(None),
        )
        return {row[0]: row[1] or row[2] for row in self.session.execute(query.order_by(col(Agreement.id)))}

    def source_accounts(self, *, client_id: int | None = None, account_id: int | None = None) -> list[Any]:
        """(id, own id, name, connection id, label, state, last complete sync, decided how, live seats) of accounts."""
        columns = (Account.id, Account.external_id, Account.name, Connection.id, Connection.label, Connection.state)
        query = (
            pick(*columns, Connection.last_complete_at, func.coalesce(AccountMapping.decided_how, ""), live_seats())
            .join(Connection, col(Connection.id) == Account.connection_id)
            .outerjoin(AccountMapping, col(AccountMapping.account_id) == Account.id)
            .where(col(Account.workspace_id) == self.workspace_id, col(Account.removed_at).is_(None))
        )
        if client_id is not None:
            query = query.where(col(AccountMapping.client_id) == client_id, col(AccountMapping.state) == "mapped")
        if account_id is not None:
            query = query.where(col(Account.id) == account_id)
        return list(
            self.session.execute(query.order_by(col(Connection.label_key), col(Account.name_key), col(Account.id)))
        )
