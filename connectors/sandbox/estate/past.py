"""How lines, agreements and subscriptions stood at an earlier moment, those that are gone included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from connectors.sandbox.estate.world import KIND_OF, Agreement, Estate, Line, Subscription, Was

T = TypeVar("T", Line, Agreement, Subscription)


@dataclass(frozen=True, slots=True)
class Life(Generic[T]):
    """All that is known of one thing: `last` is how it stands or last stood, `gone_at` when it was removed."""

    last: T
    earlier: tuple[Was, ...]
    gone_at: datetime | None

    def at(self, moment: datetime) -> T | None:
        """How it stood just before `moment`; None when it was not there yet or no longer."""
        if self.gone_at is not None and self.gone_at < moment:
            return None
        for was in self.earlier:
            if moment <= was.until:
                state = was.state
                return state if isinstance(state, type(self.last)) else None
        return self.last

    def turns(self) -> Iterator[date]:
        """The days on which it changed, came or went, in no order and perhaps twice."""
        yield from (was.until.date() for was in self.earlier)
        if self.gone_at is not None:
            yield self.gone_at.date()


def lives(estate: Estate, kind: type[T], living: list[T]) -> list[Life[T]]:
    """The life of everything of one kind that is or was in the estate, by id; `living` is the estate's list of it."""
    history = estate.history
    found = [Life(item, tuple(history.get((KIND_OF[kind], item.id), ())), None) for item in living]
    for gone in estate.gone:
        if isinstance(gone.entity, kind):
            found.append(Life(gone.entity, tuple(history.get((gone.kind, gone.entity.id), ())), gone.at))
    return sorted(found, key=lambda life: (len(life.last.id), life.last.id))


def first_days(until: date, months: int) -> list[date]:
    """The first days of the last `months` months up to `until`, oldest first."""
    count = until.year * 12 + until.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count - months + 1, count + 1)]
