"""What a run leaves out because RCX's own plan has no room for it: clients, with their lines and their usage.

Their prices still count for what a product costs elsewhere. Which clients that are: `subscription.limits`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from rcx_app.domain.reconcile.facts import Facts


def within_plan(facts: Facts, beyond: Collection[int]) -> Facts:
    """The facts without the clients `beyond` the plan."""
    if not beyond:
        return facts
    return replace(
        facts,
        lines=[line for line in facts.lines if line.client_id not in beyond],
        sources={client_id: each for client_id, each in facts.sources.items() if client_id not in beyond},
        counts={key: count for key, count in facts.counts.items() if key[1] not in beyond},
        unaccounted=[group for group in facts.unaccounted if group.client_id not in beyond],
    )


def shown_only(facts: Facts) -> Facts:
    """The facts of a client `beyond` the plan for its page: what is billed, held against nothing."""
    return replace(facts, rules=())
