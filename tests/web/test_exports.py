"""The download of a filtered list of findings: who gets it, and that it is what the page shows."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import date

import pytest

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.models import Finding, ReconcileRun
from tests.support.web import Person, WebServer

_numbers = itertools.count()
PATH = "/exports/findings.csv"


def somebody(web: WebServer, role: Role = Role.VIEWER) -> Person:
    return web.sign_in(f"export{next(_numbers)}", role)


def give_findings(web: WebServer, person: Person, *names: str) -> None:
    """One under-billed finding for each client's name."""
    day = date(2026, 11, 20)
    with transaction(None, url=web.database_url) as session:
        session.add(ReconcileRun(workspace_id=person.workspace_id, as_of=day, finished_at=clock.now()))
        for name in names:
            session.add(
                Finding(
                    workspace_id=person.workspace_id, period=day.replace(day=1), fingerprint=name, scope="group",
                    client_name=name, client_key=name, kind="calculated", direction="under", as_of=day,
                )
            )  # fmt: skip


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_viewer_gets_the_list_as_a_file(web: WebServer) -> None:
    person = somebody(web)
    give_findings(web, person, "Birch", "=HYPERLINK(1)")
    with web.http(person) as client:
        answer = client.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert {row["client"] for row in rows_of(answer.text)} == {"Birch", "'=HYPERLINK(1)"}


def test_the_query_narrows_it(web: WebServer) -> None:
    person = somebody(web)
    give_findings(web, person, "birch", "cedar")
    with web.http(person) as client:
        assert [row["client"] for row in rows_of(client.get(PATH, params={"find": "Ced"}).text)] == ["cedar"]
        assert rows_of(client.get(PATH, params={"view": "over"}).text) == []


def test_another_workspace_gets_nothing_of_it(web: WebServer) -> None:
    owner, stranger = somebody(web, Role.OWNER), somebody(web, Role.OWNER)
    give_findings(web, owner, "Birch")
    with web.http(stranger) as client:
        answer = client.get(PATH)
    assert (answer.status_code, rows_of(answer.text)) == (200, [])


def test_the_unsigned_get_nothing(web: WebServer) -> None:
    with web.http() as client:
        assert client.get(PATH).status_code == 401


@pytest.mark.parametrize("query", ["kind=x", "client=-1", "sort=; drop"])
def test_a_broken_address_is_said(web: WebServer, query: str) -> None:
    with web.http(somebody(web)) as client:
        answer = client.get(f"{PATH}?{query}")
    assert answer.status_code in (400, 422)
    assert "does not exist" in answer.json()["error"]


def test_a_report_is_a_file_of_what_its_address_asks_for(web: WebServer) -> None:
    person = somebody(web)
    give_findings(web, person, "Birch")
    with web.http(person) as client:
        answer = client.get("/exports/report.csv", params={"part": "months", "months": "3"})
        assert [row["month"] for row in rows_of(answer.text)] == ["2026-09", "2026-10", "2026-11"]
        assert client.get("/exports/report.xlsx", params={"part": "margins"}).content.startswith(b"PK")
        assert client.get("/exports/report.csv", params={"part": "salaries"}).status_code == 422
        assert client.get("/exports/report.csv", params={"months": "13"}).status_code == 422
