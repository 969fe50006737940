"""Google Workspace: licences by user, purchased quantities by plan, and empty lists that are not believed."""

from __future__ import annotations

import re

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Seat, Subscription
from connectors.vendors.google_workspace.connector import product_of
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "google_workspace"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    held = sorted(each.upn for each in ground.town.estate.users if each.kind != "guest" and each.licences)
    seats = [seat for seat in ground.read("seats", page_size=3).values() if isinstance(seat, Seat)]
    assert sorted(seat.identity for seat in seats) == held
    off = {each.upn for each in ground.town.estate.users if not each.is_enabled}
    assert all((seat.status == "disabled") == (seat.identity in off) for seat in seats)
    assert {seat.sku_name for seat in seats} <= {
        "Google Workspace Business Starter",
        "Google Workspace Business Standard",
    }
    bought = [each for each in ground.read("subscriptions").values() if isinstance(each, Subscription)]
    assert sum(each.quantity for each in bought) == len(held) + len(bought), "one seat in reserve each"
    assert all(each.commitment_ends_on and each.starts_on for each in bought)


@pytest.mark.parametrize(
    ("name", "server", "host"),
    [
        ("reseller.v1", "https://reseller.googleapis.com", "reseller"),
        ("licensing.v1", "https://licensing.googleapis.com", "licensing"),
        ("admin.directory", "https://admin.googleapis.com", "admin"),
    ],
)
def test_requests_and_answers_keep_to_the_specification(ground: Ground, name: str, server: str, host: str) -> None:
    conformance = Conformance(f"google/{name}.openapi.json", server)
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    exchanges = [each for each in ground.sandbox.exchanges if each.host.startswith(f"{host}.")]
    assert conformance.problems(exchanges) == []
    assert conformance.checked > 5


def test_a_list_left_out_is_not_believed_where_licences_are_in_use(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "items", times=0, path="licensing")
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats")
    assert failed.value.kind == "unexpected_shape"


def test_a_quota_is_told_from_a_missing_right(ground: Ground) -> None:
    connector = ground.connector()
    answers = {"rateLimitExceeded": "rate_limited", "forbidden": "privilege_missing"}
    for reason, kind in answers.items():
        response = ground.server.fault(403)
        body = bytes(response.body).replace(b'"forbidden"', f'"{reason}"'.encode())
        assert reason.encode() in body
        made = _answer(connector, body)
        failure = connector.explain(made, "the right")
        assert failure is not None
        assert failure.kind == kind


def test_flexible_plans_count_what_is_in_use(ground: Ground) -> None:
    """Their maximum is only a limit: 50,000 in the sandbox."""
    ground.sandbox.keeps = True
    ground.read("subscriptions")
    (page,) = [each for each in ground.sandbox.exchanges if each.path.endswith("/subscriptions")]
    flexible = page.body.replace(b"ANNUAL_MONTHLY_PAY", b"FLEXIBLE")
    assert re.search(rb'"maximumNumberOfSeats": 50000', flexible)
    from connectors.vendors.google_workspace.connector import _quantity

    for row in _answer(ground.connector(), flexible).row("list").rows("subscriptions"):
        seats = row.row("seats")
        assert _quantity(row.row("plan"), seats) == seats.need_exact("licensedNumberOfSeats")


def test_products_of_skus() -> None:
    wanted = {
        "1010020027": "Google-Apps",
        "1010060003": "Google-Apps",
        "Google-Apps-For-Business": "Google-Apps",
        "1010330003": "101033",
        "Google-Vault-Former-Employee": "Google-Vault",
    }
    assert {sku: product_of(sku) for sku in wanted} == wanted


def _answer(connector: object, body: bytes):  # type: ignore[no-untyped-def]
    import httpx

    from connectors.http.client import Answer
    from connectors.wire import Wire

    return Answer(403, httpx.Headers(), body, "https://admin.googleapis.com/x", "Google Workspace", Wire())
