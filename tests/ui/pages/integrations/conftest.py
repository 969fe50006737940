"""A workspace of our own, and made connectors in place of the vendors'."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rcx_app.core.context import Context
from rcx_app.ui.caller import forget_caller
from tests.conftest import World
from tests.domain.sync.source import Script, playing


@pytest.fixture
def ours(sqlite_world: World) -> Iterator[Context]:
    yield sqlite_world.ours
    forget_caller()


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)
