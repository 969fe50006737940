"""Rules files that mean harm, or are badly broken: refused with place and reason, in bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from rcx_app.core.errors import Invalid
from rcx_app.domain.service_rules.rules_file import load_rules
from rcx_app.domain.service_rules.schemas import RuleSpec

SECONDS = 20
"""Generous for a loaded machine; what these guard against takes hours."""
LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
RULE = "- name: A\n  products: [P]\n"
DEEP_TREE = RULE + "  where: " + "{all: [" * 20 + "{field: sku, op: eq, value: x}" + "]}" * 20 + "\n"
WIDE_TREE = RULE + "  where:\n    any:\n" + "      - {field: sku, op: eq, value: x}\n" * 5_000


def refused(tmp_path: Path, text: str | bytes) -> str:
    """What is said of the file, within `SECONDS`."""
    path = tmp_path / "rules.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    begun = time.process_time()
    with pytest.raises(Invalid) as caught:
        load_rules(path)
    assert time.process_time() - begun < SECONDS
    assert all(problem.startswith("rules.yaml") for problem in caught.value.problems)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "anchors and aliases"),
        ("- &a [*a]", "anchors and aliases"),
        ("- &a {name: A, <<: *a}", "anchors and aliases"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("{a: " * 100_000, "nested too deeply"),
        ("- " * 100_000, "nested too deeply"),
        (b"- name: " + b"x" * 10_000_000, "larger than 5 MiB"),
        (RULE + "  sum: " + "9" * 100_000, "sum"),
        (RULE + "  minimum: 1e999999999", "minimum"),
        (RULE + "  minimum: " + "9" * 5_000, "minimum"),
        (DEEP_TREE, "where"),
        (WIDE_TREE, "where"),
    ],
    ids=[
        "billion laughs", "itself", "merge", "open brackets", "brackets", "braces", "dashes", "10 MB", "long key value",
        "huge exponent", "long number", "deep condition", "wide condition",
    ],
)  # fmt: skip
def test_a_bomb_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert says in refused(tmp_path, text)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """The billion would be 3 GB; the file is read without being spread out."""
    tracemalloc.start()
    try:
        refused(tmp_path, LAUGHS)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_too_many_rules_are_refused(tmp_path: Path) -> None:
    text = "".join(f"- {{name: R{n}, products: [P{n}]}}\n" for n in range(10_001))
    assert "more than" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("where", "line", "place", "says"),
    [
        ("{field: nosuch, op: eq, value: x}", 4, "where.all[0].field", "nosuch"),
        ("{field: quantity, op: eq, value: many}", 4, "where.all[0].value", "many"),
        ("{field: quantity, op: contains, value: 3}", 4, "where.all[0].op", "contains"),
        ("{field: last_seen_at, op: within_days, value: soon}", 4, "where.all[0].value", "soon"),
        ("{field: last_seen_at, op: lt, value: 2026-02-31}", 4, "where.all[0].value", "2026-02-31"),
        ("{field: sku, op: in, value: SPB}", 4, "where.all[0].value", "list"),
        ("{field: sku, op: within_days, value: 3}", 4, "where.all[0].op", "within_days"),
        ("{field: sku, op: is_empty, value: 7}", 4, "where.all[0].value", "true"),
        ("{field: sku, op: matches, value: '(a*)*\\1'}", 4, "where.all[0].value", "known are only"),
        ("{field: sku, op: matches, value: '(?:(?:a{50}){50}){50}'}", 4, "where.all[0].value", "too large"),
    ],
)
def test_a_condition_that_means_nothing_names_its_place(
    tmp_path: Path, where: str, line: int, place: str, says: str
) -> None:
    said = refused(tmp_path, f"{RULE}  where: {{all: [\n    {where}]}}\n")
    assert said.startswith(f"rules.yaml, line {line}, {place}")
    assert says in said


BUNDLE = """\
- {name: A, products: [P], members: [{rule: B}]}
- {name: B, products: [Q], members: [{rule: C}]}
- {name: C, products: [R], members: [{rule: A}]}
"""


def test_a_circle_of_bundles_names_its_way(tmp_path: Path) -> None:
    said = refused(tmp_path, BUNDLE)
    assert "line 1, members" in said
    assert "A → B → C → A" in said


def test_a_bundle_of_itself_and_of_nobody_are_refused(tmp_path: Path) -> None:
    assert "A → A" in refused(tmp_path, "- {name: A, products: [P], members: [{rule: A}]}")
    assert "'Z' is no rule" in refused(tmp_path, "- {name: A, products: [P], members: [{rule: Z}]}")


def test_a_long_chain_of_bundles_is_followed_in_bounded_time(tmp_path: Path) -> None:
    """Each of 400 rules promises the next two: followed way by way that would be 2 to the 400."""
    rules = [
        f"- {{name: R{n}, products: [P{n}], members: [{{rule: R{min(n + 1, 399)}}}, {{rule: R{min(n + 2, 399)}}}]}}"
        for n in range(399)
    ]
    path = tmp_path / "rules.yaml"
    path.write_text("\n".join([*rules, "- {name: R399, products: [P399]}"]))
    begun = time.process_time()
    try:
        found: list[RuleSpec] = load_rules(path)
    except Invalid as error:
        assert error.problems
    else:
        assert len(found) == 400
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize(
    "second", ["products: [' p ']", "products: [Q, P]", "products: [P], effective_from: 2026-01-01"]
)
def test_a_clash_names_both_rules(tmp_path: Path, second: str) -> None:
    said = refused(tmp_path, f"- {{name: A, products: [P]}}\n- {{name: B, {second}}}")
    assert said.startswith("rules.yaml, line 2, products")
    assert "'A' (line 1)" in said


def test_two_rules_for_one_line_clash(tmp_path: Path) -> None:
    rule = "- {{name: {}, products: [P], lines: ['1', '{}']}}\n"
    assert "'A' (line 1)" in refused(tmp_path, rule.format("A", 2) + rule.format("B", 3))
