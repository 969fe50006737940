"""One page of the list of connections, found by what a row says, with how all of them do.

How all do is worked out for every page of the app (`service.health`); what a connection holds is counted only for those
that are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.text import fold
from rcx_app.domain.integrations import service
from rcx_app.domain.integrations.repository import ConnectionRepository
from rcx_app.domain.integrations.schemas import ConnectionHealth, ConnectionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page. `every`: all connections there are, briefly; `found`: how many of them fit what was looked for."""

    items: tuple[ConnectionView, ...]
    next_cursor: str
    every: tuple[ConnectionHealth, ...]
    found: int


def listing(
    session: Session, context: Context, *, find: str = "", names: Mapping[str, str] | None = None, size: int = PAGE_SIZE
) -> Listing:
    """The first connections of which every word of `find` stands in label, vendor, side or health.

    PSA first, then by label. `names`: connector -> what its vendor is called.
    """
    # Databases sort text by language; the cursor compares it letter by letter.
    every = tuple(sorted(service.health(session, context), key=_key))
    fitting = [each for each in every if _fits(each, names or {}, find)]
    page = _page(session, context, fitting, size)
    return Listing(items=page.items, next_cursor=page.next_cursor, every=every, found=len(fitting))


def following(
    session: Session, context: Context, cursor: str, *, find: str = "", names: Mapping[str, str] | None = None
) -> Page[ConnectionView]:
    """The next page. `cursor` names the last one seen, so that one that is added or goes meanwhile moves nothing.

    Raises Invalid for a broken cursor.
    """
    side, label = decode_cursor(cursor, length=2)
    if find.strip():
        every = sorted(service.health(session, context), key=_key)
        left = [each for each in every if _fits(each, names or {}, find) and _key(each) > (side, label)]
        return _page(session, context, left, PAGE_SIZE)
    rows = ConnectionRepository(session, context).following(side, label, PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    more = encode_cursor([shown[-1].side, shown[-1].label_key]) if len(rows) > PAGE_SIZE else ""
    return Page(tuple(service.some(session, context, [row.id for row in shown])), more)


def _page(session: Session, context: Context, found: Sequence[ConnectionHealth], size: int) -> Page[ConnectionView]:
    shown = found[:size]
    more = encode_cursor(_key(shown[-1])) if len(found) > size else ""
    return Page(tuple(service.some(session, context, [each.id for each in shown])), more)


def _key(each: ConnectionHealth) -> tuple[str, str]:
    return each.side, fold(each.label)


def _fits(each: ConnectionHealth, names: Mapping[str, str], find: str) -> bool:
    held = fold(f"{each.label} {names.get(each.connector, '')} {each.side} {each.connector} {each.word}")
    return all(word in held for word in fold(find).split())
