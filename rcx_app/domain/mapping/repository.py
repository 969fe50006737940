"""SQL of the mapping slice's records: mappings, candidates, events, clients. The lists are in `queue.repository`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, tuple_
from sqlmodel import col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.mapping.schemas import ClientHit
from rcx_app.models import (
    Account,
    AccountMapping,
    Agreement,
    Client,
    Connection,
    MappingCandidate,
    MappingEvent,
    Seat,
    User,
    Workspace,
)

_CHUNK = 500


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

    def lock(self, account_ids: Iterable[int]) -> dict[int, AccountMapping]:
        """The mappings of these accounts, locked in one order so that two bulk verdicts can't block each other.

        NotFound where any account is not ours or gone.
        """
        wanted = sorted(set(account_ids))
        found: dict[int, AccountMapping] = {}
        for chunk in _chunks(wanted):
            query = self._live().where(col(AccountMapping.account_id).in_(chunk))
            query = query.order_by(col(AccountMapping.account_id)).with_for_update(of=AccountMapping)
            found |= {mapping.account_id: mapping for mapping in self.session.scalars(query)}
        if len(found) != len(wanted):
            raise NotFound(self.noun)
        return found

    def in_state_of_client(self, state: str, *, is_client_gone: bool) -> list[AccountMapping]:
        """Mappings in `state` whose client is gone from the PSA, or is there."""
        query = self._live().join(Client, col(Client.id) == AccountMapping.client_id)
        gone = col(Client.removed_at).is_not(None)
        query = query.where(col(AccountMapping.state) == state, gone if is_client_gone else ~gone)
        query = query.with_for_update(of=AccountMapping)
        return list(self.session.scalars(query.order_by(col(AccountMapping.account_id))))

    def _live(self) -> Select[Any]:
        return (
            self.scoped(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(col(Account.removed_at).is_(None))
        )

    def thresholds(self) -> tuple[Decimal, Decimal]:
        """The workspace's (suggest, preselect) thresholds: probabilities."""
        found = self.session.get_one(Workspace, self.workspace_id)
        return found.suggest_threshold, found.preselect_threshold

    def time_zone(self) -> str:
        return self.session.get_one(Workspace, self.workspace_id).time_zone

    def user_name(self, user_id: int | None) -> str:
        """A person's name; empty where it was nobody."""
        return (self.session.scalar(select(User.name).where(User.id == user_id)) or "") if user_id else ""

    # --- accounts and clients

    def account(self, account_id: int) -> Account:
        return self.get(Account, account_id)

    def parties(self, account_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """(name, domain) of these accounts."""
        found: dict[int, tuple[str, str]] = {}
        for chunk in _chunks(sorted(set(account_ids))):
            query = select(Account.id, Account.name, Account.domain).where(
                Account.workspace_id == self.workspace_id, col(Account.id).in_(chunk)
            )
            found |= {key: (name, domain) for key, name, domain in self.session.execute(query)}
        return found

    def accounts_by_external_id(self, pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """Ids of accounts in force by (connection id, external id); unknown ones are left out."""
        found: dict[tuple[int, str], int] = {}
        for chunk in _chunks(sorted(set(pairs))):
            query = self.scoped(Account).where(
                col(Account.removed_at).is_(None),
                tuple_(col(Account.connection_id), col(Account.external_id)).in_(chunk),
            )
            found |= {(row.connection_id, row.external_id): row.id for row in self.session.scalars(query)}
        return found

    def client(self, client_id: int) -> Client:
        """A client of ours, also one that is gone. Raises NotFound."""
        query = self.scoped(Client).where(col(Client.id) == client_id)
        found: Client | None = self.session.scalars(query).one_or_none()
        if found is None:
            raise NotFound("This client")
        return found

    def check_clients(self, client_ids: Collection[int]) -> None:
        """Raises NotFound unless all of these are clients of ours that the PSA still has."""
        wanted = sorted(set(client_ids))
        found = 0
        for chunk in _chunks(wanted):
            query = select(func.count()).where(
                Client.workspace_id == self.workspace_id, col(Client.removed_at).is_(None), col(Client.id).in_(chunk)
            )
            found += self.session.scalar(query) or 0
        if found != len(wanted):
            raise NotFound("This client", remedy="It may have been removed in the PSA. Choose another one.")

    def client_parties(self, client_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """(name, domain) of these clients."""
        found: dict[int, tuple[str, str]] = {}
        for chunk in _chunks(sorted(set(client_ids))):
            query = select(Client.id, Client.name, Client.domain).where(
                Client.workspace_id == self.workspace_id, col(Client.id).in_(chunk)
            )
            found |= {key: (name, domain) for key, name, domain in self.session.execute(query)}
        return found

    def client_names(self, client_ids: Iterable[int]) -> dict[int, str]:
        """Names of these clients, also of those that are gone."""
        query = select(Client.id, Client.name).where(
            Client.workspace_id == self.workspace_id, col(Client.id).in_(set(client_ids))
        )
        return dict(self.session.execute(query).all())

    def clients_by_external_id(self, external_ids: Iterable[str]) -> dict[str, list[int]]:
        """Ids of clients in force by external id; with several PSA connections an id may mean several clients."""
        found: dict[str, list[int]] = {}
        for chunk in _chunks(sorted(set(external_ids))):
            query = self.scoped(Client).where(col(Client.removed_at).is_(None), col(Client.external_id).in_(chunk))
            for row in self.session.scalars(query.order_by(col(Client.id))):
                found.setdefault(row.external_id, []).append(row.id)
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
            for client, number in found
        ]

    def agreement_counts(self, client_ids: Sequence[int]) -> dict[int, int]:
        """Agreements in force by client."""
        query = (
            select(Agreement.client_id, func.count())
            .where(
                Agreement.workspace_id == self.workspace_id,
                col(Agreement.removed_at).is_(None),
                col(Agreement.client_id).in_(client_ids),
            )
            .group_by(col(Agreement.client_id))
        )
        return dict(self.session.execute(query).all())

    # --- seats

    def seats_by_kind(self, account_id: int, seen_since: datetime) -> list[tuple[str, int, int, int]]:
        """(kind, seats, how many tell when they were last seen, how many were seen since), most first.

        For an account that is known to be ours.
        """
        dated = func.count(col(Seat.last_seen_at))
        seen = func.count(col(Seat.id)).filter(col(Seat.last_seen_at) >= seen_since)
        query = (
            select(Seat.kind, func.count(), dated, seen)
            # Without the workspace: SQLite would rather walk all its seats than those of the account.
            .where(Seat.account_id == account_id, col(Seat.removed_at).is_(None), Seat.status != "deleted")
            .group_by(col(Seat.kind))
            .order_by(func.count().desc(), col(Seat.kind))
        )
        return list(self.session.execute(query))

    # --- candidates

    def candidates(self, account_ids: Sequence[int]) -> list[tuple[MappingCandidate, Client]]:
        """Candidates whose client the PSA still has, best first."""
        found: list[tuple[MappingCandidate, Client]] = []
        for chunk in _chunks(account_ids):
            query = (
                select(MappingCandidate, Client)
                .join(Client, col(Client.id) == MappingCandidate.client_id)
                # The client's workspace, not the candidate's: SQLite would walk all candidates of the workspace.
                .where(
                    col(Client.workspace_id) == self.workspace_id,
                    col(MappingCandidate.account_id).in_(chunk),
                    col(Client.removed_at).is_(None),
                )
                .order_by(col(MappingCandidate.account_id), col(MappingCandidate.rank))
            )
            found += self.session.execute(query)
        return found

    def replace_candidates(self, old: Sequence[MappingCandidate], new: Sequence[MappingCandidate]) -> None:
        for row in old:
            self.session.delete(row)
        # The new rows may have the same (account, client) as old ones: those must go first.
        self.session.flush()
        self.session.add_all(new)
        self.session.flush()

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
                col(Account.removed_at).is_(None),
                col(Account.id) != but,
            )
            .group_by(col(AccountMapping.client_id))
        )
        return {client: number for client, number in self.session.execute(query) if client is not None}

    # --- events

    def add_events(self, events: Sequence[MappingEvent]) -> None:
        self.session.add_all(events)
        self.session.flush()

    def events(self, account_id: int) -> list[tuple[MappingEvent, str | None]]:
        """The newest 50 changes of an account with who made them, newest first."""
        query = (
            select(MappingEvent, User.name)
            .join(Account, col(Account.id) == MappingEvent.account_id)
            .join(User, col(User.id) == MappingEvent.user_id, isouter=True)
            .where(col(Account.workspace_id) == self.workspace_id, col(MappingEvent.account_id) == account_id)
            .order_by(col(MappingEvent.id).desc())
            .limit(50)
        )
        return list(self.session.execute(query))

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
        """This person's, or the model's, events of a batch that were not taken back, newest first."""
        query = (
            self.scoped(MappingEvent)
            .where(
                col(MappingEvent.batch) == batch,
                or_(col(MappingEvent.user_id) == self.context.user_id, col(MappingEvent.user_id).is_(None)),
                col(MappingEvent.undone_at).is_(None),
            )
            .order_by(col(MappingEvent.id).desc())
        )
        return list(self.session.scalars(query))

    def newest_events(self, account_ids: Sequence[int]) -> dict[int, int]:
        """By account, the id of the newest change that stands."""
        found: dict[int, int] = {}
        for chunk in _chunks(account_ids):
            query = (
                select(MappingEvent.account_id, func.max(MappingEvent.id))
                .where(
                    MappingEvent.workspace_id == self.workspace_id,
                    col(MappingEvent.undone_at).is_(None),
                    col(MappingEvent.account_id).in_(chunk),
                )
                .group_by(col(MappingEvent.account_id))
            )
            found |= dict(self.session.execute(query).all())
        return found

    # --- what there is at all

    def connections(self, side: str) -> int:
        query = select(func.count()).where(Connection.workspace_id == self.workspace_id, Connection.side == side)
        return self.session.scalar(query) or 0

    def client_count(self) -> int:
        query = select(func.count()).where(Client.workspace_id == self.workspace_id, col(Client.removed_at).is_(None))
        return self.session.scalar(query) or 0


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
