"""What leaves RCX about its own bills: PDF and files for accounting. And the plans that platform admins keep."""

from __future__ import annotations

import csv
import io
import re
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copyfile

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.settings import Settings
from rcx_app.domain.subscription import export, invoices, issuing, offers, pdf, service
from rcx_app.domain.subscription.issuing import Terms
from rcx_app.domain.subscription.schemas import InvoiceView
from tests.conftest import World
from tests.domain.subscription.making import bought, choose, november, on, plan, platform
from tests.domain.subscription.making import invoices as issued

NAME = "=Łódź Информатика Ελλάς & Søn"


def whole(context: Context, at: int = -1) -> InvoiceView:
    invoice = issued(context)[at]
    with transaction(context, read_only=True) as session:
        return invoices.one(session, context, invoice.id)


def letters(document: bytes) -> str:
    """Every character that the document's fonts can be read back to (its ToUnicode maps)."""
    maps = b""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        try:
            found = zlib.decompress(packed)
        except zlib.error:
            found = packed
        maps += found if b"beginbfchar" in found else b""
    return "".join(chr(int(code, 16)) for code in re.findall(rb"<[0-9A-Fa-f]{4}> <([0-9A-Fa-f]{4})>", maps))


def test_a_pdf_is_the_same_every_time_and_has_every_letter_of_a_name(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    with on(november(9)), transaction(sqlite_world.ours) as session:
        service.save_details(session, sqlite_world.ours, NAME, "1 Road\nTown", "PL1")
    with on(november(10)):
        choose(sqlite_world.ours, "growth")
    first = pdf.render(whole(sqlite_world.ours))
    assert first == pdf.render(whole(sqlite_world.ours))
    assert first.startswith(b"%PDF-")
    assert set(NAME.replace(" ", "")) <= set(letters(first))


def test_a_long_invoice_takes_more_pages_and_hostile_texts_do_no_harm(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    invoice = whole(sqlite_world.ours)
    line = replace(invoice.lines[0], text="<b>x</b> \x07 ﷽ 漢字 (\\) " + "very long " * 30)
    long = replace(invoice, lines=(line,) * 40, customer={"name": "A" * 300, "address": "\n".join("abcdefgh" * 3)})
    assert pdf.render(long).count(b"/Type /Page\n") > 3


def test_names_from_right_to_left_stand_in_order_and_other_scripts_come_from_the_operators_fonts(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pdf.in_sight("שלום Ltd") == "םולש Ltd"
    assert pdf.in_sight("1 Road\nתל אביב 5") == "1 Road\n5 ביבא לת"
    assert pdf.in_sight(NAME) == NAME
    bought(sqlite_world.ours, november(1))
    invoice = replace(whole(sqlite_world.ours), customer={"name": "שלום Ltd"})
    plain = pdf.render(invoice)
    assert set("שלום") <= set(letters(plain))
    (tmp_path / "a.ttf").write_bytes(b"no font")
    copyfile(Path(pdf.__file__).parent / "fonts" / "DejaVuSans.ttf", tmp_path / "b.ttf")
    asked: list[list[str]] = []
    monkeypatch.setattr(pdf, "settings", lambda: Settings(fonts_dir=tmp_path))
    monkeypatch.setattr(pdf.FPDF, "set_fallback_fonts", lambda _, names, exact_match: asked.append(names))
    assert pdf.render(invoice).startswith(b"%PDF-")
    assert asked == [["more1"]], "what is no font is passed over"


def test_accounting_gets_every_invoice_of_the_period_and_no_formula(world: World) -> None:
    bought(world.ours, november(1))
    bought(world.theirs, date(2026, 12, 1), "starter")
    with on(november(9)), transaction(world.ours) as session:
        service.save_details(session, world.ours, NAME, "", "+49")
    with on(november(30)):
        choose(world.ours, "starter")
    admin = platform(world.theirs)
    with transaction(None) as session:
        bills, parts = io.BytesIO(), io.BytesIO()
        assert export.invoices_csv(session, admin, november(2), date(2026, 12, 1), bills) == 2
        assert export.lines_csv(session, admin, november(1), november(30), parts) == 2
        with pytest.raises(Invalid):
            export.invoices_csv(session, admin, november(2), november(1), io.BytesIO())
        with pytest.raises(NotPermitted):
            export.lines_csv(session, world.ours, november(1), november(2), io.BytesIO())
    rows = list(csv.DictReader(io.StringIO(bills.getvalue().decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
    note = next(row for row in rows if row["kind"] == "credit_note")
    assert (Decimal(note["total"]), note["customer"], note["customer_tax_id"]) == (Decimal(-5), f"'{NAME}", "'+49")
    told = list(csv.DictReader(io.StringIO(parts.getvalue().decode("utf-8-sig"))))
    assert [(row["text"], row["amount"]) for row in told] == [("Team", "249"), ("Starter instead of Team", "-5")]


def test_plans_are_data_that_only_platform_admins_change(world: World) -> None:
    admin = platform(world.theirs)
    with on(november(1)), transaction(None) as session:
        before = len(offers.offers_on(session, november(1)))
        made = offers.add_plan(session, admin, "tiny", "tier", " Tiny ", "For one client.")
        assert len(offers.offers_on(session, november(1))) == before  # without a price it is on no offer
        assert offers.add_version(session, admin, made, november(3), 1, 1, {"usd": "9", "EUR": "8.50"}) == 1
        assert plan(session, "team")
        assert [each.key for each in offers.offers_on(session, november(2)) if each.plan_id == made] == []
        found = next(each for each in offers.offers_on(session, november(3)) if each.plan_id == made)
        assert (found.name, found.prices) == ("Tiny", {"EUR": Decimal("8.50"), "USD": Decimal("9.00")})
        with pytest.raises(Conflict):
            offers.add_plan(session, admin, "tiny", "tier", "Tiny", "")
        with pytest.raises(Conflict):
            offers.add_version(session, admin, made, november(3), 1, 1, {"USD": "1"})
        for clients, most, prices, day in (
            (0, 1, {"USD": "1"}, 9), (1, 2, {"USD": "1"}, 9), (1, 1, {"US": "1"}, 9), (1, 1, {"USD": "1.001"}, 9),
            (1, 1, {"USD": "-1"}, 9), (1, 1, {"USD": "NaN"}, 9), (1, 1, {}, 9), (1, 1, {"USD": "1e7"}, 9),
        ):  # fmt: skip
            with pytest.raises(Invalid):
                offers.add_version(session, admin, made, november(day), clients, most, prices)
        with pytest.raises(NotPermitted):
            offers.add_plan(session, world.ours, "mine", "tier", "Mine", "")
        with pytest.raises(NotPermitted):
            offers.history(session, world.ours)
    with on(november(4)), transaction(None) as session, pytest.raises(Invalid, match="past"):
        offers.add_version(session, admin, made, november(3), 1, 1, {"USD": "1"})


def test_issued_invoices_keep_the_issuer_of_their_day(world: World) -> None:
    bought(world.ours, november(1))
    admin = platform(world.theirs)
    with transaction(None) as session:
        known = issuing.issuer(session, admin)
        terms = Terms(
            name="RCX Ltd", address="9 Quay", tax_id="GB9", email="bills@rcx.example", bank="IBAN GB1", prefix="R/",
            payment_days=30, trial_days=14, trial_plan_id=plan(session, "starter"), warn_percent=80,
        )  # fmt: skip
        issuing.save(session, admin, terms)
        with pytest.raises(Invalid):
            issuing.save(session, admin, replace(terms, prefix="a b"))
        with pytest.raises(NotPermitted):
            issuing.save(session, world.ours, terms)
    with on(november(30)):
        choose(world.ours, "growth")
    assert [(whole(world.ours, at).issuer["name"], whole(world.ours, at).number) for at in (0, 1)] == [
        (known.name, "RCX-000001"), ("RCX Ltd", "R/000002")
    ]  # fmt: skip
    assert whole(world.ours).due_on == date(2026, 12, 30)
