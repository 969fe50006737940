"""A client's past: invoices with what their lines bill today, and all that happened, newest first, page by page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.core.text import fold
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Verdict as MappingVerdict
from rcx_app.domain.reconcile.screens import past
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.models import AccountMapping, Client, Invoice, InvoiceLine, Line, LineHistory
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import decide, estate, finding, run, set_billed


def client_id(context: Context, external_id: str = "1") -> int:
    with transaction(context, read_only=True) as session:
        own = (Client.workspace_id == context.workspace_id, Client.external_id == external_id)
        return session.exec(select(Client).where(*own)).one().id


def told(context: Context, external_id: str = "1") -> list[past.PastRow]:
    """All of it, page by page."""
    found: list[past.PastRow] = []
    cursor, wanted = "", client_id(context, external_id)
    while True:
        with transaction(context, read_only=True) as session:
            page = past.past(session, context, wanted, cursor)
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            return found


def live_through(context: Context) -> None:
    """A finding comes, is dismissed, the line is mended in the PSA, and the finding goes; then the account leaves."""
    with frozen(NOON):
        estate(context, {"1": 3, "2": 5})
    with frozen(NOON + timedelta(hours=1)):
        verdict = Verdict(Deed.DISMISS, reason="Agreed with them", scope="until_changed")
        decide(context, finding(context).id, verdict, at=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)
    with frozen(later):
        set_billed(context, "1-L0", 3)
        with transaction(context) as session:
            line = session.exec(
                select(Line).where(Line.workspace_id == context.workspace_id, Line.external_id == "1-L0")
            ).one()
            for at, quantity in ((NOON, 1), (later, 3)):
                session.add(
                    LineHistory(
                        workspace_id=context.workspace_id,
                        line_id=line.id,
                        valid_from=at,
                        quantity=Decimal(quantity),
                        unit_price=line.unit_price,
                    )
                )
        run(context, at=later)
    with frozen(NOON + timedelta(hours=3)), transaction(context) as session:
        row = session.exec(
            select(AccountMapping).where(AccountMapping.client_id == line.client_id, AccountMapping.state == "mapped")
        ).one()
        mapping.decide(session, context, row.account_id, MappingVerdict.EXCLUDE, version=row.version, note="They left")


def test_what_happened_is_told_newest_first(world: World) -> None:
    live_through(world.ours)
    rows = told(world.ours)
    assert [(row.what, row.text) for row in rows] == [
        ("mapped", "Taken from this client"),
        ("line", "In the PSA: quantity 1 to 3"),
        ("gone", "No longer found (billed 1, expected 3)"),
        ("decided", "Dismissed: Agreed with them"),
        ("found", "Found: billed 1, expected 3"),
    ]
    assert rows[0].about == "Account N1 (NinjaOne)"
    assert [row.who for row in rows if row.what == "decided"] != [""]
    assert {row.what for row in told(world.ours, "2")} == {"found"}


def test_pages_hold_each_event_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    live_through(world.ours)
    whole = told(world.ours)
    monkeypatch.setattr("rcx_app.domain.reconcile.screens.past_repository.PAGE", 2)
    assert told(world.ours) == whole


def bill(context: Context, numbers: int) -> None:
    """Invoices of client 1, one a month, each over its line and over something that no line bills."""
    own, wanted = {"workspace_id": context.workspace_id}, client_id(context)
    with transaction(context) as session:
        line = session.exec(
            select(Line).where(Line.workspace_id == context.workspace_id, Line.external_id == "1-L0")
        ).one()
        psa = {**own, "connection_id": line.connection_id}
        for each in range(numbers):
            number = f"INV-{each:03}"
            invoice = Invoice(
                **psa,
                external_id=number,
                client_id=wanted,
                number=number,
                issued_on=date(2024, 1, 1) + timedelta(days=30 * each),
                currency="USD",
                total=Decimal(200 + each),
            )
            session.add(invoice)
            session.flush()
            session.add_all(
                InvoiceLine(
                    **psa,
                    external_id=f"{number}/{code}",
                    invoice_id=invoice.id,
                    line_id=line_id,
                    product_code=code,
                    product_key=fold(code),
                    quantity=Decimal(quantity),
                    unit_price=Decimal(100) / quantity,
                    amount=Decimal(100),
                )
                for line_id, code, quantity in ((line.id if each % 2 else None, "SRV", 2), (None, "VISIT", 1))
            )


def test_invoices_stand_beside_what_is_billed_today(world: World) -> None:
    with frozen(NOON):
        estate(world.ours, {"1": 3})
        bill(world.ours, 45)
    wanted, found, cursor = client_id(world.ours), list[past.InvoiceRow](), ""
    while True:
        with transaction(world.ours, read_only=True) as session:
            page = past.invoices(session, world.ours, wanted, cursor)
            assert past.invoice_count(session, world.ours, wanted) == 45
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            break
    assert [row.number for row in found] == [f"INV-{each:03}" for each in reversed(range(45))]
    for invoice in found:  # every second names the line, the others only its product
        assert [(line.product_code, line.quantity, line.now) for line in invoice.lines] == [
            ("SRV", Decimal(2), Decimal(1)),
            ("VISIT", Decimal(1), None),
        ]
    assert found[0].total == Decimal(244)


def test_another_workspaces_client_has_no_past_here(world: World) -> None:
    live_through(world.theirs)
    foreign = client_id(world.theirs)
    with transaction(world.ours, read_only=True) as session:
        for ask in (past.past, past.invoices, past.invoice_count):
            with pytest.raises(NotFound):
                ask(session, world.ours, foreign)
