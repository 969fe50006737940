"""Learning from one workspace's verdicts: the entry. What is learned is a few numbers on top of the shipped model."""

from collections.abc import Mapping
from typing import Any

from matching import score
from matching.learning import adjust

LABELS, CLIENTS = 50, 20
"""Below so many verdicts, or different clients among them, nothing can be measured, so nothing is learned."""


def why_not(labels: int, clients: int) -> str:
    """In a sentence why nothing can be learned yet from so many verdicts on so many clients; empty where it can."""
    if labels < LABELS:
        return f"There are {labels} verdicts; a training needs at least {LABELS} to tell whether it helped."
    if clients < CLIENTS:
        return f"The verdicts name {clients} different clients; a training needs at least {CLIENTS}."
    return ""


def model(parameters: Mapping[str, Any], base: score.Model | None = None) -> score.Model:
    """The shipped model (or `base`) with a workspace's stored numbers. Raises `score.ModelError` if they don't fit."""
    base = base or score.shipped()
    return adjust.adjusted(base, adjust.parse(parameters, base))
