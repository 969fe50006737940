"""A stream takes effect only when complete, unchanged rows cost no write, and what is gone is marked, never deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from connectors import records
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.domain.sync import service
from rcx_app.domain.sync.switching import SwitchRepository
from rcx_app.models import Account, AccountMapping, Agreement, Client, Connection, Line, Product, Seat, StagedRecord
from rcx_app.models import Subscription as SubscriptionRow
from tests.conftest import World
from tests.domain.sync.conftest import connect, stage_all, sync

PSA = ("clients", "products", "agreements", "lines")
USAGE = ("accounts", "seats", "subscriptions")
ACME = records.Account(external_id="a1", name="ACME  Ltd", domain="acme.example", attributes={"Plan": "Gold"})
BETA = records.Account(external_id="a2", name="Beta")


def seat(number: int, account: str = "a1", **changes: object) -> records.Seat:
    values: dict[str, object] = {
        "external_id": f"s{number}",
        "account_external_id": account,
        "kind": "Device",
        "sku": " Win-11 ",
        "sku_name": "Windows",
        "identity": "PC-1.Acme.Example",
        "status": "active",
        "last_seen_at": datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
        "attributes": {"OS": "Windows 11 PRO"},
    }
    return records.Seat(**(values | changes))  # type: ignore[arg-type]


def test_every_field_of_every_kind_of_record_arrives(world: World, psa: int, usage: int) -> None:
    client = records.Client(
        external_id="c1",
        name=" Straße GmbH",
        domain="x.example",
        emails=("a@x.example", "b@x.example"),
        phone="1",
        address="Road 1",
        city="Ulm",
        region="BW",
        postcode="89073",
        country="DE",
        aliases=("Strasse",),
        attributes={"Größe": 'a "b" \\ c\nd'},
    )
    product = records.Product(
        external_id="p1", code="AB-1", name="Thing", unit_price=Decimal("12.345678"), unit_cost=None, currency="USD"
    )
    agreement = records.Agreement(
        external_id="g1", client_external_id="c1", name="Gold", starts_on=date(2026, 1, 1), ends_on=None
    )
    line = records.Line(
        external_id="l1",
        client_external_id="c1",
        agreement_external_id="g1",
        product_code="Ab-1 ",
        product_name="Thing",
        quantity=Decimal("1000000000.5"),
        included_quantity=Decimal(2),
        unit_price=Decimal("-0.000001"),
        currency="USD",
        effective_date=date(2026, 2, 3),
        is_calculated_by_psa=True,
    )
    sync(world.ours, psa, [client, product, agreement, line], PSA)
    bought = records.Subscription(
        external_id="b1",
        account_external_id="a1",
        sku="CFQ",
        quantity=Decimal(7),
        unit_cost=Decimal("3.3"),
        currency="EUR",
        term="P1Y",
        commitment_ends_on=date(2027, 1, 1),
    )
    created = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    sync(world.ours, usage, [ACME, seat(1, quantity=Decimal("2.5"), created_at=created), bought], USAGE)
    with transaction(world.ours, read_only=True) as session:
        found = session.scalars(select(Client)).one()
        assert (found.name, found.name_key) == (" Straße GmbH", "strasse gmbh")
        assert (found.emails, found.aliases) == (["a@x.example", "b@x.example"], ["Strasse"])
        assert found.attributes == {"Größe": 'a "b" \\ c\nd'}
        assert (found.city, found.region, found.postcode, found.country) == ("Ulm", "BW", "89073", "DE")
        thing = session.scalars(select(Product)).one()
        assert (thing.code_key, thing.unit_price, thing.unit_cost) == ("ab-1", Decimal("12.345678"), None)
        contract = session.scalars(select(Agreement)).one()
        assert (contract.client_id, contract.starts_on, contract.ends_on) == (found.id, date(2026, 1, 1), None)
        billed = session.scalars(select(Line)).one()
        assert (billed.client_id, billed.agreement_id, billed.product_key) == (found.id, contract.id, "ab-1")
        assert (billed.quantity, billed.unit_price) == (Decimal("1000000000.5"), Decimal("-0.000001"))
        assert (billed.unit_cost, billed.effective_date, billed.cancelled_date) == (None, date(2026, 2, 3), None)
        assert billed.is_calculated_by_psa is True
        unit = session.scalars(select(Seat)).one()
        assert (unit.kind, unit.sku, unit.sku_key, unit.identity_key) == (
            "device",
            " Win-11 ",
            "win-11",
            "pc-1.acme.example",
        )
        assert (unit.quantity, unit.source_created_at) == (Decimal("2.5"), created)
        assert unit.last_seen_at == datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
        assert (unit.attributes, unit.attributes_key) == ({"OS": "Windows 11 PRO"}, {"os": "windows 11 pro"})
        purchase = session.scalars(select(SubscriptionRow)).one()
        assert (purchase.quantity, purchase.unit_cost, purchase.commitment_ends_on) == (
            Decimal(7),
            Decimal("3.3"),
            date(2027, 1, 1),
        )


def test_a_second_equal_sync_writes_no_row(world: World, usage: int) -> None:
    estate = [ACME, BETA, *[seat(number, "a2") for number in range(7)]]
    first = sync(world.ours, usage, estate, ("accounts", "seats"))
    assert (first.total.read, first.total.added) == (9, 9)
    before = _versions(world)
    with clock.frozen(clock.now() + timedelta(days=1)):
        second = sync(world.ours, usage, [*reversed(estate)], ("accounts", "seats"))
    assert second.total.written == 0
    assert second.total.unchanged == 9
    assert _versions(world) == before


def _versions(world: World) -> list[tuple[object, ...]]:
    """What moves whenever a row is written: PostgreSQL's row version; on SQLite every column that a write sets."""
    with transaction(world.ours, read_only=True) as session:
        version = "xmin::text" if session.get_bind().dialect.name == "postgresql" else "changed_at"
        from sqlalchemy import text

        return [
            tuple(row) for row in session.execute(text(f"SELECT id, {version}, content_hash FROM seat ORDER BY id"))
        ]


def test_changed_gone_and_returned_rows(world: World, usage: int) -> None:
    streams = ("accounts", "seats")
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    with clock.frozen(monday):
        sync(world.ours, usage, [ACME, seat(1), seat(2), seat(3)], streams)
    with clock.frozen(monday + timedelta(days=1)):
        done = sync(world.ours, usage, [ACME, seat(1), seat(2, status="disabled"), seat(4)], streams)
    assert done.as_dict()["seats"] == {"read": 3, "added": 1, "changed": 1, "unchanged": 1, "removed": 1}
    assert _seats(world) == {
        "s1": ("active", monday, None),
        "s2": ("disabled", monday + timedelta(days=1), None),
        "s3": ("active", monday + timedelta(days=1), monday + timedelta(days=1)),
        "s4": ("active", monday + timedelta(days=1), None),
    }
    with clock.frozen(monday + timedelta(days=2)):
        done = sync(world.ours, usage, [ACME, seat(1), seat(2, status="disabled"), seat(3), seat(4)], streams)
    assert done.as_dict()["seats"] == {"read": 4, "added": 1, "changed": 0, "unchanged": 3, "removed": 0}
    assert _seats(world)["s3"] == ("active", monday + timedelta(days=2), None)
    with transaction(world.ours, read_only=True) as session:
        assert {row.first_seen_at for row in session.scalars(select(Seat).where(Seat.external_id != "s4"))} == {monday}


def _seats(world: World) -> dict[str, tuple[str, datetime, datetime | None]]:
    with transaction(world.ours, read_only=True) as session:
        return {row.external_id: (row.status, row.changed_at, row.removed_at) for row in session.scalars(select(Seat))}


def test_a_stream_that_is_not_complete_removes_nothing(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1), seat(2)], ("accounts", "seats"))
    done = sync(world.ours, usage, [seat(2, status="disabled")], ())
    assert done.as_dict() == {"seats": {"read": 1, "added": 0, "changed": 1, "unchanged": 0, "removed": 0}}
    assert {name: row[0] for name, row in _seats(world).items()} == {"s1": "active", "s2": "disabled"}


def test_what_stands_under_a_removed_parent_goes_with_it(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1), seat(2, "a2")], ("accounts", "seats"))
    done = sync(world.ours, usage, [ACME], ("accounts",))
    assert (done.counts["accounts"].removed, done.counts["seats"].removed) == (1, 1)
    assert {name for name, row in _seats(world).items() if row[2]} == {"s2"}


def test_a_seat_can_move_to_another_account(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1)], ("accounts", "seats"))
    sync(world.ours, usage, [ACME, BETA, seat(1, "a2")], ("accounts", "seats"))
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Account.external_id).join(Seat, col(Seat.account_id) == Account.id)).all() == [
            "a2"
        ]


def test_a_seat_can_move_away_from_an_account_that_goes(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1)], ("accounts", "seats"))
    done = sync(world.ours, usage, [BETA, seat(1, "a2")], ("accounts", "seats"))
    assert done.as_dict()["seats"] == {"read": 1, "added": 0, "changed": 1, "unchanged": 0, "removed": 0}
    assert _seats(world)["s1"][2] is None


def test_a_record_of_an_unknown_parent_is_named_and_nothing_of_the_run_remains(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1)], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [BETA, seat(1), seat(2, "ghost")])
    with (
        pytest.raises(Invalid, match="refers to account") as caught,
        transaction(world.ours) as session,
    ):
        service.switch(session, world.ours, run_id, complete_streams=("accounts", "seats"))
    assert set(caught.value.problems) == {
        "Seat s2 refers to account ghost, which was not read.",
        "Seat s1 refers to account a1, which was not read.",
    }
    with transaction(world.ours) as session:
        service.fail(session, world.ours, run_id, caught.value.message)
    assert set(_seats(world)) == {"s1"}
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Account.external_id)).all() == ["a1"]
        assert session.scalars(select(StagedRecord)).all() == []
        connection = session.get_one(Connection, usage)
        assert connection.state == "failed"
        assert connection.last_complete_at is not None
        assert "refers to account" in connection.last_error


@pytest.mark.parametrize("broken", ["insert_new", "remove_missing", "add_mappings", "clear_stage"])
def test_a_failure_in_the_middle_of_a_switch_leaves_nothing(
    world: World, usage: int, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    sync(world.ours, usage, [ACME, seat(1)], ("accounts", "seats"))
    before = _seats(world)
    run_id = stage_all(world.ours, usage, [ACME, BETA, seat(1, status="disabled"), seat(2, "a2")])

    def fail(*args: object, **kwargs: object) -> int:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(SwitchRepository, broken, fail)
        with pytest.raises(RuntimeError), transaction(world.ours) as session:
            service.switch(session, world.ours, run_id, complete_streams=("accounts", "seats"))
    assert _seats(world) == before
    with transaction(world.ours) as session:
        again = service.switch(session, world.ours, run_id, complete_streams=("accounts", "seats"))
    assert again.as_dict()["seats"] == {"read": 2, "added": 1, "changed": 1, "unchanged": 0, "removed": 0}


def test_new_accounts_wait_for_a_mapping_and_old_ones_keep_theirs(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME], ("accounts",))
    with transaction(world.ours) as session:
        session.scalars(select(AccountMapping)).one().state = "excluded"
    sync(world.ours, usage, [ACME, BETA], ("accounts",))
    with transaction(world.ours, read_only=True) as session:
        assert [row.state for row in session.scalars(select(AccountMapping).order_by(col(AccountMapping.id)))] == [
            "excluded",
            "unmapped",
        ]


def test_a_record_read_twice_counts_once_as_it_was_read_last(world: World, usage: int) -> None:
    done = sync(world.ours, usage, [ACME, seat(1), seat(2), seat(3), seat(1, status="disabled")], ("accounts", "seats"))
    assert done.counts["seats"].read == 3
    assert _seats(world)["s1"][0] == "disabled"


def test_a_run_that_another_one_overtook_is_refused(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1)], ("accounts", "seats"))
    slow = stage_all(world.ours, usage, [ACME, seat(1)])
    sync(world.ours, usage, [ACME, seat(1, status="disabled")], ("accounts", "seats"))
    with pytest.raises(Conflict, match="meantime"), transaction(world.ours) as session:
        service.switch(session, world.ours, slow, complete_streams=("accounts", "seats"))


def test_an_ended_run_takes_nothing_more(world: World, usage: int) -> None:
    done = sync(world.ours, usage, [ACME], ("accounts",))
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.stage(session, world.ours, done.sync_run_id, "accounts", [BETA])
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.switch(session, world.ours, done.sync_run_id, complete_streams=())


def test_failed_streams_are_left_alone_and_make_the_connection_partial(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1), seat(2)], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [ACME, BETA, seat(2, status="disabled")])
    with transaction(world.ours) as session:
        service.switch(session, world.ours, run_id, complete_streams=("accounts", "seats"), failed_streams=("seats",))
    assert {name: row[0] for name, row in _seats(world).items()} == {"s1": "active", "s2": "active"}
    with transaction(world.ours, read_only=True) as session:
        assert session.get_one(Connection, usage).state == "partial"


def test_ids_of_another_workspace_are_not_found(world: World, usage: int) -> None:
    run_id = stage_all(world.ours, usage, [ACME])
    theirs = world.theirs
    calls = (
        lambda session: service.begin(session, theirs, usage),
        lambda session: service.stage(session, theirs, run_id, "accounts", [ACME]),
        lambda session: service.switch(session, theirs, run_id, complete_streams=()),
        lambda session: service.fail(session, theirs, run_id, "x"),
        lambda session: service.abandon(session, theirs, run_id),
        lambda session: service.outlook(session, theirs, run_id),
        lambda session: service.runs(session, theirs, usage),
    )
    for call in calls:
        with pytest.raises(NotFound), transaction(theirs) as session:
            call(session)


def test_equal_external_ids_of_two_connections_stay_apart(world: World, usage: int) -> None:
    other = connect(world.ours, "usage", "Datto")
    sync(world.ours, usage, [ACME, seat(1)], ("accounts", "seats"))
    sync(world.ours, other, [replace(ACME, name="Other"), seat(1, status="disabled")], ("accounts", "seats"))
    sync(world.ours, other, [], ("accounts", "seats"))
    with transaction(world.ours, read_only=True) as session:
        alive = session.scalars(select(Seat).where(col(Seat.removed_at).is_(None))).one()
        assert (alive.connection_id, alive.status) == (usage, "active")


def test_records_that_can_not_be_kept_exactly_are_named(world: World, usage: int) -> None:
    run_id = stage_all(world.ours, usage, [ACME])
    bad = (
        (seat(1, quantity=Decimal("0.1234567")), "s1.*more than six decimals"),
        (seat(2, external_id=""), "without an id"),
        (seat(3, created_at=datetime(2026, 1, 1)), "s3.*no time zone"),  # noqa: DTZ001
        (ACME, "Account record was read in the stream seats"),
    )
    for record, message in bad:
        with pytest.raises(Invalid, match=message), transaction(world.ours) as session:
            service.stage(session, world.ours, run_id, "seats", [record])


def test_text_that_no_database_takes_is_cleaned(world: World, usage: int) -> None:
    sync(world.ours, usage, [replace(ACME, name="AC\x00ME \ud83d", attributes={"k\x00": "v\x00"})], ("accounts",))
    with transaction(world.ours, read_only=True) as session:
        found = session.scalars(select(Account)).one()
        assert (found.name, found.attributes) == ("ACME ?", {"k": "v"})


def test_the_sweep_empties_the_stage_of_lost_runs(world: World, usage: int) -> None:
    stage_all(world.ours, usage, [ACME, seat(1)])
    with transaction(world.ours) as session:
        assert service.sweep(session, world.ours) == 0
    with clock.frozen(clock.now() + timedelta(days=2)), transaction(world.ours) as session:
        assert service.sweep(session, world.ours) == 1
        assert session.scalars(select(StagedRecord)).all() == []
        assert service.runs(session, world.ours, usage).items[0].state == "cancelled"


def test_the_outlook_says_what_a_switch_would_meet(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, seat(1), seat(2), seat(3)], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [ACME, seat(3), seat(4)])
    with transaction(world.ours, read_only=True) as session:
        seen = {each.stream: each for each in service.outlook(session, world.ours, run_id)}
    assert (seen["seats"].staged, seen["seats"].present, seen["seats"].common) == (2, 3, 1)


def test_a_file_of_one_account_removes_nothing_at_the_others(world: World, usage: int) -> None:
    sync(world.ours, usage, [ACME, BETA, seat(1), seat(2), seat(3, "a2")], ("accounts", "seats"))
    run_id = stage_all(world.ours, usage, [ACME, seat(2)])
    with transaction(world.ours) as session:
        assert [
            (each.stream, each.present, each.common)
            for each in service.outlook(session, world.ours, run_id, within_parents=True)
        ] == [("accounts", 2, 1), ("seats", 2, 1)]
        service.switch(session, world.ours, run_id, complete_streams=("seats",), within_parents=True)
    assert {name for name, row in _seats(world).items() if row[2]} == {"s1"}


def test_a_client_that_unread_lines_refer_to_is_kept_when_asked_for(world: World, psa: int) -> None:
    clients = [records.Client(external_id=name, name=name) for name in ("c1", "c2", "c3")]
    agreement = records.Agreement(external_id="g1", client_external_id="c1")
    sync(world.ours, psa, [*clients, agreement], PSA)
    run_id = stage_all(world.ours, psa, clients[2:])
    with transaction(world.ours) as session:
        done = service.switch(session, world.ours, run_id, complete_streams=("clients",), keep_parents=True)
    assert done.as_dict() == {"clients": {"read": 1, "added": 0, "changed": 0, "unchanged": 1, "removed": 1}}


def test_records_known_better_from_elsewhere_are_passed_over(world: World, psa: int) -> None:
    full = records.Client(external_id="c1", name="Acme", domain="acme.example")
    sync(world.ours, psa, [full], ("clients",))
    with transaction(world.ours) as session:
        run_id = service.begin(session, world.ours, psa)
        poor = [replace(full, domain=""), replace(full, external_id="c2", domain="two.example")]
        assert service.stage(session, world.ours, run_id, "clients", poor, only_new=True) == 1
        service.switch(session, world.ours, run_id, complete_streams=())
        assert session.scalars(select(Client.domain).order_by(Client.external_id)).all() == [
            "acme.example",
            "two.example",
        ]
