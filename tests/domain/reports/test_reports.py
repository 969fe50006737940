"""Reports over kept months: what stood, what was recovered and what only went away, margins, files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.event import listen
from sqlmodel import select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.reports import recovery, service
from rcx_app.domain.reports.export import PARTS, report_file
from rcx_app.domain.reports.schemas import MonthRow, RecoveredRow, ReportQuery, Span
from rcx_app.models import ChangeSet, Finding, Line, LineChange, LineHistory, Seat
from tests.conftest import World
from tests.domain.review.making import APPROVE, NOON, decide, estate, finding, run, set_billed

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
SPAN = Span(date(2026, 10, 1), DEC)
DECEMBER = datetime(2026, 12, 2, 12, tzinfo=UTC)
QUERY = ReportQuery(currency="USD")


def bill(context: Context, line_id: str, quantity: int, at: datetime) -> None:
    """The PSA bills so much from then on, and a sync saw it."""
    set_billed(context, line_id, quantity)
    with transaction(context) as session:
        own = (Line.workspace_id == context.workspace_id, Line.external_id == line_id)
        row = session.exec(select(Line).where(*own)).one()
        session.add(
            LineHistory(workspace_id=context.workspace_id, line_id=row.id, valid_from=at, quantity=Decimal(quantity))
        )


def begin(context: Context, counts: dict[str, int], billed: int = 1) -> None:
    """Clients with so many servers at 4.00 USD, billed so many since October; reconciled at noon of 20 November."""
    estate(context, counts, dict.fromkeys(counts, (billed,)))
    with transaction(context) as session:
        for each in session.exec(select(LineHistory).where(LineHistory.workspace_id == context.workspace_id)):
            session.delete(each)
    for client in counts:
        bill(context, f"{client}-L0", billed, datetime(2026, 10, 1, tzinfo=UTC))


def lose_servers(context: Context, client: str, keep: int) -> None:
    with transaction(context) as session:
        for each in session.exec(select(Seat).where(Seat.workspace_id == context.workspace_id)):
            name, _, number = each.external_id.partition("-")
            if name == f"N{client}" and int(number) >= keep:
                each.status = "deleted"


def recovered(context: Context, query: ReportQuery = QUERY) -> tuple[RecoveredRow, ...]:
    with transaction(context, read_only=True) as session:
        return recovery.recovered(session, context, query, SPAN)


def months(context: Context, query: ReportQuery = QUERY) -> dict[date, MonthRow]:
    with transaction(context, read_only=True) as session:
        return {row.month: row for row in service.by_month(session, context, query, SPAN)}


def test_a_month_says_what_stood_at_its_end_and_unknown_is_not_nothing(world: World) -> None:
    begin(world.ours, {"1": 3, "2": 5})
    found = months(world.ours)
    assert (found[NOV].under, found[NOV].over, found[NOV].under_count) == (Decimal(24), Decimal(0), 2)
    assert not found[SPAN.first].is_known
    assert found[SPAN.first].under == 0
    assert not found[DEC].is_known
    assert months(world.theirs)[NOV] == MonthRow(NOV, "USD", False)


def test_estimated_money_never_enters_the_calculated_and_dismissed_findings_are_left_out(world: World) -> None:
    begin(world.ours, {"1": 3, "2": 5, "3": 2})
    with transaction(world.ours) as session:
        for name, values in (("Client 2", {"kind": "estimated"}), ("Client 3", {"state": "dismissed"})):
            row = session.exec(select(Finding).where(Finding.client_name == name)).one()
            for key, value in values.items():
                setattr(row, key, value)
    row = months(world.ours)[NOV]
    assert (row.under, row.estimated_under, row.under_count, row.estimated_count) == (Decimal(8), Decimal(16), 1, 1)


def test_what_the_psa_bills_right_now_was_recovered_in_the_month_it_was_seen(world: World) -> None:
    begin(world.ours, {"1": 3})
    bill(world.ours, "1-L0", 3, NOON + timedelta(hours=1))
    run(world.ours, at=NOON + timedelta(hours=2))
    (row,) = recovered(world.ours)
    assert (row.month, row.currency, row.corrected, row.recovered, row.count) == (NOV, "USD", 8, 8, 1)
    assert recovered(world.theirs) == ()


def test_at_the_turn_of_a_month_it_counts_once(world: World) -> None:
    begin(world.ours, {"1": 3})
    bill(world.ours, "1-L0", 3, datetime(2026, 12, 1, 2, tzinfo=UTC))
    run(world.ours, at=DECEMBER)
    run(world.ours, at=DECEMBER + timedelta(days=1))
    assert [(row.month, row.corrected) for row in recovered(world.ours)] == [(DEC, Decimal(8))]


def test_what_went_away_because_the_count_fell_was_never_recovered(world: World) -> None:
    begin(world.ours, {"1": 3})
    lose_servers(world.ours, "1", 1)
    run(world.ours, at=NOON + timedelta(hours=2))
    with transaction(world.ours, read_only=True) as session:
        assert session.exec(select(Finding)).one().resolved_at is not None
    assert recovered(world.ours) == ()


def test_only_the_part_that_billing_moved_is_recovered(world: World) -> None:
    begin(world.ours, {"1": 5})
    bill(world.ours, "1-L0", 3, NOON + timedelta(hours=1))
    lose_servers(world.ours, "1", 3)
    run(world.ours, at=NOON + timedelta(hours=2))
    (row,) = recovered(world.ours)
    assert row.corrected == Decimal(8), "half of 16.00"


def test_over_billing_put_right_is_given_back_and_not_recovered(world: World) -> None:
    begin(world.ours, {"1": 3}, billed=5)
    bill(world.ours, "1-L0", 3, NOON + timedelta(hours=1))
    run(world.ours, at=NOON + timedelta(hours=2))
    (row,) = recovered(world.ours)
    assert (row.recovered, row.given_back) == (Decimal(0), Decimal(-8))


@pytest.mark.parametrize(("state", "field"), [("verified", "written"), ("applied_outside", "outside")])
def test_a_change_that_took_effect_counts_once_and_as_what_it_was(world: World, state: str, field: str) -> None:
    begin(world.ours, {"1": 3})
    chosen = finding(world.ours)
    decide(world.ours, chosen.id, APPROVE)
    with transaction(world.ours, read_only=True) as session:
        (waits,) = service.waiting(session, world.ours, QUERY, Span(NOV, NOV))
        assert (waits.under, waits.count) == (Decimal(8), 1)
    with transaction(world.ours) as session:
        line = session.get_one(Line, chosen.line_id)
        made = ChangeSet(workspace_id=world.ours.workspace_id, connection_id=line.connection_id, state="done")
        session.add(made)
        session.flush()
        session.add(
            LineChange(
                workspace_id=world.ours.workspace_id, change_set_id=made.id, finding_id=chosen.id, line_id=line.id,
                line_external_id="1-L0", agreement_external_id="A", old_quantity=Decimal(1), quantity=Decimal(3),
                state=state, currency="USD", money_next=Decimal(8), ended_at=NOON + timedelta(hours=1),
            )
        )  # fmt: skip
    bill(world.ours, "1-L0", 3, NOON + timedelta(hours=1))
    run(world.ours, at=NOON + timedelta(hours=2))
    (row,) = recovered(world.ours)
    assert (getattr(row, field), row.recovered, row.count) == (Decimal(8), Decimal(8), 1)


def test_filters_narrow_all_of_it(world: World) -> None:
    begin(world.ours, {"1": 3})
    assert months(world.ours, ReportQuery(currency="EUR"))[NOV].under == 0
    assert months(world.ours, ReportQuery(integration="NinjaOne"))[NOV].under == Decimal(8)
    assert months(world.ours, ReportQuery(integration="Other"))[NOV].under == 0
    with transaction(world.ours, read_only=True) as session:
        over = service.scope(session, world.ours, ReportQuery(months="3"))
        (top,) = service.clients(session, world.ours, QUERY, over.span)
        (product,) = service.services(session, world.ours, QUERY, over.span)
        assert service.clients(session, world.theirs, QUERY, over.span) == ()
    assert (over.currency, over.integrations, over.span) == ("USD", ("NinjaOne",), Span(date(2026, 9, 1), NOV))
    assert (top.name, top.under, top.findings, product.under) == ("Client 1", Decimal(8), 1, Decimal(8))


def test_a_margin_needs_a_price_and_a_cost(world: World) -> None:
    begin(world.ours, {"1": 3, "2": 5}, billed=2)
    with transaction(world.ours) as session:
        session.exec(select(Line).where(Line.external_id == "1-L0")).one().unit_cost = Decimal("2.50")
        (row,) = service.margins(session, world.ours, QUERY, NOON.date())
        assert service.margins(session, world.theirs, QUERY, NOON.date()) == ()
    assert (row.revenue, row.cost, row.margin, row.lines, row.without_cost) == (8, 5, 3, 1, 1)
    assert row.share == Decimal("0.375")


def test_reconciled_clients_are_counted_by_month(world: World) -> None:
    begin(world.ours, {"1": 3, "2": 1})
    with transaction(world.ours, read_only=True) as session:
        found = {row.month: row for row in service.coverage(session, world.ours, SPAN)}
    assert (found[NOV].clients, found[NOV].reconciled) == (2, 1)
    assert not found[DEC].is_known


@pytest.mark.parametrize("part", PARTS)
def test_each_report_is_to_be_had_as_a_file(sqlite_world: World, part: str) -> None:
    begin(sqlite_world.ours, {"1": 3})
    out = io.BytesIO()
    with transaction(sqlite_world.ours, read_only=True) as session:
        number = report_file(session, sqlite_world.ours, {"part": part, "months": "3"}, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    assert len(rows) == number
    if part == "months":
        assert [(row["month"], row["reconciled"], row["under_billed_month"]) for row in rows] == [
            ("2026-09", "no", ""), ("2026-10", "no", ""), ("2026-11", "yes", "8"),
        ]  # fmt: skip


def test_addresses_that_mean_nothing_are_refused(sqlite_world: World) -> None:
    with pytest.raises(Invalid):
        ReportQuery.from_params({"months": "13"})
    with transaction(sqlite_world.ours, read_only=True) as session, pytest.raises(Invalid):
        report_file(session, sqlite_world.ours, {"part": "salaries"}, io.BytesIO())


def test_months_are_summed_from_the_index_alone(sqlite_world: World) -> None:
    """Reading the rows of 100,000 findings would take ten times as long."""
    with transaction(sqlite_world.ours, read_only=True) as session:
        asked: list[tuple[str, object]] = []
        listen(session.get_bind(), "before_cursor_execute", lambda *seen: asked.append((seen[2], seen[3])))
        service.by_month(session, sqlite_world.ours, QUERY, SPAN)
        service.clients(session, sqlite_world.ours, QUERY, SPAN)
        service.services(session, sqlite_world.ours, QUERY, SPAN)
        over_findings = [each for each in asked if "FROM finding" in each[0] and "GROUP BY" in each[0]]
        assert len(over_findings) == 3
        for statement, parameters in over_findings:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert "USING COVERING INDEX ix_finding_report" in str(plan)
