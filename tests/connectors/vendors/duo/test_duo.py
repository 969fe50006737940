"""Duo: users of every child account, by signed requests that go to Duo's own hosts only."""

from __future__ import annotations

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import M365
from connectors.vendors.duo import signature
from tests.connectors.ground import Ground

CONNECTOR = "duo"


def test_the_signature_is_the_documented_one() -> None:
    """Computed by hand from the canonical form: date, method, host, path and sorted parameters, a line each."""
    import hashlib
    import hmac

    date, secret = "Tue, 21 Aug 2012 17:29:18 -0000", "Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep"
    canon = "\n".join(
        (
            date,
            "POST",
            "api-xxxxxxxx.duosecurity.com",
            "/accounts/v1/account/list",
            "realname=First%20Last&username=root",
        )
    )
    wanted = hmac.new(secret.encode(), canon.encode(), hashlib.sha1).hexdigest()
    host, path = "API-XXXXXXXX.duosecurity.com", "/accounts/v1/account/list"
    assert signature(secret, date, "post", host, path, "username=root&realname=First+Last") == wanted


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(M365)
    }
    held = sorted((each.account_id, each.upn) for each in ground.town.estate.users if each.kind == "member")
    seats = [seat for seat in ground.read("seats", page_size=4).values() if isinstance(seat, Seat)]
    assert sorted((seat.account_external_id, seat.identity) for seat in seats) == held
    assert {seat.status for seat in seats} <= {"active", "disabled"}
    assert any(seat.last_seen_at is not None for seat in seats)


def test_a_child_on_a_foreign_host_gets_no_credentials(ground: Ground) -> None:
    connector = ground.connector()
    with pytest.raises(ApiFailure) as failed:
        connector._at("api-1.duosecurity.com.evil.example")
    assert failed.value.kind == "foreign_page"


def test_one_child_that_refuses_fails_the_stream(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 403, times=0, path="admin/v1/users", after=2)
    reading = ground.connector().read("seats")
    with pytest.raises(ApiFailure) as failed:
        list(reading)
    assert failed.value.kind == "privilege_missing"
    assert "Grant read resource" in failed.value.message
    assert not reading.is_complete
