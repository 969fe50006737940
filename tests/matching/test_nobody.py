"""The MSP's own tenant, test tenants and placeholders are told from clients that only look like them."""

import pytest

from matching.engine import match
from matching.nobody import kind_of_name, no_client
from matching.types import Own, Party


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Test", "test"),
        ("Test Tenant 2", "test"),
        ("DEMO", "test"),
        ("Demo Company", "test"),
        ("Pax8 NFR", "test"),
        ("Initech (NFR)", "test"),
        ("Initech - Demo Tenant", "test"),
        ("[Sandbox] Initech", "test"),
        ("Initech trial tenant", "test"),
        ("Huntress - Not for Resale", "test"),
        ("m365x48211903", "test"),
        ("Ｄｅｍｏ", "test"),
        ("Unassigned", "placeholder"),
        ("Default Site", "placeholder"),
        ("Internal", "placeholder"),
        ("Catchall (for unknown companies)", "placeholder"),
        ("Catch-All", "placeholder"),
        ("Unassigned devices", "placeholder"),
        ("Nicht zugewiesen", "placeholder"),
        ("N/A", "placeholder"),
        ("My Company", "placeholder"),
        ("Deleted Devices", "placeholder"),
        ("Stock", "placeholder"),
        ("Pool", "placeholder"),
        ("Contoso", "test"),
        ("Fabrikam", "test"),
    ],
)
def test_nobodys_names(name: str, kind: str) -> None:
    assert kind_of_name(name) == kind
    assert no_client([Party("1", name)]) == [kind]


@pytest.mark.parametrize(
    "name",
    [
        "Test Valley Council",
        "Demo Lumber",
        "Internal Medicine Associates",
        "Trial Lawyers Group",
        "The Sandbox Preschool",
        "Default Bakery",
        "New Life Church",
        "Standard Insurance",
        "No Frills Grocery",
        "Unknown Brewing Co",
        "Templates R Us",
        "Pilot Company",
        "The Pool Company",
        "Stock & Partners",
        "Deleon Devices",
        "Contoso Bakery",
        "Microsoft",
        "",
        "365",
        "株式会社テスト工業",
    ],
)
def test_clients_that_only_look_like_it(name: str) -> None:
    assert kind_of_name(name) == ""
    assert no_client([Party("1", name)]) == [""]


OWN = Own(names=("Bluecrest IT Ltd",), domains=("bluecrest.example", "gmail.com"))


@pytest.mark.parametrize(
    "party",
    [
        Party("1", "BLUECREST IT"),
        Party("1", "BluecrestIT"),
        Party("1", "bluecrestit.onmicrosoft.com"),
        Party("1", "Head office", domain="https://www.bluecrest.example/"),
        Party("1", "bluecrest.example"),
        Party("1", "HQ", people=("a@bluecrest.example", "b@bluecrest.example", "c@x.example")),
    ],
)
def test_the_msps_own_tenant(party: Party) -> None:
    assert no_client([party], OWN) == ["own"]


@pytest.mark.parametrize(
    "party",
    [
        Party("1", "Acme", emails=("tech@bluecrest.example",)),
        Party("1", "Acme", domain="gmail.com"),
        Party("1", "Bluecrest Itinerant Theatre"),
        Party("1", "Acme", people=("admin@bluecrest.example", "a@acme.example", "b@acme.example")),
    ],
)
def test_a_client_that_the_msp_looks_after_is_not_the_msp(party: Party) -> None:
    assert no_client([party], OWN) == [""]


def test_nobodys_records_are_never_ticked() -> None:
    names = ["Zephyrine Dental (NFR)", "Bluecrest IT", "Catchall"]
    clients = [Party("a", "Zephyrine Dental"), Party("b", "Bluecrest IT Ltd"), Party("c", "Catchall")]
    found = match([Party(name, name) for name in names], clients, own=OWN)
    assert [s.no_client for s in found] == ["test", "own", "placeholder"]
    assert all(s.verdict != "preselect" for s in found)


def test_a_key_to_a_client_clears_the_hint_but_not_for_the_msp_itself() -> None:
    key = {"m365_tenant": "0aa1"}
    client = Party("a", "Zephyrine Dental", identifiers=key)
    cleared = match([Party("1", "Zephyrine - Demo Tenant", identifiers=key)], [client])[0]
    assert (cleared.no_client, cleared.verdict) == ("", "preselect")
    own = match([Party("1", "Bluecrest IT", identifiers=key)], [client], own=OWN)[0]
    assert own.no_client == "own"
    assert own.verdict != "preselect"


def test_a_client_whose_very_name_sounds_like_a_test_is_found() -> None:
    found = match([Party("1", "Demo Company")], [Party("a", "Demo Company")])[0]
    assert (found.no_client, found.candidates[0].right_id) == ("", "a")


def test_the_msps_domain_links_no_client() -> None:
    left = Party("1", "Quartz Mining", emails=("tech@bluecrest.example",))
    right = Party("a", "Zephyr Cafe", emails=("tech@bluecrest.example",))
    assert match([left], [right])[0].decided_by == "domain"
    assert match([left], [right], own=OWN)[0].verdict == "none"
