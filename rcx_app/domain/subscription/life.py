"""How a subscription lives: trial, bought, changed, billed each first of a month, cancelled, resumed, ended. Pure.

Each step gives the subscription as it stands afterwards, and what is to be billed for it. A month is paid in advance
on its first day; what changes within it is charged or credited from its own day to the month's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from rcx_app.core.clock import next_month
from rcx_app.domain.subscription.arithmetic import BillLine, Held, change_lines, month_lines


class State(StrEnum):
    """Where a subscription stands."""

    TRIAL = "trial"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription at one moment.

    `due_on`: the day on which it is billed again or, where it does not renew, ends; None once it has ended.
    `not_before`: the day of the last step. A clock or a time zone that was set back moves no step before it.
    """

    state: State
    items: tuple[Held, ...]
    currency: str
    renews: bool
    due_on: date | None
    not_before: date
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened on `day`. `cycle_on` is the day whose bill the lines are, None where it is no regular bill."""

    kind: str
    day: date
    before: Standing
    after: Standing
    lines: tuple[BillLine, ...] = ()
    cycle_on: date | None = None


def begin(items: tuple[Held, ...], currency: str, today: date, trial_days: int) -> Standing:
    """A trial of `trial_days` that begins today; nothing is bought yet."""
    return Standing(State.TRIAL, items, currency, False, today + timedelta(days=trial_days), today)


def due_steps(standing: Standing, today: date) -> Iterator[Step]:
    """All that has fallen due until `today`, each with its own date, oldest first."""
    while standing.due_on is not None and standing.due_on <= today:
        step = _next(standing, standing.due_on)
        yield step
        standing = step.after


def _next(standing: Standing, day: date) -> Step:
    if not standing.renews:
        after = replace(
            standing,
            state=State.ENDED,
            items=(),
            due_on=None,
            ended_on=day - timedelta(days=1),
            not_before=day,
        )
        return Step("end", day, standing, after)
    after = replace(standing, state=State.ACTIVE, due_on=next_month(day), not_before=day)
    lines = month_lines(standing.items, day, standing.currency)
    return Step("bill" if standing.state is State.ACTIVE else "start", day, standing, after, lines, day)


def change(standing: Standing, items: tuple[Held, ...], today: date) -> Step:
    """Subscribe to `items` from today on. In a trial nothing is charged before it ends; what ended begins anew."""
    day = max(today, standing.not_before)
    if standing.state is State.TRIAL:
        after = replace(standing, items=items, renews=True, not_before=day)
        return Step("choose", day, standing, after)
    if standing.state is State.ENDED:
        after = replace(
            standing,
            state=State.ACTIVE,
            items=items,
            renews=True,
            due_on=next_month(day),
            not_before=day,
            ended_on=None,
        )
        return Step("start", day, standing, after, month_lines(items, day, standing.currency))
    after = replace(standing, items=items, not_before=day)
    lines = change_lines(standing.items, items, day, standing.currency)
    return Step("change", day, standing, after, lines)


def renewal(standing: Standing, renews: bool, today: date) -> Step:
    """Let it end where the paid month (or the trial) ends, or take that back. Costs nothing."""
    day = max(today, standing.not_before)
    after = replace(standing, renews=renews, not_before=day)
    return Step("resume" if renews else "cancel", day, standing, after)


def last_day(due_on: date) -> date:
    """The last day that is paid for (or tried), where a subscription ends on `due_on`."""
    return due_on - timedelta(days=1)
