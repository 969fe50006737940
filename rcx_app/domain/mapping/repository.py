"""SQL of the mapping slice: the queue, an account with its candidates, and the records that matching compares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, tuple_
from sqlmodel import col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.mapping.schemas import TAB_STATES, AccountRow, ClientHit, QueueFilter, Tab
from rcx_app.models import (
    Account,
    AccountMapping,
    Client,
    Connection,
    MappingCandidate,
    MappingEvent,
    Seat,
    User,
    Workspace,
)

_NO_CONFIDENCE = -1


class MappingRepository(Repository):
    """Mappings of one workspace."""

    noun = "This account"

    def mapping(self, account_id: int, *, lock: bool = False) -> AccountMapping:
        """The mapping of an account; NotFound where the account is not ours or gone."""
        query = self._live().where(col(AccountMapping.account_id) == account_id)
        if lock:
            query = query.with_for_update(of=AccountMapping)
        found: AccountMapping | None = self.session.scalars(query).one_or_none()
        if found is None:
            raise NotFound(self.noun)
        return found

    def mappings(self, *, states: Sequence[str] = (), account_ids: Sequence[int] | None = None) -> list[AccountMapping]:
        query = self._live()
        if states:
            query = query.where(col(AccountMapping.state).in_(states))
        if account_ids is not None:
            query = query.where(col(AccountMapping.account_id).in_(account_ids))
        return list(self.session.scalars(query.order_by(col(AccountMapping.account_id))))

    def _live(self) -> Select[Any]:
        return (
            self.scoped(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(col(Account.removed_at).is_(None))
        )

    def counts(self) -> dict[Tab, int]:
        query = (
            select(AccountMapping.state, func.count())
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(AccountMapping.workspace_id == self.workspace_id, col(Account.removed_at).is_(None))
            .group_by(col(AccountMapping.state))
        )
        by_state: dict[str, int] = dict(self.session.execute(query).tuples().all())
        return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TAB_STATES.items()}

    def queue(self, chosen: QueueFilter, cursor: str, size: int = PAGE_SIZE) -> Page[AccountRow]:
        """One page: surest first, then by name. `total` is the whole filtered number."""
        confidence = func.coalesce(AccountMapping.confidence, _NO_CONFIDENCE)
        order = [(confidence, True), (Account.name_key, False), (Account.id, False)]
        where = self._conditions(chosen)
        query = self._rows().where(*where)
        total = self.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
        if cursor:
            query = query.where(after(order, decode_cursor(cursor, length=3)))
        query = query.order_by(confidence.desc(), col(Account.name_key), col(Account.id)).limit(size + 1)
        found = self.session.execute(query).all()
        rows = tuple(self._row(*row) for row in found[:size])
        next_cursor = ""
        if len(found) > size:
            mapping, account = found[size - 1][0], found[size - 1][1]
            last = _NO_CONFIDENCE if mapping.confidence is None else mapping.confidence
            next_cursor = encode_cursor([last, account.name_key, account.id])
        return Page(rows, next_cursor, total)

    def row(self, account_id: int) -> AccountRow | None:
        found = self.session.execute(self._rows().where(col(Account.id) == account_id)).one_or_none()
        return self._row(*found) if found else None

    def _rows(self) -> Select[Any]:
        best = (
            select(MappingCandidate.client_id)
            .where(MappingCandidate.account_id == Account.id, MappingCandidate.rank == 1)
            .correlate(Account)
            .scalar_subquery()
        )
        seats = (
            select(func.count(col(Seat.id)))
            .where(Seat.account_id == Account.id, col(Seat.removed_at).is_(None), Seat.status != "deleted")
            .correlate(Account)
            .scalar_subquery()
        )
        shown = Client.__table__.alias("shown")  # type: ignore[attr-defined]
        query: Select[Any] = (
            select(  # type: ignore[call-overload]
                AccountMapping, Account, Connection.label, seats, shown.c.id, shown.c.name, User.name
            )
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .join(shown, shown.c.id == func.coalesce(AccountMapping.client_id, best), isouter=True)
            .join(User, col(User.id) == AccountMapping.decided_by, isouter=True)
            .where(AccountMapping.workspace_id == self.workspace_id, col(Account.removed_at).is_(None))
        )
        return query

    def _conditions(self, chosen: QueueFilter) -> list[ColumnElement[bool]]:
        where: list[ColumnElement[bool]] = [col(AccountMapping.state).in_(TAB_STATES[chosen.tab])]
        if chosen.connection_id is not None:
            where.append(col(Account.connection_id) == chosen.connection_id)
        if chosen.min_confidence is not None:
            where.append(col(AccountMapping.confidence) >= chosen.min_confidence)
        if chosen.max_confidence is not None:
            where.append(col(AccountMapping.confidence) <= chosen.max_confidence)
        if chosen.text.strip():
            where.append(col(Account.name_key).contains(fold(chosen.text), autoescape=True))
        return where

    @staticmethod
    def _row(
        mapping: AccountMapping,
        account: Account,
        integration: str,
        seats: int,
        client_id: int | None,
        client_name: str | None,
        decided_by: str | None,
    ) -> AccountRow:
        return AccountRow(
            account_id=account.id,
            version=mapping.version,
            name=account.name,
            external_id=account.external_id,
            integration=integration,
            connection_id=account.connection_id,
            seats=seats,
            state=mapping.state,
            confidence=mapping.confidence,
            is_preselected=mapping.is_preselected,
            is_ambiguous=mapping.is_ambiguous,
            client_id=client_id,
            client_name=client_name or "",
            decided_how=mapping.decided_how,
            decided_by=decided_by or "",
            decided_at=mapping.decided_at,
            note=mapping.note,
        )

    def thresholds(self) -> tuple[Decimal, Decimal]:
        """The workspace's (suggest, preselect) thresholds: probabilities."""
        found = self.session.get_one(Workspace, self.workspace_id)
        return found.suggest_threshold, found.preselect_threshold

    def account(self, account_id: int) -> Account:
        return self.get(Account, account_id)

    def accounts(self, account_ids: Sequence[int] | None = None) -> list[Account]:
        query = self.scoped(Account).where(col(Account.removed_at).is_(None)).order_by(col(Account.id))
        if account_ids is not None:
            query = query.where(col(Account.id).in_(account_ids))
        return list(self.session.scalars(query))

    def accounts_by_external_id(self, pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
        keys = list(pairs)
        found: dict[tuple[int, str], int] = {}
        for start in range(0, len(keys), 500):
            query = self.scoped(Account).where(
                tuple_(col(Account.connection_id), col(Account.external_id)).in_(keys[start : start + 500])
            )
            found |= {(row.connection_id, row.external_id): row.id for row in self.session.scalars(query)}
        return found

    def clients(self) -> list[Client]:
        query = self.scoped(Client).where(col(Client.removed_at).is_(None)).order_by(col(Client.id))
        return list(self.session.scalars(query))

    def client(self, client_id: int) -> Client:
        return self.get(Client, client_id)

    def clients_by_external_id(self, external_ids: Iterable[str]) -> dict[str, int]:
        wanted = list(set(external_ids))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), 500):
            query = self.scoped(Client).where(
                col(Client.removed_at).is_(None), col(Client.external_id).in_(wanted[start : start + 500])
            )
            found |= {row.external_id: row.id for row in self.session.scalars(query)}
        return found

    def search_clients(self, text: str, limit: int) -> list[ClientHit]:
        accounts = (
            select(func.count(col(AccountMapping.id)))
            .where(AccountMapping.client_id == Client.id, AccountMapping.state == "mapped")
            .correlate(Client)
            .scalar_subquery()
        )
        folded = fold(text)
        query = select(Client, accounts).where(
            Client.workspace_id == self.workspace_id,
            col(Client.removed_at).is_(None),
            or_(col(Client.name_key).contains(folded, autoescape=True), col(Client.external_id) == text.strip()),
        )
        starts_first = col(Client.name_key).startswith(folded, autoescape=True).desc()
        found = self.session.execute(query.order_by(starts_first, col(Client.name_key), col(Client.id)).limit(limit))
        return [
            ClientHit(
                client_id=client.id,
                name=client.name,
                external_id=client.external_id,
                place=", ".join(part for part in (client.city, client.postcode) if part),
                accounts=number,
            )
            for client, number in found.tuples()
        ]

    def seat_counts(self) -> dict[int, int]:
        """Seats in force by account."""
        query = (
            select(Seat.account_id, func.count())
            .where(Seat.workspace_id == self.workspace_id, col(Seat.removed_at).is_(None), Seat.status != "deleted")
            .group_by(col(Seat.account_id))
        )
        return dict(self.session.execute(query).tuples().all())

    def identities(self) -> Iterable[tuple[int, str]]:
        """(account, e-mail-like identity) of people in force, account by account."""
        query = (
            select(Seat.account_id, Seat.identity_key)
            .where(
                Seat.workspace_id == self.workspace_id,
                col(Seat.removed_at).is_(None),
                col(Seat.identity_key).contains("@", autoescape=True),
            )
            .distinct()
            .order_by(col(Seat.account_id), col(Seat.identity_key))
        )
        return self.session.execute(query).tuples()

    def candidates(self, account_ids: Sequence[int]) -> list[tuple[MappingCandidate, Client]]:
        query = (
            select(MappingCandidate, Client)
            .join(Client, col(Client.id) == MappingCandidate.client_id)
            .where(
                col(MappingCandidate.workspace_id) == self.workspace_id,
                col(MappingCandidate.account_id).in_(account_ids),
                col(Client.removed_at).is_(None),
            )
            .order_by(col(MappingCandidate.account_id), col(MappingCandidate.rank))
        )
        return list(self.session.execute(query).tuples())

    def all_candidates(self) -> dict[int, list[MappingCandidate]]:
        grouped: dict[int, list[MappingCandidate]] = {}
        for row in self.session.scalars(self.scoped(MappingCandidate).order_by(col(MappingCandidate.rank))):
            grouped.setdefault(row.account_id, []).append(row)
        return grouped

    def replace_candidates(self, old: Sequence[MappingCandidate], new: Sequence[MappingCandidate]) -> None:
        for row in old:
            self.session.delete(row)
        self.session.flush()
        self.session.add_all(new)

    def mapped_accounts(self, client_ids: Sequence[int], *, connection_id: int, but: int) -> dict[int, int]:
        """How many other accounts of the connection are already mapped to each client."""
        query = (
            select(AccountMapping.client_id, func.count())
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(
                AccountMapping.workspace_id == self.workspace_id,
                AccountMapping.state == "mapped",
                col(AccountMapping.client_id).in_(client_ids),
                col(Account.connection_id) == connection_id,
                col(Account.id) != but,
            )
            .group_by(col(AccountMapping.client_id))
        )
        return {client: number for client, number in self.session.execute(query).tuples() if client is not None}

    def events(self, account_id: int) -> list[tuple[MappingEvent, str | None]]:
        query = (
            select(MappingEvent, User.name)
            .join(User, col(User.id) == MappingEvent.user_id, isouter=True)
            .where(col(MappingEvent.workspace_id) == self.workspace_id, col(MappingEvent.account_id) == account_id)
            .order_by(col(MappingEvent.id).desc())
            .limit(50)
        )
        return list(self.session.execute(query).tuples())

    def last_batch(self) -> str:
        """The newest batch of this person that was not taken back; empty where there is none."""
        query = (
            select(MappingEvent.batch)
            .where(
                MappingEvent.workspace_id == self.workspace_id,
                MappingEvent.user_id == self.context.user_id,
                col(MappingEvent.undone_at).is_(None),
                MappingEvent.batch != "",
            )
            .order_by(col(MappingEvent.id).desc())
            .limit(1)
        )
        return self.session.scalar(query) or ""

    def batch(self, batch: str) -> list[MappingEvent]:
        """This person's events of a batch that were not taken back, newest first."""
        query = (
            self.scoped(MappingEvent)
            .where(
                col(MappingEvent.batch) == batch,
                col(MappingEvent.user_id) == self.context.user_id,
                col(MappingEvent.undone_at).is_(None),
            )
            .order_by(col(MappingEvent.id).desc())
        )
        return list(self.session.scalars(query))
