"""What every connector declares can be believed: fields, privileges, hosts, streams, its page for admins."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from tests.connectors.ground import Ground

DOCS = Path(__file__).parents[3] / "docs"


def test_declares_itself(bare: Ground) -> None:
    about = bare.cls.about
    assert about.id == bare.id
    assert about.name
    assert about.summary.endswith(".")
    assert about.limits.source
    assert about.hosts
    assert about.privileges
    names = [field.name for field in about.fields]
    assert len(names) == len(set(names))
    assert set(bare.server.settings) <= set(names)
    assert all(field.help and field.label for field in about.fields)
    streams = [info.name for info in bare.cls.streams()]
    wanted = {"clients", "agreements", "lines"} if about.side == "psa" else {"accounts", "seats"}
    assert wanted - {"agreements"} <= set(streams) or about.writes.why_not, "a side needs its streams"
    known = {privilege.name for privilege in about.privileges}
    assert {info.needs for info in bare.cls.streams()} <= known, "streams name declared privileges"
    assert about.writes.kind != "none" or about.writes.why_not


def test_its_page_tells_where_to_find_each_thing(bare: Ground) -> None:
    about = bare.cls.about
    page = (DOCS / about.documentation).read_text()
    for field in about.fields:
        assert field.label in page, f"{about.documentation} does not explain {field.label}"
    for privilege in about.privileges:
        assert privilege.name in page, f"{about.documentation} does not name {privilege.name}"
    if about.proof != "specification":
        assert "not confirmed" in page.casefold(), "what rests on facts alone says so"


def test_every_missing_or_malformed_setting_is_named(bare: Ground) -> None:
    with pytest.raises(SettingsRefused) as refused:
        bare.cls.cleaned({})
    wanted = {field.name for field in bare.cls.about.fields if field.is_required and not field.default}
    assert {problem.column for problem in refused.value.problems} == wanted
    for field in bare.cls.about.fields:
        with pytest.raises(SettingsRefused):
            bare.cls.cleaned({**bare.server.settings, field.name: "\x00 \x07"})


def test_signs_in_and_says_who_it_is(bare: Ground) -> None:
    checked = bare.connector().check()
    assert checked.account.strip()
    assert checked.missing == ()


def test_calls_only_the_hosts_it_declares(bare: Ground) -> None:
    bare.connector().check()
    hosts = {str(fields["host"]) for fields in bare.observed}
    assert hosts
    assert not [host for host in hosts if not any(fnmatch(host, each) for each in bare.cls.about.hosts)]
    assert bare.sandbox.strangers == []


def test_wrong_credentials_are_the_admins_turn(bare: Ground) -> None:
    for field in bare.cls.about.fields:
        if not field.is_secret or field.name not in bare.server.settings:
            continue
        good = bare.server.settings[field.name]
        bad = good[:-1] + ("x" if good[-1] != "x" else "y")
        with pytest.raises(ApiFailure) as failed:
            bare.connector({field.name: bad}).check()
        assert failed.value.kind == "credentials_refused", field.name
        assert failed.value.whose == "admin"
        assert failed.value.action == "fix"
        assert bad not in str(failed.value)


def test_the_list_of_connectors_tells_the_truth_of_each(bare: Ground) -> None:
    (row,) = [
        line for line in (DOCS / "connectors" / "README.md").read_text().splitlines() if f"]({bare.id}.md)" in line
    ]
    _, name, category, read, _written, proof, _ = (cell.strip() for cell in row.split("|"))
    about = bare.cls.about
    assert name == f"[{about.name}]({bare.id}.md)"
    assert category == about.category
    told = [part.removesuffix(" (changes)").replace(" ", "_") for part in read.split(", ")]
    assert told == [info.name for info in bare.cls.streams()]
    assert [part.endswith("(changes)") for part in read.split(", ")] == [
        info.is_incremental for info in bare.cls.streams()
    ]
    assert {"specification": "specification", "examples": "examples", "facts": "facts"}[about.proof] in proof
