"""Domain labels read as names, with what towns and firms put around them."""

import numpy as np
import pytest

from matching.block import block
from matching.domain_names import LABEL_FEATURES, label_features, spelled
from matching.domains import country_of, sub_label
from matching.side import prepare
from matching.types import Party


def read(name: str, domain: str, **known: str) -> dict[str, float]:
    left, right = prepare([Party("1", name, **known)]), prepare([Party("a", "", domain=domain)])
    pairs = block(left, right)
    assert len(pairs) == 1
    found = label_features(left, right, pairs)
    assert tuple(found) == LABEL_FEATURES
    return {key: float(value[0]) for key, value in found.items()}


def test_a_label_is_read_as_beginnings_of_words() -> None:
    found = spelled(("springfield", "police", "department"), "springpd")
    assert found.cover == 1.0
    assert found.heads == 1.0
    assert spelled(("acme",), "").cover == 0.0


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("City of Hampton", "hamptonga.gov"),
        ("City of Bangor", "cityofbangormi.gov"),
        ("Village of Milan", "milanohio.gov"),
        ("Acme Dental", "acmedentalgroup.com"),
    ],
)
def test_what_stands_around_a_name_is_taken_off_the_label(name: str, domain: str) -> None:
    assert read(name, domain)["label_bare"] == 1.0


def test_a_state_in_the_label_is_held_against_the_one_that_is_known() -> None:
    assert read("City of Hampton", "hamptonga.gov", region="Georgia")["label_state"] == 1.0
    assert read("City of Hampton", "hamptonga.gov", region="Florida")["label_state"] == 0.0
    assert np.isnan(read("City of Hampton", "hamptonga.gov")["label_state"])


def test_the_country_of_a_domain_is_held_against_the_words_of_a_name() -> None:
    assert read("Technical University of Kenya", "tukenya.ac.ke")["label_country"] == 1.0
    assert read("Technical University of Kenya", "tuke.sk")["label_country"] == 0.0
    assert np.isnan(read("Technical University of Kenya", "tuke.org")["label_country"])


def test_the_kind_of_body_is_held_against_the_label() -> None:
    assert read("Polk County Sheriff", "polksheriff.gov")["label_kind"] == 1.0
    assert read("Polk County Elections", "polksheriff.gov")["label_kind"] == 0.0


def test_a_host_below_a_domain_is_read_too() -> None:
    assert sub_label("vancouver.wsu.edu") == "vancouver"
    assert sub_label("www.wsu.edu") == ""
    assert read("Washington State University at Vancouver", "vancouver.wsu.edu")["label_sub"] == 1.0


def test_endings_that_everybody_borrows_are_no_country() -> None:
    assert [country_of(host) for host in ("acme.co.uk", "acme.io", "acme.com.co", "acme.co")] == ["gb", "", "co", ""]
