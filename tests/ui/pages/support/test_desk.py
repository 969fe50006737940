"""The agents' queue, ticket and templates, handler by handler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rcx_app.core.context import Context
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Staff
from rcx_app.ui.pages.tickets_desk.queue_state import QueueState
from rcx_app.ui.pages.tickets_desk.template_state import NEW, TemplatesState
from rcx_app.ui.pages.tickets_desk.ticket_state import DeskTicketState
from rcx_app.ui.shell import ShellState
from tests.domain.support.ground import agent, opened, seen, write
from tests.domain.support.test_files import taken, upload
from tests.ui.pages.integrations.tab import Tab


def at_ticket(who: Context, ticket_id: int) -> tuple[Tab, DeskTicketState]:
    tab = Tab(who)
    return tab, tab.opened(DeskTicketState, f"/staff/tickets/{ticket_id}")


def send(tab: Tab, state: Any, text: str) -> None:
    tab.call(state, "send", form={"text": text})


def test_the_queue_is_filtered_by_its_address_and_counted_in_the_navigation(ours: Context) -> None:
    first, elin = opened(ours, subject="first"), agent()
    second = opened(ours, subject="second", priority="urgent")
    tab = Tab(elin)
    state = tab.opened(QueueState, "/staff/tickets")
    assert [(row.id, row.word, row.workspace) for row in state.tickets] == [
        (second, "New", "Northbeam IT"),
        (first, "New", "Northbeam IT"),
    ]
    shell = tab.state(ShellState, "/staff/tickets")
    tab.call(shell, "load_desk")
    assert shell.desk_count == 2
    tab.call(state, "pick", name="priority", value="urgent")
    assert [row.id for row in state.tickets] == [second]
    tab.call(state, "find", text="first")
    assert (state.tickets, state.is_filtered) == ([], True)
    tab.call(state, "clear")
    assert len(state.tickets) == 2
    nonsense = tab.opened(QueueState, "/staff/tickets?priority=x&state=y&age=z&workspace=٣&whose=q&category=w")
    assert len(nonsense.tickets) == 2


def test_an_agent_answers_with_a_file_notes_and_solves(ours: Context) -> None:
    ticket_id, elin = opened(ours), agent()
    tab, state = at_ticket(elin, ticket_id)
    tab.call(state, "choose_mode", mode="note")
    send(tab, state, "They forget every time.")
    assert [each.is_note for each in state.entries] == [False, True]
    tab.call(state, "choose_mode", mode="answer")
    file_id = upload(elin)
    tab.call(state, "uploaded", ids=[file_id])
    send(tab, state, "Try this.")
    assert (state.wrong, state.files, state.ticket.assignee) == ("", [], "Elin")
    ours_view = seen(ours, ticket_id)
    assert [each.text for each in ours_view.entries] == ["It failed at 14:20.", "Try this."]
    assert taken(ours, ours_view.entries[1].files[0].id)
    tab.call(state, "keep", text="And done.")
    tab.call(state, "send_and_solve")
    assert seen(ours, ticket_id).line.status == "solved"
    tab.call(state, "end", deed="reopen")
    tab.call(state, "ask_close")
    tab.call(state, "end", deed="close")
    assert not state.is_closing
    assert (state.ticket.word, state.ticket.may_write) == ("Closed", False)


def test_an_answer_is_held_back_when_people_wrote_meanwhile(ours: Context) -> None:
    ticket_id, elin = opened(ours), agent()
    tab, state = at_ticket(elin, ticket_id)
    tab.call(state, "keep", text="Long answer")
    write(ours, ticket_id, "Never mind.")
    key = state.form_key
    send(tab, state, "Long answer")
    assert "written meanwhile" in state.wrong
    # The field stays as it is, and what was written is there to read.
    assert (state.form_key, state.entries[-1].paragraphs) == (key, ["Never mind."])
    send(tab, state, "Good.")
    assert (state.wrong, len(seen(ours, ticket_id).entries)) == ("", 3)


def test_two_agents_see_each_other_and_do_not_undo_each_other(ours: Context) -> None:
    ticket_id, elin, omar = opened(ours), agent(), agent("Omar")
    tab, state = at_ticket(elin, ticket_id)
    his, hers = at_ticket(omar, ticket_id)
    tab.call(state, "look")
    his.call(hers, "keep", text="I am at it")
    his.call(hers, "look")
    tab.call(state, "look")
    assert (state.lookers, hers.lookers) == ("Omar is writing", "Elin is here too")
    his.call(hers, "assign", agent_id=str(omar.user_id))
    tab.call(state, "prioritise", priority="urgent")
    assert (state.ticket.assignee, state.ticket.priority) == ("Omar", "normal")
    tab.call(state, "prioritise", priority="urgent")
    assert state.ticket.priority == "urgent"
    tab.call(state, "prioritise", priority="nonsense")
    tab.call(state, "assign", agent_id="x")
    assert (state.ticket.assignee, state.ticket.priority) == ("", "urgent")
    his.call(hers, "leave")
    tab.call(state, "look")
    assert state.lookers == ""


def test_templates_are_kept_by_agents_and_filled_into_an_answer(ours: Context) -> None:
    elin = agent()
    tab = Tab(elin)
    kept = tab.opened(TemplatesState, "/staff/templates")
    tab.call(kept, "open", template_id=NEW)
    tab.call(kept, "save", form={"name": "Greeting", "text": "Hello {{who}}"})
    assert kept.wrong_text.startswith("Nothing is known to fill in for {{who}}.")
    tab.call(kept, "save", form={"name": "Greeting", "text": "Hello {{name}}, {{ticket}}."})
    tab.call(kept, "load")
    assert [row.name for row in kept.rows] == ["Greeting"]
    ticket_id = opened(ours)
    tab, state = at_ticket(elin, ticket_id)
    tab.call(state, "keep", text="Before.")
    tab.call(state, "take_template", template_id=state.templates[0].value)
    assert state.draft == "Before.\n\nHello Northbeam, T-1."
    _, again = at_ticket(elin, ticket_id)
    assert again.draft == state.draft
    tab.call(kept, "open", template_id=kept.rows[0].id)
    tab.call(kept, "delete")
    tab.call(kept, "load")
    assert kept.rows == []


def test_nobody_else_reaches_the_desk(ours: Context) -> None:
    ticket_id = opened(ours)
    for who in (ours, replace(ours, staff=Staff.NONE)):
        tab = Tab(who)
        queue = tab.opened(QueueState, "/staff/tickets")
        assert (queue.tickets, queue.problem) == ([], "This is not available.")
        with pytest.raises(NotPermitted):
            tab.call(tab.state(TemplatesState, "/staff/templates"), "load")
        state = tab.opened(DeskTicketState, f"/staff/tickets/{ticket_id}")
        assert (state.ticket.id, state.entries, state.problem) == (0, [], "This is not available.")
