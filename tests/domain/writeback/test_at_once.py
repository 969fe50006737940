"""Two people at the same moment, and one who clicks twice: it happens once, and the other is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlmodel import col, func, select

from rcx_app.core.db import transaction
from rcx_app.core.errors import RcxError
from rcx_app.domain.writeback import service
from rcx_app.domain.writeback.schemas import SetState
from rcx_app.models import AuditEvent, ChangeSet
from tests.conftest import World
from tests.domain.writeback.estate import approve, colleague, connection, line, prepare, state, waiting, want


def both(*deeds: Callable[[], object]) -> list[object]:
    """Do them at the same moment; what each gave, or the error it ended with."""
    start = Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> object:
        start.wait()
        try:
            return deed()
        except RcxError as error:
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def refusals(found: list[object]) -> list[RcxError]:
    return [each for each in found if isinstance(each, RcxError)]


def test_of_two_approvers_at_once_one_approves(world: World) -> None:
    made, other = waiting(world), colleague(world)
    found = both(lambda: approve(world, made, world.ours), lambda: approve(world, made, other))
    (refused,) = refusals(found)
    assert "approved by now" in refused.message
    assert state(world, made)[0] == SetState.APPROVED
    with transaction(world.ours, read_only=True) as session:
        query = select(func.count(col(AuditEvent.id))).where(AuditEvent.tag == "writeback:approve")
        assert session.exec(query).one() == 1


def test_a_double_click_makes_one_set(world: World) -> None:
    one = line(world, connection(world), "1")
    found = both(lambda: prepare(world, want(one)), lambda: prepare(world, want(one)))
    (refused,) = refusals(found)
    assert "open change" in refused.message
    with transaction(world.ours, read_only=True) as session:
        assert session.exec(select(func.count(col(ChangeSet.id)))).one() == 1


def test_approving_and_cancelling_at_once_leaves_one_of_both(world: World) -> None:
    made = waiting(world)

    def cancel() -> None:
        with transaction(world.ours) as session:
            service.cancel(session, world.ours, made)

    found = both(lambda: approve(world, made, world.ours), cancel)
    # Who cancels second still stops what was approved; who approves second is told.
    assert state(world, made)[0] == SetState.CANCELLED
    assert all("cancelled by now" in each.message for each in refusals(found))
