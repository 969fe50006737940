"""One page of the list of connections, found by what a row says, with how all of them do.

How all do is worked out for every page of the app (`service.health`); what a connection holds is counted only for those
that are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, decode_cursor, encode_cursor
from rcx_app.core.text import fold
from rcx_app.domain.integrations import service
from rcx_app.domain.integrations.schemas import ConnectionHealth, ConnectionView


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page. `every`: all connections there are, briefly; `found`: how many of them fit what was looked for."""

    items: tuple[ConnectionView, ...]
    next_cursor: str
    every: tuple[ConnectionHealth, ...]
    found: int


def listing(
    session: Session,
    context: Context,
    *,
    find: str = "",
    names: Mapping[str, str] | None = None,
    cursor: str = "",
    size: int = PAGE_SIZE,
) -> Listing:
    """Connections of which every word of `find` stands in label, vendor, side or health: PSA first, then by label.

    `names`: connector -> what its vendor is called. `cursor` names the last one seen, so that one that is added or
    goes meanwhile moves nothing. Raises Invalid for a broken cursor.
    """
    # Databases sort text by language; the cursor compares it letter by letter.
    every = tuple(sorted(service.health(session, context), key=_key))
    fitting = [each for each in every if _fits(each, names or {}, find)]
    if cursor:
        side, label = decode_cursor(cursor, length=2)
        fitting_after = [each for each in fitting if _key(each) > (side, label)]
    else:
        fitting_after = fitting
    shown = fitting_after[:size]
    return Listing(
        items=tuple(service.some(session, context, [each.id for each in shown])),
        next_cursor=encode_cursor(_key(shown[-1])) if len(fitting_after) > size else "",
        every=every,
        found=len(fitting),
    )


def _key(each: ConnectionHealth) -> tuple[str, str]:
    return each.side, fold(each.label)


def _fits(each: ConnectionHealth, names: Mapping[str, str], find: str) -> bool:
    held = fold(f"{each.label} {names.get(each.connector, '')} {each.side} {each.connector} {each.word}")
    return all(word in held for word in fold(find).split())
