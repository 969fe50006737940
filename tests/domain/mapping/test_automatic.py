"""Mapping without a person: only where allowed and sure, told as such, and taken back by people alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors import records
from matching.types import Suggestion
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit.schemas import Chosen
from rcx_app.domain.mapping import service, suggest
from rcx_app.domain.mapping.matcher import automatic, keeping
from rcx_app.domain.mapping.schemas import Mark, QueueFilter, Tab, Verdict
from rcx_app.models import Connection, Workspace
from tests.conftest import World
from tests.domain.mapping.making import Made, keep, make, mapping_of, suggestion
from tests.domain.mapping.test_evidence import load
from tests.domain.mapping.test_verdicts import decide, undo

SURE = {"a-1": [("c-1", 0.99, "preselect"), ("c-2", 0.1, "compare")], "a-2": [("c-2", 0.97, "preselect")]}


def allow(context: Context, made: Made, *, at: str = "0.98") -> None:
    with transaction(context) as session:
        session.get_one(Connection, made.usage).auto_confirm = True
        session.get_one(Workspace, context.workspace_id).auto_confirm_threshold = Decimal(at)


def confirm(context: Context, made: Made, at: str = "0.98") -> int:
    with transaction(context) as session:
        return automatic.confirm(session, context, [made.usage], Decimal(at))


def test_what_is_sure_is_mapped_by_the_model_and_said_so(world: World) -> None:
    made = make(world.ours)
    keep(world.ours, made, SURE)
    assert confirm(world.ours, made) == 1
    mapping = mapping_of(world.ours, made.accounts["a-1"])
    assert (mapping.state, mapping.client_id) == ("mapped", made.clients["c-1"])
    assert (mapping.decided_how, mapping.decided_by) == ("model", None)
    assert mapping.basis["client_name"] == "Acme"
    assert mapping_of(world.ours, made.accounts["a-2"]).state == "suggested"
    with transaction(world.ours, read_only=True) as session:
        (row,) = service.queue(session, world.ours, QueueFilter(tab=Tab.MAPPED, mark=Mark.BY_MODEL)).items
        detail = service.detail(session, world.ours, row.account_id)
        (entry,) = audit.entries(session, world.ours, Chosen(tags=("mapping:verdict:model",))).items
    assert detail.history[0].what == "Mapped to Acme by the model at 0.99"
    assert (entry.user_id, entry.detail["accounts"]) == (None, 1)


def test_doubtful_or_nobodys_accounts_are_left_to_people(world: World) -> None:
    made = make(world.ours, accounts=["Acme", "Birch", "Cedar", "Own"])
    offers = [
        suggestion(made.accounts["a-1"], [(made.clients["c-1"], 0.999, "suggest")]),
        suggestion(made.accounts["a-2"], [(made.clients["c-2"], 0.999, "preselect")], ambiguous=True),
        Suggestion(
            str(made.accounts["a-3"]),
            "preselect",
            suggestion(made.accounts["a-3"], [(made.clients["c-3"], 0.999, "preselect")]).candidates,
            no_client="own",
        ),
    ]
    with transaction(world.ours) as session:
        keeping.write_open(session, world.ours, offers, "test-model")
    assert confirm(world.ours, made) == 0
    with transaction(world.ours, read_only=True) as session:
        assert service.confirmable(session, world.ours, Decimal("0.9")) == 0
        assert service.preview_confirm(session, world.ours, Decimal("0.9")).rows == ()
        assert service.marks(session, world.ours, QueueFilter())[Mark.NO_CLIENT] == 1


@pytest.mark.parametrize("how", ["decided before", "unmapped since", "taken back as one"])
def test_what_a_person_touched_is_never_mapped_again_by_itself(world: World, how: str) -> None:
    made = make(world.ours)
    keep(world.ours, made, SURE)
    account = made.accounts["a-1"]
    if how == "decided before":
        decide(world.ours, account, Verdict.UNSURE)
        decide(world.ours, account, Verdict.RESET)
    else:
        confirm(world.ours, made)
        mapping = mapping_of(world.ours, account)
        if how == "unmapped since":
            decide(world.ours, account, Verdict.RESET)
        else:
            with transaction(world.ours, read_only=True) as session:
                batch = service.detail(session, world.ours, account).history[0].batch
            undo(world.ours, batch)
        assert mapping.decided_how == "model"
    assert mapping_of(world.ours, account).state == "suggested"
    assert confirm(world.ours, made) == 0


def test_off_means_that_nothing_is_mapped_by_itself(world: World) -> None:
    made = make(world.ours, clients=["Saltmarsh Veterinary"], accounts=["Saltmarsh Veterinary"])
    suggest.refresh(world.ours)
    assert mapping_of(world.ours, made.accounts["a-1"]).state == "suggested"


def test_a_run_maps_what_it_is_sure_of_once_it_may(world: World) -> None:
    names = ["Saltmarsh Veterinary Hospital", "Quarry Builders", "Tidewell Clinics"]
    made = make(world.ours, clients=names, accounts=names)
    suggest.refresh(world.ours)
    allow(world.ours, made, at="0.8")
    suggest.refresh(world.ours)
    mapping = mapping_of(world.ours, made.accounts["a-1"])
    assert (mapping.state, mapping.decided_how) == ("mapped", "model")
    version = mapping.version
    load(world.ours, made.usage, records.Account(external_id="a-9", name="Newcomer Bakery"))
    suggest.refresh(world.ours)
    assert mapping_of(world.ours, made.accounts["a-1"]).version == version


def test_what_the_model_mapped_is_no_evidence_for_others(world: World) -> None:
    made = make(world.ours)
    keep(world.ours, made, SURE)
    confirm(world.ours, made)
    decide(world.ours, made.accounts["a-2"], Verdict.CONFIRM, client_id=made.clients["c-2"])
    with transaction(world.ours, read_only=True) as session:
        given = suggest.read(session, world.ours).given
    assert [each.account.id for each in given] == [str(made.accounts["a-2"])]
