"""The audit log as a file, and the note of every list that leaves: who gets it, exactly what is filtered, defused."""

from __future__ import annotations

import csv
import io
import itertools

import openpyxl
import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit.schemas import Chosen
from tests.support.web import Person, WebServer

_numbers = itertools.count()


def somebody(web: WebServer, role: Role) -> Person:
    return web.sign_in(f"audit{next(_numbers)}", role)


def context_of(person: Person) -> Context:
    return Context(workspace_id=person.workspace_id, user_id=person.user_id, role=Role.OWNER)


def write(web: WebServer, person: Person, tag: str, name: str) -> None:
    with transaction(context_of(person), url=web.database_url) as session:
        audit.record(session, context_of(person), tag, "connection", 7, {"name": name})


def exported(web: WebServer, person: Person) -> list[tuple[str, dict[str, str]]]:
    with transaction(context_of(person), url=web.database_url, read_only=True) as session:
        found = audit.entries(session, context_of(person), Chosen(tags=("export:",)))
    return [(entry.tag, entry.detail) for entry in found.items]


def test_an_admin_gets_what_is_filtered_and_nothing_that_a_spreadsheet_runs(web: WebServer) -> None:
    person = somebody(web, Role.ADMIN)
    write(web, person, "connection:rename", "=1+1")
    write(web, person, "rules:create", "Backup")
    with web.http(person) as client:
        plain = client.get("/exports/audit.csv", params={"what": "connections"})
        book = client.get("/exports/audit.xlsx", params={"what": "rules"})
    assert (plain.status_code, book.status_code) == (200, 200)
    (row,) = csv.DictReader(io.StringIO(plain.text.removeprefix("\ufeff")))
    assert (row["what"], row["about"], row["about_id"]) == ("Renamed a connection", "connection", "7")
    assert row["detail"] == '{"name":"=1+1"}'
    assert len(row["hash"]) == 64
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    lines = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [line[5] for line in lines] == ["rules:create"]
    assert exported(web, person) == [
        ("export:audit", {"format": "xlsx", "query": "what=rules"}),
        ("export:audit", {"format": "csv", "query": "what=connections"}),
    ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_below_admin_there_is_no_file(web: WebServer, role: Role) -> None:
    person = somebody(web, role)
    write(web, person, "rules:create", "Backup")
    with web.http(person) as client:
        answer = client.get("/exports/audit.csv")
    assert (answer.status_code, "Backup" in answer.text) == (403, False)
    assert exported(web, person) == []


def test_strangers_get_their_own_and_the_unsigned_nothing(web: WebServer) -> None:
    owner, stranger = somebody(web, Role.OWNER), somebody(web, Role.OWNER)
    write(web, owner, "rules:create", "Backup")
    with web.http(stranger) as client:
        answer = client.get("/exports/audit.csv", params={"who": str(owner.user_id)})
    assert (answer.status_code, "Backup" in answer.text) == (200, False)
    with web.http() as client:
        assert client.get("/exports/audit.csv").status_code == 401


def test_lists_that_leave_are_noted_with_their_filters(web: WebServer) -> None:
    person = somebody(web, Role.VIEWER)
    with web.http(person) as client:
        assert client.get("/exports/accounts.csv", params={"tab": "mapped"}).status_code == 200
        assert client.get("/exports/nothing.csv").status_code == 404
    assert exported(web, person) == [("export:accounts", {"format": "csv", "query": "tab=mapped"})]
