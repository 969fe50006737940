"""Rules files: read with every problem placed, written so that they read back equal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core.errors import Invalid
from rcx_app.domain.service_rules.rules_file import dump_rules, load_rules
from rcx_app.domain.service_rules.schemas import RuleSpec

GOOD = """\
- name: Workstations
  products: [NINJA-WS]
  integration: NinjaOne
  count: distinct
  where:
    all:
      - {field: device_class, op: eq, value: workstation}
      - {field: last_seen_at, op: within_days, value: 30}
      - any:
          - {field: plan, op: gt, value: 2.5}
          - {field: quantity, op: is_empty}
  minimum: 5
  multiplier: 0.25
  effective_from: 2026-01-01
- {name: "365", products: [365, 001]}
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "rules.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    first, second = load_rules(write(tmp_path, GOOD), attributes=["Plan"])
    assert (first.name, first.count, first.minimum) == ("Workstations", "distinct", Decimal(5))
    assert first.multiplier == Decimal("0.25")
    assert first.effective_from == date(2026, 1, 1)
    assert first.where["all"][2]["any"][0] == {"field": "attributes.plan", "op": "gt", "value": "2.5"}
    assert second.products == ("365", "001")


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, GOOD), attributes=["Plan"])
    assert load_rules(write(tmp_path, dump_rules(rules))) == rules
    assert dump_rules(rules) == dump_rules(load_rules(write(tmp_path, dump_rules(rules))))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("- {name: A, products: [P], where: {all: [{field: statsu, op: eq, value: x}]}}", 1, "did you mean status"),
        (
            "- name: A\n  products: [P]\n  where:\n    any:\n    - {field: sku, op: like, value: x}",
            5,
            "no operator 'like'",
        ),
        ("- name: A\n  products: [P]\n  colour: red", 3, "colour: is not known here. Use name, products"),
        ("- name: A", 1, "products: is missing"),
        ("- name: A\n  products: P", 2, "as a list"),
        ("- name: A\n  products: [P]\n  pack_size: 0", 3, "pack_size: a pack holds more than 0"),
        ("- name: A\n  products: [P]\n  minimum: -1", 3, "minimum"),
        ("- name: A\n  products: [P]\n  minimum: many", 3, "'many' is not a number"),
        ("- name: A\n  products: [P]\n  included: 0.1234567", 3, "six decimals"),
        ("- name: A\n  products: [P]\n  count: heads", 3, "'seats', 'distinct', 'sum' or 'peak'"),
        ("- name: A\n  products: [P]\n- name: A\n  products: [Q]", 3, "'A' is used on line 1 already"),
        ("- name: A\n  products: [P]\n- name: B\n  products: [Q, ' p']", 3, "counted on the same days by the rule 'A'"),
        ("- name: A\n  name: B\n  products: [P]", 2, "name: is given twice"),
        ("name: A", 1, "must hold a list"),
        ("- name: [", 1, "no YAML here"),
        ("- &a {name: A, products: [P]}\n- *a", 2, "anchors and aliases"),
        ("- name: A\n  products: [P]\n  where: {all: [{field: sku, op: matches, value: '(a'}]}", 3, "closing bracket"),
        ("- name: A\n  products: [P]\n  effective_from: 2026-02-01\n  effective_to: 2026-02-01", 1, "must come after"),
    ],
)
def test_a_problem_names_its_line_and_remedy(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        load_rules(write(tmp_path, text))
    (problem,) = caught.value.problems
    assert problem.startswith(f"rules.yaml, line {line}")
    assert says in problem


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        load_rules(write(tmp_path, "- {name: A, products: []}\n- {name: B, products: [P], count: x}\n- 3\n"))
    places = [problem.partition(":")[0] for problem in caught.value.problems]
    assert places == ["rules.yaml, line 1, products", "rules.yaml, line 2, count", "rules.yaml, line 3"]


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00x", b"- name: \x00A"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(Invalid, match=r"rules\.yaml"):
        load_rules(write(tmp_path, raw))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="can't be read"):
        load_rules(tmp_path / "rules.yaml")


def test_rules_may_share_a_product_on_different_days(tmp_path: Path) -> None:
    text = (
        "- {name: A, products: [P], effective_to: 2026-02-01}\n- {name: B, products: [P], effective_from: 2026-02-01}"
    )
    assert len(load_rules(write(tmp_path, text))) == 2


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape" if text.isascii() else "ignore")
    try:
        rules, problems = load_rules(path), ()
    except Invalid as error:
        rules, problems = [], error.problems
    assert problems or all(isinstance(rule, RuleSpec) for rule in rules)
