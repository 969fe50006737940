"""Saved views and chosen columns: whose they are, who may use them, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.views import service
from rcx_app.domain.views.schemas import LISTS, Looks, own_columns
from rcx_app.models import Membership, User
from tests.conftest import World


def looks(context: Context) -> Looks:
    with transaction(context, read_only=True) as session:
        return service.looks(session, context)


def save(context: Context, name: str, *, is_shared: bool = False, **query: str) -> int:
    with transaction(context) as session:
        return service.save_view(session, context, "queue", name, query, is_shared=is_shared)


@pytest.fixture
def colleague(world: World) -> Context:
    """Somebody else in our workspace."""
    with transaction(None) as session:
        user = User(email="pat@msp.example", email_key="pat@msp.example", name="Pat Ruiz", password_hash="-")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=world.ours.workspace_id, user_id=user.id, role="operator"))
        user_id = user.id
    return replace(world.ours, user_id=user_id, role=Role.OPERATOR)


def test_a_view_keeps_what_is_filled_and_is_its_persons(world: World, colleague: Context) -> None:
    save(world.ours, "  Backup   in euro ", currency="EUR", find="backup", kind="")
    (view,) = looks(world.ours).views
    assert (view.name, dict(view.query)) == ("Backup in euro", {"currency": "EUR", "find": "backup"})
    assert (view.is_own, view.is_shared, view.page) == (True, False, "queue")
    assert looks(colleague).views == ()
    assert looks(world.theirs).views == ()


def test_a_shared_view_is_for_all_of_the_workspace_and_changed_by_its_owner_alone(
    world: World, colleague: Context
) -> None:
    shared = save(world.ours, "All backup", is_shared=True, find="backup")
    save(colleague, "Mine", view="under")
    assert [(view.name, view.is_own) for view in looks(colleague).views] == [("Mine", True), ("All backup", False)]
    assert looks(world.theirs).views == ()
    for stranger in (colleague, world.theirs):
        with pytest.raises(NotFound), transaction(stranger) as session:
            service.delete_view(session, stranger, shared)
        with pytest.raises(NotFound), transaction(stranger) as session:
            service.change_view(session, stranger, shared, "Taken", is_shared=True)
    with transaction(world.ours) as session:
        service.change_view(session, world.ours, shared, "Backup", is_shared=False)
    assert [view.name for view in looks(colleague).views] == ["Mine"]
    with transaction(world.ours) as session:
        service.delete_view(session, world.ours, shared)
    assert looks(world.ours).views == ()


def test_a_name_stands_once_a_person_and_list(world: World, colleague: Context) -> None:
    save(world.ours, "Mine")
    save(colleague, "Mine")
    other = save(world.ours, "Other")
    with pytest.raises(Conflict):
        save(world.ours, "Mine")
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.change_view(session, world.ours, other, "Mine", is_shared=False)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name_that_fits(world: World, name: str) -> None:
    with pytest.raises(Invalid):
        save(world.ours, name)


def test_who_only_reads_keeps_views_but_shares_none(world: World) -> None:
    viewer = world.as_role(Role.VIEWER)
    save(viewer, "Mine", view="over")
    with pytest.raises(NotPermitted):
        save(viewer, "For all", is_shared=True)


def test_columns_are_a_persons_own_and_in_the_lists_order(world: World, colleague: Context) -> None:
    assert looks(world.ours).columns == {page: own_columns(page) for page in LISTS}
    for wanted in (["state", "kind"], ["price", "amount"]):
        with transaction(world.ours) as session:
            service.choose_columns(session, world.ours, "queue", wanted)
    assert looks(world.ours).columns["queue"] == ("price", "amount")
    assert looks(colleague).columns["queue"] == own_columns("queue")
    with transaction(world.ours) as session:
        service.own_choice(session, world.ours, "queue")
    assert looks(world.ours).columns["queue"] == own_columns("queue")


@pytest.mark.parametrize(("page", "column"), [("queue", "salary"), ("payroll", "kind")])
def test_a_column_that_does_not_exist_is_refused(world: World, page: str, column: str) -> None:
    with pytest.raises(Invalid), transaction(world.ours) as session:
        service.choose_columns(session, world.ours, page, [column])
