"""Support as people of a workspace work with it: the form, the thread, its deeds, the FAQ."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Role
from rcx_app.ui.pages.support.faq_state import FaqState
from rcx_app.ui.pages.support.new_state import NewTicketState
from rcx_app.ui.pages.support.state import TicketListState
from rcx_app.ui.pages.support.ticket_state import TicketState
from tests.conftest import World
from tests.domain.support.ground import agent, answer, colleague, opened, seen, write
from tests.domain.support.test_files import upload
from tests.ui.pages.integrations.tab import Tab


def form(state: Any, **fields: str) -> dict[str, str]:
    return {"subject": "Sync fails", "text": "At 14:20.", "once_key": state.once_key, **fields}


def at_ticket(who: Context, ticket_id: int) -> tuple[Tab, TicketState]:
    tab = Tab(who)
    return tab, tab.opened(TicketState, f"/support/tickets/{ticket_id}")


def listed(who: Context) -> TicketListState:
    state: TicketListState = Tab(who).opened(TicketListState, "/support")
    return state


def test_a_form_clicked_twice_makes_one_ticket(ours: Context) -> None:
    tab = Tab(ours)
    state = tab.opened(NewTicketState, "/support/new")
    file_id = upload(ours)
    tab.call(state, "uploaded", ids=[file_id])
    sent = form(state)
    for _ in range(2):
        went = tab.call(state, "send", form=sent)
        assert went is not None
    rows = listed(ours)
    assert [(row.name, row.word, row.href) for row in rows.tickets] == [("T-1", "With support", "/support/tickets/1")]
    assert (rows.total, rows.live) == (1, 1)
    assert [each.name for each in at_ticket(ours, 1)[1].entries[0].files] == ["shot.png"]


def test_what_is_typed_is_there_after_a_reload_and_at_another_machine(ours: Context) -> None:
    tab = Tab(ours)
    state = tab.opened(NewTicketState, "/support/new")
    tab.call(state, "typed_subject", value="Half a")
    tab.call(state, "typed_text", value="thought <b>")
    tab.call(state, "chose", name="priority", value="high")
    tab.call(state, "chose", name="private", value="yes")
    again = Tab(ours).opened(NewTicketState, "/support/new")
    assert (again.subject, again.text, again.priority, again.is_private) == ("Half a", "thought <b>", "high", True)
    ticket_id = opened(ours)
    tab, reply = at_ticket(ours, ticket_id)
    tab.call(reply, "keep", text="And one more")
    assert at_ticket(ours, ticket_id)[1].draft == "And one more"


@pytest.mark.parametrize(
    ("fields", "place"),
    [({"subject": ""}, "wrong_subject"), ({"text": "x" * 100_000}, "wrong_text"), ({"once_key": ""}, "wrong")],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(
    ours: Context, fields: dict[str, str], place: str
) -> None:
    tab = Tab(ours)
    state = tab.opened(NewTicketState, "/support/new")
    key = state.once_key
    assert tab.call(state, "send", form=form(state, **fields)) is None
    said = {name for name in ("wrong_subject", "wrong_text", "wrong") if getattr(state, name)}
    assert said == {place}
    # The same key: the browser's fields stay as they are.
    assert state.once_key == key
    assert listed(ours).tickets == []
    tab.call(state, "typed_subject", value="Where are they?")
    tab.call(state, "typed_text", value="I see none.")
    assert (state.wrong_subject, state.wrong_text) == ("", ""), "it is being put right"


def test_many_tickets_in_a_row_are_refused_at_the_button(ours: Context) -> None:
    tab = Tab(ours)
    for _ in range(10):
        state = tab.opened(NewTicketState, "/support/new")
        tab.call(state, "send", form=form(state))
    state = tab.opened(NewTicketState, "/support/new")
    assert tab.call(state, "send", form=form(state)) is None
    assert state.wrong.startswith("Many tickets were opened within minutes. Nothing of what you wrote is lost.")


def test_a_thread_is_followed_replied_to_withdrawn_and_reinstated(ours: Context) -> None:
    ticket_id, elin = opened(ours), agent()
    tab, state = at_ticket(ours, ticket_id)
    assert (state.ticket.turn, state.ticket.may_withdraw, state.ticket.first_answer) == ("Support's", True, "not yet")
    answer(elin, ticket_id, "First.\n\nSecond <script>.")
    tab.call(state, "look")
    assert (state.ticket.turn, state.ticket.reply_to) == ("Yours", "Elin")
    assert state.entries[-1].paragraphs == ["First.", "Second <script>."]
    sent = {"text": "It works.", "once_key": state.once_key}
    tab.call(state, "send", form=sent)
    assert (state.draft, state.once_key != sent["once_key"]) == ("", True)
    tab.call(state, "send", form=sent)
    assert [each.author for each in state.entries].count("Northbeam IT owner") == 2
    tab.call(state, "ask_withdraw")
    tab.call(state, "withdraw", form={"reason": "found it"})
    assert (state.is_withdrawing, state.ticket.word, state.ticket.may_write) == (False, "Withdrawn", False)
    assert state.entries[-1].said == "Northbeam IT owner withdrew the ticket, “found it”."
    row = listed(ours).tickets[0]
    assert row.may_reinstate
    tab.call(tab.state(TicketListState), "reinstate", ticket_id=row.id, version=row.version)
    tab.call(state, "look")
    assert state.ticket.may_write
    tab.call(state, "solve")
    assert (state.ticket.word, state.ticket.may_reopen) == ("Solved", True)
    tab.call(state, "reopen")
    assert state.ticket.word == "With support"


def test_a_deed_on_what_has_changed_is_refused_in_place(ours: Context) -> None:
    ticket_id = opened(ours)
    tab, state = at_ticket(ours, ticket_id)
    tab.call(state, "ask_withdraw")
    answer(agent(), ticket_id)
    tab.call(state, "withdraw", form={"reason": ""})
    assert state.is_withdrawing
    assert "Somebody changed this ticket" in state.wrong
    assert state.ticket.word == "Answered"
    assert seen(ours, ticket_id).line.status == "waiting_you"


def test_a_reply_that_is_refused_stays_where_it_was_typed(ours: Context) -> None:
    ticket_id = opened(ours)
    tab, state = at_ticket(ours, ticket_id)
    key = state.once_key
    tab.call(state, "send", form={"text": "x" * 100_000, "once_key": key})
    assert "characters" in state.wrong
    assert (state.once_key, len(state.entries)) == (key, 1)


def test_a_colleague_writes_and_does_not_end(ours: Context) -> None:
    ticket_id, ole = opened(ours), colleague(ours, "Ole", Role.VIEWER)
    write(ole, ticket_id)
    _, state = at_ticket(ole, ticket_id)
    may = state.ticket
    assert may.may_write
    assert not any([may.may_withdraw, may.may_solve, may.may_reopen, may.may_reinstate])


@pytest.mark.parametrize("address", ["x", "0", "-1", "9" * 30, "1e3", "٣", "2"])
def test_an_address_of_no_ticket_or_of_anothers_says_so(sqlite_world: World, address: str) -> None:
    opened(sqlite_world.theirs)
    opened(sqlite_world.theirs)
    state = Tab(sqlite_world.ours).opened(TicketState, f"/support/tickets/{address}")
    assert (state.problem, state.ticket.id, state.entries) == ("This ticket was not found.", 0, [])


def test_the_faq_is_searched_and_opened_from_the_address(ours: Context) -> None:
    tab = Tab(ours)
    state = tab.opened(FaqState, "/support/faq?open=not-ready")
    assert state.question.startswith("What does")
    assert {each.kind for each in state.blocks} == {"p", "li"}
    assert all(span.look != "link" or span.href.startswith("/") for each in state.blocks for span in each.spans)
    whole = len(state.questions)
    tab.call(state, "look_for", text="not redy")
    assert state.questions[0].slug == "not-ready"
    assert len(state.questions) < whole
    tab.call(state, "look_for", text="<script>alert(1)</script>")
    assert state.questions == []
    missing = tab.opened(FaqState, "/support/faq?open=../../etc/passwd")
    assert (missing.is_missing, missing.slug, len(missing.questions)) == (True, "", whole)


def test_a_stranger_reinstates_nothing(sqlite_world: World) -> None:
    ticket_id = opened(sqlite_world.theirs)
    tab = Tab(sqlite_world.ours)
    with pytest.raises(NotFound):
        tab.call(tab.state(TicketListState), "reinstate", ticket_id=ticket_id, version=1)
