"""Patterns mean the same in Python's own engine, in ours and in PostgreSQL, and none takes long."""

from __future__ import annotations

import re
import time
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rcx_app.domain.service_rules.patterns import BadPattern, Pattern, sqlite_matches

atoms = st.sampled_from(
    [
        "a",
        "b",
        "c",
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\.",
        "\\\\",
        "[ab]",
        "[^ab]",
        "[a-c0]",
        "[\\d-]",
        "é",
        "日",
        " ",
        "-",
    ]
)


def _joined(parts: Any) -> Any:
    quantified = st.builds(
        lambda part, repeat: f"(?:{part}){repeat}",
        parts,
        st.sampled_from(["", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"]),
    )
    return st.one_of(
        st.lists(st.one_of(parts, quantified), min_size=1, max_size=3).map("".join),
        st.lists(parts, min_size=2, max_size=3).map(lambda each: f"({'|'.join(each)})"),
    )


patterns = st.builds(
    lambda start, body, end: start + body + end,
    st.sampled_from(["", "^"]),
    st.recursive(atoms, _joined, max_leaves=8),
    st.sampled_from(["", "$"]),
)
subjects = st.text(alphabet="abc0 .-\\é日_\n", max_size=12)


@settings(max_examples=400, deadline=None)
@given(pattern=patterns, subject=subjects)
def test_it_agrees_with_pythons_engine(pattern: str, subject: str) -> None:
    # \Z where Python's $ would also match before a final line break.
    known = re.compile(pattern.removesuffix("$") + ("\\Z" if pattern.endswith("$") else ""), re.ASCII | re.DOTALL)
    assert Pattern(pattern).search(subject) == (known.search(subject) is not None)


@pytest.mark.postgres
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=patterns, each=st.lists(subjects, min_size=1, max_size=5))
def test_it_agrees_with_postgresql(postgres: str, pattern: str, each: list[str]) -> None:
    compiled = Pattern(pattern)
    with psycopg.connect(f"{postgres}/postgres") as connection:
        for subject in each:
            row = connection.execute("SELECT %s::text ~ %s::text", (subject, compiled.postgres)).fetchone()
            assert row == (compiled.search(subject),)


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a+)+$", "(?:a|aa)+c", "a{0,50}a{0,50}a{0,50}b", ".*.*.*.*x"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    begun = time.perf_counter()
    assert not Pattern(pattern).search("a" * 3000 + "!")
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(a", "lacks a closing bracket"),
        ("a)", "closing bracket without"),
        ("[a", "ends too early"),
        ("*a", "repeats nothing"),
        ("a**", "repeats a repeat"),
        ("^*", "repeats \\^ or \\$"),
        ("a{99}", "outside 0 to 50"),
        ("a{3,2}", "runs backwards"),
        ("a{x}", "is no repeat"),
        ("(?=a)", "only \\(\\?:"),
        ("(?i)a", "only \\(\\?:"),
        ("\\bword", "known are only"),
        ("\\1", "known are only"),
        ("[z-a]", "runs backwards"),
        ("a" * 201, "longer than 200"),
        ("(?:(?:a{50}){50}){50}", "too large"),
        ("a\tb", "control character"),
    ],
)
def test_what_is_outside_the_subset_is_refused(pattern: str, says: str) -> None:
    with pytest.raises(BadPattern, match=says):
        Pattern(pattern)


def test_letters_ignore_case() -> None:
    assert sqlite_matches("straße".casefold(), "^STRASSE$")
    assert sqlite_matches("srv-01", "^SRV-[0-9A-F]+$")
    assert not sqlite_matches(None, ".*")
