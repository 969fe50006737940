"""Fixtures that every test shares: real databases (migrated, two workspaces in each) and a real Redis."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from rcx_app.core import crypto, db, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.models import Membership, User, Workspace
from tests.support.servers import postgres_server, redis_server
from tests.support.web import WebServer, web_server

ROOT = Path(__file__).parents[1]
_ROOM = 3 * 1024**3


def pytest_configure() -> None:
    """Databases by the thousand are made and removed in memory where there is room: on a disk that costs ten times
    as much, most of it in the file system. Whoever names a folder (TMPDIR) has his way."""
    memory = Path("/dev/shm")
    if "TMPDIR" not in os.environ and memory.is_dir() and shutil.disk_usage(memory).free > _ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)


def pytest_collection_finish() -> None:
    """What thousands of collected tests hold stays to the end: no later collection of garbage need look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@dataclass(frozen=True)
class World:
    """A migrated database with two workspaces that must never see each other, and an owner in each."""

    url: str
    ours: Context
    theirs: Context

    def as_role(self, role: Role) -> Context:
        """Our owner, acting with another role."""
        return Context(workspace_id=self.ours.workspace_id, user_id=self.ours.user_id, role=role)


@pytest.fixture(scope="session", autouse=True)
def _compile_once() -> Iterator[None]:
    """Each test has engines of its own; what one of them has made of a query serves the next of its kind too."""
    kept: dict[str, Engine] = {}
    really = db.make_engine

    def make(address: str) -> Engine:
        made = really(address)
        first = kept.setdefault(made.dialect.name, made)
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "make_engine", make)
        yield


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test has its own folder, no settings from outside, and no job leaves for a broker unless it says so."""
    for name in [name for name in os.environ if name.startswith("RCX_") or name == "REDIS_URL"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RCX_VAR_DIR", str(tmp_path / "var"))
    settings.cache_clear()
    crypto.forget_keys()
    outbox.use_sender(None)
    # A command run by an earlier test has set up the log for streams that are closed by now.
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    dispose_engines()
    settings.cache_clear()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def redis_root() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_root: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty Redis database for this test, also in the settings."""
    import redis

    with redis.Redis.from_url(redis_root) as client:
        client.flushall()
    monkeypatch.setenv("REDIS_URL", redis_root)
    settings.cache_clear()
    return redis_root


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_root: str) -> Iterator[WebServer]:
    """One real web process, its state in a real Redis. Whoever needs it as new makes his own (`web_server`)."""
    with web_server(tmp_path_factory.mktemp("web"), sqlite_template, f"{redis_root}/1") as server:
        yield server


def migrate(url: str, revision: str = "head") -> None:
    """Run the real migrations."""
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={url}"]})()
    command.upgrade(config, revision)


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rcx-sqlite-"))
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    dispose_engines()
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    yield path
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE rcx_template")
    migrate(f"{postgres.replace('postgresql://', 'postgresql+psycopg://')}/rcx_template")
    return f"{postgres}/rcx_template"


def _sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    template: Path = request.getfixturevalue("sqlite_template")
    target = tmp_path / "rcx.db"
    shutil.copy(template, target)
    yield f"sqlite:///{target}"


def _postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    server: str = request.getfixturevalue("postgres")
    request.getfixturevalue("postgres_template")
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE rcx_template STRATEGY FILE_COPY")
        yield f"postgresql+psycopg://{server.removeprefix('postgresql://')}/{name}"
        dispose_engines()
    # A connection that a superuser closed just now may still be there; only a superuser may end it.
    with psycopg.connect(f"{server.replace('rcx@', 'boss@')}/postgres", autocommit=True) as boss:
        boss.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _world(url: str, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("RCX_DATABASE_URL", url)
    settings.cache_clear()
    return World(url=url, ours=make_workspace("Northbeam IT"), theirs=make_workspace("Southlight MSP"))


def make_workspace(name: str, role: Role = Role.OWNER) -> Context:
    """A new workspace with one member, whose e-mail is ``<first word of the name>@msp.example``."""
    with transaction(None) as session:
        email = f"{name.split()[0].lower()}@msp.example"
        user = User(email=email, email_key=email, name=f"{name} {role.value}", password_hash="!")
        workspace = Workspace(name=name)
        session.add_all([user, workspace])
        session.flush()
        session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role.value))
        return Context(workspace_id=workspace.id, user_id=user.id, role=role, user_name=user.name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Both databases, one after the other."""
    for url in _sqlite(request, tmp_path) if request.param == "sqlite" else _postgresql(request):
        yield _world(url, monkeypatch)


@pytest.fixture
def sqlite_world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """SQLite only, for tests in which the database plays no part."""
    for url in _sqlite(request, tmp_path):
        yield _world(url, monkeypatch)


@pytest.fixture
def postgres_world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """PostgreSQL only."""
    for url in _postgresql(request):
        yield _world(url, monkeypatch)
