"""Mappings that stopped making sense: raised by what changed, ended by what changes back, silenced by a person."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import records
from matching.types import Candidate, Party, Suggestion
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.mapping import service, suggest
from rcx_app.domain.mapping.matcher import alarms
from rcx_app.domain.mapping.matcher.alarms import Mapped, basis_of
from rcx_app.domain.mapping.schemas import AccountDetail, Mark, QueueFilter, Tab, Verdict
from tests.conftest import World
from tests.domain.mapping.making import Made, load_clients, make, mapping_of
from tests.domain.mapping.test_evidence import load, seat
from tests.domain.mapping.test_verdicts import decide, undo

NAMES = {"1": "Acme", "2": "Birch"}
OWNERS = {"acme.example": "1", "birch.example": "2"}


def mapped(account: Party | None = None, client: Party | None = None, **more: Any) -> Mapped:
    basis = {**basis_of(("Acme Ltd", "acme.example"), ("Acme", "acme.example"), [1]), "people_domain": "acme.example"}
    return Mapped(
        account=account or Party("7", "Acme Ltd", "acme.example"),
        client=client or Party("1", "Acme", "acme.example"),
        **{"basis": basis, **more},
    )


def codes(given: Mapped) -> list[str]:
    return [each["code"] for each in alarms.alarms(given, NAMES, OWNERS)]


def better(right: str, confidence: float, mine: float = 0.1, verdict: str = "preselect") -> Suggestion:
    rows = (Candidate(right, confidence, 1, verdict), Candidate("1", mine, 2, "compare"))  # type: ignore[arg-type]
    return Suggestion("7", "preselect", rows)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (mapped(), []),
        (mapped(Party("7", "ACME limited", "acme.example")), []),
        (mapped(Party("7", "Zebra Holdings", "acme.example")), ["account_renamed"]),
        (mapped(client=Party("1", "Zebra Holdings", "acme.example")), ["client_renamed"]),
        (mapped(Party("7", "Acme Ltd", "birch.example")), ["domain_moved"]),
        (mapped(Party("7", "Acme Ltd", "www.acme.example")), []),
        (mapped(Party("7", "Acme Ltd", "")), []),
        (mapped(people_domains={"birch.example": 5, "acme.example": 2}), ["people_elsewhere"]),
        (mapped(people_domains={"birch.example": 2}), []),
        (mapped(people_domains={"acme.example": 9}), []),
        (mapped(people_domains={"gmail.com": 9}), []),
        (mapped(suggestion=better("2", 0.97)), ["better_client"]),
        (mapped(suggestion=better("2", 0.97, mine=0.6)), []),
        (mapped(suggestion=better("2", 0.97, verdict="suggest")), []),
        (mapped(suggestion=better("1", 0.97)), []),
    ],
)
def test_each_alarm_needs_a_change_that_matters(given: Mapped, expected: list[str]) -> None:
    assert codes(given) == expected


def test_what_a_person_saw_and_chose_against_is_no_alarm() -> None:
    basis = {**basis_of(("Acme Ltd", ""), ("Acme", ""), [1, 2]), "people_domain": "birch.example"}
    assert codes(mapped(basis=basis, suggestion=better("2", 0.97), people_domains={"birch.example": 5})) == []


def rename(context: Context, made: Made, name: str, domain: str = "") -> None:
    load(context, made.usage, records.Account(external_id="a-1", name=name, domain=domain))
    suggest.refresh(context)


def detail(context: Context, account: int) -> AccountDetail:
    with transaction(context, read_only=True) as session:
        return service.detail(session, context, account)


def listed(context: Context, tab: Tab, mark: Mark | None = None) -> list[int]:
    with transaction(context, read_only=True) as session:
        chosen = QueueFilter(tab=tab, mark=mark)
        return [row.account_id for row in service.queue(session, context, chosen).items]


@pytest.fixture
def settled(world: World) -> Made:
    """`a-1` is mapped to Acme and was looked at by the matcher since."""
    made = make(world.ours, accounts=["Acme Ltd", "Birch Ltd"])
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    suggest.refresh(world.ours)
    return made


def test_a_renamed_account_comes_back_on_top_of_the_queue(world: World, settled: Made) -> None:
    account = settled.accounts["a-1"]
    assert listed(world.ours, Tab.MAPPED) == [account]
    rename(world.ours, settled, "Zebra Holdings")
    assert listed(world.ours, Tab.REVIEW)[0] == account
    assert listed(world.ours, Tab.MAPPED) == []
    assert listed(world.ours, Tab.REVIEW, Mark.ALARM) == [account]
    with transaction(world.ours, read_only=True) as session:
        counts = service.counts(session, world.ours)
        bands = service.bands(session, world.ours, QueueFilter())
    assert (counts[Tab.MAPPED], sum(counts.values())) == (0, 2)
    assert (bands[0].key, bands[0].accounts) == ("alarm", 1)
    (alarm,) = detail(world.ours, account).alarms
    assert (alarm.code, alarm.left, alarm.right) == ("account_renamed", "Zebra Holdings", "was Acme Ltd")
    assert mapping_of(world.ours, account).client_id == settled.clients["c-1"]


def test_an_alarm_ends_by_itself_when_the_reason_does(world: World, settled: Made) -> None:
    rename(world.ours, settled, "Zebra Holdings")
    rename(world.ours, settled, "ACME, Ltd.")
    assert listed(world.ours, Tab.MAPPED) == [settled.accounts["a-1"]]


def test_keeping_silences_exactly_these_values(world: World, settled: Made) -> None:
    account = settled.accounts["a-1"]
    rename(world.ours, settled, "Zebra Holdings")
    decide(world.ours, account, Verdict.KEEP)
    kept = mapping_of(world.ours, account)
    assert (kept.state, kept.client_id, kept.has_alarm) == ("mapped", settled.clients["c-1"], False)
    assert detail(world.ours, account).history[0].what == "Alarms looked at, the mapping stands"
    assert suggest.refresh(world.ours) == 0
    load(world.ours, settled.usage, seat(1, "a-1", kind="agent", identity="sn1"))
    suggest.refresh(world.ours)
    assert listed(world.ours, Tab.MAPPED) == [account]
    rename(world.ours, settled, "Giraffe Partners")
    assert listed(world.ours, Tab.REVIEW)[0] == account


def test_keeping_is_taken_back_as_it_was(world: World, settled: Made) -> None:
    account = settled.accounts["a-1"]
    rename(world.ours, settled, "Zebra Holdings")
    before = mapping_of(world.ours, account)
    decide(world.ours, account, Verdict.KEEP)
    undo(world.ours)
    after = mapping_of(world.ours, account)
    assert (after.alarms, after.has_alarm, after.alarms_kept) == (before.alarms, True, [])
    assert (after.decided_by, after.decided_at) == (before.decided_by, before.decided_at)


def test_mapping_elsewhere_ends_the_alarm_and_begins_a_new_basis(world: World, settled: Made) -> None:
    account = settled.accounts["a-1"]
    rename(world.ours, settled, "Birch Group", "birch.example")
    assert "Birch" in [card.name for card in detail(world.ours, account).candidates]
    decide(world.ours, account, Verdict.CONFIRM, client_id=settled.clients["c-2"])
    after = mapping_of(world.ours, account)
    assert (after.has_alarm, after.basis["account_name"], after.basis["client_name"]) == (False, "Birch Group", "Birch")
    suggest.refresh(world.ours)
    assert listed(world.ours, Tab.MAPPED) == [account]


def test_a_renamed_client_is_an_alarm_for_its_accounts(world: World, settled: Made) -> None:
    load_clients(world.ours, settled, [("c-1", "Quarry Builders"), ("c-2", "Birch"), ("c-3", "Cedar")])
    suggest.refresh(world.ours)
    (alarm, *_) = detail(world.ours, settled.accounts["a-1"]).alarms
    assert (alarm.code, alarm.left, alarm.right) == ("client_renamed", "was Acme", "Quarry Builders")


def test_only_what_has_an_alarm_can_be_kept(world: World, settled: Made) -> None:
    for account in ("a-1", "a-2"):
        with pytest.raises(Invalid, match="no alarm"):
            decide(world.ours, settled.accounts[account], Verdict.KEEP)
