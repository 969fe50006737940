"""What people of a workspace do with tickets, and what they never see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted, TooMany
from rcx_app.core.permissions import Role, Stage
from rcx_app.domain.identity import attempts
from rcx_app.domain.support import drafts, service, upkeep
from rcx_app.domain.support.schemas import MAX_TEXT
from rcx_app.domain.support.states import Deed, Status
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.models import SupportNote, SupportTicket
from tests.conftest import World
from tests.domain.support.ground import agent, answer, colleague, form, once, opened, seen, write


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    attempts.forget_all()


def test_numbers_count_from_one_in_each_workspace(world: World) -> None:
    ours, theirs = [opened(world.ours), opened(world.ours)], opened(world.theirs)
    assert [seen(world.ours, each).line.name for each in ours] == ["T-1", "T-2"]
    assert seen(world.theirs, theirs).line.name == "T-1"


def test_a_form_sent_twice_makes_one_ticket_and_one_message(world: World) -> None:
    sent, key = form(), once()
    for _ in range(2):
        with transaction(world.ours) as session:
            ticket_id = service.open_ticket(session, world.ours, sent)
        with transaction(world.ours) as session:
            service.reply(session, world.ours, ticket_id, "Once.", once_key=key)
    with transaction(world.ours, read_only=True) as session:
        assert len(service.listing(session, world.ours).items) == 1
    assert [each.text for each in seen(world.ours, ticket_id).entries] == ["It failed at 14:20.", "Once."]


def test_another_workspace_finds_no_ticket_of_ours(sqlite_world: World) -> None:
    ticket_id = opened(sqlite_world.ours)
    for deed in (service.withdraw, service.solve, service.reopen, service.reinstate):
        with pytest.raises(NotFound), transaction(sqlite_world.theirs) as session:
            deed(session, sqlite_world.theirs, ticket_id, version=1)
    with pytest.raises(NotFound):
        seen(sqlite_world.theirs, ticket_id)
    with pytest.raises(NotFound):
        write(sqlite_world.theirs, ticket_id)


def test_a_private_ticket_is_seen_by_its_asker_and_admins_only(world: World) -> None:
    asker = colleague(world.ours, "Ada", Role.VIEWER)
    other, admin = colleague(world.ours, "Ole", Role.APPROVER), colleague(world.ours, "Ann", Role.ADMIN)
    private, shared = opened(asker, is_private=True), opened(asker)
    for who, expected in ((asker, {private, shared}), (admin, {private, shared}), (other, {shared})):
        with transaction(who, read_only=True) as session:
            assert {line.id for line in service.listing(session, who).items} == expected
    with pytest.raises(NotFound):
        seen(other, private)
    with pytest.raises(NotFound):
        write(other, private)
    write(other, shared, "Same here.")
    with pytest.raises(NotPermitted), transaction(other) as session:
        service.withdraw(session, other, shared, version=seen(other, shared).version)
    assert seen(other, shared).line.may == {Deed.REPLY}


def test_withdrawn_and_reinstated_it_keeps_its_place_and_tells_of_both(world: World) -> None:
    ticket_id = opened(world.ours)
    before = seen(world.ours, ticket_id)
    with transaction(world.ours) as session:
        service.withdraw(session, world.ours, ticket_id, version=before.version, reason="found it")
    withdrawn = seen(world.ours, ticket_id)
    assert withdrawn.line.status is Status.WITHDRAWN
    with pytest.raises(Conflict, match="withdrawn"):
        write(world.ours, ticket_id)
    with transaction(world.ours) as session:
        service.reinstate(session, world.ours, ticket_id, version=withdrawn.version)
    after = seen(world.ours, ticket_id)
    assert (after.line.status, after.line.queued_at) == (before.line.status, before.line.queued_at)
    events = [(each.deed, each.text) for each in after.entries if each.kind == "event"]
    assert events == [("withdraw", "found it"), ("reinstate", "")]


def test_who_did_not_see_an_answer_does_not_end_the_ticket(sqlite_world: World) -> None:
    ticket_id = opened(sqlite_world.ours)
    shown = seen(sqlite_world.ours, ticket_id).version
    answer(agent(), ticket_id)
    with pytest.raises(Conflict, match="changed"), transaction(sqlite_world.ours) as session:
        service.solve(session, sqlite_world.ours, ticket_id, version=shown)
    assert seen(sqlite_world.ours, ticket_id).line.status is Status.WAITING_YOU


def test_a_solved_ticket_opens_again_by_writing_until_its_time_is_over(world: World) -> None:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    with clock.frozen(at):
        first, second = opened(world.ours), opened(world.ours)
        for each in (first, second):
            with transaction(world.ours) as session:
                service.solve(session, world.ours, each, version=1)
    with clock.frozen(at + timedelta(days=14)):
        write(world.ours, first)
        assert seen(world.ours, first).line.status is Status.WAITING_US
    with clock.frozen(at + timedelta(days=15)):
        with pytest.raises(Conflict, match="closed"):
            write(world.ours, second)
        with transaction(None) as session:
            assert upkeep.workspaces_to_close_in(session) == [world.ours.workspace_id]
            assert upkeep.close_late(session, world.ours) == 1
        assert seen(world.ours, second).line.status is Status.CLOSED
        assert seen(world.ours, second).line.may == set()


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("subject", {"subject": " \n "}),
        ("subject", {"subject": "s" * 201}),
        ("text", {"text": "\u200b\x00"}),
        ("text", {"text": "x" * 100_000}),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(sqlite_world: World, field: str, more: dict[str, str]) -> None:
    with pytest.raises(FieldInvalid) as refused:
        opened(sqlite_world.ours, **more)
    assert refused.value.field == field
    with transaction(sqlite_world.ours) as session:
        assert service.counts(session, sqlite_world.ours) == {}


def test_markup_and_strange_characters_stay_text(sqlite_world: World) -> None:
    text = "<img src=x onerror=alert(1)>\r\n\x00\u202egnp.exe {{name}} 👩‍👩‍👧" + "y" * (MAX_TEXT - 80)
    ticket_id = opened(sqlite_world.ours, subject="<script>alert(1)</script>\nBcc: all@msp.example", text=text)
    found = seen(sqlite_world.ours, ticket_id)
    assert found.line.subject == "<script>alert(1)</script> Bcc: all@msp.example"
    assert found.entries[0].text.startswith("<img src=x onerror=alert(1)>\ngnp.exe {{name}} 👩‍👩‍👧y")


def test_a_thousand_tickets_a_minute_are_refused_kindly_and_logged(sqlite_world: World) -> None:
    made, refused = 0, []
    with structlog.testing.capture_logs() as logs, transaction(sqlite_world.ours) as session:
        for _ in range(1000):
            try:
                service.open_ticket(session, sqlite_world.ours, form())
                made += 1
            except TooMany as error:
                refused.append(error)
    assert (made, len(refused)) == (10, 990)
    assert refused[0].retry_after_s
    assert "lost" in refused[0].remedy
    logged = [each for each in logs if each["event"] == "support_rate_refused"]
    assert len(logged) == 990
    assert logged[0]["user_id"] == sqlite_world.ours.user_id
    with pytest.raises(FieldInvalid):
        opened(sqlite_world.ours, subject="")


def test_a_workspace_shares_a_limit_too(sqlite_world: World) -> None:
    people = [colleague(sqlite_world.ours, f"Person{number}", Role.VIEWER) for number in range(5)]
    made = 0
    for who in people:
        for _ in range(10):
            try:
                opened(who)
                made += 1
            except TooMany:
                continue
    assert made == 40
    opened(sqlite_world.theirs)


def test_support_is_open_to_a_suspended_workspace_and_to_one_on_its_way_in(sqlite_world: World) -> None:
    for stage in Stage:
        assert opened(replace(sqlite_world.ours, stage=stage))


def test_a_draft_survives_and_goes_when_it_is_sent(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours) as session:
        drafts.keep(session, sqlite_world.ours, drafts.NEW, {"subject": "Half", "text": "a tick", "other": "x"})
    with transaction(sqlite_world.ours) as session:
        drafts.keep(session, sqlite_world.ours, drafts.NEW, {"subject": "Half", "text": "a ticket"})
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert drafts.kept(session, sqlite_world.ours, drafts.NEW) == {"subject": "Half", "text": "a ticket"}
    other = colleague(sqlite_world.ours, "Ole", Role.OWNER)
    with transaction(other, read_only=True) as session:
        assert drafts.kept(session, other, drafts.NEW) == {}
    opened(sqlite_world.ours)
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert drafts.kept(session, sqlite_world.ours, drafts.NEW) == {}


def test_the_list_goes_on_where_it_ended(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours) as session:
        first = clock.now() - timedelta(days=1)
        for number in range(1, 121):
            session.add(
                SupportTicket(
                    workspace_id=sqlite_world.ours.workspace_id,
                    number=number,
                    subject=str(number),
                    category="other",
                    priority="low",
                    asker_id=sqlite_world.ours.user_id or 0,
                    once_key=str(number),
                    changed_at=first + timedelta(seconds=number // 3),
                )
            )
    found, cursor = [], ""
    with transaction(sqlite_world.ours, read_only=True) as session:
        while True:
            page = service.listing(session, sqlite_world.ours, (Status.OPEN,), cursor)
            found += [line.number for line in page.items]
            cursor = page.next_cursor
            if not cursor:
                break
    assert found == list(range(120, 0, -1))


def test_no_transaction_of_a_workspace_reads_agents_notes(postgres_world: World) -> None:
    ticket_id = opened(postgres_world.ours)
    with transaction(None) as session:
        session.add(
            SupportNote(
                workspace_id=postgres_world.ours.workspace_id, ticket_id=ticket_id, kind="note", text="They owe us."
            )
        )
    with transaction(postgres_world.ours) as session:
        assert session.scalars(select(SupportNote)).all() == []
    with transaction(None) as session:
        assert len(session.scalars(select(SupportNote).where(col(SupportNote.ticket_id) == ticket_id)).all()) == 1
