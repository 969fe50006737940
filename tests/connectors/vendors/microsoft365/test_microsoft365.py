"""Microsoft 365: what is read is what the tenants hold; names come by GUID; what was bought is never added up; nothing
that can't be read is read as zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest

from connectors.data.microsoft_skus import skus as known_skus
from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat, Sku, Subscription
from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.world import M365, User
from connectors.sandbox.estate.world import Account as Tenant
from connectors.sandbox.vendors.microsoft365 import HOME, PREMIUM
from connectors.sandbox.vendors.microsoft365_rows import sku_id
from tests.connectors.ground import Ground

CONNECTOR = "microsoft365"


@pytest.fixture(autouse=True)
def _levers(ground: Ground) -> Iterator[None]:
    ground.server.pull_no_lever()
    yield
    ground.server.pull_no_lever()


def _tenants(ground: Ground) -> list[Tenant]:
    return list(ground.town.index.accounts.of(M365))


def _licensed(ground: Ground) -> list[User]:
    return [user for user in ground.town.estate.users if user.licences]


def _seats(ground: Ground, **wire: Any) -> dict[str, Seat]:
    return {key: seat for key, seat in ground.read("seats", **wire).items() if isinstance(seat, Seat)}


def _seats_of(ground: Ground, user: User) -> list[Seat]:
    return [seat for key, seat in _seats(ground).items() if key.startswith(f"{user.id}/")]


def _notes(ground: Ground, stream: str = "accounts", **settings: str) -> str:
    connector = ground.connector(settings)
    list(connector.read(stream))
    return "\n".join(connector.wire.notes())


def test_accounts_are_the_customers_tenants(ground: Ground) -> None:
    found = ground.read("accounts")
    assert set(found) == {tenant.id for tenant in _tenants(ground)}
    for tenant in _tenants(ground):
        account = found[tenant.id]
        assert isinstance(account, Account)
        assert (account.name, account.domain) == (tenant.name, tenant.domain or tenant.tenant_domain)
        assert account.city == (tenant.site.city if tenant.site else "")
        assert tenant.tenant_domain in account.attributes["verified_domains"]
        assert account.attributes["delegation_ends_on"] > f"{datetime.now(UTC).date()}"


def test_a_seat_is_a_user_with_a_licence(ground: Ground) -> None:
    found = _seats(ground)
    expected = {f"{user.id}/{sku_id(part)}": (user, part) for user in _licensed(ground) for part in user.licences}
    assert set(found) == set(expected)
    for key, (user, part) in expected.items():
        seat = found[key]
        assert (seat.kind, seat.quantity) == ("user", Decimal(1))
        assert (seat.sku, seat.sku_name) == (part, SKU_BY_PART[part].name)
        assert seat.attributes["sku_id"] == sku_id(part)
        assert (seat.account_external_id, seat.identity) == (user.account_id, user.upn)
        assert seat.display_name == user.display_name
        assert seat.status == ("active" if user.is_enabled else "disabled")
        assert seat.created_at == user.created_at.replace(microsecond=0)
    premium = {user.account_id for user in _licensed(ground) if PREMIUM & set(user.licences)}
    assert premium
    for user in _licensed(ground):
        seen = user.last_sign_in_at.replace(microsecond=0) if user.last_sign_in_at else None
        key = f"{user.id}/{sku_id(user.licences[0])}"
        assert found[key].last_seen_at == (seen if user.account_id in premium else None)


def test_skus_are_named_by_guid(ground: Ground) -> None:
    found = ground.read("skus")
    assert set(found) == {part for user in _licensed(ground) for part in user.licences}
    for part, sku in found.items():
        assert isinstance(sku, Sku)
        assert sku.name == known_skus()[sku.attributes["sku_id"]].name == SKU_BY_PART[part].name


def test_what_was_bought_is_never_added_to_what_lapsed(ground: Ground) -> None:
    part = _licensed(ground)[0].licences[0]
    ground.server.lapsed[part] = 4
    bought = [each for each in ground.read("subscriptions").values() if isinstance(each, Subscription)]
    assigned = Counter((user.account_id, part) for user in _licensed(ground) for part in user.licences)
    active: Counter[tuple[str, str]] = Counter()
    for each in bought:
        if each.status == "active":
            active[each.account_external_id, each.sku] += int(each.quantity)
            assert each.attributes["status"] == "Enabled"
    assert set(active) == set(assigned)
    assert all(active[key] >= number for key, number in assigned.items())
    for each in bought:
        key = (each.account_external_id, each.sku)
        assert each.attributes["units_enabled"] == str(active[key])
        assert each.attributes["units_consumed"] == str(assigned[key])
    lapsed = [each for each in bought if each.sku == part and each.attributes["status"] == "Suspended"]
    assert lapsed
    assert {(each.status, each.quantity) for each in lapsed} == {("suspended", Decimal(4))}
    assert {each.attributes["units_suspended"] for each in lapsed} == {"4"}


def test_a_subscription_of_a_sku_that_the_tenant_no_longer_lists_is_kept(ground: Ground) -> None:
    whole = ground.read("subscriptions")
    user = _licensed(ground)[0]
    before = user.licences
    ground.town.change(user, licences=("BRAND_NEW_SKU",))
    ground.server.unheld.update({"BRAND_NEW_SKU", before[0]})
    found = ground.read("subscriptions")
    assert "BRAND_NEW_SKU" in {each.sku for each in found.values() if isinstance(each, Subscription)}
    kept = [each for key, each in found.items() if isinstance(each, Subscription) and each.sku == before[0]]
    assert kept
    assert {each.external_id for each in kept} <= set(whole)
    ground.town.change(user, licences=before)


def test_units_stand_for_subscriptions_that_can_not_be_read(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 403, times=0, path="directory/subscriptions")
    connector = ground.connector()
    bought = [each for each in connector.read("subscriptions") if isinstance(each, Subscription)]
    assert "subscriptions of" in " ".join(connector.wire.notes())
    for each in bought:
        assert str(each.quantity) == each.attributes["units_enabled"]
        assert each.status == "active"
    assert len(bought) == len({(user.account_id, part) for user in _licensed(ground) for part in user.licences})


def test_a_delegation_that_ended_leaves_its_customer_out_of_everything(ground: Ground) -> None:
    gone, *others = _tenants(ground)
    ground.server.ended.add(gone.id)
    assert set(ground.read("accounts")) == {tenant.id for tenant in others}
    assert gone.id not in {seat.account_external_id for seat in _seats(ground).values()}
    for info in ground.cls.streams():
        notes = _notes(ground, info.name)
        assert gone.name in notes
        assert "not counted as zero" in notes


def test_a_delegation_still_called_active_but_past_its_end_is_over(ground: Ground) -> None:
    gone = _tenants(ground)[0]
    ground.server.ends_at[gone.id] = datetime.now(UTC) - timedelta(hours=1)
    assert gone.id not in ground.read("accounts")


def test_a_delegation_that_ends_soon_is_noted_and_read(ground: Ground) -> None:
    ending = _tenants(ground)[0]
    end = datetime.now(UTC) + timedelta(days=20)
    ground.server.ends_at[ending.id] = end
    assert ending.id in ground.read("accounts")
    assert f"{ending.name} ends on {end.date()}" in _notes(ground)
    ground.server.ends_at[ending.id] = end + timedelta(days=60)
    assert ending.name not in _notes(ground)


def test_no_customer_at_all_is_a_failure(ground: Ground) -> None:
    ground.server.ended.update(tenant.id for tenant in _tenants(ground))
    with pytest.raises(ApiFailure, match="customers under delegated administration") as failed:
        ground.read("seats")
    assert failed.value.kind == "not_found"


@pytest.mark.parametrize("stream", ["accounts", "seats", "subscriptions"])
def test_a_tenant_that_never_consented_fails_the_stream_by_name(ground: Ground, stream: str) -> None:
    stranger = _tenants(ground)[0]
    ground.server.unconsented.add(stranger.id)
    reading = ground.connector().read(stream)
    with pytest.raises(ApiFailure) as failed:
        list(reading)
    assert failed.value.kind == "privilege_missing"
    assert f"admin consent in {stranger.name}" in failed.value.message
    assert not reading.is_complete


@pytest.mark.parametrize("stream", ["accounts", "seats", "skus"])
def test_a_tenant_that_refuses_fails_the_stream_by_name(ground: Ground, stream: str) -> None:
    stranger = _tenants(ground)[0]
    ground.server.denied.add(stranger.id)
    with pytest.raises(ApiFailure) as failed:
        ground.read(stream)
    assert failed.value.kind == "privilege_missing"
    assert f"Directory.Read.All in {stranger.name}" in failed.value.message


def test_a_customer_may_be_left_out_on_purpose(ground: Ground) -> None:
    first, second, *others = _tenants(ground)
    ground.server.unconsented.update({first.id, second.id})
    settings = {"left_out": f"{first.id.upper()}, {second.id}"}
    with ground.connector(settings) as connector:
        assert {account.external_id for account in connector.read("accounts")} == {tenant.id for tenant in others}
    assert f"{first.name} is left out by the connection's settings" in _notes(ground, **settings)


def test_a_customer_who_leaves_while_he_is_read_is_left_out(ground: Ground) -> None:
    leaving = _tenants(ground)[-1]

    def leave(_vendor: str, request: Any) -> None:
        if request.url.path == f"/{leaving.id}/oauth2/v2.0/token":
            ground.server.ended.add(leaving.id)
            ground.server.unconsented.add(leaving.id)

    ground.sandbox.before = leave
    found = ground.read("accounts")
    assert set(found) == {tenant.id for tenant in _tenants(ground)} - {leaving.id}


def test_a_customer_who_leaves_after_he_was_read_has_no_seats_of_nothing(ground: Ground) -> None:
    leaving = _tenants(ground)[-1]
    with ground.connector() as connector:
        assert leaving.id in {account.external_id for account in connector.read("accounts")}
        ground.server.ended.add(leaving.id)
        ground.server.unconsented.add(leaving.id)
        ground.server.tokens.revoke()
        with pytest.raises(ApiFailure, match=leaving.name):
            list(connector.read("seats"))


def test_all_who_refuse_are_named_at_once(ground: Ground) -> None:
    first, second, *_others = _tenants(ground)
    ground.server.unconsented.update({first.id, second.id})
    checked = ground.connector().check()
    assert any("admin consent in" in failure.message for failure in checked.missing)
    for tenant in (first, second):
        assert any(f"The tenant of {tenant.name} refuses" in note for note in checked.notes)


def test_another_tenants_answer_is_refused(ground: Ground) -> None:
    connector = ground.connector()
    list(connector.read("accounts"))
    first, second = _tenants(ground)[:2]
    tokens = connector._tokens._tokens
    tokens[first.id], tokens[second.id] = tokens[second.id], tokens[first.id]
    for stream in ("accounts", "subscriptions"):
        with pytest.raises(ApiFailure) as failed:
            list(connector.read(stream))
        assert failed.value.kind == "unexpected_shape"


def test_without_the_right_to_sign_ins_everything_else_is_read(ground: Ground) -> None:
    whole = _seats(ground)
    assert any(seat.last_seen_at for seat in whole.values())
    ground.server.rights.discard("AuditLog.Read.All")
    found = _seats(ground)
    assert set(found) == set(whole)
    assert not any(seat.last_seen_at for seat in found.values())
    assert "AuditLog.Read.All" in _notes(ground, "seats")
    assert ground.connector().check().missing == ()


def test_tenants_without_premium_tell_no_sign_ins_and_harm_no_others(ground: Ground) -> None:
    plain = _tenants(ground)[0]
    for user in ground.town.index.users.of(plain.id):
        if user.licences:
            ground.town.change(user, licences=("EXCHANGESTANDARD",))
    found = _seats(ground)
    assert not any(seat.last_seen_at for seat in found.values() if seat.account_external_id == plain.id)
    assert any(seat.last_seen_at for seat in found.values() if seat.account_external_id != plain.id)
    assert "premium license" in _notes(ground, "seats")


def test_blocked_users_and_shared_mailboxes_keep_their_licences(ground: Ground) -> None:
    blocked, shared = [user for user in _licensed(ground) if user.is_enabled][:2]
    ground.town.change(blocked, is_enabled=False)
    ground.town.change(shared, is_enabled=False, kind="shared")
    for user in (blocked, shared):
        found = _seats_of(ground, user)
        assert len(found) == len(user.licences)
        assert {seat.status for seat in found} == {"disabled"}


def test_a_licensed_guest_is_joined_by_his_mail(ground: Ground) -> None:
    guest = ground.town.add(
        User(
            id=ground.town.new_id("user"),
            account_id=_tenants(ground)[0].id,
            upn="sam.hill_partner.example#EXT#@tenant.onmicrosoft.example",
            first_name="Sam",
            last_name="Hill",
            display_name="Sam Hill",
            title="",
            department="",
            created_at=datetime(2025, 3, 1, tzinfo=UTC),
            licences=("POWER_BI_PRO",),
            kind="guest",
        )
    )
    (seat,) = _seats_of(ground, guest)
    assert seat.identity == "sam.hill@partner.example"
    assert seat.attributes["user_principal_name"] == guest.upn
    ground.town.remove(guest)


def test_a_sku_newer_than_the_table_goes_by_the_tenants_part_number(ground: Ground) -> None:
    user = _licensed(ground)[0]
    before = user.licences
    ground.town.change(user, licences=(*before, "BRAND_NEW_SKU"))
    new = next(seat for seat in _seats_of(ground, user) if seat.attributes["sku_id"] == sku_id("BRAND_NEW_SKU"))
    assert (new.sku, new.sku_name) == ("BRAND_NEW_SKU", "BRAND_NEW_SKU")
    assert "BRAND_NEW_SKU" in ground.read("skus")
    ground.town.change(user, licences=before)


def test_how_a_licence_came_to_a_user_is_kept(ground: Ground) -> None:
    found = list(_seats(ground).values())
    by_hand = [seat for seat in found if seat.attributes["assigned_directly"] == "true"]
    by_group = [seat for seat in found if seat.attributes.get("assigned_by_groups")]
    assert by_hand
    assert by_group
    assert {seat.attributes["assigned_directly"] for seat in by_group} == {"false"}
    assert {seat.attributes["assignment_state"] for seat in found} == {"Active"}


def test_one_tenant_by_itself(ground: Ground) -> None:
    tenant = _tenants(ground)[0]
    ground.server.rights.discard("DelegatedAdminRelationship.Read.All")
    settings = {"reach": "single", "tenant_id": tenant.id}
    with ground.connector(settings) as connector:
        assert connector.check().account == tenant.name
        (account,) = connector.read("accounts")
        seats = list(connector.read("seats"))
    assert account.external_id == tenant.id
    users = ground.town.index.users.of(tenant.id)
    assert len(seats) == sum(len(user.licences) for user in users)


def test_tenants_are_read_side_by_side_and_not_more_than_allowed(ground: Ground) -> None:
    steps: list[int] = []

    def asked(_vendor: str, request: Any) -> None:
        steps.extend([1] if request.url.path == "/v1.0/organization" else [])

    def answered(_event: str, fields: Mapping[str, object]) -> None:
        steps.extend([-1] if fields["path"] == "/v1.0/organization" else [])

    ground.sandbox.before = asked
    ground.sandbox.faults.plan("latency", 0.1, times=0, path="/v1.0/organization")
    ground.read("accounts", observe=answered)
    assert steps.count(1) == steps.count(-1) == len(_tenants(ground))
    assert 2 <= max(accumulate(steps)) <= ground.cls.about.limits.at_once


def test_a_tenant_is_signed_in_to_once_for_all_streams(ground: Ground) -> None:
    ground.sandbox.keeps = True
    with ground.connector() as connector:
        for info in connector.streams():
            list(connector.read(info.name))
    asked = Counter(each.path for each in ground.sandbox.exchanges if each.path.endswith("/token"))
    assert set(asked) == {f"/{tenant}/oauth2/v2.0/token" for tenant in (HOME, *(each.id for each in _tenants(ground)))}
    assert set(asked.values()) == {1}
    sent = [each.request_headers for each in ground.sandbox.exchanges]
    assert not [headers for headers in sent if "x-rcx-tenant" in headers]


@pytest.mark.parametrize(("setting", "kind"), [("tenant_id", "setting_wrong"), ("client_id", "setting_wrong")])
def test_a_wrong_id_is_named(ground: Ground, setting: str, kind: str) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({setting: "00000000-0000-4000-8000-000000000000"}).check()
    assert failed.value.kind == kind
    assert next(field.label for field in ground.cls.about.fields if field.name == setting) in failed.value.message
