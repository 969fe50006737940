"""SKUs: look-up before likeness, and never one plan for another."""

import math

import pytest

from matching.services.catalogue import resolve_microsoft_sku
from matching.services.engine import match_services
from matching.services.names import read, strip_remarks
from matching.types import Decided, Service, Suggestion


def one(left: Service, *right: str, **how: object) -> Suggestion:
    return match_services([left], [Service(f"p{k}", name) for k, name in enumerate(right)], **how)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("O365_BUSINESS_PREMIUM", "Microsoft 365 Business Standard"),
        ("o365_business_premium", "Microsoft 365 Business Standard"),
        ("F245ECC8-75AF-4F8E-B61F-27D8114DE5F3", "Microsoft 365 Business Standard"),
        ("contoso:SPB", "Microsoft 365 Business Premium"),
        ("Microsoft 365 Business Standard (NCE COM MTH)", "Microsoft 365 Business Standard"),
        ("Microsoft 365 Business Standard [New Commerce Experience]", "Microsoft 365 Business Standard"),
        ("M365 Bus Std - per user", "Microsoft 365 Business Standard"),
        ("Microsoft 365 Business Premium P1Y", "Microsoft 365 Business Premium"),
        ("Office 365 Business Premium", "Microsoft 365 Business Standard"),
        ("Exchange Online Plan 1", "Exchange Online (Plan 1)"),
        ("Exchange Online P2 Monthly", "Exchange Online (Plan 2)"),
        ("Azure Active Directory Premium P1", "Microsoft Entra ID P1"),
        ("Office 365 E3", "Office 365 E3"),
        ("M365 E5 (no Teams)", "Microsoft 365 E5 (no Teams)"),
    ],
)
def test_microsoft_products_are_looked_up(text: str, name: str) -> None:
    found = resolve_microsoft_sku(text)
    assert found is not None
    assert found.display_name == name


@pytest.mark.parametrize(
    "text", ["", "M365 Subscription", "NinjaOne", "Microsoft 365", "00000000-0000-0000-0000-000000000000"]
)
def test_what_names_no_product_resolves_to_nothing(text: str) -> None:
    assert resolve_microsoft_sku(text) is None


def test_remarks_go_and_are_kept_as_terms() -> None:
    assert strip_remarks("exchange online (plan 1) (nce com mth)") == "exchange online (plan 1)"
    assert read("Office 365 E3 - Annual").terms == {"annual"}
    assert read("Office 365 E3 - Annual").tiers == {"e3"}


def test_the_code_of_business_standard_is_not_billed_as_premium() -> None:
    sku = Service("u", "O365_BUSINESS_PREMIUM")
    found = one(sku, "Microsoft 365 Business Premium", "M365 Business Standard (NCE) Annual")
    assert (found.best.right_id, found.verdict, found.decided_by) == ("p1", "preselect", "catalogue")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("usage", "billed"),
    [
        ("Office 365 E3", "Office 365 E1"),
        ("Microsoft 365 Business Basic", "Microsoft 365 Business Premium"),
        ("Exchange Online (Plan 1)", "Exchange Online (Plan 2)"),
        ("Microsoft 365 F1", "Microsoft 365 F3"),
        ("Entra ID P1", "Entra ID P2"),
        ("Acronis Backup Workstation", "Acronis Backup Server"),
        ("Sophos Email Standard", "Sophos Email Advanced"),
        ("Office 365 E3 Annual", "Office 365 E3 Monthly"),
        ("Microsoft 365 E3", "Microsoft 365 E3 (no Teams)"),
    ],
)
def test_what_must_not_be_confused_is_never_ticked(usage: str, billed: str) -> None:
    assert one(Service("u", usage), billed).verdict != "preselect"


def test_an_equal_part_number_decides() -> None:
    left = Service("u", "Managed EDR", sku="HUN-EDR-01")
    right = [Service("a", "Endpoint protection", sku="hun-edr-01"), Service("b", "Managed EDR")]
    found = match_services([left], right)[0]
    assert (found.best.right_id, found.decided_by, found.verdict) == ("a", "code", "preselect")  # type: ignore[union-attr]


def test_a_vendor_without_the_catalogue_is_matched_by_its_words() -> None:
    left = Service("u", "Windows Workstation", vendor="NinjaOne")
    found = one(left, "NinjaOne RMM - Server", "NinjaOne RMM - Workstation", "Managed Firewall")
    assert found.candidates[0].right_id == "p1"


def test_a_line_that_names_no_product_is_left_alone() -> None:
    assert one(Service("u", "Office 365 E3"), "M365 Subscription").verdict == "none"


def test_verdicts_of_people_hold_for_services() -> None:
    left = Service("u", "Office 365 E3")
    assert one(left, "Office 365 E3", decided=[Decided("u", "p0", "rejected")]).candidates == ()
    assert one(left, "Office 365 E1", decided=[Decided("u", "p0", "confirmed")]).decided_by == "person"


def test_reasons_add_up_to_the_confidence() -> None:
    left = [
        Service("1", "O365_BUSINESS_PREMIUM"),
        Service("2", "Acronis Backup Server"),
        Service("3", "x", sku="AB-1234"),
    ]
    names = ["Microsoft 365 Business Standard", "Acronis Backup Srv", "Microsoft 365 Business Premium"]
    right = [*(Service(f"p{k}", name) for k, name in enumerate(names)), Service("q", "y", sku="AB-1234")]
    listed = [(s, c) for s in match_services(left, right) for c in s.candidates]
    assert listed
    for suggestion, candidate in listed:
        total = suggestion.start + sum(reason.weight for reason in candidate.reasons)
        assert total == pytest.approx(math.log(candidate.confidence / (1 - candidate.confidence)), abs=1e-6)
