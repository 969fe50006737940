"""A client's invoices and history by their handlers: each tab reads its own, in pages, and of this workspace only."""

from __future__ import annotations

from rcx_app.core.clock import frozen
from rcx_app.ui.pages.billing.client.past_state import ClientPastState
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.reconcile.test_past import bill, client_id, live_through
from tests.domain.review.making import estate
from tests.ui.pages.billing.desk import Desk


def at(world: World, wanted: int, tab: str) -> Desk:
    return Desk(world.ours, ClientPastState).open(f"/billing/clients/{wanted}", f"?tab={tab}")


def test_invoices_come_in_pages_and_say_what_differs_today(sqlite_world: World) -> None:
    with frozen(NOON):
        estate(sqlite_world.ours, {"1": 3})
        bill(sqlite_world.ours, 25)
    desk = at(sqlite_world, client_id(sqlite_world.ours), "invoices")
    assert (desk.state.invoice_count, len(desk.state.invoices), desk.state.more_invoices) == (25, 20, True)
    first = desk.state.invoices[0]
    assert (first.number, first.total, first.currency) == ("INV-024", "224.00", "USD")
    assert [(line.quantity, line.now, line.differs) for line in first.lines] == [("2", "1", True), ("1", "", False)]
    desk.run(desk.state.older_invoices)
    assert (len(desk.state.invoices), desk.state.more_invoices) == (25, False)
    desk.run(desk.state.older_invoices)
    assert len(desk.state.invoices) == 25
    assert desk.state.happened == []


def test_history_leads_to_the_findings_that_still_stand(sqlite_world: World) -> None:
    live_through(sqlite_world.ours)
    desk = at(sqlite_world, client_id(sqlite_world.ours, "2"), "history")
    assert [row.word for row in desk.state.happened] == ["Finding"]
    assert desk.state.happened[0].href.startswith("/billing/clients/")
    gone = at(sqlite_world, client_id(sqlite_world.ours), "history")
    assert [row.word for row in gone.state.happened] == ["Mapping", "PSA line", "Finding gone", "Verdict", "Finding"]
    assert gone.state.happened[-1].href == ""


def test_another_workspaces_client_is_not_there(sqlite_world: World) -> None:
    live_through(sqlite_world.theirs)
    desk = at(sqlite_world, client_id(sqlite_world.theirs), "history")
    assert desk.state.past_problem != ""
    assert desk.state.happened == []
