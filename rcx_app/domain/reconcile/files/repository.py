"""Fills and reads the temporary database of a reconciliation of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import col

from rcx_app.core.clock import now
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.repository import pick
from rcx_app.models import Account, AccountMapping, Client, Connection, Line, MappingCandidate, Seat


class FilesRepository(Repository):
    """The temporary workspace."""

    def connect(self, label: str, side: str) -> int:
        made = Connection(workspace_id=self.workspace_id, side=side, vendor=label, label=label, label_key=fold(label))
        return self.add(made).id

    def accounts(self) -> dict[tuple[int, str], int]:
        """(connection, account's own id) -> id."""
        query = pick(Account.connection_id, Account.external_id, Account.id).where(
            col(Account.workspace_id) == self.workspace_id
        )
        return {(row[0], row[1]): row[2] for row in self.session.execute(query)}

    def clients(self) -> dict[str, int]:
        query = pick(Client.external_id, Client.id).where(col(Client.workspace_id) == self.workspace_id)
        return {row[0]: row[1] for row in self.session.execute(query)}

    def map_accounts(self, verdicts: Mapping[int, int | None]) -> None:
        """Map accounts as a mapping file says; None excludes."""
        table = AccountMapping.__table__  # type: ignore[attr-defined]
        statement = (
            update(table)
            .where(table.c.account_id == bindparam("b_account"))
            .values(state=bindparam("v_state"), client_id=bindparam("v_client"), decided_how="file", decided_at=now())
        )
        rows = [
            {"b_account": account, "v_client": client, "v_state": "excluded" if client is None else "mapped"}
            for account, client in verdicts.items()
        ]
        if rows:
            self.session.connection().execute(statement, rows)

    def use_preselected(self) -> None:
        """Let suggestions at or above the preselect threshold count, marked as the model's."""
        query = (
            pick(AccountMapping, MappingCandidate.client_id)
            .join(MappingCandidate, col(MappingCandidate.account_id) == AccountMapping.account_id)
            .where(
                col(AccountMapping.workspace_id) == self.workspace_id,
                col(AccountMapping.is_preselected).is_(True),
                col(MappingCandidate.rank) == 1,
            )
        )
        for mapping, client_id in self.session.execute(query):
            mapping.state, mapping.client_id = "mapped", client_id
            mapping.decided_how, mapping.decided_at = "model", now()
        self.session.flush()

    def mapping(self) -> list[Any]:
        """(integration, account's own id, client's own id or None, state) of every account."""
        query = (
            pick(Connection.label, Account.external_id, Client.external_id, AccountMapping.state)
            .join(Account, col(Account.connection_id) == Connection.id)
            .join(AccountMapping, col(AccountMapping.account_id) == Account.id)
            .outerjoin(Client, col(Client.id) == AccountMapping.client_id)
            .where(col(Connection.workspace_id) == self.workspace_id)
        )
        return list(self.session.execute(query))

    def line_ids(self) -> dict[int, str]:
        """id -> the line's own id."""
        query = pick(Line.id, Line.external_id).where(col(Line.workspace_id) == self.workspace_id)
        return dict(tuple(row) for row in self.session.execute(query))

    def account_names(self) -> dict[int, tuple[str, str]]:
        """id -> (integration, account's own id)."""
        query = pick(Account.id, Connection.label, Account.external_id).join(
            Connection, col(Connection.id) == Account.connection_id
        )
        rows = self.session.execute(query.where(col(Account.workspace_id) == self.workspace_id))
        return {row[0]: (row[1], row[2]) for row in rows}

    def seat_ids(self, ids: Iterable[int]) -> dict[int, str]:
        """id -> the seat's own id."""
        wanted, found = sorted(set(ids)), {}
        for start in range(0, len(wanted), 500):
            query = pick(Seat.id, Seat.external_id).where(
                col(Seat.workspace_id) == self.workspace_id, col(Seat.id).in_(wanted[start : start + 500])
            )
            found.update({row[0]: row[1] for row in self.session.execute(query)})
        return found
