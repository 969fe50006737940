"""Invoices on both databases: numbers without gaps, nothing changed once issued, a month billed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.domain.subscription import arithmetic, cycle, desk, invoices, invoicing, keeping
from rcx_app.domain.subscription.arithmetic import BillLine
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.models import AuditEvent, PlanInvoice, PlanSubscription, Workspace
from tests.conftest import World, make_workspace
from tests.domain.subscription.making import bought, choose, november, on, platform, run
from tests.domain.subscription.making import invoices as issued

MANY = 50


class _Broken(Exception):
    """A failure after the number was taken."""


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run all of them in threads of their own that begin together; what each returned or raised."""
    start = threading.Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        start.wait(60)
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def _issue(context: Context, number: int, fails: bool) -> str:
    day = november(20)
    line = BillLine(f"Line {number}", day, november(30), 11, 30, Decimal(number + 1), Decimal(number + 1))
    with transaction(context) as session:
        row = SubscriptionRepository(session, context).subscription(lock=True)
        assert row is not None
        made = arithmetic.bill([line], Decimal(0), "USD")
        invoice = invoicing.issue(session, context, row, made, period=(day, november(30)), issued_on=day)
        assert invoice is not None
        if fails:
            raise _Broken
        return invoice.number


def test_fifty_at_once_with_failures_leave_no_gap(world: World) -> None:
    people = [world.ours, world.theirs, make_workspace("Third MSP"), make_workspace("Fourth MSP")]
    for context in people:
        with on(november(1)):
            run(context)

    def job(at: int) -> Callable[[], Any]:
        return lambda: _issue(people[at % len(people)], at, fails=at % 3 == 0)

    done = at_once([job(at) for at in range(MANY)])
    numbers = sorted(each for each in done if isinstance(each, str))
    assert [type(each) for each in done if not isinstance(each, str)] == [_Broken] * len(range(0, MANY, 3))
    assert numbers == [f"RCX-{at:06d}" for at in range(1, len(numbers) + 1)]
    with transaction(None, read_only=True) as session:
        assert sorted(session.scalars(select(PlanInvoice.sequence))) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE plan_invoice SET total = 1",
        "UPDATE plan_invoice_line SET amount = amount",
        "DELETE FROM plan_invoice_line",
        "DELETE FROM plan_invoice",
    ],
)
def test_what_is_issued_can_be_neither_changed_nor_deleted(world: World, deed: str) -> None:
    bought(world.ours, november(1))
    with pytest.raises(DatabaseError, match="never changes"), transaction(None) as session:
        session.execute(text(deed))


def test_rows_that_were_changed_past_the_database_are_not_shown_as_the_invoice(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    (invoice,) = issued(sqlite_world.ours)
    with transaction(None) as session:
        session.execute(text("DROP TRIGGER plan_invoice_line_never_changes"))
        session.execute(text("UPDATE plan_invoice_line SET amount = 1000000"))
    with (
        transaction(sqlite_world.ours, read_only=True) as session,
        pytest.raises(Conflict, match="not what was issued"),
    ):
        invoices.one(session, sqlite_world.ours, invoice.id)


def test_less_without_tax_is_what_it_was_when_it_was_sealed(world: World) -> None:
    bought(world.ours, november(1), "growth")
    with on(november(30)):
        choose(world.ours, "team")
    note = issued(world.ours)[-1]
    with transaction(world.ours, read_only=True) as session:
        whole = invoices.one(session, world.ours, note.id)
    assert (whole.total, whole.tax, whole.hash) == (Decimal("-10.00"), 0, note.hash)


def test_an_invoice_is_its_workspaces_own(world: World) -> None:
    bought(world.ours, november(1))
    (invoice,) = issued(world.ours)
    with transaction(world.ours, read_only=True) as session:
        whole = invoices.one(session, world.ours, invoice.id)
    assert (whole.number, whole.total, whole.lines[0].text) == ("RCX-000001", Decimal(249), "Team")
    with transaction(world.theirs, read_only=True) as session, pytest.raises(NotFound):
        invoices.one(session, world.theirs, invoice.id)


def test_an_invoice_is_taken_back_once_by_a_credit_note(world: World) -> None:
    admin = platform(world.theirs)
    with on(november(1)):
        run(world.ours)
    with transaction(None) as session:
        desk.set_tax(session, admin, world.ours.workspace_id, "VAT", "8.25")
        assert desk.give_credit(session, admin, world.ours.workspace_id, "10.00", "A bad day") == 10
    with on(november(2)):
        choose(world.ours, "team")
    with on(date(2026, 12, 1)):
        run(world.ours)
    (invoice,) = issued(world.ours)
    assert (invoice.tax, invoice.total, invoice.credit_used, invoice.due) == (
        Decimal("20.54"), Decimal("269.54"), Decimal(10), Decimal("259.54")
    )  # fmt: skip
    with transaction(None) as session:
        desk.set_tax(session, admin, world.ours.workspace_id, "", "0")
        number = desk.credit_note(session, admin, invoice.id, "Billed by mistake")
    note = issued(world.ours)[-1]
    # At the tax of the invoice, not at today's.
    assert (note.number, note.total, note.tax, note.corrects_id) == (
        number, Decimal("-269.54"), Decimal("-20.54"), invoice.id
    )  # fmt: skip
    with transaction(world.ours, read_only=True) as session:
        assert SubscriptionRepository(session, world.ours).balance("USD") == Decimal("269.54")
        assert invoices.one(session, world.ours, note.id).corrects == invoice.number
        assert [each.is_credited for each in invoices.listed(session, world.ours).items] == [False, True]
    with transaction(None) as session:
        for wrong, error in ((invoice.id, Conflict), (note.id, Invalid), (10**9, NotFound)):
            with pytest.raises(error):
                desk.credit_note(session, admin, wrong, "Again")
        with pytest.raises(NotPermitted):
            desk.credit_note(session, world.ours, invoice.id, "Mine")


def test_two_rounds_at_once_bill_a_month_once(world: World) -> None:
    bought(world.ours, november(1))

    def again() -> int:
        with clock.frozen(datetime(2026, 12, 1, 12, tzinfo=UTC)):
            return run(world.ours)

    assert sorted(at_once([again] * 6)) == [0, 0, 0, 0, 0, 1]
    assert [each.cycle_on for each in issued(world.ours)] == [None, date(2026, 12, 1)]


def test_two_who_begin_at_once_begin_one_trial(world: World) -> None:
    assert at_once([lambda: run(world.ours)] * 6) == [0] * 6
    with transaction(None, read_only=True) as session:
        assert len(session.scalars(select(PlanSubscription)).all()) == 1
        begun = [each for each in session.scalars(select(AuditEvent)) if each.tag == "subscription:trial"]
    assert len(begun) == 1


def test_after_downtime_each_month_has_its_own_bill(world: World) -> None:
    bought(world.ours, date(2026, 10, 12))
    with on(date(2027, 3, 5)):
        tasks.bill_subscriptions()
        tasks.bill_subscriptions()
    found = issued(world.ours)
    assert [each.cycle_on for each in found[1:]] == [date(2026, 11, 1), date(2026, 12, 1), *(
        date(2027, month, 1) for month in (1, 2, 3)
    )]  # fmt: skip
    assert [(each.period_from, each.period_to) for each in found[4:]] == [
        (date(2027, 2, 1), date(2027, 2, 28)), (date(2027, 3, 1), date(2027, 3, 31))
    ]  # fmt: skip
    # Issued on the day on which they really were.
    assert {each.issued_on for each in found[1:]} == {date(2027, 3, 5)}
    assert [each.sequence for each in found] == [1, 2, 3, 4, 5, 6]


def test_a_failure_leaves_the_month_to_the_next_round_and_the_others_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for context in (world.ours, world.theirs):
        bought(context, november(1))
    keep = keeping.keep

    def broken(session: Any, context: Context, *rest: Any, **more: Any) -> Any:
        done = keep(session, context, *rest, **more)
        if context.workspace_id == world.ours.workspace_id:
            raise _Broken
        return done

    with on(date(2026, 12, 1)):
        monkeypatch.setattr(keeping, "keep", broken)
        tasks.bill_subscriptions()
        assert (len(issued(world.ours)), len(issued(world.theirs))) == (1, 2)
        monkeypatch.setattr(keeping, "keep", keep)
        tasks.bill_subscriptions()
    assert [each.number for each in (*issued(world.theirs), *issued(world.ours))][-1] == "RCX-000004"
    assert issued(world.theirs)[-1].number == "RCX-000003"


def test_trials_begin_with_guided_setup(world: World) -> None:
    with transaction(None) as session:
        session.get_one(Workspace, world.ours.workspace_id).stage = "questionnaire"
    with on(november(1)):
        tasks.bill_subscriptions()
        with transaction(None, read_only=True) as session:
            assert list(session.scalars(select(PlanSubscription.workspace_id))) == [world.theirs.workspace_id]
            assert cycle.workspaces_due(session) == []
