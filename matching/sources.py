"""Matching several left lists against one right list: each source by itself.

One client has one account in each of many systems. Seen together those accounts would count as rivals of each other
("another record fits as well"), which they are not; rivalry exists only within one source.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from matching.engine import match
from matching.types import Decided, Party, Suggestion


def match_by_source(
    left: Sequence[Party],
    right: Sequence[Party],
    source_of: Callable[[Party], str],
    *,
    decided: Iterable[Decided] = (),
    **options: Any,
) -> list[Suggestion]:
    """`match` for each source (as `source_of` names it) of `left`; one suggestion per left record, in their order.

    `options` are those of `match`.
    """
    sources: dict[str, list[Party]] = {}
    for party in left:
        sources.setdefault(source_of(party), []).append(party)
    verdicts: dict[str, list[Decided]] = {}
    for one in decided:
        verdicts.setdefault(one.left_id, []).append(one)
    found: dict[str, Suggestion] = {}
    for parties in sources.values():
        own = [one for party in parties for one in verdicts.get(party.id, ())]
        found.update((each.left_id, each) for each in match(parties, right, decided=own, **options))
    return [found[party.id] for party in left]
