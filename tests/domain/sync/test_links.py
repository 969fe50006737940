"""Invoices, charges and SKUs are stored; a row may name one that is not there, and gets it when it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import col, select

from connectors import records
from connectors.records import Removed
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.sync import service
from rcx_app.domain.sync.schemas import Failure
from rcx_app.models import Account, Charge, Client, Invoice, InvoiceLine, Line, Seat, Sku
from tests.conftest import World
from tests.domain.sync.conftest import stage_all, sync
from tests.domain.sync.test_switch import ACME, BETA, seat

CLIENT = records.Client(external_id="c1", name="Acme")
AGREEMENT = records.Agreement(external_id="g1", client_external_id="c1")
LINE = records.Line(
    external_id="l1",
    client_external_id="c1",
    agreement_external_id="g1",
    product_code="P",
    product_name="Thing",
    quantity=Decimal(1),
)
INVOICE = records.Invoice(
    external_id="i1",
    client_external_id="c1",
    number="2026-7",
    issued_on=date(2026, 11, 1),
    currency="USD",
    total=Decimal("19.98"),
    attributes={"Terms": "30"},
)
BILLED = records.InvoiceLine(
    external_id="n1",
    invoice_external_id="i1",
    line_external_id="l1",
    product_code=" Ab-1",
    quantity=Decimal(2),
    unit_price=Decimal("9.99"),
    amount=Decimal("19.98"),
)
CHARGE = records.Charge(
    external_id="x1",
    account_external_id="a1",
    sku="CFQ-1",
    quantity=Decimal(3),
    amount=Decimal("12.345678"),
    currency="EUR",
    period_start=date(2026, 10, 1),
    period_end=date(2026, 11, 1),
)
INVOICING = ("clients", "agreements", "lines", "invoices", "invoice_lines")


def test_every_field_arrives(world: World, psa: int, usage: int) -> None:
    sync(world.ours, psa, [CLIENT, AGREEMENT, LINE, INVOICE, BILLED], INVOICING)
    sku = records.Sku(external_id="CFQ-1", name="Business Premium", attributes={"Vendor": "Microsoft"})
    sync(world.ours, usage, [ACME, sku, CHARGE], ("accounts", "skus", "charges"))
    with transaction(world.ours, read_only=True) as session:
        client, line = session.scalars(select(Client)).one(), session.scalars(select(Line)).one()
        invoice = session.scalars(select(Invoice)).one()
        assert (invoice.client_id, invoice.number, invoice.issued_on) == (client.id, "2026-7", date(2026, 11, 1))
        assert (invoice.total, invoice.currency, invoice.attributes) == (Decimal("19.98"), "USD", {"Terms": "30"})
        billed = session.scalars(select(InvoiceLine)).one()
        assert (billed.invoice_id, billed.line_id, billed.line_external_id) == (invoice.id, line.id, "l1")
        assert (billed.product_key, billed.quantity) == ("ab-1", Decimal(2))
        assert (billed.unit_price, billed.amount) == (Decimal("9.99"), Decimal("19.98"))
        sold = session.scalars(select(Sku)).one()
        assert (sold.name_key, sold.attributes) == ("business premium", {"Vendor": "Microsoft"})
        charge = session.scalars(select(Charge)).one()
        assert charge.account_id == session.scalars(select(Account.id)).one()
        assert (charge.sku_key, charge.quantity, charge.amount) == ("cfq-1", Decimal(3), Decimal("12.345678"))
        assert (charge.period_start, charge.period_end) == (date(2026, 10, 1), date(2026, 11, 1))


def test_a_charge_of_no_known_account_is_kept_and_linked_when_the_account_comes(world: World, usage: int) -> None:
    charges = [CHARGE, replace(CHARGE, external_id="x2", account_external_id="")]
    done = sync(world.ours, usage, charges, ("accounts", "charges"))
    assert done.counts["charges"].added == 2
    assert _accounts_of_charges(world) == {"x1": None, "x2": None}
    done = sync(world.ours, usage, [ACME], ("accounts",))
    assert done.counts["charges"].changed == 1
    assert _accounts_of_charges(world) == {"x1": "a1", "x2": None}
    assert sync(world.ours, usage, [ACME, *charges], ("accounts", "charges")).total.written == 0


def test_a_charge_that_moves_to_an_unknown_account_leaves_the_old_one(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, CHARGE], ("accounts", "charges"))
    sync(world.ours, usage, [ACME, replace(CHARGE, account_external_id="a9")], ("accounts", "charges"))
    assert _accounts_of_charges(world) == {"x1": None}


def test_what_was_charged_stays_when_its_account_goes(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, CHARGE], ("accounts", "charges"))
    done = sync(world.ours, usage, [BETA, CHARGE], ("accounts", "charges"))
    assert (done.counts["accounts"].removed, done.counts["charges"].unchanged) == (1, 1)
    assert _accounts_of_charges(world) == {"x1": "a1"}


def _accounts_of_charges(world: World) -> dict[str, str | None]:
    query = select(Charge.external_id, Account.external_id).outerjoin(Account, col(Account.id) == Charge.account_id)
    with transaction(world.ours, read_only=True) as session:
        return {row[0]: row[1] for row in session.execute(query.where(col(Charge.removed_at).is_(None)))}


def test_an_invoice_line_of_an_unknown_line_is_kept_but_not_one_of_an_unknown_invoice(world: World, psa: int) -> None:
    sync(world.ours, psa, [CLIENT, INVOICE, replace(BILLED, line_external_id="gone")], INVOICING)
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(InvoiceLine.line_id)).one() is None
    lost = replace(BILLED, external_id="n2", invoice_external_id="i9")
    with pytest.raises(Invalid, match="Invoice line n2 refers to invoice i9"):
        sync(world.ours, psa, [CLIENT, INVOICE, lost], INVOICING)


# --- reads of changes only


def changes(world: World, connection_id: int, records_: list[object], *streams: str) -> dict[str, dict[str, int]]:
    run_id = stage_all(world.ours, connection_id, [each for each in records_ if not isinstance(each, Removed)])  # type: ignore[misc]
    with transaction(world.ours) as session:
        gone = [each for each in records_ if isinstance(each, Removed)]
        service.stage(session, world.ours, run_id, streams[0], gone)
        return service.switch(session, world.ours, run_id, complete_streams=(), changed_streams=streams).as_dict()


def in_force(world: World, table: type[Account]) -> set[str]:
    with transaction(world.ours, read_only=True) as session:
        return set(session.scalars(select(table.external_id).where(col(table.removed_at).is_(None))))


def test_a_read_of_changes_removes_only_what_is_said_to_be_gone(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1), seat(2)], ("accounts", "seats"))
    done = changes(world, usage, [Removed(external_id="s1"), Removed(external_id="never")], "seats")
    assert done["seats"] == {"read": 0, "added": 0, "changed": 0, "unchanged": 0, "removed": 1}
    assert in_force(world, Account) == {"a1", "a2"}
    done = changes(world, usage, [Removed(external_id="a1")], "accounts")
    assert (done["accounts"]["removed"], done["seats"]["removed"]) == (1, 1)


@pytest.mark.parametrize("is_last", [True, False])
def test_what_is_said_last_counts(world: World, usage: int, is_last: bool) -> None:
    sync(world.ours, usage, [ACME, BETA], ("accounts",))
    both = [Removed(external_id="a2"), replace(BETA, name="Beta two")]
    with transaction(world.ours) as session:
        run_id = service.begin(session, world.ours, usage)
        for each in both if is_last else reversed(both):
            service.stage(session, world.ours, run_id, "accounts", [each])
        service.switch(session, world.ours, run_id, complete_streams=(), changed_streams=("accounts",))
    assert in_force(world, Account) == ({"a1", "a2"} if is_last else {"a1"})


def test_a_whole_read_in_which_something_is_said_to_be_gone_removes_it_too(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA], ("accounts",))
    run_id = stage_all(world.ours, usage, [ACME, BETA])
    with transaction(world.ours) as session:
        service.stage(session, world.ours, run_id, "accounts", [Removed(external_id="a2")])
        service.switch(session, world.ours, run_id, complete_streams=("accounts",))
    assert in_force(world, Account) == {"a1"}


# --- streams that fail by themselves


def test_records_of_unknown_parents_are_left_out_with_what_is_below_them(world: World, psa: int) -> None:
    lost = replace(AGREEMENT, external_id="g2", client_external_id="c9")
    below = replace(LINE, external_id="l2", agreement_external_id="g2")
    run_id = stage_all(world.ours, psa, [CLIENT, AGREEMENT, lost, LINE, below])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=INVOICING[:3], apart=True)
    assert done.failures == ()
    assert done.remarks == (
        "Left out: 1 of 2 agreements, whose client was not read (g2 of c9).",
        "Left out: 1 of 2 lines, whose agreement was not read (l2 of g2).",
    )
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Line.external_id)).all() == ["l1"]


def test_a_stream_of_records_of_unknown_parents_fails_by_itself(world: World, psa: int) -> None:
    sync(world.ours, psa, [CLIENT, AGREEMENT, LINE], INVOICING)
    other = records.Client(external_id="c2", name="Other")
    lost = [replace(AGREEMENT, external_id=name, client_external_id="c9") for name in ("g2", "g3")]
    run_id = stage_all(world.ours, psa, [CLIENT, other, AGREEMENT, *lost, replace(LINE, quantity=Decimal(5))])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=INVOICING[:3], apart=True)
    (failure,) = done.failures
    assert failure.streams == ("agreements", "lines")
    assert "2 of 3 agreements belong to an unknown client: g2 to c9" in failure.message
    assert in_force(world, Client) == {"c1", "c2"}  # type: ignore[arg-type]
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Line.quantity)).one() == Decimal(1)


def test_unchanged_records_go_with_a_parent_that_goes(world: World, usage: int) -> None:
    estate = [seat(1), seat(2, "a2"), seat(3)]
    sync(world.ours, usage, [ACME, BETA, *estate], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [ACME, *estate])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=("accounts", "seats"), apart=True)
    assert (done.counts["accounts"].removed, done.counts["seats"].removed) == (1, 1)
    assert (in_force(world, Account), in_force(world, Seat)) == ({"a1"}, {"s1", "s3"})  # type: ignore[arg-type]


def test_a_read_of_changes_that_left_something_out_is_to_be_repeated(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1), seat(2)], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [seat(3), seat(4, "a9")])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=(), changed_streams=("seats",), apart=True)
    assert done.unsure == {"seats"}
    assert in_force(world, Seat) == {"s1", "s2", "s3"}  # type: ignore[arg-type]


def test_what_a_failed_stream_refers_to_stays_and_is_asked_for_again(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1), seat(2, "a2")], ("accounts", "seats"))
    failure = Failure(kind="vendor_down", whose="vendor", message="It is down.", streams=("seats",))
    run_id = stage_all(world.ours, usage, [])
    with transaction(world.ours) as session:
        service.stage(session, world.ours, run_id, "accounts", [Removed(external_id="a2")])
        done = service.switch(
            session, world.ours, run_id, complete_streams=(), changed_streams=("accounts",), failures=(failure,)
        )
    assert done.unsure == {"accounts"}
    assert in_force(world, Account) == {"a1", "a2"}


def test_a_parent_that_is_back_makes_the_changes_below_it_stale(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1), seat(2, "a2")], ("accounts", "seats"))
    sync(world.ours, usage, [ACME], ("accounts",))
    run_id = stage_all(world.ours, usage, [ACME, BETA])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=("accounts",), changed_streams=("seats",))
    assert "seats" in done.stale
