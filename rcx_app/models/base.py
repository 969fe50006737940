"""What all tables share: naming of constraints, and the columns of a workspace's row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from rcx_app.core.clock import now
from rcx_app.core.db import Micros, UtcDateTime

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite autoincrements only INTEGER keys; PostgreSQL gets 64 bits.
Id = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON().with_variant(JSONB(), "postgresql")


def id_field() -> Any:
    """A surrogate key."""
    return Field(default=None, primary_key=True, sa_type=Id)


def ref(target: str, *, index: bool = False, nullable: bool = False, cascade: bool = False) -> Any:
    """A reference to another table's id."""
    rule: dict[str, Any] = {"ondelete": "CASCADE"} if cascade else {}
    if nullable:
        rule["default"] = None
    return Field(foreign_key=target, sa_type=Id, index=index, nullable=nullable, **rule)


def time_field(*, default_now: bool = False, index: bool = False) -> Any:
    """An aware time; nullable unless it defaults to now."""
    if default_now:
        return Field(default_factory=now, sa_type=UtcDateTime, index=index)
    return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)


def exact_field(*, default: Decimal | None = None, nullable: bool = False) -> Any:
    """An exact decimal (quantity, price, probability) with up to six decimals."""
    if nullable:
        return Field(default=None, sa_type=Micros, nullable=True)
    return Field(default=default if default is not None else Decimal(0), sa_type=Micros)


def json_field(kind: type[dict[str, Any]] | type[list[Any]]) -> Any:
    """A JSON document."""
    return Field(default_factory=kind, sa_type=Json)


def sql_table(model: type[SQLModel]) -> Table:
    """The table of a model, for statements past the ORM. SQLModel's types leave it out."""
    found: Table = model.__table__  # type: ignore[attr-defined]
    return found


class WorkspaceRow(SQLModel):
    """A row that belongs to one workspace. Row-level security covers every such table."""

    id: int = id_field()
    workspace_id: int = ref("workspace.id", index=True)
    created_at: datetime = time_field(default_now=True)
