"""A file comes in whole or not at all: recognised, checked, asked about where it looks wrong, superseded by key."""

from __future__ import annotations

import secrets

import pytest
from sqlmodel import col, select

from connectors.files.cells import LONGEST_KEY
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.integrations import imports, service
from rcx_app.domain.integrations.schemas import Health, ImportState, Settlement
from rcx_app.domain.jobs import service as jobs
from rcx_app.models import (
    Account,
    AccountMapping,
    AuditEvent,
    Client,
    Connection,
    Line,
    Seat,
    StagedRecord,
)
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in, look, upload, work_off
from tests.domain.integrations.files import devices, lines, seats
from tests.domain.integrations.in_force import TEN, in_force


def test_a_device_export_is_recognised_and_imported(ours: Context) -> None:
    import_id = upload(ours, devices(*TEN), "devices.csv")
    seen = look(ours, import_id)
    assert (seen.state, seen.shape, seen.side) == (ImportState.ANALYSED, "ninjaone_devices", "usage")
    assert seen.confidence > 0.9
    assert (seen.label, seen.vendor, seen.connection_id) == ("NinjaOne", "ninjaone", None)
    assert seen.check is not None
    assert (seen.check.rows_read, seen.check.errors, seen.check.counts["seats"]) == (10, 0, 10)
    assert in_force(ours) == set()
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert look(ours, import_id).state is ImportState.IMPORTING
    assert work_off(ours) == ["done"]
    done = look(ours, import_id)
    assert done.state is ImportState.DONE
    assert done.result is not None
    assert done.result.connections[0].counts["seats"] == {
        "read": 10,
        "added": 10,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
    }
    assert len(in_force(ours)) == 10
    with transaction(ours, read_only=True) as session:
        view = service.connections(session, ours)[0]
        assert (view.label, view.vendor, view.health, view.word) == (
            "NinjaOne",
            "ninjaone",
            Health.HEALTHY,
            "Healthy",
        )
        assert (view.rows["seats"], view.rows["accounts"], view.last_file) == (10, 1, "devices.csv")
        assert [job.kind for job in jobs.open_jobs(session, ours, ["mapping.match"])] == ["mapping.match"]
        assert {row.tag for row in session.scalars(select(AuditEvent))} >= {"import:upload", "import:apply"}
        assert session.scalars(select(StagedRecord)).all() == []


def test_the_same_file_again_is_told_and_writes_no_row(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    import_id = upload(ours, devices(*TEN), "again.csv")
    assert look(ours, import_id).same_as is not None
    assert look(ours, import_id).is_remembered
    with transaction(ours, read_only=True) as session:
        before = [(row.id, row.changed_at, row.content_hash) for row in session.scalars(select(Seat).order_by(Seat.id))]
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    work_off(ours)
    result = look(ours, import_id).result
    assert result is not None
    assert result.written == 0
    assert result.connections[0].counts["seats"]["unchanged"] == 10
    with transaction(ours, read_only=True) as session:
        assert before == [
            (row.id, row.changed_at, row.content_hash) for row in session.scalars(select(Seat).order_by(Seat.id))
        ]


def test_a_newer_file_supersedes_by_key_and_marks_what_is_gone(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    newer = [*TEN[2:], ("Acme", "new")]
    done = bring_in(ours, devices(*newer, seen="2026-11-19 08:00:00"))
    assert done.result is not None
    assert done.result.connections[0].counts["seats"] == {
        "read": 9,
        "added": 1,
        "changed": 8,
        "unchanged": 0,
        "removed": 2,
    }
    assert in_force(ours) == {device for _, device in newer}
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Connection)).all()) == 1


@pytest.mark.parametrize(
    ("rows", "seen", "codes"),
    [
        (TEN[:3], "2026-11-18 08:00:00", ["fall"]),
        ([("Acme", f"x{number}") for number in range(10)], "2026-11-18 08:00:00", ["few_common"]),
        (TEN, "2026-10-18 08:00:00", ["older"]),
    ],
)
def test_a_file_that_looks_wrong_asks_before_it_changes_anything(
    ours: Context, rows: list[tuple[str, str]], seen: str, codes: list[str]
) -> None:
    bring_in(ours, devices(*TEN))
    asked = bring_in(ours, devices(*rows, seen=seen))
    assert (asked.state, [question.code for question in asked.questions]) == (ImportState.ANALYSED, codes)
    assert in_force(ours) == {device for _, device in TEN}
    with transaction(ours, read_only=True) as session:
        assert service.connections(session, ours)[0].health is Health.HEALTHY
        assert session.scalars(select(StagedRecord)).all() == []
    with transaction(ours) as session:
        imports.start(session, ours, asked.id, confirmed=True)
    assert work_off(ours) == ["done"]
    assert look(ours, asked.id).state is ImportState.DONE
    assert in_force(ours) == {device for _, device in rows}


def test_a_file_that_a_newer_one_has_superseded_asks(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    bring_in(ours, devices(*TEN, ("Acme", "new")))
    asked = bring_in(ours, devices(*TEN))
    assert [question.code for question in asked.questions] == ["superseded"]
    assert "new" in in_force(ours)


def test_rows_with_errors_are_refused_until_they_are_left_out(ours: Context) -> None:
    bad = lines(("c1", "l1", "P1", "5"), ("c1", "l2", "P2", "many"), ("c2", "l3", "P1", "7"))
    import_id = upload(ours, bad, "lines.csv")
    seen = look(ours, import_id)
    assert seen.check is not None
    assert (seen.check.rows_read, seen.check.rows_refused, seen.check.errors) == (3, 1, 1)
    with transaction(ours, read_only=True) as session:
        problem = imports.problems(session, ours, import_id).items[0]
        assert (problem.row, problem.column, problem.value, problem.is_error) == (3, "quantity", "many", True)
        assert problem.remedy
        preview = imports.preview(session, ours, import_id)
        assert [(row.row, len(row.problems)) for row in preview.rows] == [(2, 0), (3, 1), (4, 0)]
        listing = imports.problem_file(session, ours, import_id).read_text("utf-8-sig").splitlines()
    assert listing[0].startswith("severity,sheet,row,column")
    assert listing[1].startswith("error,,3,quantity,many")
    with pytest.raises(Invalid, match="1 of 3 rows have errors"), transaction(ours) as session:
        imports.start(session, ours, import_id)
    with transaction(ours) as session:
        imports.start(session, ours, import_id, leave_out_bad_rows=True)
    work_off(ours)
    done = look(ours, import_id)
    assert done.result is not None
    assert done.result.left_out == 1
    with transaction(ours, read_only=True) as session:
        assert set(session.scalars(select(Line.external_id))) == {"l1", "l3"}


def test_several_integrations_in_one_file_become_several_connections(ours: Context) -> None:
    done = bring_in(ours, seats(("NinjaOne", "1", "a"), ("Acronis", "1", "a"), ("ninjaone ", "2", "b")), "seats.csv")
    assert done.result is not None
    assert sorted(each.label for each in done.result.connections) == ["Acronis", "NinjaOne"]
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Account)).all()) == 3
        assert len(session.scalars(select(AccountMapping)).all()) == 3
    newer = bring_in(
        ours, seats(("NinjaOne", "1", "a"), ("NinjaOne", "2", "b"), seen="2026-11-19T08:00:00Z"), "seats.csv"
    )
    assert newer.result is not None
    assert [each.label for each in newer.result.connections] == ["NinjaOne"]
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Seat).where(col(Seat.removed_at).is_(None))).all()) == 3


def test_a_mapping_file_is_taken_over_as_decisions(ours: Context) -> None:
    bring_in(ours, lines(("c1", "l1", "P1", "5")), "lines.csv")
    bring_in(ours, seats(("NinjaOne", "1", "a"), ("NinjaOne", "2", "b")), "seats.csv")
    done = bring_in(ours, "integration,account_id,client_id\nninjaone,1,c1\nNinjaOne,2,\n", "mapping.csv")
    assert done.state is ImportState.DONE
    assert done.result is not None
    assert done.result.mapped == 2
    with transaction(ours, read_only=True) as session:
        assert sorted(row.state for row in session.scalars(select(AccountMapping))) == ["excluded", "mapped"]
    failed = bring_in(ours, "integration,account_id,client_id\nGhost,1,c1\n", "mapping.csv")
    assert (failed.state, failed.error) == (
        ImportState.FAILED,
        "There is no connection called Ghost. Import its file first, or correct the name.",
    )


def test_a_list_of_clients_knows_better_than_lines_do(ours: Context) -> None:
    bring_in(ours, lines(("c1", "l1", "P1", "5"), ("c2", "l2", "P1", "5")), "lines.csv")
    listed = bring_in(ours, "id,name,domain\nc1,Acme,acme.example\nc3,Gamma,\n", "clients.csv")
    assert listed.result is not None
    assert listed.result.connections[0].counts["clients"] == {
        "read": 2,
        "added": 1,
        "changed": 1,
        "unchanged": 0,
        "removed": 0,
    }
    bring_in(ours, lines(("c1", "l1", "P1", "6"), ("c4", "l4", "P1", "1"), ("c2", "l2", "P1", "5")), "lines.csv")
    with transaction(ours, read_only=True) as session:
        names = {
            row.external_id: row.name for row in session.scalars(select(Client).where(col(Client.removed_at).is_(None)))
        }
    assert names == {"c1": "Acme", "c2": "Client c2", "c3": "Gamma", "c4": "Client c4"}


def test_settling_other_columns_and_another_connection(ours: Context) -> None:
    import_id = upload(ours, "Firm;Gadget;Count\nAcme;Thing;3\nBeta;Thing;4\n", "odd.csv")
    with transaction(ours) as session:
        imports.look_again(session, ours, import_id, shape="generic_usage")
    work_off(ours)
    assert look(ours, import_id).shape == "generic_usage"
    with transaction(ours) as session:
        settle_odd(session, ours, import_id, label=" ")
    work_off(ours)
    assert (look(ours, import_id).needs_target, look(ours, import_id).may_start) == (True, False)
    with pytest.raises(Invalid, match="which system"), transaction(ours) as session:
        imports.start(session, ours, import_id)
    with transaction(ours) as session:
        settle_odd(session, ours, import_id, label="Gadget shop")
    work_off(ours)
    seen = look(ours, import_id)
    assert [(column.header, column.field) for column in seen.columns] == [
        ("Firm", "account_name"),
        ("Gadget", "sku_name"),
        ("Count", "quantity"),
    ]
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert work_off(ours) == ["done"]
    second = look(ours, upload(ours, "Firm;Gadget;Count\nAcme;Thing;5\nBeta;Thing;4\n", "odd.csv"))
    assert (second.is_remembered, second.label, second.shape) == (True, "Gadget shop", "generic_usage")
    assert second.connection_id is not None


def settle_odd(session: object, context: Context, import_id: int, **target: object) -> int:
    columns = {"Firm": "account_name", "Gadget": "sku_name", "Count": "quantity"}
    return imports.settle(
        session,  # type: ignore[arg-type]
        context,
        import_id,
        Settlement(shape="generic_usage", columns=columns, **target),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": "nonsense"}, "no format"),
        ({"columns": {"Nope": "seat_id"}}, 'no column "Nope"'),
        ({"columns": {"ID": "nope"}}, "no field"),
        ({"columns": {"ID": "seat_id", "Display Name": "seat_id"}}, "Two columns feed"),
        ({"options": {"nope": 1}}, "no option"),
        ({"options": {"date_order": "backwards"}}, "date_order"),
    ],
)
def test_a_settlement_that_makes_no_sense_is_refused(
    sqlite_world: World, changes: dict[str, object], message: str
) -> None:
    ours = sqlite_world.ours
    import_id = upload(ours, devices(*TEN))
    base: dict[str, object] = {"shape": "ninjaone_devices", "columns": {"ID": "seat_id"}, "label": "NinjaOne"}
    with pytest.raises(Invalid, match=message), transaction(ours) as session:
        imports.settle(session, ours, import_id, Settlement(**(base | changes)))  # type: ignore[arg-type]


def test_a_name_longer_than_an_index_takes_is_a_bad_cell(ours: Context) -> None:
    """Letters at random: PostgreSQL packs a repeated one and would take it."""
    name = secrets.token_hex(6000)
    import_id = upload(ours, devices(("Acme", "d0"), (name, "d1")))
    view = look(ours, import_id)
    assert view.check is not None
    assert (view.check.rows_read, view.check.rows_refused) == (2, 1)
    with transaction(ours, read_only=True) as session:
        (problem,) = imports.problems(session, ours, import_id).items
    assert (problem.row, problem.column) == (3, "Organization")
    assert "12,000 characters" in problem.message


def test_the_longest_name_that_is_read_is_stored(ours: Context) -> None:
    name = "".join(chr(0x4E00 + secrets.randbelow(20_000)) for _ in range(LONGEST_KEY))
    assert bring_in(ours, devices((name, "d0"))).state is ImportState.DONE
    assert in_force(ours) != set()
