"""Near-identical strangers are not ticked, slips of the pen still are, and initials find the one name they fit."""

import numpy as np
import pytest

from matching.block import block
from matching.engine import match
from matching.features import NAMES, features
from matching.replaced import LOOSE_WORD, OTHER_WORD, alike
from matching.side import prepare
from matching.strangers import short_for, stranger_tenant
from matching.types import Own, Party, Suggestion

COMPANY = (
    "Zephyr Quartz Mining",
    "Orchard Lane Winery",
    "Kestrel Freight",
    "Blue Fjord Seafood",
    "Tandem Bicycle Works",
)


def judged(left: Party, *right: Party, own: Own = Own()) -> Suggestion:  # noqa: B008  frozen and empty
    company = [Party(f"x{k}", name) for k, name in enumerate(COMPANY)]
    return match([left], [*right, *company], own=own)[0]


def feature(name: str, one: str, two: str) -> float:
    left, right = prepare([Party("1", one)]), prepare([Party("2", two)])
    return float(features(left, right, block(left, right))[0, NAMES.index(name)])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Harbor Point Bakery", "Harbor Point Brakes"),
        ("Quill River Marine", "Quill River Mining"),
        ("Danvers & Cole Plumbing", "Danvers & Cole Painting"),
        ("Copperfield Motors", "Copperfield Movers"),
        ("Hartwell Tax Advisors", "Hartwell Taxi Advisors"),
        ("Westbrook Capital Fund III", "Westbrook Capital Fund VII"),
    ],
)
def test_another_word_is_never_ticked_however_it_is_spelled(one: str, two: str) -> None:
    found = judged(Party("a", one), Party("c", two))
    assert found.verdict != "preselect"
    for candidate in found.candidates:
        assert candidate.doubt == 1.0 or candidate.right_id != "c"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Copperfield Quill Motors", "Coperfield Quill Motors"),
        ("Hartwell Tax Advisors LLC", "Hartwell Tax Advisors"),
        ("Quillriver Engineering", "Quill River Engineering"),
    ],
)
def test_a_slip_or_another_spelling_is_still_ticked(one: str, two: str) -> None:
    found = judged(Party("a", one), Party("c", two))
    assert (found.verdict, found.candidates[0].right_id) == ("preselect", "c")


def test_a_shared_telephone_does_not_make_one_firm_of_two() -> None:
    left = Party("a", "Ostrow Bookkeeping", phone="6035550188")
    found = judged(left, Party("c", "Ostrow Roofing", phone="603-555-0188"))
    assert found.verdict != "preselect"


def test_words_that_say_little_are_cleared_by_an_address() -> None:
    where = {"address": "41 Mill Lane", "postcode": "03301"}
    found = judged(Party("a", "Ostrow Grill", **where), Party("c", "Ostrow Restaurant", **where))
    assert (found.verdict, found.candidates[0].right_id) == ("preselect", "c")


def test_one_name_in_another_street_is_another_site() -> None:
    left = Party("a", "Ostrow Bakery", address="41 Mill Lane", postcode="03301")
    found = judged(left, Party("c", "Ostrow Bakery", address="9 Harbor Road", postcode="03301"))
    assert found.verdict == "suggest"
    assert found.candidates[0].doubt == 1.0


def test_one_name_with_another_legal_form_is_for_a_person() -> None:
    assert judged(Party("a", "Ostrow Estates Ltd"), Party("c", "Ostrow Estates LLP")).verdict == "suggest"


def test_how_alike_words_are() -> None:
    words = ["bank", "tank", "roofing", "rofing", "grill", "bakery", "tile", "tiles", "12", "13", "xyzzy"]
    at = {word: k for k, word in enumerate(words)}
    ours = np.array([at[word] for word in ("bank", "roofing", "grill", "tile", "12", "bank")])
    theirs = np.array([at[word] for word in ("tank", "rofing", "bakery", "tiles", "13", "xyzzy")])
    found = alike(words, ours, theirs)
    assert found[0] == pytest.approx(OTHER_WORD)
    assert found[1] > 0.9
    assert found[2] == pytest.approx(LOOSE_WORD)
    assert found[3] > 0.9
    assert found[4] == 0
    assert found[5] < 0.2


def test_nothing_is_replaced_where_only_one_name_has_more_words() -> None:
    assert np.isnan(feature("replaced", "Ostrow", "Ostrow Roofing"))
    assert np.isnan(feature("replaced", "Green Way Foods", "Greenway Foods"))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("KFMV", "Kettle Falls Motor Vehicles"),
        ("Q.R.E.S.", "Quill River Engineering Supply"),
        ("DCP Architects", "Danvers Cole Purcell Architects"),
        ("HWT Law", "Hartwell Weiss & Tolland LLP"),
    ],
)
def test_initials_of_one_name_only_are_proposed(short: str, long: str) -> None:
    found = judged(Party("a", short), Party("c", long))
    assert found.best is not None
    assert found.best.right_id == "c"
    assert found.verdict == "suggest"  # so few letters are never ticked


def test_initials_of_two_names_are_not_ticked() -> None:
    both = ("Kettle Falls Motor Vehicle Supply", "Kent Fishing Museum and Visitor Shop")
    found = judged(Party("a", "KFMVS"), *(Party(name, name) for name in both))
    assert found.verdict != "preselect"


def test_the_own_name_beside_a_filler_is_the_msp_itself() -> None:
    own = Own(names=("Lanternfish IT",))
    assert judged(Party("a", "LANTERNFISH IT - Internal"), own=own).no_client == "own"
    assert judged(Party("a", "Lanternfish IT - Riverside Dental"), own=own).no_client == ""


def test_made_strangers_are_other_names_and_keep_to_their_part() -> None:
    tenant = stranger_tenant("test", 3, 60, 0.5, 0.5)
    again = stranger_tenant("test", 3, 60, 0.5, 0.5)
    assert tenant == again
    sides = (tenant.left, tenant.right)
    ids = [{p.id for p in side} for side in sides]
    assert all(a in ids[0] and b in ids[1] for a, b in tenant.links)
    assert sum(p.id.startswith("S") for side in sides for p in side) >= 10
    assert not any(a.startswith("S") or b.startswith("S") for a, b in tenant.links)


def test_initials_are_made_of_the_telling_words() -> None:
    import random

    found = {short_for("Department of Public Safety Works", random.Random(k)) for k in range(20)}
    assert "DPSW" in found
    assert short_for("Acme Dental", random.Random(1)) == "Acme Dental"
