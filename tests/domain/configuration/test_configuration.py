"""One list of all that can be set up: where each thing stands, in every order, and leaving many out at once."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.configuration import service
from rcx_app.domain.configuration.schemas import SORTS, Chosen, ConfigQuery, ConfigRow, Kind, Status
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Line
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

WS = RuleSpec(name="WS", products=("WS",), integration="NinjaOne", where={"all": [{"field": "sku", "op": "is_empty"}]})
SPB = RuleSpec(
    name="Premium", products=("MS",), integration="M365", where={"all": [{"field": "sku", "op": "eq", "value": "SPB"}]}
)


def load(context: Context) -> None:
    with frozen(NOON):
        build(
            context,
            lines=[line("C1", "L1", "WS", 5), line("C1", "L2", "MS", 3), line("C2", "L3", "BK", 1)],
            seats={
                "M365": [
                    seat("T", "U1", kind="user", sku="SPB", sku_name="Business Premium"),
                    seat("T", "U2", kind="user", sku="E5"),
                    seat("Z", "U3", kind="user", sku="F1"),
                ],
                "NinjaOne": [seat("A", f"D{each}") for each in range(4)],
            },
            mapping={("M365", "T"): "C1", ("NinjaOne", "A"): "C1"},
            rules=[WS, SPB],
        )
        with transaction(context) as session:
            reconcile.reconcile(session, context)


def listed(context: Context, **asked: str) -> list[ConfigRow]:
    """All rows, page by page."""
    query, found, cursor = ConfigQuery.from_params(asked), [], ""
    while True:
        with frozen(NOON), transaction(context, read_only=True) as session:
            page = service.page(session, context, query, cursor)
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            return found


def chosen(*rows: ConfigRow) -> list[Chosen]:
    return [Chosen(row.kind, row.connection_id, row.key, row.version) for row in rows]


def test_each_thing_says_where_it_stands(world: World) -> None:
    load(world.ours)
    rows = listed(world.ours)
    assert {(row.kind.value, row.code, row.state, row.status.value, row.units, row.target) for row in rows} == {
        ("account", "A", "mapped", "set", 4, "Client C1"),
        ("account", "T", "mapped", "set", 2, "Client C1"),
        ("account", "Z", "unmapped", "open", 1, ""),
        ("usage", "SPB", "counted", "set", 1, ""),
        ("usage", "E5", "not_counted", "open", 1, ""),
        ("usage", "F1", "waiting", "open", 1, ""),
        ("product", "WS", "counted", "set", 1, "WS"),
        ("product", "MS", "counted", "set", 1, "Premium"),
        ("product", "BK", "not_counted", "open", 1, ""),
    }
    assert {row.connection for row in rows if row.kind is Kind.USAGE} == {"M365"}
    assert listed(world.theirs) == []
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        head = service.head(session, world.ours)
    assert head.numbers[("account", "set")] == 2
    assert sum(head.numbers.values()) == len(rows)


def test_pages_of_any_order_hold_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    load(world.ours)
    wholes = {sort: listed(world.ours, sort=sort) for sort in SORTS}
    monkeypatch.setattr("rcx_app.domain.configuration.repository.PAGE_SIZE", 2)
    for sort, whole in wholes.items():
        assert listed(world.ours, sort=sort) == whole
        field = {"name": "name", "integration": "connection", "units": "units"}[sort.lstrip("-")]
        values = [getattr(row, field) for row in whole]
        folded = [value.lower() if isinstance(value, str) else value for value in values]
        assert folded == sorted(folded, reverse=sort.startswith("-"))


def test_filters_narrow_it(world: World) -> None:
    load(world.ours)
    whole = listed(world.ours)
    for kind in (Kind.ACCOUNT, Kind.USAGE, Kind.PRODUCT):
        assert listed(world.ours, kind=kind) == [row for row in whole if row.kind is kind]
    for status in Status:
        assert listed(world.ours, status=status) == [row for row in whole if row.status is status]
    assert [row.code for row in listed(world.ours, find="business PREM")] == ["SPB"]
    ninja = next(row.connection_id for row in whole if row.connection == "NinjaOne")
    assert {row.connection for row in listed(world.ours, integration=str(ninja))} == {"NinjaOne"}
    for broken in ({"kind": "x"}, {"status": "x"}, {"sort": "x"}, {"integration": "9" * 19}):
        with pytest.raises(Invalid, match="does not exist"):
            ConfigQuery.from_params(broken)


def test_many_are_left_out_and_taken_in_again(world: World) -> None:
    load(world.ours)
    some = [row for row in listed(world.ours) if row.code in ("Z", "E5", "BK")]
    with transaction(world.ours) as session:
        assert service.exclude(session, world.ours, chosen(*some), "Not ours to bill") == 3
    left_out = listed(world.ours, status="excluded")
    assert {(row.code, row.note) for row in left_out} == {(row.code, "Not ours to bill") for row in some}
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.exclude(session, world.ours, chosen(*(row for row in left_out if row.code == "E5")), "Again")
    with transaction(world.ours) as session:
        assert service.include(session, world.ours, chosen(*left_out)) == 3
    assert listed(world.ours, status="excluded") == []


def test_a_single_line_is_left_out_found_again_and_taken_in(world: World) -> None:
    load(world.ours)
    lines = listed(world.ours, kind="line")
    assert [
        (row.code, row.name, row.client, row.units, row.status, row.target)
        for row in sorted(lines, key=lambda row: row.code)
    ] == [
        ("L1", "WS name", "Client C1", 5, Status.SET, "WS"),
        ("L2", "MS name", "Client C1", 3, Status.SET, "Premium"),
        ("L3", "BK name", "Client C2", 1, Status.OPEN, ""),
    ]
    assert not [row for row in listed(world.ours) if row.kind is Kind.LINE]
    with frozen(NOON), transaction(world.ours) as session:
        service.exclude(session, world.ours, chosen(*(row for row in lines if row.code == "L1")), "Billed by hand")
    (row,) = listed(world.ours, status="excluded")
    assert (row.kind, row.code, row.note, row.left_out_at is not None) == (Kind.LINE, "L1", "Billed by hand", True)
    assert [each.code for each in listed(world.ours, kind="line", find="l1")] == ["L1"]
    assert [each.code for each in listed(world.ours, kind="line", find="client c2")] == ["L3"]
    with transaction(world.ours) as session:
        for gone in session.scalars(select(Line).where(col(Line.external_id) == "L1")):
            gone.removed_at = NOON
    assert [each.code for each in listed(world.ours, status="excluded")] == ["L1"]
    with transaction(world.ours) as session:
        assert service.include(session, world.ours, chosen(row)) == 1
    assert {each.code for each in listed(world.ours, kind="line")} == {"L2", "L3"}


def test_all_or_nothing(world: World) -> None:
    """One that changed meanwhile, and none of them is left out."""
    load(world.ours)
    rows = {row.code: row for row in listed(world.ours)}
    stale = Chosen(Kind.ACCOUNT, rows["Z"].connection_id, rows["Z"].key, rows["Z"].version + 1)
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.exclude(session, world.ours, [*chosen(rows["E5"]), stale], "Why")
    unknown = Chosen(Kind.USAGE, rows["E5"].connection_id, "no such", 0)
    with pytest.raises(Invalid), transaction(world.ours) as session:
        service.exclude(session, world.ours, [*chosen(rows["BK"]), unknown], "Why")
    assert listed(world.ours, status="excluded") == []


def test_what_is_refused(world: World) -> None:
    load(world.ours)
    rows = {row.code: row for row in listed(world.ours)}
    for wrong in ([], chosen(rows["E5"], rows["E5"]), chosen(rows["E5"]) * (service.MOST_AT_ONCE + 1)):
        with pytest.raises(Invalid, match="different rows"), transaction(world.ours) as session:
            service.exclude(session, world.ours, wrong, "Why")
    viewer = world.as_role(Role.VIEWER)
    for row in (rows["Z"], rows["E5"]):
        with pytest.raises(NotPermitted), transaction(viewer) as session:
            service.exclude(session, viewer, chosen(row), "Why")
        with pytest.raises((NotFound, Conflict)), transaction(world.theirs) as session:
            service.exclude(session, world.theirs, chosen(row), "Why")
    with pytest.raises(Invalid, match="reason"), transaction(world.ours) as session:
        service.exclude(session, world.ours, chosen(rows["E5"]), "  ")
    with pytest.raises(Invalid, match="not excluded"), transaction(world.ours) as session:
        service.include(session, world.ours, chosen(rows["E5"]))
