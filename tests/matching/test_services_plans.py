"""A name that leaves its plan out, or what it is counted by, is shown and never ticked; and candidates say why not."""

import pytest

from matching.services.engine import match_services
from matching.services.names import read
from matching.types import Service, Suggestion, Thresholds

PLANS = {
    "Microsoft Entra ID": ("Entra ID P1", "Entra ID P2"),
    "Exchange Online": ("Exchange Online (Plan 1)", "Exchange Online (Plan 2)"),
    "Microsoft 365 Business": ("M365 Business Premium", "M365 Business Standard", "M365 Business Basic"),
}


def one(left: Service, *right: str) -> Suggestion:
    return match_services([left], [Service(f"p{k}", name) for k, name in enumerate(right)])[0]


@pytest.mark.parametrize(("name", "plans"), PLANS.items(), ids=PLANS)
def test_a_name_without_a_plan_is_never_ticked_to_a_product_with_one(name: str, plans: tuple[str, ...]) -> None:
    found = one(Service("u", name), *plans)
    assert found.verdict != "preselect"
    assert found.candidates
    assert found.candidates[0].doubt == 1.0
    for plan in plans:
        assert one(Service("u", plan), name).verdict != "preselect"


def test_a_code_says_which_plan_it_is() -> None:
    found = one(Service("u", "Exchange Online", sku="EXCHANGESTANDARD"), "Exchange Online P1", "Exchange Online P2")
    assert (found.verdict, found.candidates[0].right_id) == ("preselect", "p0")


def test_the_same_name_without_a_plan_on_both_sides_is_one_product() -> None:
    assert one(Service("u", "Microsoft Entra ID"), "Entra ID", "Managed firewall").verdict == "preselect"


def test_what_a_line_is_counted_by_tells_kinds_of_devices_apart() -> None:
    assert read("Backup per mailbox").devices == {"mailbox"}
    assert read("Acrivault Server Backup").devices == {"server"}
    found = one(Service("u", "Acrivault Server Backup"), "Backup per mailbox", "Managed firewall")
    assert found.verdict != "preselect"


def test_of_two_lines_of_one_product_that_of_the_own_term_leads() -> None:
    for term, other in (("Monthly", "Annual"), ("Annual", "Monthly")):
        found = one(Service("u", f"Microsoft 365 E3 {term}"), f"M365 E3 {other}", f"M365 E3 {term}")
        assert found.candidates[0].right_id == "p1"
        assert found.candidates[0].confidence > found.candidates[1].confidence


def test_a_candidate_says_what_stands_against_ticking_it() -> None:
    assert one(Service("u", "Office 365 E3"), "Office 365 E3", "Managed firewall").candidates[0].doubt is None
    assert one(Service("u", "Office 365 E3 Annual"), "Office 365 E3 Monthly").candidates[0].doubt == 1.0
    twins = one(Service("u", "Microsoft 365 E3"), "M365 E3", "MS365 E3")
    assert [candidate.doubt for candidate in twins.candidates[:2]] == [1.0, 1.0]


def test_a_doubt_tells_the_verdict_at_any_thresholds() -> None:
    names = ("Office 365 E3", "Managed Server", "Entra ID", "NinjaOne Workstation", "Acrivault Server Backup")
    left = [Service(f"u{k}", name) for k, name in enumerate(names)]
    lines = ("O365 E3", "O365 E1", "Entra ID P1", "RMM Workstation", "Managed server 24x7", "Backup per mailbox")
    right = [Service(f"p{k}", name) for k, name in enumerate(lines)]
    usual = match_services(left, right)
    for suggest in (0.2, 0.5, 0.9, 0.99):
        at = Thresholds(suggest=suggest, preselect=max(suggest, 0.9))
        for one_of, other in zip(usual, match_services(left, right, thresholds=at), strict=True):
            if one_of.candidates and one_of.candidates[0].confidence >= suggest:
                best = one_of.candidates[0]
                free = best.doubt is None or best.doubt < suggest
                ticked = free and best.confidence >= at.preselect
                assert other.verdict == ("preselect" if ticked else "suggest"), one_of.left_id
            else:
                assert other.verdict == "none"
