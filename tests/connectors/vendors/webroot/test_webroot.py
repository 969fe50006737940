"""Webroot: endpoints by site; a short token is renewed by its refresh token, not by the password."""

from __future__ import annotations

from connectors.records import Account, Seat
from connectors.sandbox.estate.world import HUNTRESS
from tests.connectors.ground import Ground

CONNECTOR = "webroot"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(HUNTRESS)
    }
    held = {each.id: each for each in ground.town.estate.agents}
    seats = ground.read("seats", page_size=4)
    assert set(seats) == set(held)
    for key, seat in seats.items():
        assert isinstance(seat, Seat)
        agent = held[key]
        assert (seat.identity, seat.account_external_id) == (agent.hostname, agent.account_id)
        assert seat.created_at == agent.created_at.replace(microsecond=0)


def test_the_password_is_sent_once(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    list(connector.read("seats"))
    ground.sandbox.put_ahead(301)
    list(connector.read("seats"))
    asked = [each.request_body for each in ground.sandbox.exchanges if each.path == "/auth/token"]
    assert len(asked) == 2
    assert b"grant_type=password" in asked[0]
    assert b"grant_type=refresh_token" in asked[1]
    assert b"password=" not in asked[1]


def test_a_refresh_token_that_ended_falls_back_to_the_password(ground: Ground) -> None:
    connector = ground.connector()
    before = list(connector.read("accounts"))
    ground.sandbox.put_ahead(15 * 86_400)
    assert list(connector.read("accounts")) == before
