"""Two versions of a rule in words, and sentences that need more than their numbers."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.domain.service_rules.difference import differences
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import plain, sentence

SERVER = {"all": [{"field": "device_class", "op": "eq", "value": "server"}]}


def rule(**terms: Any) -> RuleSpec:
    return RuleSpec.model_validate({"name": "Servers", "products": ["S"], **terms})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({}, {}, ()),
        ({}, {"effective_from": "2026-12-01"}, ()),
        ({}, {"minimum": 5}, ("minimum 5 instead of 0",)),
        ({"products": ["S", "T"]}, {"products": ["S", "U"]}, ("also for U", "no longer for T")),
        ({"where": SERVER}, {}, ("where there is no condition instead of class is server",)),
        (
            {"integration": "RMM"},
            {"count": "peak"},
            ("counts in all integrations instead of RMM", "counts the month's"),
        ),
        ({}, {"lines": ["7"]}, ("only on line 7",)),
        ({"lines": ["7"]}, {}, ("on all lines",)),
        ({}, {"tiers": [{"up_to": 5, "price": 3}, {"price": 2}]}, ("priced 3 up to 5, then 2",)),
        ({"allowance": {"quantity": 2}}, {}, ("nothing comes free",)),
        ({}, {"members": [{"rule": "Backup", "per_unit": 2}]}, ("with 2 Backup",)),
    ],
)
def test_differences_in_words(old: dict[str, Any], new: dict[str, Any], said: tuple[str, ...]) -> None:
    found = differences(rule(**old), rule(**new))
    assert len(found) == len(said)
    assert all(each.startswith(text) for each, text in zip(found, said, strict=True))


def test_a_flat_rule_speaks_of_clients_and_not_of_packs() -> None:
    assert plain(sentence(rule(pack_size=1_000_000))) == (
        "Count seats of all integrations; bill 1 for each client that has any."
    )
