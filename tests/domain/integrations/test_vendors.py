"""What a new connection is called before a person says otherwise."""

import pytest

from rcx_app.domain.integrations.vendors import label_in, proposed


@pytest.mark.parametrize(
    ("filename", "label"),
    [
        ("Proofpoint users.csv", "Proofpoint"),
        ("Acronis workloads.xlsx", "Acronis"),
        ("Nable_devices_2026-11-20 (1).csv", "Nable"),
        ("Keeper MSP licences Nov 2026.csv", "Keeper MSP"),
        ("export-2026-11.csv", ""),
        ("20261120.csv", ""),
        ("what our backup vendor sent us last week.csv", ""),
        ("", ""),
    ],
)
def test_a_file_lends_its_connection_the_name_of_its_source(filename: str, label: str) -> None:
    assert label_in(filename) == label


def test_a_known_format_is_named_by_its_vendor_and_a_psa_by_its_side() -> None:
    assert proposed("ninjaone_devices", "usage", "Proofpoint users.csv") == ("ninjaone", "NinjaOne")
    assert proposed("generic_lines", "psa", "lines.csv") == ("", "PSA")
    assert proposed("generic_usage", "usage", "Huntress agents.csv") == ("", "Huntress")
