"""What the matcher is given: who and what is in an account, identifiers, and what people decided at other vendors."""

from __future__ import annotations

import pytest

from connectors import records
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.matcher import evidence, identifiers
from rcx_app.domain.mapping.matcher.evidence import Used, enriched, shared_domain
from rcx_app.domain.mapping.matcher.reading import Comparison
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.domain.sync import service
from rcx_app.models import Connection
from tests.conftest import World
from tests.domain.mapping.making import connection, make
from tests.domain.mapping.test_verdicts import decide

TENANT = "0f3c1d52-9f0e-4c44-8a52-1f5f3f0f7a11"


def load(context: Context, connection_id: int, *rows: records.Record) -> None:
    """A quick read: these records come in or change, no other one goes."""
    with transaction(context) as session:
        run = service.begin(session, context, connection_id, mode="quick")
        for stream, kind in (("accounts", records.Account), ("seats", records.Seat)):
            batch = [row for row in rows if isinstance(row, kind)]
            if batch:
                service.stage(session, context, run, stream, batch)
        service.switch(session, context, run, complete_streams=[], changed_streams=["accounts", "seats"])


def read(context: Context) -> Comparison:
    with transaction(context, read_only=True) as session:
        return suggest.read(session, context)


def seat(number: int, account: str, **more: str) -> records.Seat:
    return records.Seat(external_id=f"s-{number}-{account}", account_external_id=account, **more)


def usage(context: Context, vendor: str, *rows: records.Record) -> int:
    made = connection(context, "usage", vendor)
    with transaction(context) as session:
        session.get_one(Connection, made).connector = vendor
    load(context, made, *rows)
    return made


def test_an_account_shows_its_people_and_machines_once_each(world: World) -> None:
    usage(
        world.ours,
        "ninjaone",
        records.Account(external_id="a", name="Acme"),
        seat(1, "a", kind="user", identity="Ann@Acme.example"),
        seat(2, "a", kind="licence", identity="ann@acme.example", sku="E3"),
        seat(3, "a", kind="agent", identity="SN-77", display_name="Acme-LT-01"),
        seat(4, "a", kind="user", identity="bo@acme.example", status="deleted"),
    )
    (account,) = read(world.ours).accounts
    assert account.people == ("ann@acme.example",)
    assert account.devices == ("sn-77", "acme-lt-01")
    assert account.emails == ("acme.example",)
    assert account.seat_count == 3


def test_what_is_read_of_one_account_is_bounded(world: World) -> None:
    rows = [seat(n, "a", kind="user", identity=f"p{n:04}@d{n:04}.example") for n in range(evidence.PEOPLE + 50)]
    machines = [seat(9000 + n, "a", kind="device", identity=f"sn{n}") for n in range(evidence.DEVICES + 50)]
    usage(world.ours, "duo", records.Account(external_id="a", name="Acme"), *rows, *machines)
    comparison = read(world.ours)
    (account,) = comparison.accounts
    assert (len(account.people), len(account.devices)) == (evidence.PEOPLE, evidence.DEVICES)
    assert len(account.emails) == evidence.DOMAINS
    assert account.seat_count == evidence.PEOPLE + evidence.DEVICES + 100


def test_a_mapping_at_one_vendor_helps_the_next_but_not_itself(world: World) -> None:
    made = make(world.ours, clients=["Acme"], accounts=["Zebra Holdings"], label="partner_center")
    with transaction(world.ours) as session:
        session.get_one(Connection, made.usage).connector = "partner_center"
    load(
        world.ours,
        made.usage,
        records.Account(
            external_id="a-1", name="Zebra Holdings", domain="zebra.example", attributes={"tenant_id": TENANT.upper()}
        ),
        seat(1, "a-1", kind="user", identity="ann@zebra.example"),
    )
    other = usage(world.ours, "microsoft365", records.Account(external_id=TENANT, name="Quarry"))
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    comparison = read(world.ours)
    (theirs,) = enriched(comparison.clients, comparison.given, other)
    assert theirs.identifiers[identifiers.TENANT] == TENANT
    assert theirs.people == ("ann@zebra.example",)
    assert "zebra.example" in theirs.emails
    (itself,) = enriched(comparison.clients, comparison.given, made.usage)
    assert (itself.people, itself.identifiers) == ((), {identifiers.PSA: "c-1"})
    suggest.refresh(world.ours)
    suggestion = next(each for each in suggest.compare(comparison) if each.left_id not in {str(made.accounts["a-1"])})
    assert (suggestion.decided_by, suggestion.candidates[0].right_id) == ("identifier", str(made.clients["c-1"]))


def test_two_tenants_of_one_client_say_nothing_against_each_other(world: World) -> None:
    made = make(world.ours, clients=["Acme"], accounts=["One", "Two"], label="microsoft365")
    with transaction(world.ours) as session:
        session.get_one(Connection, made.usage).connector = "microsoft365"
    guids = [TENANT, TENANT.replace("0f3c", "1f3c")]
    load(world.ours, made.usage, *(records.Account(external_id=guid, name=guid) for guid in guids))
    comparison = read(world.ours)
    parties = {party.name: party for party in comparison.accounts if party.name in guids}
    assert [parties[guid].identifiers for guid in guids] == [{identifiers.TENANT: guid} for guid in guids]
    client = made.clients["c-1"]
    for guid in guids:
        decide(world.ours, int(parties[guid].id), Verdict.CONFIRM, client_id=client)
    comparison = read(world.ours)
    (theirs,) = enriched(comparison.clients, comparison.given, but=0)
    assert identifiers.TENANT not in theirs.identifiers


def test_the_msp_is_known_by_its_name_and_its_peoples_domains(world: World) -> None:
    own = read(world.ours).own
    assert own.names
    assert all("." in domain for domain in own.domains)
    assert own.names != read(world.theirs).own.names


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Acme Ltd", "Birch", "Cedar Inc"], {1: "11", 2: "12", 3: "13"}),
        (["Nothing alike", "Other words", "Yet another"], {}),
    ],
)
def test_a_free_field_is_a_psa_id_only_where_it_proves_right(names: list[str], found: dict[int, str]) -> None:
    known = identifiers.known_psa_ids([("11", "Acme"), ("12", "Birch Ltd"), ("13", "Cedar"), ("9", "A"), ("9", "B")])
    rows = [(n, name, {"externalId": f"{10 + n}"}) for n, name in enumerate(names, 1)]
    assert identifiers.trusted_psa_ids("pax8", rows, known) == found
    assert identifiers.trusted_psa_ids("duo", rows, known) == {}
    assert "9" not in known.names


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("companyProfile.tenantId", TENANT.upper(), {identifiers.TENANT: TENANT}),
        ("Azure Tenant ID", "not a guid", {}),
        ("tenant_id", "00000000-0000-0000-0000-000000000000", {}),
        ("VAT number", "NL 8123.45.678.B01", {identifiers.TAX: "NL812345678B01"}),
        ("taxId", "n/a", {}),
        ("taxId", "000000000", {}),
        ("taxableFlag", "12345678", {}),
    ],
)
def test_identifiers_are_recognised_by_name_and_shape(name: str, value: str, expected: dict[str, str]) -> None:
    assert identifiers.of_account("pax8", "17", {name: value}) == expected


def test_the_domain_that_most_people_have() -> None:
    assert shared_domain({"mail.acme.example": 2, "acme.example": 2, "other.example": 3}) == ("acme.example", 4, 7)
    assert shared_domain({"a.example": 1, "b.example": 1})[0] == ""
    assert shared_domain(Used().domains) == ("", 0, 0)


def test_another_workspace_gives_nothing(world: World) -> None:
    make(world.theirs)
    comparison = read(world.ours)
    assert (comparison.accounts, comparison.clients, comparison.given) == ((), (), ())
