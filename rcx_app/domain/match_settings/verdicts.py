"""People's verdicts as judged suggestions: which of them say whether the model's first candidate was right."""

from __future__ import annotations

from collections.abc import Iterable

from rcx_app.domain.learning.schemas import Label, Told
from rcx_app.domain.match_settings.measure import Judged


def judged(labels: Iterable[Label]) -> list[Judged]:
    """One entry a verdict that can be judged.

    A rejected client tells only where it stood first. An account without candidate counts where it has a client: that
    link was missed. What came by a file was decided without seeing the ticks.
    """
    found = []
    for label in labels:
        is_right = label.is_first_right
        has_client = label.told is Told.CONFIRMED
        if is_right is None and not has_client:
            continue
        found.append(
            Judged(
                confidence=label.first_confidence if is_right is not None else None,
                is_right=bool(is_right),
                has_client=has_client,
                was_ticked=label.was_preselected and label.how == "person",
                connection_id=label.connection_id,
                client_id=label.client_id,
                given_at=label.given_at,
            )
        )
    return found
