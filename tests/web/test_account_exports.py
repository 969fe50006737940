"""The download of the mapping queue: who gets it, in both forms, and only one's own."""

from __future__ import annotations

import csv
import io
import itertools

import openpyxl
import pytest

from rcx_app.core.context import system_context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.models import Account, AccountMapping, Connection
from tests.support.web import Person, WebServer

_numbers = itertools.count()


def somebody(web: WebServer, role: Role = Role.VIEWER) -> Person:
    return web.sign_in(f"accounts{next(_numbers)}", role)


def give_accounts(web: WebServer, person: Person, *names: str) -> None:
    context = system_context(person.workspace_id)
    with transaction(context, url=web.database_url) as session:
        shared = {"workspace_id": person.workspace_id}
        connection = Connection(**shared, side="usage", vendor="duo", label="Duo", label_key="duo")
        session.add(connection)
        session.flush()
        for name in names:
            account = Account(
                **shared, connection_id=connection.id, external_id=name, name=name, name_key=name.casefold()
            )
            session.add(account)
            session.flush()
            session.add(AccountMapping(**shared, account_id=account.id))


def test_a_viewer_gets_the_queue_in_both_forms(web: WebServer) -> None:
    person = somebody(web)
    give_accounts(web, person, "=1+1", "birch")
    with web.http(person) as client:
        plain = client.get("/exports/accounts.csv", params={"tab": "unmapped"})
        book = client.get("/exports/accounts.xlsx", params={"tab": "unmapped", "q": "bir"})
        assert list(csv.DictReader(io.StringIO(client.get("/exports/accounts.csv").text))) == []
    assert (plain.status_code, book.status_code) == (200, 200)
    assert plain.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(plain.text.removeprefix("\ufeff"))))
    assert [row["account"] for row in rows] == ["'=1+1", "birch"]
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert [line[2] for line in sheet.iter_rows(min_row=2, values_only=True)] == ["birch"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_strangers_and_the_unsigned_get_nothing(web: WebServer, kind: str) -> None:
    owner, stranger = somebody(web, Role.OWNER), somebody(web, Role.OWNER)
    give_accounts(web, owner, "Birch")
    with web.http(stranger) as client:
        answer = client.get("/exports/accounts.csv", params={"tab": "unmapped"})
    assert (answer.status_code, answer.text.count("Birch")) == (200, 0)
    with web.http() as client:
        assert client.get(f"/exports/accounts.{kind}").status_code == 401
