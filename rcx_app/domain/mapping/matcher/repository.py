"""SQL of what the matcher is given, read for a whole workspace in a few grouped queries, and of what it left behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, or_, update
from sqlmodel import col, select

from rcx_app.core.repository import Repository
from rcx_app.models import (
    Account,
    AccountMapping,
    Client,
    Connection,
    MappingCandidate,
    MappingEvent,
    Membership,
    Seat,
    User,
    Workspace,
)

_BLOCK = 5000
_CHUNK = 500
# Kinds of seats that are machines: what they are called and their serial numbers are evidence.
_MACHINES = ("agent", "device", "workload")


@dataclass(frozen=True, slots=True)
class Source:
    """A connection as far as matching goes. `vendor` is its connector's id, or for files what people call it."""

    connection_id: int
    vendor: str
    auto_confirm: bool
    matched_from: str


class MatcherRepository(Repository):
    """What one workspace's matching reads and leaves behind."""

    noun = "This account"

    def workspace(self) -> Workspace:
        return self.session.get_one(Workspace, self.workspace_id)

    def member_emails(self) -> list[str]:
        query = (
            select(User.email_key)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(Membership.workspace_id == self.workspace_id)
            .order_by(col(User.email_key))
        )
        return list(self.session.scalars(query))

    def sources(self) -> dict[int, Source]:
        """The connections of the usage side by id."""
        found = {}
        for row in self.session.scalars(self.scoped(Connection).where(col(Connection.side) == "usage")):
            vendor = row.vendor if row.connector == "file" else row.connector
            vendor = vendor.strip().lower().replace(" ", "_")
            found[row.id] = Source(row.id, vendor, row.auto_confirm, row.matched_from)
        return found

    def clients(self) -> Iterator[Client]:
        query = self.scoped(Client).where(col(Client.removed_at).is_(None)).order_by(col(Client.id))
        yield from self.session.scalars(query.execution_options(yield_per=_BLOCK))

    def accounts(self) -> Iterator[Account]:
        query = self.scoped(Account).where(col(Account.removed_at).is_(None)).order_by(col(Account.id))
        yield from self.session.scalars(query.execution_options(yield_per=_BLOCK))

    def seat_counts(self) -> dict[int, int]:
        """Seats in force by account."""
        query = select(Seat.account_id, func.count()).where(*self._seats()).group_by(col(Seat.account_id))
        return dict(self.session.execute(query).all())

    def used(self) -> Iterable[tuple[int, str, str]]:
        """(account, identity, machine's name) of seats in force, account by account; the name only of machines."""
        is_machine = or_(col(Seat.kind).in_(_MACHINES), col(Seat.device_class) != "")
        name = case((is_machine, col(Seat.display_name_key)), else_="")
        is_person = col(Seat.identity_key).contains("@", autoescape=True)
        query = (
            select(Seat.account_id, Seat.identity_key, name)
            .where(*self._seats(), or_(is_person, is_machine))
            .distinct()
            .order_by(col(Seat.account_id), col(Seat.identity_key), name)
        )
        return self.session.execute(query.execution_options(yield_per=_BLOCK))

    def _seats(self) -> tuple[Any, ...]:
        return (
            Seat.workspace_id == self.workspace_id,
            col(Seat.removed_at).is_(None),
            Seat.status != "deleted",
        )

    # --- what stands

    def standing(self) -> list[Any]:
        """(account, state, client, how) of every account in force."""
        columns: tuple[Any, ...] = (
            AccountMapping.account_id,
            AccountMapping.state,
            AccountMapping.client_id,
            AccountMapping.decided_how,
        )
        query = (
            select(*columns)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(AccountMapping.workspace_id == self.workspace_id, col(Account.removed_at).is_(None))
            .order_by(col(AccountMapping.account_id))
        )
        return list(self.session.execute(query))

    def locked(self, states: Collection[str], connections: Collection[int] | None) -> list[AccountMapping]:
        """The mappings in these states, of these connections (None: all), locked in one order."""
        query = (
            self.scoped(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(col(Account.removed_at).is_(None), col(AccountMapping.state).in_(states))
        )
        if connections is not None:
            query = query.where(col(Account.connection_id).in_(connections))
        query = query.order_by(col(AccountMapping.account_id)).with_for_update(of=AccountMapping)
        return list(self.session.scalars(query))

    def candidates(self, connections: Collection[int] | None) -> dict[int, list[MappingCandidate]]:
        """What was kept before, by account, best first."""
        query = self.scoped(MappingCandidate).order_by(col(MappingCandidate.rank))
        if connections is not None:
            query = query.join(Account, col(Account.id) == MappingCandidate.account_id)
            query = query.where(col(Account.connection_id).in_(connections))
        grouped: dict[int, list[MappingCandidate]] = {}
        for row in self.session.scalars(query):
            grouped.setdefault(row.account_id, []).append(row)
        return grouped

    def touched_by_people(self, account_ids: Collection[int]) -> set[int]:
        """Of these accounts, those that a person has ever decided, or taken a decision of the model back from."""
        found: set[int] = set()
        wanted = sorted(account_ids)
        for start in range(0, len(wanted), _CHUNK):
            query = (
                select(MappingEvent.account_id)
                .where(
                    MappingEvent.workspace_id == self.workspace_id,
                    col(MappingEvent.account_id).in_(wanted[start : start + _CHUNK]),
                    or_(col(MappingEvent.user_id).is_not(None), col(MappingEvent.undone_at).is_not(None)),
                )
                .distinct()
            )
            found |= set(self.session.scalars(query))
        return found

    def remember(self, matched_from: dict[int, str]) -> None:
        """Keep from what these connections were matched."""
        for connection_id, value in sorted(matched_from.items()):
            where = (col(Connection.workspace_id) == self.workspace_id, col(Connection.id) == connection_id)
            self.session.execute(update(Connection).where(*where).values(matched_from=value))
