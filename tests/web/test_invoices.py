"""RCX's own invoices over HTTP: an owner's PDF, accounting's CSV, and nobody else's."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlmodel import select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.subscription import cycle, service
from rcx_app.models import PlanInvoice, User
from tests.domain.subscription.making import on, wanted
from tests.support.web import Person, WebServer


@pytest.fixture(scope="module")
def owner(web: WebServer) -> Person:
    return web.sign_in("plan-owner")


@pytest.fixture(scope="module")
def invoice_id(web: WebServer, owner: Person) -> int:
    """An invoice of the owner's workspace, issued on the 1st of December 2026."""
    context = Context(workspace_id=owner.workspace_id, user_id=owner.user_id, role=Role.OWNER)
    with on(date(2026, 10, 1)), transaction(context, url=web.database_url) as session:
        cycle.run(session, context)
    with on(date(2026, 12, 1)), transaction(context, url=web.database_url) as session:
        asked = wanted(session, "team")
        service.change(session, context, asked, service.preview(session, context, asked).stamp)
        return session.exec(select(PlanInvoice.id).where(PlanInvoice.workspace_id == owner.workspace_id)).one()


def test_an_owner_gets_the_invoice_as_a_pdf(web: WebServer, owner: Person, invoice_id: int) -> None:
    with web.http(owner) as client:
        first = client.get(f"/settings/subscription/invoices/{invoice_id}.pdf")
        again = client.get(f"/settings/subscription/invoices/{invoice_id}.pdf")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.headers["content-disposition"].startswith('attachment; filename="RCX-')
    assert first.content.startswith(b"%PDF-")
    assert first.content == again.content


@pytest.mark.parametrize("number", ["0", "999999999999999999", "9999999999999999999999", "-1", "1%27", "x", "١"])
def test_what_is_no_invoice_of_ours_is_not_found(web: WebServer, owner: Person, number: str) -> None:
    with web.http(owner) as client:
        assert client.get(f"/settings/subscription/invoices/{number}.pdf").status_code == 404


def test_nobody_else_gets_it(web: WebServer, owner: Person, invoice_id: int) -> None:
    stranger = web.sign_in("plan-stranger")
    admin = web.sign_in("plan-admin", Role.ADMIN, workspace_id=owner.workspace_id)
    for person, status in ((stranger, 404), (admin, 403)):
        with web.http(person) as client:
            assert client.get(f"/settings/subscription/invoices/{invoice_id}.pdf").status_code == status
    for path in (f"invoices/{invoice_id}.pdf", "invoices.csv?from=2026-12-01&to=2026-12-01"):
        with web.http(owner) as client:
            assert client.get(f"/staff/plans/{path}").status_code == 403


def test_a_platform_admin_gets_the_period_for_accounting(web: WebServer, owner: Person, invoice_id: int) -> None:
    person = web.sign_in("plan-platform")
    with transaction(None, url=web.database_url) as session:
        session.get_one(User, person.user_id).staff = "platform_admin"
    with web.http(person) as client:
        found = client.get("/staff/plans/invoices.csv?from=2026-12-01&to=2026-12-01")
        lines = client.get("/staff/plans/lines.csv?from=2026-12-01&to=2026-12-01")
        paper = client.get(f"/staff/plans/invoices/{invoice_id}.pdf")
        wrong = client.get("/staff/plans/invoices.csv?from=yesterday&to=2026-12-01")
    rows = list(csv.DictReader(io.StringIO(found.text.removeprefix("\ufeff"))))
    (row,) = [row for row in rows if row["workspace_id"] == str(owner.workspace_id)]
    assert (row["total"], row["customer"]) == ("249", "plan-owner workspace")
    assert "Team" in lines.text
    assert (paper.status_code, wrong.status_code) == (200, 422)
