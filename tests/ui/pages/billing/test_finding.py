"""The panel of a finding: what it says, and the seats behind its numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.sync import service as sync
from rcx_app.models import Connection
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.texts import finding_line
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, offer, seat
from tests.ui.pages.billing.desk import Desk


def finding_of(world: World, **asked: str) -> int:
    with transaction(world.ours, read_only=True) as session:
        return screens.findings(session, world.ours, FindingQuery(**asked).filters()).items[0].finding_id


@pytest.fixture
def opened(estate: World) -> Any:
    desk = Desk(estate.ours, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="under"), 1)
    return desk


def test_it_says_what_why_and_how(opened: Desk) -> None:
    shown = opened.state.shown
    assert (shown.client, shown.title, shown.billed, shown.expected) == ("Alder", "SRV name", "1", "4")
    assert (shown.amount, shown.unit, shown.direction_word) == ("+180.00", "USD/month", "Under-billed")
    assert shown.sentence.startswith("4 devices of NinjaOne count")
    assert [step.label for step in shown.steps][-1] == "Under-billed a month"
    assert shown.steps[-1].value == "+180.00"
    assert (shown.rule, shown.rule_href) == ("Servers, v1", "/services?open=srv&tab=all")
    assert "open" in opened.scripts


def test_numbers_open_into_their_seats(opened: Desk) -> None:
    state = opened.state
    assert [seat.name for seat in state.seats] == ["SRV-0", "SRV-1", "SRV-2", "SRV-3"]
    assert all(not seat.reason for seat in state.seats)
    assert {step.evidence for step in state.shown.steps} >= {"counted", "left_out"}
    opened.run(state.show, "left_out")
    reasons = {seat.name: seat.reason for seat in state.seats}
    assert reasons.keys() == {"SRV-4", "SRV-5"}
    assert all("30 days" in reason for reason in reasons.values())
    assert state.shown.left_out == "2"


def test_source_records_say_when_they_were_fetched(opened: Desk) -> None:
    (line,), (account,) = opened.state.shown.lines, opened.state.shown.accounts
    facts = {fact.name: fact.value for fact in line.facts}
    assert (line.source, facts["Quantity"], facts["Unit price"]) == ("PSA", "1", "60.00 USD")
    assert (account.source, account.fetched_text) == ("NinjaOne", "20 Nov 2026, 12:00 UTC")


def test_an_unmapped_account_leads_to_its_mapping(estate: World) -> None:
    desk = Desk(estate.ours, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="unmapped"), 0)
    shown = desk.state.shown
    assert (shown.client, shown.title, shown.amount, shown.unit) == ("", "Account N9", "not priced", "")
    assert shown.map_href.startswith("/clients?account=")
    assert len(desk.state.seats) == 1


def test_unaccounted_usage_leads_to_a_rule(estate: World) -> None:
    desk = Desk(estate.ours, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="unaccounted"), 0)
    shown = desk.state.shown
    assert (shown.billed, shown.rule_act, shown.rule_href[:9]) == ("no rule", "Make a rule", "/services")
    assert shown.expected == str(len(desk.state.seats))


def test_a_finding_behind_a_count_that_fell_leads_to_the_held_counts(estate: World) -> None:
    ours = estate.ours
    with frozen(NOON), transaction(ours) as session:
        connection_id = session.exec(select(Connection.id).where(Connection.label == "NinjaOne")).one()
        run = sync.begin(session, ours, connection_id)
        left = [seat("N2", f"b{number}", device_class="server", last_seen_at=ago(0)) for number in range(2)]
        sync.stage(session, ours, run, "seats", left)
        sync.switch(session, ours, run, complete_streams=["seats"])
        reconcile.reconcile(session, ours)
    desk = Desk(ours, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="not_ready"), 1)
    shown = desk.state.shown
    assert (shown.client, shown.is_ready) == ("Alder", False)
    assert "fell from 6 to 0" in shown.not_ready
    assert shown.held == "Look at 1 count that fell"
    desk.run(desk.state.open, finding_of(estate, view="over"), 1)
    assert (desk.state.shown.client, desk.state.shown.held) == ("Birch", "")


def test_what_is_not_there_is_said(estate: World) -> None:
    desk = Desk(estate.ours, FindingState)
    desk.run(desk.state.open, 999_999, 0)
    assert "not found" in desk.state.problem
    assert (desk.state.shown.id, desk.state.is_loading) == (0, False)


def test_another_workspace_can_not_open_it(estate: World) -> None:
    desk = Desk(estate.theirs, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="under"), 0)
    assert "not found" in desk.state.problem
    assert (desk.state.shown.client, desk.state.seats) == ("", [])


def test_closing_leaves_nothing_behind(opened: Desk) -> None:
    opened.run(opened.state.close)
    assert (opened.state.open_id, opened.state.seats, opened.state.shown.id) == ("", [], 0)


def test_moving_on_from_what_is_not_there_shows_no_old_seats(opened: Desk) -> None:
    opened.run(opened.state.open, 999_999, 0)
    assert (opened.state.shown.id, opened.state.seats) == (0, [])


def test_an_account_that_may_belong_to_the_client_is_named_with_the_way_to_it(estate: World) -> None:
    with transaction(estate.ours) as session:
        offer(session, estate.ours, "N9", "C1")
    desk = Desk(estate.ours, FindingState)
    desk.run(desk.state.open, finding_of(estate, view="under"), 1)
    shown = desk.state.shown
    (waiting,) = shown.pending
    assert shown.pending_title == "Another account may belong to this client"
    assert (waiting.name, waiting.detail) == ("Account N9", "(1 seat, 0.94)")
    assert waiting.href.startswith("/clients?account=")
    assert shown.expected == "4"


def test_nothing_is_said_where_no_account_waits(opened: Desk) -> None:
    assert opened.state.shown.pending == []


def test_the_row_of_a_finding_says_that_an_account_is_to_be_mapped_first(estate: World) -> None:
    with transaction(estate.ours) as session:
        offer(session, estate.ours, "N9", "C1")
    with transaction(estate.ours, read_only=True) as session:
        rows = screens.findings(session, estate.ours, FindingQuery(kind="calculated").filters()).items
    said = {line.client: (line.state, line.state_of) for line in (finding_line(row, 1, NOON) for row in rows)}
    assert said == {"Alder": ("Map first", "waits"), "Birch": ("To review", "open")}
