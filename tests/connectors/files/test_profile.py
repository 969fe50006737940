"""Profiles survive JSON and are recognised by the header of next month's file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.files import Options, Profile, ProfileMismatch, convert, guess
from tests.connectors.files.making import run, write_csv

PROFILES = st.builds(
    Profile,
    shape=st.sampled_from(["generic_lines", "m365_users"]),
    sheet=st.text(max_size=10),
    header_row=st.integers(1, 60),
    columns=st.dictionaries(st.text(min_size=1, max_size=12), st.sampled_from(["quantity", "client_name"])),
    options=st.builds(
        Options,
        date_order=st.sampled_from(["auto", "ymd", "dmy", "mdy"]),
        decimal=st.sampled_from(["auto", "point", "comma"]),
        sum_by_sku=st.booleans(),
        account_name=st.text(max_size=10),
        as_of=st.none() | st.dates(),
    ),
    fingerprint=st.text("0123456789abcdef", min_size=16, max_size=16),
)


@given(PROFILES)
def test_a_profile_reads_back_from_its_json(profile: Profile) -> None:
    assert Profile.from_json(profile.to_json()) == profile


@pytest.mark.parametrize("text", ["", "[]", '{"shape": 3}', '{"shape": "x", "options": {"decimal": "dot"}}'])
def test_json_that_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Profile.from_json(text)


def test_a_corrected_profile_is_recognised_next_month(tmp_path: Path) -> None:
    header = "Kunde,Artikel,Anzahl,Seit"
    march = write_csv(tmp_path / "march.csv", f"{header}\nAcme,P1,3,03/04/2026\n")
    april = write_csv(tmp_path / "april.csv", f"Report April\n\n{header.upper()}\nAcme,P1,4,05/04/2026\n")
    first = guess(march)
    corrected = replace(
        first.profile,
        shape="generic_lines",
        columns={
            "Kunde": "client_name",
            "Artikel": "product_code",
            "Anzahl": "quantity",
            "Seit": "effective_date",
        },
        options=Options(date_order="dmy", currency="EUR", as_of=date(2026, 3, 31)),
    )

    remembered = Profile.from_json(corrected.to_json())
    second = guess(april, remembered=[remembered])

    assert second.is_remembered
    assert second.problems == ()
    assert (second.profile.header_row, second.profile.options.as_of) == (3, None)
    assert second.profile.columns == remembered.columns
    line = run(april, second.profile).records[-1]
    assert (line.quantity, line.effective_date, line.currency) == (4, date(2026, 4, 5), "EUR")  # type: ignore[union-attr]
    assert not guess(march).is_remembered


def test_a_profile_that_does_not_fit_names_everything_that_is_missing(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "client,qty\nAcme,1\n")
    profile = Profile(
        shape="generic_lines", columns={"client": "client_name", "Menge": "quantity", "qty": "no_such_field"}
    )

    with pytest.raises(ProfileMismatch) as caught:
        convert(path, profile)

    assert [problem.column for problem in caught.value.problems] == ["Menge", "qty"]
    with pytest.raises(ProfileMismatch, match="not known"):
        convert(path, replace(profile, shape="no_such_shape"))


def test_one_field_is_fed_by_one_column(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "a,b,c\nAcme,1,2\n")
    profile = Profile(shape="generic_lines", columns={"a": "client_name", "b": "quantity", "c": "quantity"})

    with pytest.raises(ProfileMismatch, match="Two columns feed Quantity"):
        convert(path, profile)
