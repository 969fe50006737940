"""Proofpoint Essentials: the organisations and mail users of the estate, whole."""

from __future__ import annotations

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from connectors.sandbox.estate.catalogue import PROOFPOINT_SKU
from connectors.sandbox.estate.world import PROOFPOINT
from tests.connectors.ground import Ground

CONNECTOR = "proofpoint"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(PROOFPOINT)
    }
    seats = ground.read("seats")
    held = {mailbox.id: mailbox for mailbox in ground.town.estate.mailboxes}
    assert set(seats) == set(held)
    for key, seat in seats.items():
        assert isinstance(seat, Seat)
        assert (seat.identity, seat.account_external_id) == (held[key].email, held[key].account_id)
        assert (seat.kind, seat.sku, seat.status, seat.created_at is not None) == (
            "mailbox",
            PROOFPOINT_SKU,
            "active",
            True,
        )


def test_one_organisation_that_fails_fails_the_stream(ground: Ground) -> None:
    """An organisation that can't be read is never read as one without users."""
    domain = ground.read("accounts").popitem()[1].domain  # type: ignore[union-attr]
    ground.sandbox.faults.plan("status", 500, times=0, path=f"orgs/{domain}/users")
    reading = ground.connector().read("seats")
    with pytest.raises(ApiFailure):
        list(reading)
    assert not reading.is_complete


def test_another_partners_domain_is_told_as_a_wrong_setting(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"domain": "somebody-else.example"}).check()
    assert failed.value.kind == "setting_wrong"
    assert "somebody-else.example" in failed.value.message
