"""The machine's part: it offers, keeps what people decided, and says so when a client is gone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.mapping import service, suggest
from rcx_app.domain.mapping.schemas import QueueFilter, Tab, Verdict
from tests.conftest import World
from tests.domain.mapping.making import keep, load_clients, make, mapping_of, reconciliations, suggestion
from tests.domain.mapping.test_verdicts import decide, undo


def test_suggestions_fill_the_queue_and_are_not_written_twice(world: World) -> None:
    made = make(world.ours)
    offers = {"a-1": [("c-1", 0.97, "preselect"), ("c-2", 0.1, "compare")], "a-2": [("c-2", 0.3, "compare")]}
    assert keep(world.ours, made, offers) == 2
    first = mapping_of(world.ours, made.accounts["a-1"])
    assert (first.state, first.confidence, first.is_preselected) == ("suggested", Decimal("0.97"), True)
    assert mapping_of(world.ours, made.accounts["a-2"]).state == "unmapped"
    assert keep(world.ours, made, offers) == 0
    assert mapping_of(world.ours, made.accounts["a-1"]).version == first.version


@pytest.mark.parametrize(
    ("verdict", "note"), [(Verdict.NO_MATCH, ""), (Verdict.EXCLUDE, "ours"), (Verdict.UNSURE, ""), (Verdict.SNOOZE, "")]
)
def test_the_machine_never_overrides_a_person(world: World, verdict: Verdict, note: str) -> None:
    made = make(world.ours)
    decide(world.ours, made.accounts["a-1"], verdict, note=note)
    decide(world.ours, made.accounts["a-2"], Verdict.CONFIRM, client_id=made.clients["c-3"])
    before = mapping_of(world.ours, made.accounts["a-1"]).state
    keep(world.ours, made, {"a-1": [("c-1", 0.99, "preselect")], "a-2": [("c-2", 0.99, "preselect")]})
    assert mapping_of(world.ours, made.accounts["a-1"]).state == before
    mapped = mapping_of(world.ours, made.accounts["a-2"])
    assert (mapped.state, mapped.client_id) == ("mapped", made.clients["c-3"])


def test_a_verdict_on_an_older_suggestion_is_refused(world: World) -> None:
    made = make(world.ours)
    account = made.accounts["a-1"]
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    seen = mapping_of(world.ours, account).version
    keep(world.ours, made, {"a-1": [("c-2", 0.8, "preselect")]})
    with pytest.raises(Exception, match="suggestion for this account has changed"):
        decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-1"], version=seen)


def test_what_was_decided_while_the_matcher_ran_and_taken_back_keeps_its_candidates(world: World) -> None:
    made = make(world.ours)
    account, client = made.accounts["a-1"], made.clients["c-1"]
    keep(world.ours, made, {"a-1": [("c-1", 0.9, "preselect")]})
    decide(world.ours, account, Verdict.CONFIRM, client_id=client)
    with transaction(world.ours, read_only=True) as session:
        comparison = suggest.read(session, world.ours)
    assert [(each.left_id, each.right_id) for each in comparison.decided] == [(str(account), str(client))]
    undo(world.ours)
    repeated = suggestion(account, [(client, 1.0, "preselect")])
    object.__setattr__(repeated, "decided_by", "person")
    with transaction(world.ours) as session:
        suggest.write(session, world.ours, [repeated], "test-model")
    assert mapping_of(world.ours, account).confidence == Decimal("0.9")


def test_an_account_whose_client_is_gone_comes_back_as_an_alarm(world: World) -> None:
    made = make(world.ours)
    account, client = made.accounts["a-1"], made.clients["c-1"]
    decide(world.ours, account, Verdict.CONFIRM, client_id=client)
    load_clients(world.ours, made, [("c-2", "Birch"), ("c-3", "Cedar")])
    keep(world.ours, made, {"a-1": [("c-2", 0.6, "suggest")], "a-2": [("c-2", 0.99, "preselect")]})
    with transaction(world.ours, read_only=True) as session:
        rows = service.queue(session, world.ours, QueueFilter(tab=Tab.REVIEW)).items
        bands = service.bands(session, world.ours, QueueFilter(tab=Tab.REVIEW))
        detail = service.detail(session, world.ours, account)
        preview = service.preview_confirm(session, world.ours, Decimal("0.5"))
    assert (rows[0].account_id, rows[0].state, rows[0].client_name) == (account, "client_gone", "Acme")
    assert (bands[0].key, bands[0].accounts) == ("gone", 1)
    assert [card.name for card in detail.candidates] == ["Birch"]
    assert detail.history[0].what == "Acme is gone from the PSA"
    assert account not in {row.account_id for row in preview.rows}


def test_a_client_that_returns_has_its_accounts_again(world: World) -> None:
    made = make(world.ours)
    account = made.accounts["a-1"]
    decide(world.ours, account, Verdict.CONFIRM, client_id=made.clients["c-1"])
    load_clients(world.ours, made, [("c-2", "Birch")])
    keep(world.ours, made, {})
    assert mapping_of(world.ours, account).state == "client_gone"
    load_clients(world.ours, made, [("c-1", "Acme"), ("c-2", "Birch")])
    keep(world.ours, made, {})
    mapping = mapping_of(world.ours, account)
    assert (mapping.state, mapping.client_id, mapping.decided_by) == (
        "mapped",
        made.clients["c-1"],
        world.ours.user_id,
    )


def test_the_matcher_runs_over_what_is_stored(world: World) -> None:
    make(world.ours, clients=["Saltmarsh Veterinary", "Quarry Builders"], accounts=["Saltmarsh Veterinary Ltd"])
    assert suggest.refresh(world.ours) == 1
    with transaction(world.ours, read_only=True) as session:
        (row,) = service.queue(session, world.ours, QueueFilter()).items
        detail = service.detail(session, world.ours, row.account_id)
    assert row.client_name == "Saltmarsh Veterinary"
    assert detail.model_version.startswith("org-match ")
    assert detail.candidates[0].reasons
    assert suggest.refresh(world.ours) == 0


def test_the_same_client_at_another_vendor_speaks_against_nobody(world: World) -> None:
    names = ["Saltmarsh Veterinary", "Quarry Builders", "Tidewell Clinics", "Fennimore Foods"]
    make(world.ours, clients=names, accounts=names)
    suggest.refresh(world.ours)
    with transaction(world.ours, read_only=True) as session:
        alone = {row.name: row.confidence for row in service.queue(session, world.ours, QueueFilter()).items}
    for label in ("Duo", "Huntress", "Acronis"):
        make(world.ours, clients=[], accounts=names, label=label)
    suggest.refresh(world.ours)
    with transaction(world.ours, read_only=True) as session:
        rows = service.queue(session, world.ours, QueueFilter()).items
    assert len(rows) == 16
    assert {(row.name, row.confidence) for row in rows} == set(alone.items())


def test_the_job_suggests_and_asks_for_a_full_reconciliation(world: World) -> None:
    make(world.ours, clients=["Saltmarsh Veterinary", "Quarry Builders"], accounts=["Saltmarsh Veterinary Ltd"])
    with transaction(world.ours) as session:
        job_id = jobs.enqueue(session, world.ours, service.KIND, {}, dedupe_key="match")
    with transaction(None) as session:
        claimed = jobs.claim(session, job_id)
    assert claimed is not None
    with JobHandle(claimed) as job:
        result = service.run(job)
    assert (result["accounts"], result["changed"]) == (1, 1)
    with transaction(world.ours, read_only=True) as session:
        assert jobs.view(session, world.ours, job_id).state is JobState.DONE
    assert reconciliations(world.ours) == [None]


def test_nothing_to_compare_is_no_error(world: World) -> None:
    assert suggest.refresh(world.ours) == 0
    make(world.ours, clients=[], accounts=["Alone"])
    assert suggest.refresh(world.ours) == 0


def _texts() -> Iterator[str]:
    yield from ("Acme", "ACME", " acme ", "acm")


@pytest.mark.parametrize("text", list(_texts()))
def test_clients_are_searched_ignoring_case(world: World, text: str) -> None:
    make(world.ours)
    make(world.theirs)
    with transaction(world.ours, read_only=True) as session:
        assert [hit.name for hit in service.search_clients(session, world.ours, text)] == ["Acme"]
        assert service.search_clients(session, world.ours, "  ") == []
        assert service.search_clients(session, world.ours, "%") == []
