"""The list of connections, page by page, on both databases: each once, in one order, none of another workspace."""

from __future__ import annotations

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.core.pagination import PAGE_SIZE
from rcx_app.domain.integrations.listing import following, listing
from rcx_app.models import Connection
from tests.conftest import World
from tests.domain.sync.conftest import connect

# Sorted by language, capitals, umlauts and hyphens stand elsewhere than letter by letter.
WORDS = ("Zebra", "aal", "Öl", "o-l", "ol", "Ähre", "ahre", "a b", "a-b", "ab", "_", "10", "9")


def labels(context: Context, find: str = "") -> list[str]:
    """All pages, one after the other."""
    with transaction(context, read_only=True) as session:
        first = listing(session, context, find=find)
        found, cursor = [each.label for each in first.items], first.next_cursor
        while cursor:
            page = following(session, context, cursor, find=find)
            assert page.items, "a page that is promised holds something"
            found += [each.label for each in page.items]
            cursor = page.next_cursor
    assert len(found) == first.found
    return found


def fill(context: Context) -> list[str]:
    made = [f"{word} {number}" for number in range(8) for word in WORDS]
    for at, label in enumerate(made):
        connect(context, "psa" if at % 3 == 0 else "usage", label)
    return made


def test_every_connection_stands_on_exactly_one_page(world: World) -> None:
    made = fill(world.ours)
    connect(world.theirs, "usage", "Theirs")
    assert len(made) > 2 * PAGE_SIZE
    found = labels(world.ours)
    assert sorted(found) == sorted(made)
    assert labels(world.ours, find="never") == found, "looked for, they come in the same order"
    assert labels(world.ours, find="zebra") == [each for each in found if each.startswith("Zebra")]
    assert labels(world.theirs) == ["Theirs"]
    sides = [row.side for row in _rows(world.ours, found)]
    assert sides == sorted(sides), "the PSA first"


def test_one_that_goes_while_it_is_read_hides_no_other(world: World) -> None:
    made = fill(world.ours)
    with transaction(world.ours) as session:
        first = listing(session, world.ours)
        session.delete(session.get_one(Connection, first.items[-1].id))
    with transaction(world.ours, read_only=True) as session:
        second = following(session, world.ours, first.next_cursor)
    seen = [each.label for each in (*first.items, *second.items)]
    assert len(set(seen)) == 2 * PAGE_SIZE
    assert set(seen) <= set(made)
    assert labels(world.ours)[PAGE_SIZE - 1 : 2 * PAGE_SIZE - 1] == [each.label for each in second.items]


def test_a_broken_cursor_is_refused(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours, read_only=True) as session, pytest.raises(Invalid):
        following(session, sqlite_world.ours, "nonsense")


def _rows(context: Context, found: list[str]) -> list[Connection]:
    with transaction(context, read_only=True) as session:
        known = {each.label: each for each in listing(session, context, size=500).items}
    return [known[label] for label in found]  # type: ignore[misc]
