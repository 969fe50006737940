"""Looking at the settings, trying thresholds, saving them once, putting them back, and auto-confirm by integration."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.domain.match_settings import service
from rcx_app.domain.match_settings.schemas import Aim, Fate, Levels, Outlook, Settings
from rcx_app.models import (
    AccountMapping,
    AuditEvent,
    Connection,
    JobRun,
    MappingEvent,
    Membership,
    ThresholdChange,
    User,
    Workspace,
)
from tests.conftest import World
from tests.domain.mapping.making import mapping_of
from tests.domain.match_settings.making import Offer, estate, give, levels

GOOD = [Offer(0.98, is_right=True)] * 4 + [Offer(0.7, is_right=False)]
OPEN = [
    Offer(0.99, verdict="preselect"),
    Offer(0.9, verdict="suggest", doubt=1.0),
    Offer(0.6),
    Offer(0.2, verdict="compare"),
]


def shown(context: Context, **how: int) -> Settings:
    with transaction(context, read_only=True) as session:
        return service.settings(session, context, **how)


def outlook(context: Context, draft: Levels, auto: int | None = None) -> Outlook:
    with transaction(context, read_only=True) as session:
        return service.outlook(session, context, draft, auto=auto)


def save(context: Context, draft: Levels, seen: int, **more: object) -> int:
    with transaction(context) as session:
        return service.save(session, context, draft, seen=seen, **more)  # type: ignore[arg-type]


def inforce(context: Context) -> tuple[Decimal, Decimal, Decimal]:
    with transaction(context, read_only=True) as session:
        row = session.get_one(Workspace, context.workspace_id)
        return row.suggest_threshold, row.preselect_threshold, row.auto_confirm_threshold


def matching_runs(context: Context) -> int:
    with transaction(context, read_only=True) as session:
        query = select(JobRun).where(JobRun.kind == "mapping.match", JobRun.workspace_id == context.workspace_id)
        return len(session.scalars(query).all())


def other_admin(world: World) -> Context:
    with transaction(None) as session:
        user = User(email="bo@msp.example", email_key="bo@msp.example", name="Bo Lind", password_hash="!")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=world.ours.workspace_id, user_id=user.id, role="admin"))
        return Context(workspace_id=world.ours.workspace_id, user_id=user.id, role=Role.ADMIN, user_name="Bo Lind")


def test_what_is_known_is_that_of_this_workspace_only(world: World) -> None:
    estate(world.theirs, [Offer(0.9, is_right=False)] * 3)
    made = estate(world.ours, [*GOOD, *OPEN])
    found = shown(world.ours)
    assert (found.own.judged, found.waiting) == (5, 4)
    assert [row.label for row in found.integrations] == ["NinjaOne"]
    assert found.integrations[0].at_preselect.judged == 4
    assert shown(world.ours, connection_id=made.usage).own.judged == 5
    assert found.shipped.judged > 2000
    with pytest.raises(NotFound):
        shown(world.theirs, connection_id=made.usage)


def test_a_draft_tells_what_becomes_of_each_account(world: World) -> None:
    made = estate(world.ours, [*GOOD, *OPEN])
    found = outlook(world.ours, levels("0.7", "0.995", "0.999"))
    counts = {Fate.AUTO: 0, Fate.PRESELECTED: 1, Fate.SUGGESTED: 2, Fate.COMPARE: 1, Fate.NOTHING: 0}
    assert (found.waiting, found.now.counts) == (4, counts)
    counts = {Fate.AUTO: 0, Fate.PRESELECTED: 0, Fate.SUGGESTED: 2, Fate.COMPARE: 2, Fate.NOTHING: 0}
    assert found.then.counts == counts
    assert [(move.name, move.before, move.after) for move in found.moves] == [
        ("NinjaOne account 6", Fate.PRESELECTED, Fate.SUGGESTED),
        ("NinjaOne account 8", Fate.SUGGESTED, Fate.COMPARE),
    ]
    assert (found.moves[0].client, found.moves[0].confidence) == ("Acme of NinjaOne", Decimal("0.99"))
    assert found.moves[0].account_id == made.accounts["a-6"]
    assert (found.now.saved, found.then.saved) == (1, 0)


def test_expected_wrong_links_lie_between_their_bounds_and_grow_with_the_queue(world: World) -> None:
    estate(world.ours, [*GOOD, *[Offer(0.99, verdict="preselect")] * 10])
    wrong = outlook(world.ours, levels("0.5", "0.85", "0.97")).then.preselected_wrong
    assert wrong.low < wrong.links < wrong.high
    assert wrong.per_100_low < wrong.per_100 < wrong.per_100_high
    assert wrong.links == pytest.approx(wrong.per_100 / 10)


def test_at_most_fifty_moving_accounts_are_listed(world: World) -> None:
    estate(world.ours, [Offer(0.9, verdict="preselect")] * 53)
    found = outlook(world.ours, levels("0.5", "0.95", "0.97"))
    assert (found.moving, len(found.moves)) == (53, 50)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (("0.9", "0.8", "0.97"), "Preselect"),
        (("0.5", "0.8", "0.7"), "Auto-confirm"),
        (("0.01", "0.8", "0.9"), "Suggest"),
        (("0.5", "0.8", "1.1"), "Auto-confirm"),
        (("0.5", "0.80001", "0.9"), "Preselect"),
        (("0.5", "NaN", "0.9"), "Preselect"),
    ],
)
def test_thresholds_that_do_not_rise_are_refused_by_name(world: World, draft: tuple[str, str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        outlook(world.ours, levels(*draft))
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [field]
    with pytest.raises(Invalid):
        save(world.ours, levels(*draft), 0)


def test_saving_keeps_the_change_with_what_was_expected_and_asks_for_a_matching_run(world: World) -> None:
    estate(world.ours, [*GOOD, *OPEN])
    change = save(world.ours, levels("0.6", "0.9", "0.98"), 0)
    assert inforce(world.ours) == (Decimal("0.6"), Decimal("0.9"), Decimal("0.98"))
    assert inforce(world.theirs) == (Decimal("0.5"), Decimal("0.85"), Decimal("0.97"))
    assert matching_runs(world.ours) == 1
    with transaction(world.ours, read_only=True) as session:
        row = session.get_one(ThresholdChange, change)
        assert (row.before["preselect"], row.after["preselect"]) == ("0.85", "0.90")
        assert row.expected["preselected"] == 1
        assert row.expected["wrong_per_100_low"] < row.expected["wrong_per_100_high"]
        query = select(AuditEvent).where(AuditEvent.tag == "matching:thresholds")
        audited = session.scalars(query).one()
        assert (audited.subject_id, audited.user_id) == (change, world.ours.user_id)
        assert audited.detail["expected"] == row.expected
    with pytest.raises(Invalid, match="in force already"):
        save(world.ours, levels("0.6", "0.9", "0.98"), change)


def test_only_admins_change_and_members_look(world: World) -> None:
    viewer = world.as_role(Role.VIEWER)
    shown(viewer)
    outlook(viewer, levels("0.5", "0.9", "0.97"))
    with pytest.raises(NotPermitted):
        save(viewer, levels("0.5", "0.9", "0.97"), 0)
    with pytest.raises(NotPermitted), transaction(world.ours) as session:
        service.put_back(session, viewer, 1, seen=0)
    with pytest.raises(NotPermitted), transaction(world.ours) as session:
        service.switch_auto(session, viewer, 1, on=False, seen=0)


def test_of_two_admins_the_second_is_told_who_was_first(world: World) -> None:
    bo = other_admin(world)
    save(bo, levels("0.5", "0.9", "0.97"), 0)
    with pytest.raises(Conflict, match="Bo Lind changed the match settings meanwhile"):
        save(world.ours, levels("0.5", "0.8", "0.97"), 0)
    assert inforce(world.ours)[1] == Decimal("0.9")


def test_history_tells_what_came_of_a_change_and_puts_it_back(world: World) -> None:
    made = estate(world.ours, [*GOOD, *OPEN])
    first = save(world.ours, levels("0.5", "0.9", "0.97"), 0, note="Fewer ticks")
    give(world.ours, made.accounts["a-6"], made.clients["c-1"])
    give(world.ours, made.accounts["a-7"], made.clients["c-2"])
    second = save(world.ours, levels("0.4", "0.9", "0.97"), first)
    with transaction(world.ours, read_only=True) as session:
        rows = service.history(session, world.ours)
    assert [row.what for row in rows] == ["Suggest 0.50 to 0.40", "Preselect 0.85 to 0.90"]
    assert (rows[1].note, rows[1].who) == ("Fewer ticks", "Northbeam IT owner")
    assert rows[1].since is not None
    assert rows[1].since.judged == 2
    assert rows[0].since is not None
    assert rows[0].since.value is None
    with transaction(world.ours) as session:
        service.put_back(session, world.ours, first, seen=second)
    assert inforce(world.ours) == (Decimal("0.5"), Decimal("0.85"), Decimal("0.97"))
    with transaction(world.ours, read_only=True) as session:
        newest = service.history(session, world.ours)[0]
    assert newest.note == "Put back"
    assert newest.what == "Suggest 0.40 to 0.50, Preselect 0.90 to 0.85"
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        service.put_back(session, world.theirs, first, seen=0)


def test_an_aim_is_saved_only_as_what_it_leads_to(world: World) -> None:
    with transaction(world.ours, read_only=True) as session:
        found = service.reach(session, world.ours, Aim.PRECISION, Decimal("0.9"))
    assert found.is_met
    change = save(world.ours, found.levels, 0, aim=Aim.PRECISION, aim_value=Decimal("0.9"))
    settings = shown(world.ours)
    assert (settings.aim, settings.aim_value, settings.target) == (Aim.PRECISION, Decimal("0.9"), Decimal("0.9"))
    with pytest.raises(Conflict, match="moved the thresholds"):
        save(world.ours, levels("0.5", "0.99", "0.99"), change, aim=Aim.PRECISION, aim_value=Decimal("0.9"))
    with pytest.raises(Invalid, match="can't be met"):
        save(world.ours, found.levels, change, aim=Aim.PRECISION, aim_value=Decimal("0.999"))
    save(world.ours, levels("0.5", "0.99", "0.99"), change)
    assert shown(world.ours).aim is Aim.NUMBERS


def switch(context: Context, connection_id: int, on: bool, seen: int) -> int:
    with transaction(context) as session:
        return service.switch_auto(session, context, connection_id, on, seen=seen)


def test_auto_confirm_waits_for_fifty_verdicts_and_the_aim(world: World) -> None:
    few = estate(world.ours, [Offer(0.98, is_right=True)] * 3)
    assert shown(world.ours).integrations[0].why_not == "3 of 50 verdicts; from 50 on it can be offered."
    with pytest.raises(Invalid, match="can't be switched on"):
        switch(world.ours, few.usage, on=True, seen=0)
    many = estate(world.ours, [Offer(0.99, is_right=True)] * 100, label="Huntress")
    rows = {row.label: row for row in shown(world.ours).integrations}
    assert rows["Huntress"].why_not == ""
    assert "more verdicts would settle it" in rows["NinjaOne"].why_not
    change = switch(world.ours, many.usage, on=True, seen=0)
    assert matching_runs(world.ours) == 1
    with transaction(world.ours, read_only=True) as session:
        assert session.get_one(Connection, many.usage).auto_confirm
        assert not session.get_one(Connection, few.usage).auto_confirm
        assert service.history(session, world.ours)[0].what == "Auto-confirm on for Huntress"
    switch(world.ours, many.usage, on=False, seen=change - 1)
    assert not shown(world.ours).integrations[0].is_auto
    with pytest.raises(NotFound):
        switch(world.theirs, many.usage, on=True, seen=0)


def test_trying_auto_confirm_tells_what_it_would_map(world: World) -> None:
    made = estate(world.ours, [Offer(0.99, verdict="preselect"), Offer(0.9, verdict="preselect")])
    found = outlook(world.ours, levels("0.5", "0.85", "0.97"), auto=made.usage)
    assert (found.then.counts[Fate.AUTO], found.then.counts[Fate.PRESELECTED]) == (1, 1)
    assert found.now.counts[Fate.AUTO] == 0


def test_what_it_mapped_and_what_people_took_back_is_counted(world: World) -> None:
    made = estate(world.ours, [Offer(0.99, verdict="preselect")] * 3)
    with transaction(world.ours) as session:
        for key in ("a-1", "a-2"):
            account = made.accounts[key]
            after = {"state": "mapped", "client_id": made.clients["c-1"], "decided_how": "model"}
            session.add(MappingEvent(workspace_id=world.ours.workspace_id, account_id=account, batch="b", after=after))
    for key in ("a-1", "a-2"):
        _map_by_model(world.ours, made.accounts[key], made.clients["c-1"])
    give(world.ours, made.accounts["a-1"], made.clients["c-2"])
    give(world.ours, made.accounts["a-2"], made.clients["c-1"])
    row = shown(world.ours).integrations[0]
    assert (row.mapped, row.taken_back) == (2, 1)


def _map_by_model(context: Context, account_id: int, client_id: int) -> None:
    with transaction(context) as session:
        row = session.scalars(select(AccountMapping).where(AccountMapping.account_id == account_id)).one()
        row.state, row.client_id, row.decided_how = "mapped", client_id, "model"


def test_a_snoozed_account_waits_again_when_its_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = estate(world.ours, [Offer(0.9, verdict="preselect")])
    version = mapping_of(world.ours, made.accounts["a-1"]).version
    with transaction(world.ours) as session:
        mapping.decide(session, world.ours, made.accounts["a-1"], Verdict.SNOOZE, version=version)
    assert shown(world.ours).waiting == 0
    later = clock.now() + timedelta(days=60)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert shown(world.ours).waiting == 1


def test_verdicts_since_the_last_matching_run_are_counted(world: World) -> None:
    estate(world.ours, [Offer(0.9, is_right=True)] * 2)
    assert shown(world.ours).since_run == 0
    with transaction(world.ours) as session:
        values = {"kind": "mapping.match", "state": "done", "finished_at": clock.now()}
        session.add(JobRun(workspace_id=world.ours.workspace_id, **values))
    made = estate(world.ours, [Offer(0.9, is_right=True)], label="Huntress")
    assert shown(world.ours).since_run == 1
    assert shown(world.ours, connection_id=made.usage).since_run == 1
