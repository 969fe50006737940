"""A condition taken apart to tell near-misses: what the rule is about, and what else it demands. No SQL runs here.

A near-miss is a seat of the kind that a rule is about, which the rule leaves out. What it is about are the top-level
comparisons that say what a seat is (SUBJECT); the others, and being there at all, are what a near-miss fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rcx_app.domain.service_rules.conditions import Leaf, Tree
from rcx_app.domain.service_rules.sentence import say

SUBJECT = frozenset({"kind", "sku", "sku_name", "device_class", "integration"})
SUBJECT_OPS = frozenset({"eq", "in", "contains", "starts_with", "matches"})
DELETED = "deleted at the source"
REMOVED = "no longer at the source"


@dataclass(frozen=True, slots=True)
class Dissected:
    """A condition in two: `subject` says what is counted, `demands` what else must hold, each with its words."""

    subject: tuple[Leaf, ...]
    demands: tuple[tuple[Tree | Leaf, str], ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a near-miss is left out, in the order of looking: deleted, removed, then each demand."""
        return (DELETED, REMOVED, *(words for _, words in self.demands))


def dissect(tree: Tree) -> Dissected:
    """Take a condition apart."""
    parts: Sequence[Tree | Leaf] = tree.parts if tree.how == "all" else (tree,)
    subject = tuple(
        part for part in parts if isinstance(part, Leaf) and part.field in SUBJECT and part.op in SUBJECT_OPS
    )
    others = [part for part in parts if part not in subject]
    return Dissected(subject, tuple((part, _words(part)) for part in others))


def _words(part: Tree | Leaf) -> str:
    if isinstance(part, Leaf):
        return f"not: {say(part)}"
    return "does not meet: " + _tree_words(part)


def _tree_words(tree: Tree) -> str:
    joined = (" and " if tree.how == "all" else " or ").join(
        say(part) if isinstance(part, Leaf) else f"({_tree_words(part)})" for part in tree.parts
    )
    return f"none of ({joined})" if tree.how == "none" else joined
