"""Vendors, codes, units and quantities as evidence about services; lines that stand for several products."""

import math

import pytest

from matching.services.codes import codes_of, price_ids
from matching.services.engine import match_services
from matching.services.names import is_bundle, read
from matching.services.vendors import vendor_of_label, vendors_of
from matching.types import Service, Suggestion

CLIENTS = {f"c{k}": float(4 + k * 7 % 23) for k in range(12)}


@pytest.mark.parametrize(
    ("name", "code", "vendor"),
    [
        ("Managed workstation (Datto RMM)", "", "Datto RMM"),
        ("Datto SIRIS 5 X2 BCDR", "", "Datto"),
        ("Managed workstation", "NINJA-WS", "NinjaOne"),
        ("Acronis M365 Backup per seat", "", "Acronis"),
        ("M365 Business Basic", "MS-365-BB", "Microsoft 365"),
        ("S1 Control EDR", "", "SentinelOne"),
        ("Ninja RMM agent", "", "NinjaOne"),
    ],
)
def test_a_name_or_a_code_tells_whose_product_it_is(name: str, code: str, vendor: str) -> None:
    assert vendors_of(name, code) == {vendor}


def test_a_reseller_is_no_products_vendor() -> None:
    assert vendors_of("Keeper Business (Pax8)") == {"Keeper"}
    assert vendor_of_label("Pax8") == frozenset()
    assert vendors_of("Managed firewall", "NB-FW") == frozenset()


def test_price_list_ids_are_read_however_they_are_joined() -> None:
    assert price_ids("CFQ7TTC0LDPB:0001:CFQ7TTC0LGNT") == {"cfq7ttc0ldpb:0001"}
    assert price_ids("MSCSP_CFQ7TTC0LDPB-0001_FR_EUR_1_720") == {"cfq7ttc0ldpb:0001"}
    assert price_ids("CFQ7TTC0LDPB-1") == {"cfq7ttc0ldpb:0001"}
    assert price_ids("CFQ7TTC0LDPB") == frozenset()
    assert "cfq7ttc0ldpb:0001" in codes_of(Service("s", "Business Standard", sku="CFQ7TTC0LDPB/0001"))


def test_a_price_list_id_decides_before_the_name() -> None:
    left = Service("u", "Monthly seat", sku="CFQ7TTC0LDPB:0001", vendor="Partner Center")
    right = [
        Service("a", "Monthly seat"),
        Service("b", "M365 Business Standard"),
        Service("c", "x", "CFQ7TTC0LDPB-0001"),
    ]
    assert match_services([left], right[:2])[0].best.right_id == "b"  # type: ignore[union-attr]
    assert match_services([left], right)[0].best.right_id == "c"  # type: ignore[union-attr]


def test_a_shared_code_is_not_ticked_where_the_names_contradict_it() -> None:
    left = Service("u", "Microsoft 365 Business Premium", sku="SPB-1Y")
    found = match_services([left], [Service("a", "Microsoft 365 Business Standard", sku="spb-1y")])[0]
    assert (found.verdict, found.decided_by) == ("suggest", "code")


@pytest.mark.parametrize(
    "line",
    [
        "M365 Subscription",
        "Office 365 licences",
        "M365 (13 seats: 8x Business Standard, 4x Business Basic, 1x Exchange)",
    ],
)
def test_a_line_for_several_products_is_never_suggested_and_says_so(line: str) -> None:
    left = Service("u", "Microsoft 365 Business Standard", sku="O365_BUSINESS_PREMIUM", quantities=CLIENTS)
    found = match_services([left], [Service("a", line, quantities=CLIENTS)])[0]
    assert found.verdict == "none"
    assert {r.code for c in found.candidates for r in c.reasons} >= {"bundle" if is_bundle(line) else "lump_sum"}


def test_only_lines_that_count_several_products_are_bundles() -> None:
    assert is_bundle("8x Business Standard, 4x Business Basic")
    assert not is_bundle("Teams Phone 2 x 60 minutes")
    assert read("Office 365 E3").core == "office 365 e3"


def pair(**billed: float) -> Suggestion:
    left = Service("u", "Security agent", vendor="Acme Shield", unit="agent", quantities=CLIENTS)
    other = Service("b", "Helpdesk hours", quantities=dict.fromkeys(CLIENTS, 3.0))
    return match_services([left], [Service("a", "Endpoint care", quantities=billed), other])[0]


def test_numbers_that_agree_client_by_client_outweigh_the_names() -> None:
    agreeing, differing = pair(**CLIENTS), pair(**{client: number * 2 + 3 for client, number in CLIENTS.items()})
    assert agreeing.candidates[0].right_id == "a"
    best = max((c.confidence for c in differing.candidates if c.right_id == "a"), default=0.0)
    assert agreeing.candidates[0].confidence > best + 0.2
    (reason,) = [r for r in agreeing.candidates[0].reasons if r.code == "quantity"]
    total = f"{sum(CLIENTS.values()):g}"
    assert (reason.text, reason.left, reason.right) == ("Billed and used agree at 12 of 12 clients", total, total)
    assert reason.weight > 0


def test_counts_never_tick_another_plan_in_advance() -> None:
    left = Service("u", "Microsoft 365 E3", quantities=CLIENTS)
    found = match_services([left], [Service("a", "Microsoft 365 E5", quantities=CLIENTS)])[0]
    assert found.verdict != "preselect"


def test_another_connected_vendor_in_the_name_is_a_conflict() -> None:
    left = [Service("n", "NinjaOne workstation", vendor="NinjaOne"), Service("d", "x", vendor="Acme Shield")]
    found = match_services(left, [Service("a", "Managed workstation (Acme Shield)")])[0]
    assert found.verdict != "preselect"
    assert any(r.code == "vendor" and r.weight < 0 for c in found.candidates for r in c.reasons) or not found.candidates


def test_reasons_with_quantities_add_up_to_the_confidence() -> None:
    left = [Service("1", "NinjaOne workstation", vendor="NinjaOne", quantities=CLIENTS, unit_price=2.0)]
    right = [Service("a", "Managed workstation", "NINJA-WS", quantities=CLIENTS, unit_price=18.0)]
    for suggestion in match_services(left, right):
        for candidate in suggestion.candidates:
            total = suggestion.start + sum(reason.weight for reason in candidate.reasons)
            assert total == pytest.approx(math.log(candidate.confidence / (1 - candidate.confidence)), abs=1e-6)
