"""`rcx migrate`: the database at this version's tables."""

from __future__ import annotations

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError, OperationalError

from rcx_app.commands.places import ROOT, data_folder
from rcx_app.core.db import dispose_engines, engine, keep_statistics
from rcx_app.core.errors import Invalid, Unavailable
from rcx_app.core.settings import settings


@click.command()
def migrate() -> None:
    """Bring the database to this version. Safe to repeat."""
    before, after = to_head()
    click.echo(
        f"The database is at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}."
    )


def to_head() -> tuple[str, str]:
    """Migrate; the revisions before and after. Raises Unavailable where the database does not answer."""
    if not settings().database_url:
        data_folder()
    before = current()
    command.upgrade(_config(), "head")
    if before:
        keep_statistics()
    dispose_engines()
    return before, head()


def head() -> str:
    """The revision that this version needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current() -> str:
    """The revision that the database is at; empty for an empty one. Raises Unavailable."""
    try:
        with engine().connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""
    except ArgumentError as error:  # NoSuchModuleError is one too
        raise Invalid(
            "RCX_DATABASE_URL is not the address of a database.",
            remedy="It looks like postgresql://user:password@host:5432/name.",
        ) from error
    except OperationalError as error:
        raise Unavailable(
            "The database does not answer.", remedy="Check RCX_DATABASE_URL and that the server runs."
        ) from error


def _config() -> Config:
    return Config(str(ROOT / "alembic.ini"))
