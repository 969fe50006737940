"""Sentences for the contributions to a service score, with both raw values beside each."""

import numpy as np

from matching.explain import SMALL
from matching.services import quantities
from matching.services.features import NAMES, RELATIONS
from matching.services.side import ServiceSide
from matching.types import Reason, Service

_AT = {name: k for k, name in enumerate(NAMES)}
_RELATION = {
    "tier": ("tiers", "Plan level"),
    "edition": ("editions", "Edition"),
    "device": ("devices", "Kind of device"),
    "audience": ("audiences", "Audience or variant"),
    "kind": ("kinds", "Kind of product"),
    "size": ("sizes", "Size"),
    "term": ("terms", "Term"),
}


def _related(
    group: str, left: ServiceSide, right: ServiceSide, i: int, j: int, row: list[float]
) -> tuple[str, str, str]:
    feature, what = _RELATION[group]
    value = row[_AT[feature]]
    ours, theirs = (", ".join(sorted(RELATIONS[feature](side.read[k]))) for side, k in ((left, i), (right, j)))
    text = (
        "equal"
        if value == 1
        else "differs"
        if value == 0
        else "named on one side only"
        if value < 0.5
        else "agrees in part"
    )
    return f"{what} {text}", ours, theirs


_FEW = ", too few to say much"


def _numbers(group: str, ours: Service, theirs: Service) -> tuple[str, str, str]:
    if group == "price":
        return ("Cost beside price", f"{ours.unit_price:g}", f"{theirs.unit_price:g}")
    first = np.zeros(1, np.int64)
    found = quantities.agreements(quantities.table([ours], [theirs]), first, first)
    telling, agreeing, reachable, using = (int(column[0]) for column in found[2:])
    if group == "quantity":
        text = f"Billed and used agree at {agreeing} of {_clients(telling)}{_FEW if telling < quantities.FEW else ''}"
        return (text, _sum(ours, theirs), _sum(theirs, ours))
    billed = "the 1 client that is" if reachable == 1 else f"{reachable} clients that are"
    return (f"{using} of {billed} billed use it", str(reachable), str(using))


def _clients(number: int) -> str:
    return "1 client" if number == 1 else f"{number} clients"


def _sum(one: Service, other: Service) -> str:
    """The quantity over the clients that both have, as a plain number."""
    shared = [client for client, number in one.quantities.items() if number and other.quantities.get(client)]
    return f"{sum(one.quantities[client] for client in shared):g}"


def _plain(group: str, up: bool, ours: Service, theirs: Service, shared: str, row: list[float]) -> tuple[str, str, str]:
    names = (ours.name, theirs.name)
    alike = f"{int(row[_AT['token_sort']] * 100)} %"
    if group == "vendor":
        text = "Vendor agrees" if row[_AT["vendor"]] else "The names are of other vendors"
        return (text, ours.vendor or ours.name, theirs.vendor or theirs.name)
    if group in ("quantity", "coverage", "price"):
        return _numbers(group, ours, theirs)
    if group == "unit":
        return (
            f"What is counted {'is the same' if row[_AT['unit']] else 'differs'}",
            ours.unit,
            theirs.unit or theirs.name,
        )
    if group == "description":
        return ("Description names it" if up else "Description names something else", ours.name, theirs.description)
    texts = {
        "name": f"Names are alike ({alike})" if up else f"Names differ ({alike} alike)",
        "rare_word": f"{'Rare' if up else 'Only common'} word '{shared}' shared" if shared else "No word is shared",
        "left_over": "Words left over are minor" if up else "Words stand in one name only",
        "alias": "Compared by their own names" if up else "Found through another name of the product",
        "product": "The same product by the catalogue" if up else "Different products by the catalogue",
        "runner_up": "Leads every other candidate" if up else "Another candidate fits as well or better",
        "rivals": "No other record fits this one as well" if up else "Another record fits this one as well or better",
    }
    return (texts[group], *names)


def tell(
    left: ServiceSide,
    right: ServiceSide,
    i: int,
    j: int,
    shared: str,
    row: list[float],
    weights: list[float],
    groups: tuple[str, ...],
) -> list[Reason]:
    """Reasons of one pair, strongest first; their weights add up to all of `weights`."""
    out: list[Reason] = []
    rest = 0.0
    for k in sorted(range(len(weights)), key=lambda k: -abs(weights[k])):
        weight, group = weights[k], groups[k]
        if abs(weight) < SMALL:
            rest += weight
        elif group in _RELATION:
            out.append(Reason(group, *_related(group, left, right, i, j, row), weight))
        else:
            told = _plain(group, weight > 0, left.services[i], right.services[j], shared, row)
            out.append(Reason(group, *told, weight))
    if rest:
        out.append(Reason("other", "Smaller evidence together", "", "", rest))
    return out
