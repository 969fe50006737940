"""The address of the queue: what it asks for, that counts and lists agree, findings by service, and the CSV."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.export import COLUMNS, clients_file, findings_file, harmless, services_file
from rcx_app.domain.reconcile.screens.query import AGES, DECIDED, DIRECTIONS, KINDS, VIEWS, FindingQuery
from rcx_app.domain.reconcile.screens.schemas import ClientFilters
from rcx_app.domain.review.filtering import ME, NOBODY
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

QUERIES = st.builds(
    FindingQuery,
    view=st.sampled_from(tuple(VIEWS)),
    kind=st.sampled_from(("", *KINDS)),
    direction=st.sampled_from(("", *DIRECTIONS)),
    integration=st.text(max_size=8).map(str.strip),
    ready=st.sampled_from(("", "yes", "no")),
    client=st.integers(0, 10**18 - 1).map(str) | st.just(""),
    assignee=st.sampled_from(("", "me", "nobody", "12")),
    tag=st.text(max_size=8).map(str.strip),
    returned=st.sampled_from(("", "yes", "no")),
    age=st.sampled_from(("", *AGES)),
    state=st.sampled_from(("", *DECIDED)),
    find=st.text(max_size=8).map(str.strip),
    sort=st.sampled_from(("", "age", "-age", "client", "-delta", "amount", "-amount")),
)


def _estate(world: World) -> None:
    def rule(product: str) -> RuleSpec:
        where = {"all": [{"field": "sku", "op": "eq", "value": product}]}
        return RuleSpec(name=f"Rule {product}", products=(product,), integration="NinjaOne", where=where)

    seats = [seat("N1", f"a{number}", sku="SRV") for number in range(4)]
    seats += [seat("N1", f"b{number}", sku="MAIL") for number in range(2)]
    seats += [seat("N1", "c1", sku="ODD"), *(seat("N2", f"d{number}", sku="SRV") for number in range(3))]
    seats += [seat("N9", "e1", sku="SRV")]
    with frozen(NOON):
        build(
            world.ours,
            names={"C1": "=cmd|' /C calc'!A0", "C2": "Birch"},
            lines=[
                line("C1", "L1", "SRV", 1, unit_price=Decimal(10)),
                line("C1", "L2", "MAIL", 5, unit_price=Decimal(3)),
                line("C2", "L3", "SRV", 1, unit_price=Decimal(7), currency="EUR"),
            ],
            seats={"NinjaOne": seats},
            mapping={("NinjaOne", "N1"): "C1", ("NinjaOne", "N2"): "C2"},
            rules=[rule("SRV"), rule("MAIL")],
        )
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)


@given(QUERIES)
def test_a_query_survives_its_address(asked: FindingQuery) -> None:
    once = FindingQuery.from_params(asked.params())
    assert FindingQuery.from_params(once.params()) == once
    assert once.filters().states == ((asked.state,) if once.state else VIEWS[once.view].states)


@pytest.mark.parametrize(
    "params",
    [
        {"view": "all"},
        {"kind": "calculate"},
        {"direction": "up"},
        {"ready": "1"},
        {"client": "x"},
        {"client": "٣"},
        {"client": "9" * 30},
        {"sort": "explanation"},
        {"assignee": "dana"},
        {"age": "5"},
        {"returned": "maybe"},
        {"view": "decided", "state": "open"},
        {"sort": "--age"},
    ],
)
def test_what_does_not_exist_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="does not exist"):
        FindingQuery.from_params(params)


def test_a_view_wins_over_the_filters_that_it_fixes() -> None:
    asked = FindingQuery.from_params({"view": "under", "direction": "over", "ready": "no", "open": "12", "tab": "x"})
    assert asked == FindingQuery(view="under")
    assert asked.filters().directions == ("under",)
    assert not asked.is_filtered


def test_people_and_states_are_asked_for_by_name() -> None:
    mine = FindingQuery.from_params({"view": "mine", "assignee": "nobody"})
    assert (mine.assignee, mine.filters().assignee_id) == ("", ME)
    assert FindingQuery(assignee="nobody").filters().assignee_id == NOBODY
    assert FindingQuery(assignee="12").filters().assignee_id == 12
    assert FindingQuery.from_params({"state": "approved"}).state == "", "what is to review has one state"
    assert FindingQuery.from_params({"view": "decided", "state": "approved"}).filters().states == ("approved",)
    assert FindingQuery(age="30", tag="x", returned="no").filters().min_days == 30


def test_the_counts_over_the_list_are_those_of_the_list(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        counts = groups.findings_head(session, world.ours).counts
        listed = {
            view: screens.findings(session, world.ours, FindingQuery(view=view).filters(), with_total=True)
            for view in VIEWS
        }
    assert counts == {view: page.total for view, page in listed.items()}
    assert counts == {view: len(page.items) for view, page in listed.items()}
    named = {"under": 2, "over": 1, "unmapped": 1, "unaccounted": 1, "estimated": 0, "not_ready": 0}
    assert counts == {"": 5, **named, "mine": 0, "returned": 0, "decided": 0}


def test_an_account_without_a_client_is_named(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        (found,) = screens.findings(session, world.ours, FindingQuery(view="unmapped").filters()).items
    assert (found.account_name, found.client_name, found.scope) == ("Account N9", "", "account")


def test_what_can_be_chosen_is_what_there_is(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        options = groups.filter_options(session, world.ours)
    assert {each.value: each.count for each in options["currency"]} == {"USD": 2, "EUR": 1}
    assert {each.label for each in options["service"]} >= {"SRV name", "MAIL name"}
    assert [(each.value, each.count) for each in options["integration"]] == [("NinjaOne", 5)]


def test_services_keep_currencies_apart_and_add_up_to_the_head(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        money = groups.findings_head(session, world.ours).money
        rows = groups.services(session, world.ours).items
        by_name = groups.services(session, world.ours, search="srv", sort="name").items
    assert [(row.name, row.sums.currency, row.sums.under, row.sums.over) for row in rows[:3]] == [
        ("SRV name", "USD", Decimal(30), Decimal(0)),
        ("SRV name", "EUR", Decimal(14), Decimal(0)),
        ("MAIL name", "USD", Decimal(0), Decimal(-9)),
    ]
    assert (rows[0].billed, rows[0].expected, rows[0].clients) == (1, 4, 1)
    for sums in money.calculated:
        same = [row.sums for row in rows if row.sums.currency == sums.currency]
        assert sum(each.under for each in same) == sums.under
        assert sum(each.over for each in same) == sums.over
    assert sum(row.findings for row in rows) == 5
    assert {row.service_key for row in by_name} == {"srv name"}


def test_services_page_without_losing_or_doubling_any(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _estate(world)
    monkeypatch.setattr("rcx_app.domain.reconcile.screens.repository.PAGE_SIZE", 2)
    for sort in ("-impact", "impact", "name", "-findings", "clients"):
        with transaction(world.ours, read_only=True) as session:
            page = groups.services(session, world.ours, sort=sort)
            seen = list(page.items)
            while page.next_cursor:
                page = groups.services(session, world.ours, sort=sort, cursor=page.next_cursor)
                seen += page.items
        assert len({(row.service_key, row.sums.currency, row.scope) for row in seen}) == len(seen) == 5


def test_the_csv_holds_exactly_what_is_filtered(world: World) -> None:
    _estate(world)
    query = FindingQuery(view="under", sort="-amount")
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        written = findings_file(session, world.ours, query, out)
        listed = screens.findings(session, world.ours, query.filters(), query.order).items
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    assert written == len(rows) == len(listed) == 2
    assert tuple(rows[0]) == COLUMNS
    assert [Decimal(row["monthly_amount"]) for row in rows] == [row.monthly_amount for row in listed]
    assert rows[0]["client"] == "'=cmd|' /C calc'!A0"


def test_negative_numbers_stay_numbers(world: World) -> None:
    _estate(world)
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        findings_file(session, world.ours, FindingQuery(view="over"), out)
    (row,) = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig")))
    assert (row["delta"], row["amount"]) == ("-3", "-9")


def test_a_column_that_is_left_out_is_left_out_of_the_file(world: World) -> None:
    _estate(world)
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        findings_file(session, world.ours, FindingQuery(view="over"), out, "csv", ("kind", "delta"))
    (row,) = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig")))
    assert {"client", "kind", "delta", "currency", "explanation"} <= set(row)
    assert not {"billed_quantity", "amount", "state", "integration"} & set(row)


def test_the_workbook_says_what_the_csv_says_and_runs_nothing(world: World) -> None:
    _estate(world)
    plain, book = io.BytesIO(), io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        findings_file(session, world.ours, FindingQuery(sort="client"), plain)
        findings_file(session, world.ours, FindingQuery(sort="client"), book, "xlsx")
    sheet = openpyxl.load_workbook(book).worksheets[0]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    rows = list(csv.reader(io.StringIO(plain.getvalue().decode("utf-8-sig"))))
    said = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    numeric = {COLUMNS.index(name) for name in ("delta", "amount", "billed_quantity", "monthly_amount")}
    for ours, theirs in zip(rows, said, strict=True):
        for at, (text, value) in enumerate(zip(ours, theirs, strict=True)):
            if at in numeric and ours is not rows[0] and text:
                assert Decimal(str(value)) == Decimal(text)
            elif at not in numeric and isinstance(value, str):
                assert text.removeprefix("'") == value


def test_clients_and_services_come_as_they_are_listed(world: World) -> None:
    _estate(world)
    clients, services = io.BytesIO(), io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        listed = screens.client_table(session, world.ours, sort="-amount").items
        assert clients_file(session, world.ours, ClientFilters(), "-amount", clients) == len(listed)
        shown = groups.services(session, world.ours).items
        assert services_file(session, world.ours, "", "-impact", services) == len(shown)
    rows = list(csv.DictReader(io.StringIO(clients.getvalue().decode("utf-8-sig"))))
    assert [row["client"].removeprefix("'") for row in rows] == [row.name for row in listed]
    assert [Decimal(row["net_month"]) for row in rows] == [row.amount for row in listed]
    rows = list(csv.DictReader(io.StringIO(services.getvalue().decode("utf-8-sig"))))
    assert [Decimal(row["net_month"]) for row in rows] == [row.sums.net for row in shown]


def test_nothing_of_another_workspace_is_exported(world: World) -> None:
    _estate(world)
    out = io.BytesIO()
    with transaction(world.theirs, read_only=True) as session:
        assert findings_file(session, world.theirs, FindingQuery(), out) == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_texts_can_not_become_formulas(text: str) -> None:
    assert harmless(text) == f"'{text}"


@given(st.text(alphabet=st.characters(categories=["L", "N"])))
def test_plain_texts_stay(text: str) -> None:
    assert harmless(text) == text
