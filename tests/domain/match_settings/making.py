"""What tests of the match settings stand on: an estate with judged and waiting accounts, made through real services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from matching.types import Candidate, CandidateVerdict, Reason, Suggestion
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.domain.match_settings.schemas import Levels
from rcx_app.models import Workspace
from tests.domain.mapping.making import Made, make, mapping_of


@dataclass(frozen=True)
class Offer:
    """The first candidate of an account. `is_right` None: nobody has judged it yet."""

    confidence: float
    is_right: bool | None = None
    verdict: CandidateVerdict = "suggest"
    doubt: float | None = None


def estate(context: Context, offers: Sequence[Offer], *, label: str = "NinjaOne") -> Made:
    """Accounts `a-1`... with these offers of client `c-1`; judged ones are mapped to it, wrong ones to `c-2`."""
    made = make(
        context,
        (f"Acme of {label}", f"Birch of {label}"),
        [f"{label} account {n}" for n in range(1, len(offers) + 1)],
        label=label,
    )
    with transaction(context) as session:
        workspace = session.get_one(Workspace, context.workspace_id)
        workspace.preselect_threshold = Decimal("0.85")
        found = [_suggestion(made, n, offer) for n, offer in enumerate(offers, 1)]
        suggest.write(session, context, found, "test-model")
    for n, offer in enumerate(offers, 1):
        if offer.is_right is not None:
            give(context, made.accounts[f"a-{n}"], made.clients["c-1" if offer.is_right else "c-2"])
    return made


def give(context: Context, account_id: int, client_id: int) -> None:
    """A person confirms an account to a client."""
    version = mapping_of(context, account_id).version
    with transaction(context) as session:
        mapping.decide(session, context, account_id, Verdict.CONFIRM, version=version, client_id=client_id)


def levels(suggest_from: str, preselect_from: str, auto_from: str) -> Levels:
    return Levels(suggest=Decimal(suggest_from), preselect=Decimal(preselect_from), auto=Decimal(auto_from))


def _suggestion(made: Made, n: int, offer: Offer) -> Suggestion:
    candidate = Candidate(
        right_id=str(made.clients["c-1"]),
        confidence=offer.confidence,
        rank=1,
        verdict=offer.verdict,
        reasons=(Reason("name", "Names are alike", "Acme Ltd", "Acme", 2.5),),
        doubt=offer.doubt,
    )
    verdict = "none" if offer.verdict == "compare" else offer.verdict
    return Suggestion(str(made.accounts[f"a-{n}"]), verdict, (candidate,), decided_by="model")
