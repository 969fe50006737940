"""The download of a change set for people who type it in: whose it is, what it holds, and that it is noted."""

from __future__ import annotations

import csv
import io
import itertools
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.models import Agreement, AuditEvent, ChangeSet, Client, Connection, Line, LineChange
from tests.support.web import Person, WebServer

_numbers = itertools.count()


def somebody(web: WebServer, role: Role = Role.VIEWER) -> Person:
    return web.sign_in(f"changes{next(_numbers)}", role)


def give_set(web: WebServer, person: Person, client_name: str) -> int:
    """A set with one line to be typed in."""
    mine = {"workspace_id": person.workspace_id}
    with transaction(None, url=web.database_url) as session:
        connection = Connection(**mine, side="psa", vendor="connectwise", label="CW", label_key="cw")
        session.add(connection)
        session.flush()
        here = {**mine, "connection_id": connection.id}
        client = Client(**here, external_id="1", name=client_name, name_key="x")
        session.add(client)
        session.flush()
        agreement = Agreement(**here, external_id="77", client_id=client.id)
        made = ChangeSet(**here, is_handoff=True)
        session.add_all([agreement, made])
        session.flush()
        line = Line(
            **here, external_id="4711", client_id=client.id, agreement_id=agreement.id, product_code="M365",
            product_key="m365", product_name="Microsoft 365", quantity=Decimal(10), currency="USD",
        )  # fmt: skip
        session.add(line)
        session.flush()
        session.add(
            LineChange(
                **mine, change_set_id=made.id, line_id=line.id, line_external_id="4711", agreement_external_id="77",
                old_quantity=Decimal(10), quantity=Decimal(12), state="planned",
            )
        )  # fmt: skip
        return made.id


def test_a_set_is_downloaded_by_its_people_and_that_is_noted(web: WebServer) -> None:
    person = somebody(web)
    made = give_set(web, person, "=HYPERLINK(1)")
    with web.http(person) as client:
        answer = client.get("/exports/changes.csv", params={"set": made})
        book = client.get("/exports/changes.xlsx", params={"set": made})
    assert (answer.status_code, book.status_code, book.content[:2]) == (200, 200, b"PK")
    assert f'filename="CS-{made}.csv"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert row["client"] == "'=HYPERLINK(1)"
    assert (row["agreement_id"], row["line_id"], row["was"], row["quantity"]) == ("77", "4711", "10", "12")
    with transaction(None, url=web.database_url, read_only=True) as session:
        query = select(AuditEvent.tag).where(AuditEvent.workspace_id == person.workspace_id)
        assert list(session.exec(query)).count("export:changes") == 2


@pytest.mark.parametrize("asked", ["", "0", "-1", "x", "٣", "9" * 40, "1 or 1=1"])
def test_what_is_no_set_is_not_found(web: WebServer, asked: str) -> None:
    with web.http(somebody(web)) as client:
        assert client.get("/exports/changes.csv", params={"set": asked}).status_code == 404


def test_a_stranger_and_another_workspace_get_nothing(web: WebServer) -> None:
    made = give_set(web, somebody(web), "Harbour")
    with web.http(somebody(web, Role.OWNER)) as client:
        answer = client.get("/exports/changes.csv", params={"set": made})
        assert answer.status_code == 404
        assert "Harbour" not in answer.text
    with web.http() as client:
        assert client.get("/exports/changes.csv", params={"set": made}).status_code == 401
