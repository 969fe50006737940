"""SQL of what is shown of change sets: sums over many changes, one page of them, what is open or done for approvals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Row, String, cast, func, select, type_coerce
from sqlmodel import col

from rcx_app.core.money import from_micros
from rcx_app.core.repository import Repository
from rcx_app.domain.writeback.schemas import ChangeState, SetState
from rcx_app.models import Agreement, ChangeSet, Client, Connection, Line, LineChange, User

_CHUNK = 5_000


class ListingRepository(Repository):
    """One workspace's."""

    noun = "The change set"

    def connections(self) -> dict[int, Connection]:
        """The PSAs."""
        query = self.scoped(Connection).where(col(Connection.side) == "psa").order_by(col(Connection.id))
        return {each.id: each for each in self.session.scalars(query)}

    def names(self, user_ids: Iterable[int | None]) -> dict[int, str]:
        """Names of people who are named by rows of this workspace."""
        wanted = {each for each in user_ids if each is not None}
        query = select(col(User.id), col(User.name)).where(col(User.id).in_(wanted))
        return {row[0]: row[1] for row in self.session.execute(query)}

    def sets(self, limit: int, before: int | None = None) -> Sequence[ChangeSet]:
        """Newest first."""
        query = self.scoped(ChangeSet).order_by(col(ChangeSet.id).desc()).limit(limit)
        return list(self.session.scalars(query if before is None else query.where(col(ChangeSet.id) < before)))

    def count_sets(self, state: SetState | None = None) -> int:
        query = select(func.count(col(ChangeSet.id))).where(col(ChangeSet.workspace_id) == self.workspace_id)
        query = query if state is None else query.where(col(ChangeSet.state) == state)
        return int(self.session.execute(query).scalar_one())

    def sums(self, change_set_ids: Collection[int]) -> Sequence[Row[Any]]:
        """(set, state, currency, billing cycle, changes, money this month or None, money of a billing period)."""
        query = (
            select(
                col(LineChange.change_set_id),
                col(LineChange.state),
                col(LineChange.currency),
                col(Line.billing_cycle),
                func.count(col(LineChange.id)),
                func.sum(type_coerce(LineChange.money_this, BigInteger)),
                func.sum(type_coerce(LineChange.money_next, BigInteger)),
            )
            .join(Line, col(Line.id) == col(LineChange.line_id))
            .where(col(LineChange.workspace_id) == self.workspace_id, col(LineChange.change_set_id).in_(change_set_ids))
            .group_by(
                col(LineChange.change_set_id),
                col(LineChange.state),
                col(LineChange.currency),
                col(Line.billing_cycle),
            )
        )
        return self.session.execute(query).all()

    def warnings(self, change_set_id: int, states: Collection[ChangeState]) -> list[list[dict[str, str]]]:
        """The warnings of each change in these states that has any."""
        query = select(col(LineChange.warnings)).where(
            col(LineChange.workspace_id) == self.workspace_id,
            col(LineChange.change_set_id) == change_set_id,
            col(LineChange.state).in_(states),
        )
        return [each for each in self.session.scalars(query) if each]

    def page(
        self, change_set_id: int, states: Collection[ChangeState], after: int, limit: int, *, only_warned: bool = False
    ) -> list[tuple[LineChange, Line, str, str]]:
        """(change, line, client's name, agreement's name) in the order of sending, after a change's id."""
        warned = [cast(col(LineChange.warnings), String) != "[]"] if only_warned else []
        query = (
            select(LineChange, Line, col(Client.name), col(Agreement.name))
            .join(Line, col(Line.id) == col(LineChange.line_id))
            .join(Client, col(Client.id) == col(Line.client_id))
            .join(Agreement, col(Agreement.id) == col(Line.agreement_id))
            .where(
                col(LineChange.workspace_id) == self.workspace_id,
                col(LineChange.change_set_id) == change_set_id,
                col(LineChange.state).in_(states),
                col(LineChange.id) > after,
                *warned,
            )
            .order_by(col(LineChange.id))
            .limit(limit)
        )
        return [(row[0], row[1], row[2], row[3]) for row in self.session.execute(query)]

    def of_lines(self, line_ids: Sequence[int], states: Collection[ChangeState]) -> list[LineChange]:
        """Changes of these lines in these states, oldest first."""
        found: list[LineChange] = []
        for start in range(0, len(line_ids), _CHUNK):
            query = self.scoped(LineChange).where(
                col(LineChange.line_id).in_(line_ids[start : start + _CHUNK]), col(LineChange.state).in_(states)
            )
            found += self.session.scalars(query)
        return sorted(found, key=lambda each: each.id)

    def lines(self, line_ids: Sequence[int]) -> dict[int, Line]:
        """Raises NotFound where any is not ours."""
        return {each.id: each for each in self.get_many(Line, line_ids)}


def money(micros: int | None) -> Decimal:
    """A sum of millionths, which PostgreSQL gives as a decimal of its own."""
    return from_micros(int(micros or 0))
