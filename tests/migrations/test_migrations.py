"""Migrations run up and down on both databases and end where the models stand; PostgreSQL fences rows by workspace."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, select

from rcx_app.core.db import engine, transaction
from rcx_app.models import Client, Connection
from tests.conftest import ROOT, World


def test_migrations_end_where_the_models_stand(world: World) -> None:
    with engine(world.url).connect() as connection:
        options = {"compare_type": True, "include_object": _is_of(connection.dialect.name)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


def _is_of(dialect: str) -> Callable[..., bool]:
    """Indexes of the models that are made for another database only are none of this one's."""

    def include(item: Any, name: str, kind: str, is_reflected: bool, compared_to: Any) -> bool:
        condition = getattr(item, "_ddl_if", None)
        return condition is None or condition.dialect == dialect

    return include


def test_migrations_run_down_to_nothing_and_up_again(world: World) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={world.url}"]})()
    command.downgrade(config, "base")
    assert inspect(engine(world.url)).get_table_names() == ["alembic_version"]
    command.upgrade(config, "head")
    assert set(SQLModel.metadata.tables) < set(inspect(engine(world.url)).get_table_names())


def _client(world: World) -> None:
    ours = world.ours.workspace_id
    with transaction(world.ours) as session:
        connection = Connection(workspace_id=ours, side="psa", vendor="connectwise", label="CW", label_key="cw")
        session.add(connection)
        session.flush()
        session.add(Client(workspace_id=ours, connection_id=connection.id, external_id="1", name="A", name_key="a"))


def test_postgres_hides_rows_of_another_workspace_from_an_unscoped_query(postgres_world: World) -> None:
    _client(postgres_world)
    with transaction(postgres_world.theirs) as session:
        assert session.scalars(select(Client)).all() == []
    with transaction(postgres_world.ours) as session:
        assert len(session.scalars(select(Client)).all()) == 1


def test_postgres_refuses_to_write_into_another_workspace(postgres_world: World) -> None:
    _client(postgres_world)
    with pytest.raises(Exception, match="row-level security"), transaction(postgres_world.theirs) as session:
        session.add(
            Connection(
                workspace_id=postgres_world.ours.workspace_id,
                side="psa",
                vendor="x",
                label="Forged",
                label_key="forged",
            )
        )


def test_postgres_fences_every_table_of_a_workspace(postgres_world: World) -> None:
    with engine(postgres_world.url).connect() as connection:
        open_tables = connection.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                "WHERE a.attname = 'workspace_id' AND c.relkind = 'r' "
                "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
            )
        ).scalars()
        assert list(open_tables) == ["auth_session"]


def test_a_filled_database_goes_down_a_step_and_up_again(world: World) -> None:
    _client(world)
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={world.url}"]})()
    command.downgrade(config, "2026_11_20_02")
    assert "settings" not in {column["name"] for column in inspect(engine(world.url)).get_columns("connection")}
    command.upgrade(config, "head")
    with transaction(world.ours) as session:
        found = session.scalars(select(Connection)).one()
        assert (found.label, found.settings, found.cursors) == ("CW", {}, {})
        assert (found.is_sandbox, found.may_write, found.must_read_whole) == (False, False, False)
        assert session.scalars(select(Client.connection_id)).one() == found.id
