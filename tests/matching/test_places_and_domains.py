"""Addresses, telephones and domains become keys that are equal when the things are."""

import pytest

from matching import domains, places


def test_postcodes() -> None:
    assert places.postcode("60657-1234") == places.postcode("60657") == places.postcode(" 60657.0 ") == "60657"
    assert places.postcode("1011 AB") == "1011ab"
    assert places.postcode("sw1a 1aa") == places.postcode("SW1A1AA")


def test_street_number_and_name() -> None:
    assert places.street_number("3352 N BROADWAY ") == "3352"
    assert places.street_number("Hauptstr. 12") == "12"
    assert places.street_name("3352 N Broadway St.") == "broadway"


def test_phone_keys_ignore_country_code_and_marks() -> None:
    assert places.phone_keys("+1 (312) 555-0199") == places.phone_keys("312.555.0199") == ("125550199",)
    assert places.phone_keys("12345") == ()


def test_country_and_region_names() -> None:
    assert places.country("United States") == places.country("USA") == "us"
    assert places.region("Illinois") == places.region("IL") == "il"


@pytest.mark.parametrize(
    ("text", "host"),
    [("https://www.Acme.com/x?y", "acme.com"), ("info@mail.acme.com", "mail.acme.com"), ("acme", ""), ("", "")],
)
def test_host(text: str, host: str) -> None:
    assert domains.host(text) == host


def test_own_domains_leave_out_free_mail_and_keep_order() -> None:
    found = domains.own_domains("www.acme.co.uk; acme.com", ("a@gmail.com", "b@mail.acme.com", "c@acme.net"))
    assert found == ("acme.co.uk", "acme.com", "acme.net")


def test_label_and_first_tenant_name() -> None:
    assert domains.label("acme-dental.co.uk") == "acmedental"
    assert domains.label("contoso.onmicrosoft.com") == "contoso"
    assert domains.is_initial("contoso.onmicrosoft.com")
    assert not domains.is_initial("contoso.com")
