"""A person's verdicts stand, are recorded, and are taken back exactly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.mapping import service
from rcx_app.domain.mapping.schemas import Decided, FileMapping, QueueFilter, Tab, Verdict
from rcx_app.models import AuditEvent, MappingEvent, Membership, User
from tests.conftest import World
from tests.domain.mapping.making import keep, load_clients, make, mapping_of, reconciliations

_DECISION = ("state", "client_id", "decided_how", "decided_by", "decided_at", "note", "snoozed_until")


def decide(context: Context, account: int, verdict: Verdict, **more: object) -> Decided:
    version = more.pop("version", None) or mapping_of(context, account).version
    with transaction(context) as session:
        return service.decide(session, context, account, verdict, version=version, **more)  # type: ignore[arg-type]


def undo(context: Context, batch: str = "") -> Decided:
    with transaction(context) as session:
        return service.undo(session, context, batch)


def decision(context: Context, account: int) -> dict[str, object]:
    mapping = mapping_of(context, account)
    return {name: getattr(mapping, name) for name in _DECISION}


def colleague(world: World) -> Context:
    with transaction(None) as session:
        user = User(email="bo@msp.example", email_key="bo@msp.example", name="Bo Lind", password_hash="!")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=world.ours.workspace_id, user_id=user.id, role="operator"))
        return Context(workspace_id=world.ours.workspace_id, user_id=user.id, role=Role.OPERATOR, user_name="Bo Lind")


def test_confirm_maps_the_account_and_asks_for_its_client_only(world: World) -> None:
    made = make(world.ours)
    account, client = made.accounts["a-1"], made.clients["c-1"]
    done = decide(world.ours, account, Verdict.CONFIRM, client_id=client)
    mapping = mapping_of(world.ours, account)
    assert (mapping.state, mapping.client_id, mapping.decided_how) == ("mapped", client, "person")
    assert mapping.decided_by == world.ours.user_id
    assert done.touched_clients == (client,)
    assert reconciliations(world.ours) == [[client]]


def test_moving_an_account_touches_both_clients_and_requests_wait_as_one(world: World) -> None:
    made = make(world.ours)
    account = made.accounts["a-1"]
    one, two = made.clients["c-1"], made.clients["c-2"]
    decide(world.ours, account, Verdict.CONFIRM, client_id=one)
    assert decide(world.ours, account, Verdict.CONFIRM, client_id=two).touched_clients == (one, two)
    assert reconciliations(world.ours) == [[one, two]]


def test_a_verdict_that_fails_leaves_nothing_behind(world: World) -> None:
    made = make(world.ours)
    with pytest.raises(Invalid, match="No client was chosen"):
        decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM)
    assert mapping_of(world.ours, made.accounts["a-1"]).version == 1
    assert reconciliations(world.ours) == []


def test_an_exclusion_needs_a_reason_and_keeps_it(world: World) -> None:
    made = make(world.ours)
    account = made.accounts["a-1"]
    with pytest.raises(Invalid, match="needs a reason"):
        decide(world.ours, account, Verdict.EXCLUDE, note="  ")
    decide(world.ours, account, Verdict.EXCLUDE, note=" our own tenant ")
    with transaction(world.ours, read_only=True) as session:
        (row,) = service.queue(session, world.ours, QueueFilter(tab=Tab.EXCLUDED)).items
    assert (row.note, row.decided_by, row.state) == ("our own tenant", "Northbeam IT owner", "excluded")


def test_the_second_of_two_people_is_told_who_was_first(world: World) -> None:
    made = make(world.ours)
    account, bo = made.accounts["a-1"], colleague(world)
    seen = mapping_of(world.ours, account).version
    decide(bo, account, Verdict.CONFIRM, client_id=made.clients["c-2"], version=seen)
    with pytest.raises(Conflict, match=r"Bo Lind mapped it to Birch meanwhile\."):
        decide(world.ours, account, Verdict.NO_MATCH, version=seen)
    assert mapping_of(world.ours, account).client_id == made.clients["c-2"]


def test_of_two_verdicts_at_the_same_moment_one_stands(world: World) -> None:
    made = make(world.ours)
    account, bo = made.accounts["a-1"], colleague(world)
    start = Barrier(2)

    def give(context: Context, client: str) -> str:
        start.wait()
        try:
            decide(context, account, Verdict.CONFIRM, client_id=made.clients[client], version=1)
        except Conflict:
            return "refused"
        return client

    with ThreadPoolExecutor(2) as pool:
        outcomes = [each.result() for each in (pool.submit(give, world.ours, "c-1"), pool.submit(give, bo, "c-2"))]
    assert sorted(outcomes)[-1] == "refused"
    (winner,) = [each for each in outcomes if each != "refused"]
    assert mapping_of(world.ours, account).client_id == made.clients[winner]


def test_what_is_not_ours_is_not_found(world: World) -> None:
    made, theirs = make(world.ours), make(world.theirs)
    with pytest.raises(NotFound, match="account"), transaction(world.ours) as session:
        service.decide(session, world.ours, theirs.accounts["a-1"], Verdict.NO_MATCH, version=1)
    with pytest.raises(NotFound, match="client"):
        decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=theirs.clients["c-1"])
    choice = (made.accounts["a-1"], 1, theirs.clients["c-1"])
    with pytest.raises(NotFound), transaction(world.ours) as session:
        service.confirm_many(session, world.ours, [choice])
    with pytest.raises(NotFound), transaction(world.ours) as session:
        service.confirm_many(session, world.ours, [(theirs.accounts["a-1"], 1, made.clients["c-1"])])
    assert mapping_of(world.theirs, theirs.accounts["a-1"]).state == "unmapped"


def test_a_client_that_is_gone_cannot_be_chosen(world: World) -> None:
    made = make(world.ours)
    load_clients(world.ours, made, [("c-2", "Birch"), ("c-3", "Cedar")])
    with pytest.raises(NotFound, match="client"):
        decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])


def test_a_viewer_may_decide_nothing(world: World) -> None:
    made = make(world.ours)
    viewer = world.as_role(Role.VIEWER)
    with transaction(viewer) as session:
        with pytest.raises(NotPermitted):
            service.decide(session, viewer, made.accounts["a-1"], Verdict.NO_MATCH, version=1)
        with pytest.raises(NotPermitted):
            service.confirm_many(session, viewer, [(made.accounts["a-1"], 1, made.clients["c-1"])])
        with pytest.raises(NotPermitted):
            service.undo(session, viewer)
        with pytest.raises(NotPermitted):
            service.apply_file(session, viewer, [])


@pytest.mark.parametrize(
    ("verdict", "more"),
    [
        (Verdict.CONFIRM, {"client_id": "c-2"}),
        (Verdict.NO_MATCH, {}),
        (Verdict.UNSURE, {"note": "ask Pat"}),
        (Verdict.SNOOZE, {}),
        (Verdict.EXCLUDE, {"note": "ours"}),
        (Verdict.RESET, {}),
    ],
)
def test_undo_restores_exactly(world: World, verdict: Verdict, more: dict[str, str]) -> None:
    made = make(world.ours)
    account = made.accounts["a-1"]
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-1"], note="by phone")
    before = decision(world.ours, account)
    if "client_id" in more:
        decide(world.ours, account, verdict, client_id=made.clients[more["client_id"]])
    else:
        decide(world.ours, account, verdict, **more)
    assert decision(world.ours, account) != before
    undo(world.ours)
    assert decision(world.ours, account) == before
    undo(world.ours)
    assert decision(world.ours, account)["state"] == "suggested"
    with pytest.raises(Invalid, match="nothing to undo"):
        undo(world.ours)


def test_undo_never_takes_back_what_another_person_decided_since(world: World) -> None:
    made = make(world.ours)
    account, bo = made.accounts["a-1"], colleague(world)
    client = made.clients["c-1"]
    mine = decide(world.ours, account, Verdict.CONFIRM, client_id=client)
    decide(bo, account, Verdict.RESET)
    decide(bo, account, Verdict.CONFIRM, client_id=client)
    with pytest.raises(Conflict, match="Bo Lind mapped it to Acme"):
        undo(world.ours, mine.batch)
    with pytest.raises(Invalid):
        undo(bo, mine.batch)
    assert mapping_of(world.ours, account).decided_by == bo.user_id


def test_bulk_confirms_exactly_what_was_previewed(world: World) -> None:
    made = make(world.ours)
    offers = {
        "a-1": [("c-1", 0.99, "preselect")],
        "a-2": [("c-2", 0.95, "preselect")],
        "a-3": [("c-3", 0.97, "suggest"), ("c-1", 0.4, "compare")],
    }
    keep(world.ours, made, offers)
    with transaction(world.ours, read_only=True) as session:
        preview = service.preview_confirm(session, world.ours, Decimal("0.95"))
        assert service.confirmable(session, world.ours) == 2
        picked = service.preview_selected(session, world.ours, sorted(made.accounts.values()))
    assert [(row.name, row.client_name) for row in preview.rows] == [("Acme Ltd", "Acme"), ("Birch Ltd", "Birch")]
    assert preview.left_out == picked.left_out == 1
    assert {row.account_id for row in picked.rows} == {row.account_id for row in preview.rows}
    choices = [(row.account_id, row.version, row.client_id or 0) for row in preview.rows]
    with transaction(world.ours) as session:
        done = service.confirm_many(session, world.ours, choices)
    assert done.accounts == 2
    assert reconciliations(world.ours) == [sorted([made.clients["c-1"], made.clients["c-2"]])]
    undo(world.ours, done.batch)
    assert mapping_of(world.ours, made.accounts["a-2"]).state == "suggested"


def test_bulk_is_all_or_nothing(world: World) -> None:
    made = make(world.ours)
    choices = [(made.accounts[f"a-{n}"], 1, made.clients[f"c-{n}"]) for n in (1, 2, 3)]
    decide(colleague(world), made.accounts["a-2"], Verdict.NO_MATCH)
    with (
        pytest.raises(Conflict, match=r"Nothing was confirmed\. Bo Lind found no match"),
        transaction(world.ours) as session,
    ):
        service.confirm_many(session, world.ours, choices)
    assert mapping_of(world.ours, made.accounts["a-1"]).state == "unmapped"


def test_bulk_refuses_an_account_named_twice(world: World) -> None:
    made = make(world.ours)
    twice = [(made.accounts["a-1"], 1, made.clients["c-1"]), (made.accounts["a-1"], 1, made.clients["c-2"])]
    with pytest.raises(Invalid), transaction(world.ours) as session:
        service.confirm_many(session, world.ours, twice)


def test_a_snooze_returns_by_itself(world: World) -> None:
    made = make(world.ours)
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    decide(world.ours, made.accounts["a-1"], Verdict.SNOOZE)
    decide(world.ours, made.accounts["a-2"], Verdict.SNOOZE)
    with transaction(world.ours, read_only=True) as session:
        assert service.counts(session, world.ours)[Tab.SNOOZED] == 2
        with clock.frozen(clock.now() + timedelta(days=8)):
            counts = service.counts(session, world.ours)
            assert (counts[Tab.SNOOZED], counts[Tab.REVIEW], counts[Tab.UNMAPPED]) == (0, 1, 2)
            (row,) = service.queue(session, world.ours, QueueFilter(tab=Tab.REVIEW)).items
            assert (row.account_id, row.state) == (made.accounts["a-1"], "suggested")
            assert not service.queue(session, world.ours, QueueFilter(tab=Tab.SNOOZED)).items


def test_a_file_maps_and_excludes_once(world: World) -> None:
    made = make(world.ours)
    rows = [
        FileMapping(connection_id=made.usage, account_external_id="a-1", client_external_id="c-1"),
        FileMapping(connection_id=made.usage, account_external_id="a-2", client_external_id=""),
    ]
    with transaction(world.ours) as session:
        assert service.apply_file(session, world.ours, rows).accounts == 2
    excluded = mapping_of(world.ours, made.accounts["a-2"])
    assert (excluded.state, excluded.decided_how, excluded.note) == ("excluded", "file", "Excluded by a mapping file")
    with transaction(world.ours) as session:
        assert service.apply_file(session, world.ours, rows).accounts == 0
    undo(world.ours)
    assert mapping_of(world.ours, made.accounts["a-1"]).state == "unmapped"


def test_a_file_with_bad_rows_changes_nothing_and_names_them(world: World) -> None:
    made = make(world.ours)
    named = [("a-1", "c-1"), ("a-9", "c-1"), ("a-2", "c-9"), ("a-1", "c-2")]
    rows = [FileMapping(connection_id=made.usage, account_external_id=a, client_external_id=c) for a, c in named]
    with pytest.raises(Invalid) as caught, transaction(world.ours) as session:
        service.apply_file(session, world.ours, rows)
    assert caught.value.problems == (
        "account a-9 is unknown",
        "client c-9 is unknown",
        "account a-1 has two different answers",
    )
    assert mapping_of(world.ours, made.accounts["a-1"]).state == "unmapped"


def test_every_verdict_is_audited_and_keeps_what_was_shown(world: World) -> None:
    made = make(world.ours)
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect"), ("c-2", 0.2, "compare")]})
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    with transaction(world.ours, read_only=True) as session:
        event = session.scalars(select(MappingEvent)).one()
        tags = list(session.scalars(select(AuditEvent.tag)))
    assert [(each["client_id"], each["rank"]) for each in event.shown] == [
        (made.clients["c-1"], 1),
        (made.clients["c-2"], 2),
    ]
    assert tags == ["mapping:verdict:confirm"]
