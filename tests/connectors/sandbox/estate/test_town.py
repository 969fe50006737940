"""The one door of the estate: whatever goes through it, look-ups, moments, tombstones and history stay right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.estate import Gone, Index, Town, build
from connectors.sandbox.estate.world import NINJA, Entity, Line, Mailbox, Subscription

AS_OF = date(2026, 11, 20)
MIDNIGHT = datetime.combine(AS_OF, time(), UTC)
LISTS = (
    "clients", "accounts", "users", "devices", "agents", "workloads", "mailboxes", "subscriptions", "agreements",
    "lines",
)  # fmt: skip


@pytest.fixture
def town() -> Town:
    return Town(build(7, 12, 300, as_of=AS_OF))


def everything(town: Town) -> list[Entity]:
    return [entity for name in LISTS for entity in getattr(town.estate, name)]


def test_everything_is_found_by_id_and_by_what_it_belongs_to(town: Town) -> None:
    estate, index = town.estate, town.index
    for account in estate.accounts:
        assert [user.id for user in index.users.of(account.id)] == [
            user.id for user in estate.users if user.account_id == account.id
        ]
        assert index.find("account", account.id) is account
        assert account in index.owned.of(estate.truth[account.integration, account.id] or "")
    for client in estate.clients:
        assert list(index.lines.of(client.id)) == [line for line in estate.lines if line.client_id == client.id]
        assert {account.id for account in index.accounts_of(client.id, NINJA)} == {
            key[1] for key, owner in estate.truth.items() if owner == client.id and key[0] == NINJA
        }
    for agreement in estate.agreements:
        assert list(index.additions.of(agreement.id)) == [x for x in estate.lines if x.agreement_id == agreement.id]
    assert sum(len(index.accounts.of(name)) for name in index.accounts.by_owner) == len(estate.accounts)
    assert index.find("line", "no such") is None
    assert list(index.users.of("no such")) == []


@given(st.lists(st.tuples(st.sampled_from(("add", "remove", "change", "own")), st.integers(0, 10**6)), max_size=25))
@settings(max_examples=40, deadline=None)
def test_any_writes_leave_the_index_as_a_new_one_would_be(writes: list[tuple[str, int]]) -> None:
    town = Town(build(5, 6, 80, as_of=AS_OF))
    known = {(type(entity), entity.id) for entity in everything(town)}
    for what, number in writes:
        choices = everything(town)
        entity = choices[number % len(choices)]
        if what == "remove":
            town.remove(entity)
        elif what == "change" and isinstance(entity, Line | Subscription):
            town.change(entity, quantity=Decimal(number % 50 + 1))
        elif what == "own" and town.estate.accounts and town.estate.clients:
            owner = town.estate.clients[number % len(town.estate.clients)].id if number % 3 else None
            town.hand_over(town.estate.accounts[number % len(town.estate.accounts)], owner)
        elif what == "add" and town.estate.agreements:
            agreement = town.estate.agreements[number % len(town.estate.agreements)]
            line = Line(
                town.new_id("line"), agreement.id, agreement.client_id, "NB-FW", Decimal(1), Decimal(95), Decimal(31),
                "USD", "monthly", AS_OF,
            )  # fmt: skip
            town.add(line)
            assert (Line, line.id) not in known
            known.add((Line, line.id))
    assert town.index == Index(town.estate)
    living = {(type(entity), entity.id) for entity in everything(town)}
    gone = {(type(tomb.entity), tomb.entity.id) for tomb in town.estate.gone}
    assert living | gone == known
    assert not living & gone
    assert len(town.estate.gone) == len(gone)
    assert set(town.estate.truth) == {(account.integration, account.id) for account in town.estate.accounts}
    assert set(town.estate.truth.values()) <= {None, *(client.id for client in town.estate.clients)}


def test_an_index_is_unlike_one_of_another_estate(town: Town) -> None:
    before = Index(town.estate)
    town.remove(town.estate.mailboxes[0])
    assert town.index != before


def test_a_write_is_stamped_after_all_others(town: Town) -> None:
    line, other = town.estate.lines[:2]
    assert town.now == MIDNIGHT
    assert town.change(line, quantity=line.quantity + 1)
    assert town.change(other, quantity=other.quantity + 1)
    assert MIDNIGHT < line.changed_at < other.changed_at == town.now
    with pytest.raises(ValueError, match="before the latest change"):
        town.change(line, quantity=Decimal(99), at=MIDNIGHT)
    assert line.quantity != 99


def test_the_same_value_again_is_no_change_and_presence_is_not_stamped(town: Town) -> None:
    device = town.estate.devices[0]
    before = device.changed_at
    assert not town.change(device, hostname=device.hostname)
    assert town.change(device, last_seen_at=MIDNIGHT)
    assert (device.last_seen_at, device.changed_at, town.now) == (MIDNIGHT, before, MIDNIGHT)
    assert town.change(device, hostname="NEW-01")
    assert device.changed_at == town.now > MIDNIGHT


def test_ids_owners_and_unknown_fields_cannot_be_set(town: Town) -> None:
    line = town.estate.lines[0]
    before = replace(line)
    for name in ("id", "agreement_id", "client_id", "changed_at", "colour"):
        with pytest.raises(ValueError, match=f"cannot change {name} of a line"):
            town.change(line, **{"quantity": Decimal(77), name: "x"})
    assert line == before


def test_what_is_not_in_the_estate_is_refused(town: Town) -> None:
    line = town.estate.lines[0]
    with pytest.raises(LookupError):
        town.change(replace(line), quantity=Decimal(5))
    town.remove(line)
    with pytest.raises(LookupError):
        town.remove(line)
    with pytest.raises(ValueError, match="already knows line"):
        town.add(replace(line))
    with pytest.raises(ValueError, match="belongs to is not in the estate"):
        town.add(replace(line, id=town.new_id("line"), agreement_id="no such"))
    with pytest.raises(ValueError, match="belongs to is not in the estate"):
        town.add(Mailbox(town.new_id("mailbox", "Proofpoint"), "no such", "a@b.example", "A", "B", MIDNIGHT))


def test_an_account_goes_with_all_that_is_in_it(town: Town) -> None:
    account = next(account for account in town.estate.accounts if account.integration == NINJA)
    devices = [device.id for device in town.index.devices.of(account.id)]
    town.remove(account)
    assert devices
    assert [tomb.entity.id for tomb in town.estate.gone] == [*devices, account.id]
    assert {tomb.at for tomb in town.estate.gone} == {town.now} == {tomb.entity.changed_at for tomb in town.estate.gone}
    assert isinstance(town.estate.gone[-1], Gone)
    assert town.estate.gone[-1].kind == "account"


def test_a_client_who_leaves_lives_on_at_his_vendors(town: Town) -> None:
    client = next(client for client in town.estate.clients if town.index.lines.of(client.id))
    accounts = [(account.integration, account.id) for account in town.index.owned.of(client.id)]
    town.remove(client)
    assert accounts
    assert {town.estate.truth[key] for key in accounts} == {None}
    assert not town.index.lines.of(client.id)
    assert not town.index.agreements.of(client.id)


def test_ids_are_never_given_twice_even_by_a_new_town_on_the_same_estate(town: Town) -> None:
    agreement = town.estate.agreements[0]
    mailbox = town.estate.mailboxes[0]
    given_out = set()
    for number in range(6):
        door = Town(town.estate) if number % 2 else town
        line = replace(town.estate.lines[0], id=door.new_id("line"), agreement_id=agreement.id)
        line.client_id = agreement.client_id
        box = replace(mailbox, id=door.new_id("mailbox", "Proofpoint"))
        user = replace(town.estate.users[0], id=door.new_id("user"))
        town = Town(town.estate)
        for entity in (line, box, user):
            town.add(entity)
            town.remove(entity)
            given_out.add((type(entity), entity.id))
    assert len(given_out) == 18


def test_what_a_line_was_is_kept(town: Town) -> None:
    line = next(line for line in town.estate.lines if ("line", line.id) not in town.estate.history)
    before = replace(line)
    town.change(line, quantity=line.quantity + 4)
    town.change(line, cancelled_on=AS_OF)
    first, second = town.estate.history["line", line.id]
    assert first.state == before
    assert (second.state.quantity, second.state.cancelled_on) == (before.quantity + 4, before.cancelled_on)
    assert first.until < second.until == line.changed_at


def test_midnight_moves_the_day_and_what_is_in_use(town: Town) -> None:
    edge = MIDNIGHT - timedelta(days=7)
    seen = {device.id: device.last_seen_at for device in town.estate.devices}
    stamps = {device.id: device.changed_at for device in town.estate.devices}
    town.pass_midnight()
    assert town.estate.as_of == AS_OF + timedelta(days=1)
    assert town.now == MIDNIGHT + timedelta(days=1)
    for device in town.estate.devices:
        assert device.last_seen_at == seen[device.id] + timedelta(days=seen[device.id] > edge)
        assert device.changed_at == stamps[device.id]
    assert any(moment <= edge for moment in seen.values())
