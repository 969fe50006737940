"""A workspace of our own on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rcx_app.core.context import Context
from rcx_app.ui.caller import forget_caller
from tests.conftest import World


@pytest.fixture
def ours(sqlite_world: World) -> Iterator[Context]:
    yield sqlite_world.ours
    forget_caller()
