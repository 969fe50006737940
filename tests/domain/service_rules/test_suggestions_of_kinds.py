"""A product that bills a kind of things is one rule, also where the vendor counts each sort of them apart."""

from __future__ import annotations

from rcx_app.core.money import MICROS
from rcx_app.domain.service_rules.suggestions import infer
from rcx_app.domain.service_rules.units import BilledFact, UsageFact

SORTS = {"pw_servers": "Servers, per workload", "pw_vms": "Virtual machines, per workload"}
CLIENTS = {1: {"pw_servers": 3, "pw_vms": 4}, 2: {"pw_servers": 5}, 3: {"pw_vms": 6}, 4: {"pw_servers": 2, "pw_vms": 9}}


def _usage(kind: str = "workload") -> list[UsageFact]:
    return [
        UsageFact("Acronis", kind, sku, SORTS[sku], "", client, 1, 1, number * MICROS)
        for client, held in CLIENTS.items()
        for sku, number in held.items()
    ]


def _billed(**quantities: int) -> list[BilledFact]:
    return [
        BilledFact("acr-wkl", "ACR-WKL", "Acronis backup, per protected workload", int(client[1:]), number * MICROS)
        for client, number in quantities.items()
    ]


def test_one_product_for_all_sorts_is_the_sum_over_the_kind() -> None:
    (rule,) = infer(_billed(c1=7, c2=5, c3=6, c4=11), _usage())
    assert rule.spec.count == "sum"
    assert rule.spec.where == {"all": [{"field": "kind", "op": "eq", "value": "workload"}]}


def test_one_product_for_one_sort_takes_that_sort_alone() -> None:
    (rule,) = infer(_billed(c1=4, c3=6, c4=9), _usage())
    fields = {each["field"]: each["value"] for each in rule.spec.where["all"]}
    assert fields["sku"] == "pw_vms"


def test_purchased_licences_are_never_added_up_over_products() -> None:
    for rule in infer(_billed(c1=7, c2=5, c3=6, c4=11), _usage("licence")):
        assert any(each["field"] == "sku" for each in rule.spec.where["all"])
