"""Judges service matching on held-out products and vendors, and the alias catalogue with one source held out."""

from collections.abc import Iterable
from typing import Any

from matching import score
from matching.evaluate import Report, report
from matching.services.catalogue import build
from matching.services.engine import match_services
from matching.services.simulate import ServiceTenant, alias_cases, service_tenant, titles_tenant
from matching.types import Service


def evaluate(tenants: Iterable[ServiceTenant], model: score.Model | None = None, **how: Any) -> Report:
    """Run `match_services` on labelled lists and judge it."""
    return report((match_services(t.left, t.right, model=model, top_n=1, **how), t.links) for t in tenants)


def frozen(kind: str, count: int = 8) -> list[ServiceTenant]:
    """Frozen test lists: `mixed` (held-out products and vendors) or `titles` (software titles of two shops)."""
    if kind == "mixed":
        return [service_tenant("test", 1000 + seed) for seed in range(count)]
    return [titles_tenant("pairs_amazon_google_valid", 1000 + seed, 80) for seed in range(count)]


def alias_accuracy(model: score.Model | None = None) -> dict[str, float]:
    """Names that others write -> Microsoft's display name, each source judged by a catalogue that lacks it.

    `top1`: the first candidate is right; `top3`: one of three is; `exact`: found without the model.
    """
    cases = alias_cases()
    sources = sorted({source for source, _, _ in cases})
    names = sorted({sku.display_name for sku in build(frozenset()).by_guid.values()})
    right = [Service(f"R{k}", name, vendor="Microsoft") for k, name in enumerate(names)]
    hit = {"top1": 0, "top3": 0, "preselect_right": 0, "preselect": 0}
    for source in sources:
        known = build(frozenset(sources) - {source})
        mine = [(name, truth) for origin, name, truth in cases if origin == source]
        left = [Service(f"L{k}", name, vendor="Microsoft") for k, (name, _) in enumerate(mine)]
        for suggestion, (_, truth) in zip(match_services(left, right, model=model, known=known), mine, strict=True):
            found = [names[int(c.right_id[1:])] for c in suggestion.candidates]
            hit["top1"] += found[:1] == [truth]
            hit["top3"] += truth in found[:3]
            if suggestion.verdict == "preselect":
                hit["preselect"] += 1
                hit["preselect_right"] += found[0] == truth
    out = {key: hit[key] / len(cases) for key in ("top1", "top3")}
    out["preselect_share"] = hit["preselect"] / len(cases)
    out["preselect_precision"] = hit["preselect_right"] / hit["preselect"] if hit["preselect"] else 1.0
    return {"cases": float(len(cases)), **{key: round(value, 4) for key, value in out.items()}}


def services_report(model: score.Model | None = None) -> dict[str, Any]:
    """The frozen service bench."""
    out: dict[str, Any] = {kind: evaluate(frozen(kind), model).plain() for kind in ("mixed", "titles")}
    return out | {"aliases": alias_accuracy(model)}
