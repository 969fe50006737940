"""The audit trail: with the deed or not at all, for admins, within the workspace."""

from __future__ import annotations

import pytest

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit.schemas import Chosen
from tests.conftest import World


def test_an_entry_says_who_did_what(world: World) -> None:
    with transaction(world.ours) as session:
        audit.record(session, world.ours, "mapping:confirm", "account", 7, {"client_id": 3})
    with transaction(world.ours, read_only=True) as session:
        page = audit.entries(session, world.ours)
    (entry,) = page.items
    assert (entry.tag, entry.subject_type, entry.subject_id) == ("mapping:confirm", "account", 7)
    assert entry.detail == {"client_id": 3}
    assert entry.user_name == "Northbeam IT owner"


def test_a_deed_that_fails_leaves_no_entry(world: World) -> None:
    def fail() -> None:
        with transaction(world.ours) as session:
            audit.record(session, world.ours, "mapping:confirm")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction(world.ours, read_only=True) as session:
        assert audit.entries(session, world.ours).items == ()


def test_other_workspaces_see_nothing(world: World) -> None:
    with transaction(world.ours) as session:
        audit.record(session, world.ours, "mapping:confirm")
    with transaction(world.theirs, read_only=True) as session:
        assert audit.entries(session, world.theirs).items == ()


def test_only_admins_read_it(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours, read_only=True) as session:
        with pytest.raises(NotPermitted):
            audit.entries(session, sqlite_world.as_role(Role.APPROVER))
        audit.entries(session, sqlite_world.as_role(Role.ADMIN))


def test_pages_follow_each_other_without_gap_or_double(world: World) -> None:
    with transaction(world.ours) as session:
        for number in range(120):
            audit.record(session, world.ours, "mapping:confirm" if number % 2 else "rule:write", subject_id=number)
    seen: list[int | None] = []
    cursor = ""
    with transaction(world.ours, read_only=True) as session:
        while True:
            page = audit.entries(session, world.ours, cursor=cursor)
            seen += [entry.subject_id for entry in page.items]
            if not (cursor := page.next_cursor):
                break
        only = audit.entries(session, world.ours, Chosen(tags=("rule:",)))
    assert seen == list(range(119, -1, -1))
    assert {entry.tag for entry in only.items} == {"rule:write"}


@pytest.mark.parametrize("tag", ["", "mapping", "Mapping:confirm", "mapping:confirm:x:y", "mapping: confirm", "a:b;c"])
def test_a_tag_has_the_agreed_form(sqlite_world: World, tag: str) -> None:
    with transaction(sqlite_world.ours) as session, pytest.raises(ValueError, match="audit tag"):
        audit.record(session, sqlite_world.ours, tag)
