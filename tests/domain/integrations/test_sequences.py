"""Whatever was imported before, the last file of each connection decides what is in force."""

from __future__ import annotations

import secrets
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.sync.repository import content_columns, table_of
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.models import Account, AccountMapping, Connection
from tests.conftest import World, make_workspace
from tests.domain.integrations.conftest import bring_in
from tests.domain.integrations.files import lines, seats

SEATS = st.lists(
    st.tuples(st.sampled_from(("NinjaOne", "Acronis")), st.sampled_from("12"), st.sampled_from("abcd")),
    min_size=1,
    max_size=6,
    unique_by=lambda row: (row[0], row[2]),
)
LINES = st.lists(
    st.tuples(st.sampled_from("xy"), st.sampled_from("klmn"), st.sampled_from("PQ"), st.sampled_from("123")),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[1],
)
STEP = st.one_of(
    st.tuples(st.just("seats"), SEATS, st.sampled_from(("active", "disabled"))), st.tuples(st.just("lines"), LINES)
)


def content(context: Context) -> dict[str, set[tuple[Any, ...]]]:
    """Everything in force by stream: connection, key, content, and parents by key."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    with transaction(context, read_only=True) as session:
        for name, stream in STREAMS.items():
            table = table_of(stream)
            parents = {parent.column: table_of(STREAMS[parent.stream]) for parent in stream.references}
            columns = [column for column in content_columns(stream) if column.name not in parents]
            query = select(Connection.label_key, table.c.external_id, *columns).join(
                table, table.c.connection_id == Connection.id
            )
            for column, parent in parents.items():
                query = query.add_columns(parent.c.external_id).outerjoin(parent, parent.c.id == table.c[column])
            query = query.where(table.c.workspace_id == context.workspace_id, table.c.removed_at.is_(None))
            found[name] = {tuple(map(repr, row)) for row in session.execute(query)}
        unmapped = select(Account.id).where(
            Account.workspace_id == context.workspace_id,
            col(Account.id).not_in(select(col(AccountMapping.account_id))),
        )
        assert session.execute(unmapped).all() == []
    return found


def apply(context: Context, step: tuple[Any, ...]) -> None:
    text = seats(*step[1], status=step[2]) if step[0] == "seats" else lines(*step[1])
    bring_in(context, text, f"{step[0]}.csv", confirmed=True)


def last_of_each(steps: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The shortest sequence that says the same: the last lines, and for each integration the last seats."""
    kept: list[tuple[Any, ...]] = [step for step in steps if step[0] == "lines"][-1:]
    for label in ("NinjaOne", "Acronis"):
        with_it = [step for step in steps if step[0] == "seats" and any(row[0] == label for row in step[1])]
        kept += [(step[0], [row for row in step[1] if row[0] == label], step[2]) for step in with_it[-1:]]
    return kept


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=2, max_size=4))
def test_a_sequence_of_imports_ends_like_its_last_files(world: World, steps: list[tuple[Any, ...]]) -> None:
    name = f"w{secrets.token_hex(6)}"
    long, short = make_workspace(f"{name}long MSP"), make_workspace(f"{name}short MSP")
    for step in steps:
        apply(long, step)
    for step in last_of_each(steps):
        apply(short, step)
    assert content(long) == content(short)
