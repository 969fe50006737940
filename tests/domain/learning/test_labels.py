"""What counts as a label: people's verdicts that stand, the newest on each account, with what was shown."""

from __future__ import annotations

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.learning import service
from rcx_app.domain.learning.schemas import Label, Told
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import FileMapping, Verdict
from rcx_app.models import Account, AccountMapping, MappingEvent
from tests.conftest import World
from tests.domain.mapping.making import keep, load_clients, make, mapping_of
from tests.domain.mapping.test_verdicts import decide, undo


def labels(context: Context) -> tuple[Label, ...]:
    with transaction(context, read_only=True) as session:
        return service.labels(session, context)


def test_a_verdict_tells_what_the_person_saw(world: World) -> None:
    made = make(world.ours)
    one, two, three = (made.clients[f"c-{n}"] for n in (1, 2, 3))
    keep(
        world.ours,
        made,
        {
            "a-1": [("c-1", 0.97, "preselect"), ("c-2", 0.1, "compare")],
            "a-2": [("c-3", 0.7, "suggest"), ("c-2", 0.6, "suggest")],
        },
    )
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=one)
    decide(world.ours, made.accounts["a-2"], Verdict.CONFIRM, client_id=two)
    decide(world.ours, made.accounts["a-3"], Verdict.NO_MATCH)
    first, second, third = labels(world.ours)
    assert (first.told, first.client_id, first.connection_id) == (Told.CONFIRMED, one, made.usage)
    assert (first.was_preselected, first.rank, first.first_confidence) == (True, 1, 0.97)
    assert (first.how, first.given_by) == ("person", world.ours.user_id)
    assert (second.client_id, second.rank, second.first_client_id, second.was_preselected) == (two, 2, three, False)
    assert (third.told, third.client_id, third.first_client_id, third.rank) == (Told.NO_MATCH, None, None, None)
    assert [label.is_first_right for label in (first, second, third)] == [True, False, None]


def test_only_the_newest_verdict_that_stands_counts(world: World) -> None:
    made = make(world.ours)
    account, other = made.accounts["a-1"], made.accounts["a-2"]
    decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-1"])
    decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-2"])
    assert [label.client_id for label in labels(world.ours)] == [made.clients["c-2"]]
    undo(world.ours)
    assert [label.client_id for label in labels(world.ours)] == [made.clients["c-1"]]
    undo(world.ours)
    assert labels(world.ours) == ()
    decide(world.ours, other, Verdict.NO_MATCH)
    decide(world.ours, other, Verdict.RESET)
    assert labels(world.ours) == ()


def test_exclusions_snoozes_and_doubts_say_nothing(world: World) -> None:
    made = make(world.ours)
    decide(world.ours, made.accounts["a-1"], Verdict.EXCLUDE, note="Our own")
    decide(world.ours, made.accounts["a-2"], Verdict.SNOOZE)
    decide(world.ours, made.accounts["a-3"], Verdict.UNSURE)
    assert labels(world.ours) == ()


def test_a_client_that_goes_and_returns_leaves_the_verdict_a_label(world: World) -> None:
    made = make(world.ours)
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    before = labels(world.ours)
    load_clients(world.ours, made, [("c-2", "Birch")])
    keep(world.ours, made, {})
    assert mapping_of(world.ours, made.accounts["a-1"]).state == "client_gone"
    assert labels(world.ours) == before
    load_clients(world.ours, made, [("c-1", "Acme"), ("c-2", "Birch")])
    keep(world.ours, made, {})
    assert labels(world.ours) == before


def test_what_a_file_maps_is_a_label_too(world: World) -> None:
    made = make(world.ours)
    rows = [FileMapping(connection_id=made.usage, account_external_id="a-1", client_external_id="c-1")]
    with transaction(world.ours) as session:
        mapping.apply_file(session, world.ours, rows)
    (label,) = labels(world.ours)
    assert (label.told, label.how, label.client_id) == (Told.CONFIRMED, "file", made.clients["c-1"])


def by_model(context: Context, account_id: int, client_id: int) -> None:
    """As the model maps by itself."""
    with transaction(context) as session:
        row = session.get_one(AccountMapping, mapping_of(context, account_id).id)
        before = {"state": row.state, "client_id": None, "decided_how": ""}
        row.state, row.client_id, row.decided_how = "mapped", client_id, "model"
        row.version += 1
        after = {"state": "mapped", "client_id": client_id, "decided_how": "model"}
        session.add(
            MappingEvent(
                workspace_id=context.workspace_id, account_id=account_id, batch="auto", before=before, after=after
            )
        )


def test_what_the_model_mapped_is_no_label_until_a_person_takes_it_away(world: World) -> None:
    made = make(world.ours)
    account, client = made.accounts["a-1"], made.clients["c-1"]
    by_model(world.ours, account, client)
    assert labels(world.ours) == ()
    decide(world.ours, account, Verdict.RESET)
    (label,) = labels(world.ours)
    assert (label.told, label.client_id) == (Told.REJECTED, client)
    decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-2"])
    (label,) = labels(world.ours)
    assert (label.told, label.client_id) == (Told.CONFIRMED, made.clients["c-2"])


def test_accounts_that_are_gone_and_other_workspaces_have_no_labels_here(world: World) -> None:
    made = make(world.ours)
    decide(world.ours, made.accounts["a-1"], Verdict.NO_MATCH)
    theirs = make(world.theirs)
    decide(world.theirs, theirs.accounts["a-1"], Verdict.NO_MATCH)
    assert [label.account_id for label in labels(world.ours)] == [made.accounts["a-1"]]
    with transaction(world.ours) as session:
        row = session.get_one(Account, made.accounts["a-1"])
        row.removed_at = row.first_seen_at
    assert labels(world.ours) == ()
    assert len(labels(world.theirs)) == 1
