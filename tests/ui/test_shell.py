"""What the shell says of the integrations, and the counts it shows on every page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.integrations.schemas import ConnectionHealth, Health
from rcx_app.models import Connection, Membership
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.shell import ShellState, Sync, sync_of
from tests.conftest import World
from tests.ui.pages.billing.desk import Desk

NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


def _light(health: Health, *, at: datetime | None = None, is_enabled: bool = True) -> ConnectionHealth:
    return ConnectionHealth(
        id=1,
        label="Vendor",
        is_enabled=is_enabled,
        health=health,
        word={Health.FAILED: "Failed", Health.ATTENTION: "Stale"}.get(health, ""),
        last_complete_at=at,
        reason="It is old.",
        remedy="Sync it.",
    )


def test_all_green_says_when_data_last_came_in() -> None:
    earlier = NOW - timedelta(hours=2)
    found = sync_of([_light(Health.HEALTHY, at=earlier), _light(Health.HEALTHY, at=NOW)])
    assert found == Sync(0, "ok", "All green", NOW)


def test_what_needs_attention_is_counted_and_a_failure_is_red() -> None:
    green, amber, red = (_light(each, at=NOW) for each in (Health.HEALTHY, Health.ATTENTION, Health.FAILED))
    stale, failed = ("Vendor: Stale", "Vendor: It is old. Sync it."), ("Vendor: Failed", "Vendor: It is old. Sync it.")
    assert sync_of([green, amber]) == Sync(1, "under", "1 needs attention", None, *stale)
    assert sync_of([green, amber, red]) == Sync(2, "fail", "2 need attention", None, *failed)


def test_what_a_person_switched_off_needs_nobody() -> None:
    off = _light(Health.OFF, is_enabled=False)
    assert sync_of([off, _light(Health.HEALTHY, at=NOW)]) == Sync(0, "ok", "All green", NOW)
    assert sync_of([off]) == sync_of([]) == Sync(0, "", "")


def test_the_shell_is_fed_from_this_workspaces_connections(world: World) -> None:
    with frozen(NOW), transaction(world.ours) as session:
        for label, state, at in (
            ("PSA", "ok", NOW),
            ("Late", "ok", NOW - timedelta(days=400)),
            ("Bad", "failed", None),
        ):
            made = integrations.create(session, world.ours, side="usage", label=label)
            row = session.get(Connection, made)
            assert row is not None
            row.state, row.last_complete_at = state, at
    with frozen(NOW):
        ours, theirs = Desk(world.ours, ShellState), Desk(world.theirs, ShellState)
        ours.run(ours.state.load)
        theirs.run(theirs.state.load)
    assert (ours.state.integrations_count, ours.state.sync_tone) == (2, "fail")
    assert (ours.state.sync_text, ours.state.sync_at) == ("2 need attention", "")
    assert ours.state.sync_worst == "Bad: Failed"
    assert ours.state.sync_why.startswith("Bad: The last import failed:")
    assert (theirs.state.integrations_count, theirs.state.sync_text) == (0, "")


def test_the_switcher_lists_all_of_a_persons_workspaces_and_nobody_elses(world: World) -> None:
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=world.ours.user_id, role="viewer"))
    ours, theirs = Desk(world.ours, ShellState), Desk(world.theirs, ShellState)
    for each in (ours, theirs):
        each.run(each.state.load_workspaces)
    assert [(row.name, row.is_current) for row in ours.state.workspaces] == [
        ("Northbeam IT", True),
        ("Southlight MSP", False),
    ]
    assert [row.name for row in theirs.state.workspaces] == ["Southlight MSP"]
