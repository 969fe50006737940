"""The frozen service bench: names that others write with each source held out, and calibration on held-out products."""

from dataclasses import replace

from matching.services.catalogue import resolve_microsoft_sku
from matching.services.evaluate import alias_accuracy, evaluate, frozen
from matching.services.simulate import ServiceTenant, service_tenant


def test_names_that_others_write_with_each_source_held_out() -> None:
    found = alias_accuracy()
    assert found["cases"] == 121
    assert found["top1"] >= 0.86
    assert found["preselect_precision"] >= 0.95


def test_confidence_means_what_it_says_on_held_out_products() -> None:
    found = evaluate([service_tenant("test", 5000 + seed) for seed in range(30)])
    assert found.ece <= 0.025
    assert found.preselect[0] >= 0.99
    assert found.suggest[2] >= 0.96


def _bare(tenant: ServiceTenant) -> ServiceTenant:
    """The same lists without quantities and prices."""
    left = [replace(each, quantities={}, unit_price=None) for each in tenant.left]
    right = [replace(each, quantities={}, unit_price=None) for each in tenant.right]
    return ServiceTenant(tenant.name, left, right, tenant.links)


def test_quantities_help_and_are_not_needed() -> None:
    tenants = frozen("mixed")
    told, bare = evaluate(tenants), evaluate([_bare(tenant) for tenant in tenants])
    assert bare.suggest[2] >= 0.95
    assert bare.preselect[0] >= 0.98
    assert told.suggest[2] > bare.suggest[2]


def test_a_name_that_lists_give_to_two_products_is_read_by_microsofts_own_renames() -> None:
    found = resolve_microsoft_sku("Office 365 F1")
    assert found is not None
    assert found.display_name == "Office 365 F3"
    assert resolve_microsoft_sku("Project Professional") is None
