"""What agents do with tickets of all workspaces, and that nobody else can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import attempts
from rcx_app.domain.support import desk, service, templates, upkeep
from rcx_app.domain.support.schemas import Priority, QueueFilters, TicketLine
from rcx_app.domain.support.states import Deed, Status
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.models import AuditEvent, SupportTicket
from tests.conftest import World
from tests.domain.support.ground import agent, answer, at_desk, once, opened, seen, write


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    attempts.forget_all()


def note(who: Any, ticket_id: int, text: str = "They called twice.") -> None:
    with transaction(None) as session:
        desk.note(session, who, ticket_id, text, once_key=once())


def test_an_answer_reaches_the_people_and_a_note_never_does(world: World) -> None:
    elin, ticket_id = agent(), opened(world.ours)
    note(elin, ticket_id)
    answer(elin, ticket_id, "Make a new key.")
    ours = seen(world.ours, ticket_id)
    assert [each.text for each in ours.entries] == ["It failed at 14:20.", "Make a new key."]
    assert (ours.line.status, ours.line.assignee) == (Status.WAITING_YOU, "Elin")
    assert ours.first_answered_at is not None
    assert not any(each.is_note for each in ours.entries)
    theirs = at_desk(elin, ticket_id)
    assert [each.text for each in theirs.ticket.entries if each.is_note] == ["They called twice."]
    assert theirs.workspace == "Northbeam IT"
    # Nor does the workspace's own trail tell of notes and assignments.
    with transaction(world.ours, read_only=True) as session:
        tags = {each.tag for each in audit.entries(session, world.ours).items}
    assert "ticket:answer" in tags
    assert not tags & {"ticket:note", "ticket:assign"}
    with transaction(None) as session:
        outside = session.scalars(select(AuditEvent).where(col(AuditEvent.tag) == "ticket:note")).one()
        assert (outside.workspace_id, outside.detail["by"]) == (None, elin.user_id)


def test_the_queue_is_by_urgency_then_by_how_long_people_have_waited(world: World) -> None:
    elin = agent()
    begin = clock.now()
    with clock.frozen(begin - timedelta(days=4)):
        late = opened(world.ours, subject="late")
    with clock.frozen(begin - timedelta(days=1)):
        urgent = opened(world.theirs, subject="urgent", priority=Priority.URGENT)
    fresh = opened(world.ours, subject="50% of _all_")
    answered = opened(world.theirs)
    answer(elin, answered)

    def queue(**more: Any) -> list[int]:
        with transaction(None, read_only=True) as session:
            found = desk.queue(session, elin, QueueFilters(**more))
            assert desk.count(session, elin, QueueFilters(**more)) == len(found.items)
            return [line.id for line in found.items]

    waiting = (Status.OPEN, Status.WAITING_US)
    assert queue(statuses=waiting) == [urgent, late, fresh]
    assert queue(statuses=(Status.WAITING_YOU,), mine=True) == [answered]
    assert queue(unassigned=True, priorities=(Priority.URGENT,)) == [urgent]
    assert queue(older_than_days=3) == [late]
    assert queue(workspace_id=world.ours.workspace_id) == [late, fresh]
    assert queue(find="50% southl") == []
    assert queue(find="0% of _all") == [fresh]
    assert queue(find="t-2 northbeam") == [fresh]
    with transaction(None, read_only=True) as session:
        assert desk.count_waiting(session, elin) == 3
        assert desk.count_waiting(session, world.ours) == 0


def test_the_queue_goes_on_where_its_page_ended(world: World) -> None:
    elin = agent()
    with transaction(world.ours) as session:
        for number in range(1, 106):
            session.add(
                SupportTicket(
                    workspace_id=world.ours.workspace_id,
                    number=number,
                    subject="s",
                    category="other",
                    priority=["low", "normal", "urgent"][number % 3],
                    asker_id=world.ours.user_id or 0,
                    once_key=str(number),
                )
            )
    found: list[TicketLine] = []
    cursor = ""
    with transaction(None, read_only=True) as session:
        while True:
            page = desk.queue(session, elin, QueueFilters(), cursor)
            found += page.items
            cursor = page.next_cursor
            if not cursor:
                break
    assert len({line.id for line in found}) == len(found) == 105
    ranks = [["urgent", "normal", "low"].index(line.priority) for line in found]
    assert ranks == sorted(ranks)


def test_an_answer_to_what_was_not_read_yet_is_held_back(sqlite_world: World) -> None:
    elin, ticket_id = agent(), opened(sqlite_world.ours)
    read = at_desk(elin, ticket_id).ticket.seen
    write(sqlite_world.ours, ticket_id, "Never mind, it was us.")
    with pytest.raises(Conflict, match="meanwhile"), transaction(None) as session:
        desk.answer(session, elin, ticket_id, "Long answer", once_key=once(), seen=read)
    answer(elin, ticket_id, "Good.", solve=True)
    found = seen(sqlite_world.ours, ticket_id)
    assert found.line.status is Status.SOLVED
    assert [each.deed for each in found.entries][-1] == "solve"


def test_two_agents_do_not_change_one_ticket_unawares(world: World) -> None:
    elin, omar, ticket_id = agent(), agent("Omar"), opened(world.ours)
    version = at_desk(elin, ticket_id).ticket.version
    with transaction(None) as session:
        desk.assign(session, elin, ticket_id, elin.user_id, version=version)
    tries: tuple[Callable[[Any], None], ...] = (
        lambda session: desk.assign(session, omar, ticket_id, omar.user_id, version=version),
        lambda session: desk.prioritise(session, omar, ticket_id, Priority.HIGH, version=version),
        lambda session: desk.end(session, omar, ticket_id, Deed.CLOSE, version=version),
    )
    for late in tries:
        with pytest.raises(Conflict, match="changed"), transaction(None) as session:
            late(session)
    assert at_desk(omar, ticket_id).ticket.line.assignee == "Elin"
    with pytest.raises(Invalid, match="no agent"), transaction(None) as session:
        desk.assign(session, elin, ticket_id, world.ours.user_id, version=version + 1)


def test_agents_on_one_ticket_see_each_other_while_they_are_there(world: World) -> None:
    elin, omar, ticket_id = agent(), agent("Omar"), opened(world.ours)
    at = clock.now()
    with clock.frozen(at):
        for writes in (False, True):
            with transaction(None) as session:
                desk.look(session, omar, ticket_id, is_writing=writes)
        assert [(each.name, each.is_writing) for each in at_desk(elin, ticket_id).lookers] == [("Omar", True)]
        assert at_desk(omar, ticket_id).lookers == ()
    with clock.frozen(at + timedelta(minutes=1)):
        assert at_desk(elin, ticket_id).lookers == ()
        with transaction(None) as session:
            upkeep.sweep(session)
    with transaction(None) as session:
        others, _ = desk.look(session, elin, ticket_id)
        assert others == ()
        desk.leave(session, elin, ticket_id)


Deeds: list[Callable[[Any, Any, int], Any]] = [
    lambda session, who, _: desk.queue(session, who, QueueFilters()),
    lambda session, who, _: desk.count(session, who, QueueFilters()),
    lambda session, who, _: desk.agents(session, who),
    lambda session, who, _: desk.workspaces(session, who),
    lambda session, who, _: templates.listing(session, who),
    lambda session, who, _: templates.save(session, who, name="a", text="b"),
    lambda session, who, _: templates.delete(session, who, 1),
    lambda session, who, ticket: desk.view(session, who, ticket),
    lambda session, who, ticket: desk.answer(session, who, ticket, "a", once_key="k", seen=0),
    lambda session, who, ticket: desk.note(session, who, ticket, "a", once_key="k"),
    lambda session, who, ticket: desk.assign(session, who, ticket, None, version=1),
    lambda session, who, ticket: desk.prioritise(session, who, ticket, Priority.LOW, version=1),
    lambda session, who, ticket: desk.end(session, who, ticket, Deed.CLOSE, version=1),
    lambda session, who, ticket: desk.look(session, who, ticket),
    lambda session, who, ticket: desk.leave(session, who, ticket),
]


def test_nobody_but_staff_is_at_the_desk(sqlite_world: World) -> None:
    ticket_id = opened(sqlite_world.ours)
    assert sqlite_world.ours.allows(Permission.OWN)
    for deed in Deeds:
        with pytest.raises(NotPermitted), transaction(None) as session:
            deed(session, sqlite_world.ours, ticket_id)


def test_an_agent_is_no_member_of_the_workspace(sqlite_world: World) -> None:
    elin, ticket_id = agent(), opened(sqlite_world.ours)
    with transaction(elin, read_only=True) as session:
        assert service.listing(session, elin).items == ()
    with pytest.raises(Invalid), transaction(None) as session:
        desk.end(session, elin, ticket_id, Deed.WITHDRAW, version=1)


def test_a_template_fills_in_what_it_knows_and_nothing_of_what_it_filled_in(world: World) -> None:
    elin = agent()
    ticket_id = opened(world.ours, subject="{{agent}} {{ticket}}")
    with transaction(None) as session:
        kept = templates.save(
            session, elin, name="Greeting", text="Hello {{ name }}, about {{ticket}} ({{subject}}): {{agent}}"
        )
    with transaction(None) as session:
        text = templates.listing(session, elin)[0].text
        said = templates.fill(text, desk.view(session, elin, ticket_id), "Elin")
    assert said == "Hello Northbeam, about T-1 ({{agent}} {{ticket}}): Elin"
    with pytest.raises(FieldInvalid, match="password"), transaction(None) as session:
        templates.save(session, elin, name="Other", text="{{password}}")
    with pytest.raises(FieldInvalid, match="name"), transaction(None) as session:
        templates.save(session, elin, name="GREETING ", text="x")
    with transaction(None) as session:
        templates.save(session, elin, name="Greeting", text="Hello", template_id=kept, version=1)
    with pytest.raises(Conflict), transaction(None) as session:
        templates.save(session, elin, name="Greeting", text="Late", template_id=kept, version=1)
    with transaction(None) as session:
        templates.delete(session, elin, kept)
        assert templates.listing(session, elin) == ()
