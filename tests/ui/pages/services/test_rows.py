"""What the services page says for given facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens.schemas import RuleAtClient
from rcx_app.domain.service_rules.schemas import (
    MonthlyMoney,
    ProductNumbers,
    ProductRow,
    RuleDetail,
    RulePreview,
    RuleSpec,
    RuleView,
    SeatSample,
    UnaccountedSku,
    VersionRow,
)
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.ui.pages.services.hand_rows import hand
from rcx_app.ui.pages.services.reading import Hand, Listed
from rcx_app.ui.pages.services.rows import listed_rows, one_currency, state_choices, summary

SPEC = RuleSpec(name="Agents", products=("EDR",), integration="Huntress")
VIEW = RuleView(
    rule_id=4,
    version_id=9,
    number=1,
    name="Agents",
    state="suggested",
    preset="per_agent",
    confidence=Decimal("0.9987"),
    reasons=(
        {
            "code": "coverage",
            "text": "Billed and used agree at 3 of 4 clients",
            "left": "4",
            "right": "3",
            "weight": "2",
        },
        {"code": "words", "text": "Shared words: edr", "left": "EDR agent", "right": "Managed EDR", "weight": "1.50"},
    ),
    spec=SPEC,
    sentence=sentence(SPEC),
    version=3,
)
EUR, USD = MonthlyMoney("EUR", Decimal(40)), MonthlyMoney("USD", Decimal("1280.5"))
PRODUCT = ProductRow("edr", "EDR", "Managed EDR", Decimal(1184), 5, 4, (USD,), "suggested", 0, VIEW)
VERSION = VersionRow(7, 1, None, None, datetime(2026, 11, 2, tzinfo=UTC), "", True)
DETAIL = RuleDetail(VIEW, "", None, (VERSION,))


def at(name: str, billed: int, count: int | None, *, line: bool = True, currency: str = "USD") -> RuleAtClient:
    delta = None if count is None else Decimal(count - billed)
    known = None if count is None else Decimal(count)
    money = None if delta is None else delta * 4
    return RuleAtClient(len(name), name, line, Decimal(billed), known, known, delta, money, currency)


CLIENTS = (at("Birch", 2, 6), at("Cedar", 3, 1), at("Elm", 0, 2, line=False), at("Alder", 4, 4), at("Oak", 9, None))
SEAT = SeatSample("LT-1", "ana@x.example", "EDR agent", "Alder", datetime(2026, 11, 19, 8, 5, tzinfo=UTC))
FOUND = Hand(PRODUCT, DETAIL, RulePreview(13, 4, 13), CLIENTS, (SEAT,))


def test_a_suggested_product_never_looks_certain() -> None:
    (row,) = listed_rows(Listed(Page((PRODUCT,))))
    assert (row.name, row.second, row.billed, row.clients) == ("Managed EDR", "EDR · Huntress", "1,184", "4")
    assert (row.state, row.confidence, row.money, row.currency) == ("Suggested", "0.99", "1,280.50", "USD")


@pytest.mark.parametrize(
    ("money", "head", "more"),
    [
        ((USD,), "USD", ""),
        ((EUR, USD), "", "1 more"),
        ((EUR, USD, MonthlyMoney("GBP", Decimal(7))), "", "2 more"),
        ((), "", ""),
    ],
)
def test_currencies_stand_beside_each_other_and_in_the_head_only_where_all_agree(
    money: tuple[MonthlyMoney, ...], head: str, more: str
) -> None:
    found = listed_rows(Listed(Page((replace(PRODUCT, money=money),))))
    assert (one_currency(found), found[0].more) == (head, more)
    assert found[0].money_note == ", ".join(
        f"{each.amount}.00 {each.currency}" for each in sorted(money, key=lambda each: -each.amount) if each != USD
    )


def test_rows_of_two_currencies_leave_the_head_without_one() -> None:
    found = listed_rows(Listed(Page((PRODUCT, replace(PRODUCT, product_key="b", money=(EUR,))))))
    assert one_currency(found) == ""


def test_partly_says_at_how_many_clients_nothing_can_be_counted() -> None:
    partly = replace(PRODUCT, state="partly", clients_without_source=1)
    assert listed_rows(Listed(Page((partly,))))[0].note == "1 client of 4 has no mapped account to count"


def test_the_hand_says_the_rule_its_reasons_and_who_agrees() -> None:
    view = hand(FOUND)
    assert "".join(part.text for part in view.sentence) == "Count seats of Huntress."
    assert [part.text for part in view.sentence if part.strong] == ["seats", "Huntress"]
    assert view.standing == "Suggested by RCX, counts nothing until you accept it"
    assert view.agreement == "1 agrees, 1 under-billed, 1 over-billed, 1 not billed, 1 without an account"
    assert [(each.name, each.verdict, each.delta) for each in view.at_clients] == [
        ("Birch", "Under-billed", "+4"),
        ("Cedar", "Over-billed", "−2"),
        ("Elm", "Not billed", "+2"),
        ("Alder", "Agrees", ""),
        ("Oak", "No account", ""),
    ]
    assert (view.at_clients[2].billed, view.at_clients[4].counted) == ("", "")
    assert (view.rule_id, view.rule_version, view.marks, view.confidence) == (4, 3, True, "0.99")
    assert [each.text for each in view.reasons[0].left] == []


def test_the_numbers_keep_currencies_apart_and_leave_unbilled_usage_out_of_the_money() -> None:
    numbers = {each.name: (each.value, each.detail) for each in hand(FOUND).numbers}
    assert numbers["Under-billed a month"] == ("+8.00 USD", "on its lines")
    assert numbers["Clients"] == ("4", "1 without a line for it")
    assert numbers["Newly accounted"][0] == "13"
    both = replace(FOUND, at_clients=(*CLIENTS, at("Larch", 3, 1, currency="EUR")))
    mixed = {each.name: (each.value, each.detail, each.tone) for each in hand(both).numbers}
    assert mixed["Difference a month"] in (("+8.00 USD", "−8.00 EUR", ""), ("−8.00 EUR", "+8.00 USD", ""))


def test_a_count_that_is_no_number_of_seats_says_what_it_comes_to() -> None:
    summed = replace(FOUND, preview=RulePreview(5, 4, 5))
    assert hand(summed).numbers[0].detail == "count as 13"
    assert hand(FOUND).numbers[0].detail == "in mapped accounts"


def test_only_so_many_clients_are_drawn_and_the_rest_is_counted() -> None:
    view = hand(FOUND, most=2)
    assert ([each.name for each in view.at_clients], view.more_clients) == (["Birch", "Cedar"], 3)


def test_an_active_rule_says_who_accepted_it_and_its_versions() -> None:
    active = replace(VIEW, state="active", number=2, spec=SPEC.model_copy(update={"effective_from": date(2026, 12, 1)}))
    made = datetime(2026, 11, 20, 9, tzinfo=UTC)
    versions = (
        VersionRow(8, 2, date(2026, 12, 1), None, made, "Dana", True),
        replace(VERSION, effective_to=date(2026, 12, 1)),
    )
    view = hand(
        replace(FOUND, product=replace(PRODUCT, state="counted"), rule=RuleDetail(active, "Dana", made, versions))
    )
    assert (view.version, view.dates, view.standing) == ("v2", "from 1 Dec 2026", "Accepted by Dana, 20 Nov 2026")
    assert [(each.number, each.day, each.text) for each in view.versions] == [
        ("v2", "1 Dec 2026", "from 1 Dec 2026, Dana"),
        ("v1", "2 Nov 2026", "until 1 Dec 2026"),
    ]
    assert "Newly accounted" not in {each.name for each in view.numbers}
    undone = replace(VERSION, effective_from=date.min, effective_to=date.min)
    (line,) = hand(replace(FOUND, rule=RuleDetail(active, "Dana", made, (undone,)))).versions
    assert (line.day, line.text) == ("2 Nov 2026", "in force on no day")


def test_a_product_that_nothing_counts_has_no_rule_to_act_on() -> None:
    view = hand(Hand(replace(PRODUCT, state="not_counted", rule=None)))
    assert (view.rule_id, view.rule_state, view.state_word, view.id) == (0, "", "Not counted", "edr")
    assert view.aside == []


def test_a_product_whose_rule_was_set_aside_leads_to_that_rule() -> None:
    bare = replace(PRODUCT, state="not_counted", rule=None)
    (line,) = hand(Hand(bare, aside=(replace(VIEW, state="retired"),))).aside
    assert (line.word, line.sentence, line.href) == (
        "Retired",
        "Count seats of Huntress.",
        "/services?open=4&tab=aside",
    )


def test_unaccounted_usage_links_to_its_findings() -> None:
    sku = UnaccountedSku("Microsoft 365", "SPE_F1", "Microsoft 365 F3", 39, 7)
    assert hand(Hand(sku=sku)).href == (
        "/billing/review?integration=Microsoft+365&kind=unaccounted&service=microsoft+365+f3"
    )
    nameless = listed_rows(Listed(skus=(UnaccountedSku("NinjaOne", "", "", 591, 42),)))[0]
    assert (nameless.name, nameless.billed, nameless.id) == ("Seats without a SKU", "591", "NinjaOne/")


def test_the_foot_counts_every_state_once() -> None:
    numbers = ProductNumbers({"counted": 31, "partly": 3, "flat": 1}, ())
    assert summary(numbers) == "31 counted, 3 partly, 1 flat"
    assert [(each.value, each.count) for each in state_choices(numbers)] == [
        ("counted", "31"),
        ("partly", "3"),
        ("flat", "1"),
    ]
    assert summary(ProductNumbers({}, ())) == "No products yet"
