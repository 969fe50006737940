"""The chain of the audit trail: numbered without gaps whoever writes and whatever fails, and closed to changes."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from rcx_app.core.db import engine, transaction
from rcx_app.domain.audit import service as audit
from rcx_app.models import AuditEvent, AuditHead, Workspace
from tests.conftest import World
from tests.domain.audit.chains import fill, state, tamper


def numbers(world: World, workspace_id: int | None) -> list[int]:
    with transaction(None, read_only=True) as session:
        query = select(AuditEvent.number).where(AuditEvent.workspace_id == workspace_id)
        return list(session.execute(query.order_by(AuditEvent.id)).scalars())


def test_events_are_numbered_and_linked_by_workspace(world: World) -> None:
    fill(world.ours, 3)
    fill(world.theirs, 2)
    with transaction(None) as session:
        audit.record_outside(session, "account:sign_in:fail", {"address": "203.0.113.7"})
    assert numbers(world, world.ours.workspace_id) == [1, 2, 3]
    assert numbers(world, world.theirs.workspace_id) == [1, 2]
    assert numbers(world, None) == [1]
    for chain, events in ((world.ours.workspace_id, 3), (world.theirs.workspace_id, 2), (None, 1)):
        found = state(chain)
        assert (found.broken, found.checked) == (None, events)


def test_an_event_goes_with_its_savepoint_and_the_others_stay(world: World) -> None:
    with transaction(world.ours) as session:
        audit.record(session, world.ours, "a:first")
        lost = session.begin_nested()
        audit.record(session, world.ours, "a:lost")
        with session.begin_nested():
            audit.record(session, world.ours, "a:lost_too")
        lost.rollback()
        with session.begin_nested():
            audit.record(session, world.ours, "a:second")
    with transaction(world.ours, read_only=True) as session:
        tags = [entry.tag for entry in audit.entries(session, world.ours).items]
    assert tags == ["a:second", "a:first"]
    assert state(world.ours.workspace_id).broken is None


def test_a_transaction_that_fails_leaves_no_gap(world: World) -> None:
    fill(world.ours, 1)

    def fail() -> None:
        with transaction(world.ours) as session:
            audit.record(session, world.ours, "a:lost")
            session.add(Workspace(id=world.ours.workspace_id, name="a second one of the same id"))

    with pytest.raises(IntegrityError):
        fail()
    fill(world.ours, 1)
    assert numbers(world, world.ours.workspace_id) == [1, 2]
    assert state(world.ours.workspace_id).broken is None


_DIES = """
import os, signal
from rcx_app.core.context import system_context
from rcx_app.core.db import transaction
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit.chain import _append
context = system_context({workspace})
with transaction(context) as session:
    audit.record(session, context, "a:lost")
    _append(session)
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_killed_before_its_commit_leaves_no_gap(world: World) -> None:
    fill(world.ours, 2)
    dying = _DIES.format(workspace=world.ours.workspace_id)
    done = subprocess.run([sys.executable, "-c", dying], env=os.environ, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("written", -9), done.stderr
    fill(world.ours, 1)
    assert numbers(world, world.ours.workspace_id) == [1, 2, 3]
    assert state(world.ours.workspace_id).broken is None


def test_writers_at_once_keep_one_chain(world: World) -> None:
    """From the very first event on, whose head is not there yet."""

    def write(writer: int) -> None:
        for number in range(10):
            with transaction(world.ours) as session:
                audit.record(session, world.ours, "a:one", "writer", writer)
                audit.record(session, world.ours, "a:two", "writer", number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert numbers(world, world.ours.workspace_id) == list(range(1, 161))
    assert state(world.ours.workspace_id).broken is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET tag = 'a:other'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET number = 0",
    ],
)
def test_the_database_refuses_to_change_what_was_written(world: World, statement: str) -> None:
    fill(world.ours, 2)
    with pytest.raises(DBAPIError, match="append-only"), transaction(None) as session:
        session.execute(text(statement))
    assert state(world.ours.workspace_id).checked == 2


def test_postgres_refuses_to_empty_the_trail(postgres_world: World) -> None:
    fill(postgres_world.ours, 1)
    with pytest.raises(DBAPIError, match="append-only"), transaction(None) as session:
        session.execute(text("TRUNCATE audit_event"))


def test_the_hash_is_over_what_is_read_again(world: World) -> None:
    """Values that PostgreSQL keeps in another form than they were given in."""
    with transaction(world.ours) as session:
        audit.record(session, world.ours, "a:b", detail={"b": 1, "a": {"y": -0.0, "x": [1.5, 1e300, True]}})
    assert state(world.ours.workspace_id).broken is None
    with engine(world.url).begin() as connection:
        if world.url.startswith("postgresql"):
            connection.execute(text("SELECT set_config('rcx.workspace', 'system', true)"))
        head = connection.execute(select(AuditHead.number, AuditHead.hash)).one()
    assert head == (1, state(world.ours.workspace_id).head)


@pytest.mark.parametrize(
    ("statements", "kind", "number"),
    [
        (["UPDATE audit_event SET tag = 'mapping:verdict:undo' WHERE {w} AND number = 3"], "changed", 3),
        (["UPDATE audit_event SET user_id = NULL WHERE {w} AND number = 3"], "changed", 3),
        (["UPDATE audit_event SET created_at = '2020-01-01 00:00:00' WHERE {w} AND number = 1"], "changed", 1),
        (["UPDATE audit_event SET detail = '{{}}' WHERE {w} AND number = 6"], "changed", 6),
        (["UPDATE audit_event SET hash = 'f' WHERE {w} AND number = 4"], "changed", 4),
        (["DELETE FROM audit_event WHERE {w} AND number = 3"], "missing", 3),
        (["DELETE FROM audit_event WHERE {w} AND number = 1"], "missing", 1),
        (["DELETE FROM audit_event WHERE {w} AND number > 4"], "missing", 5),
        (["DELETE FROM audit_event WHERE {w}"], "missing", 1),
        (["DELETE FROM audit_head WHERE {w}"], "missing", 1),
        (
            [
                "DELETE FROM audit_event WHERE {w} AND number = 3",
                "UPDATE audit_event SET number = number - 1 WHERE {w} AND number > 3",
            ],
            "missing",
            3,
        ),
        (["UPDATE audit_event SET number = 7 - number WHERE {w} AND number IN (3, 4)"], "reordered", 3),
        (["UPDATE audit_event SET number = 7 - number WHERE {w} AND number IN (2, 5)"], "reordered", 2),
        (["{copy}, 3, previous_hash, hash FROM audit_event WHERE {w} AND number = 2"], "inserted", 3),
        (["{copy}, 0, '', '' FROM audit_event WHERE {w} AND number = 2"], "inserted", 0),
        (["{copy}, 7, hash, 'forged' FROM audit_event WHERE {w} AND number = 6"], "changed", 7),
        (
            [
                "UPDATE audit_event SET number = number + 1 WHERE {w} AND number > 2",
                "{copy}, 3, hash, 'forged' FROM audit_event WHERE {w} AND number = 2",
            ],
            "inserted",
            3,
        ),
        (["UPDATE audit_head SET hash = 'f' WHERE {w}"], "changed", 6),
    ],
)
def test_the_first_broken_event_is_named(world: World, statements: list[str], kind: str, number: int) -> None:
    fill(world.ours, 6)
    fill(world.theirs, 2)
    columns = "workspace_id, created_at, user_id, tag, subject_type, subject_id, detail"
    parts = {
        "w": f"workspace_id = {world.ours.workspace_id}",
        "copy": f"INSERT INTO audit_event ({columns}, number, previous_hash, hash) SELECT {columns}",
    }
    tamper(world, *(statement.format(**parts) for statement in statements))
    broken = state(world.ours.workspace_id).broken
    assert broken is not None
    assert (broken.kind, broken.number) == (kind, number)
    assert state(world.theirs.workspace_id).broken is None
