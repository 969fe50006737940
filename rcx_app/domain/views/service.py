"""Save a list's filters under a name, use what others share, and keep the columns that a person wants to see.

Views are a person's own; a shared one may be used by all of the workspace and changed by its owner alone. Columns are
nobody else's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.views.repository import ViewRepository
from rcx_app.domain.views.schemas import LISTS, Looks, ViewRow, own_columns
from rcx_app.models import ColumnChoice, SavedView

NAME_LENGTH = 60
_QUERY_PARTS, _QUERY_LENGTH = 20, 300


def looks(session: Session, context: Context) -> Looks:
    """The columns of every list and the views that the person may use."""
    user_id = _person(context)
    repository = ViewRepository(session, context)
    chosen = {row.page: row.columns for row in repository.choices(user_id) if row.page in LISTS}
    columns = {
        page: tuple(name for name in known if name in chosen[page]) if page in chosen else own_columns(page)
        for page, known in LISTS.items()
    }
    views = tuple(
        ViewRow(
            view_id=row.id,
            page=row.page,
            name=row.name,
            query=dict(row.query),
            is_shared=row.is_shared,
            is_own=row.user_id == user_id,
            owner=owner,
        )
        for row, owner in repository.views(user_id)
    )
    return Looks(columns, views)


def choose_columns(session: Session, context: Context, page: str, columns: Sequence[str]) -> None:
    """Show these columns of a list from now on. Raises Invalid for a list or a column that does not exist."""
    user_id = _person(context)
    _known(page)
    unknown = [name for name in columns if name not in LISTS[page]]
    if unknown:
        raise Invalid(f"This list has no column {unknown[0][:40]!r}.", remedy="Choose from the list of columns.")
    repository = ViewRepository(session, context)
    wanted = [name for name in LISTS[page] if name in columns]
    row = repository.choice(user_id, page)
    if row is None:
        repository.add(ColumnChoice(workspace_id=context.workspace_id, user_id=user_id, page=page, columns=wanted))
    else:
        row.columns = wanted
        session.flush()


def own_choice(session: Session, context: Context, page: str) -> None:
    """Go back to the list's own columns."""
    row = ViewRepository(session, context).choice(_person(context), page)
    if row is not None:
        session.delete(row)
        session.flush()


def save_view(
    session: Session, context: Context, page: str, name: str, query: Mapping[str, str], *, is_shared: bool = False
) -> int:
    """Keep a list's filters and order under a name; returns the view's id. Raises Conflict for a name of another."""
    user_id = _person(context)
    _known(page)
    if is_shared:
        context.require(Permission.REVIEW)
    name = _named(name)
    repository = ViewRepository(session, context)
    if repository.named(user_id, page, name) is not None:
        raise _taken(name)
    row = SavedView(
        workspace_id=context.workspace_id,
        user_id=user_id,
        page=page,
        name=name,
        query=_plain(query),
        is_shared=is_shared,
    )
    try:
        with session.begin_nested():
            repository.add(row)
    except IntegrityError as error:
        raise _taken(name) from error
    if is_shared:
        audit.record(session, context, "view:share", "saved_view", row.id, {"page": page, "name": name})
    return row.id


def change_view(session: Session, context: Context, view_id: int, name: str, *, is_shared: bool) -> None:
    """Give an own view another name, share it or take it back. Raises NotFound, Conflict and Invalid."""
    user_id = _person(context)
    repository = ViewRepository(session, context)
    row = repository.own(user_id, view_id)
    name = _named(name)
    same = repository.named(user_id, row.page, name)
    if same is not None and same.id != row.id:
        raise _taken(name)
    if is_shared and not row.is_shared:
        context.require(Permission.REVIEW)
    if is_shared != row.is_shared:
        tag = "view:share" if is_shared else "view:unshare"
        audit.record(session, context, tag, "saved_view", row.id, {"page": row.page, "name": name})
    row.name, row.is_shared = name, is_shared
    session.flush()


def delete_view(session: Session, context: Context, view_id: int) -> None:
    """Delete an own view. Raises NotFound."""
    repository = ViewRepository(session, context)
    row = repository.own(_person(context), view_id)
    if row.is_shared:
        detail = {"page": row.page, "name": row.name}
        audit.record(session, context, "view:delete", "saved_view", row.id, detail)
    repository.delete(row)


def _person(context: Context) -> int:
    context.require(Permission.READ)
    if context.user_id is None:
        raise NotPermitted("Only a person has views and columns.")
    return context.user_id


def _known(page: str) -> None:
    if page not in LISTS:
        raise Invalid(f"There is no list {page[:40]!r}.", remedy=f"Use one of {', '.join(LISTS)}.")


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise Invalid("A view needs a name.", remedy="Say what it shows, such as “Backup over 100 USD”.")
    if len(clean) > NAME_LENGTH:
        raise Invalid(f"A view's name has at most {NAME_LENGTH} characters.", remedy="Shorten it.")
    return clean


def _plain(query: Mapping[str, str]) -> dict[str, str]:
    """What is filled of a query. Whether its values mean something is checked by the list, as with any address."""
    filled = {name: value for name, value in query.items() if value}
    if len(filled) > _QUERY_PARTS or any(len(name) + len(value) > _QUERY_LENGTH for name, value in filled.items()):
        raise Invalid("These filters are too long to be kept.", remedy="Search for something shorter.")
    return filled


def _taken(name: str) -> Conflict:
    return Conflict(f"You have a view called {name!r} already.", remedy="Choose another name, or delete that view.")
