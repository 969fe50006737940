"""A PSA of the sandbox with approved findings, and a person at the pages of change sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rcx_app.ui.caller import forget_caller
from tests.conftest import World
from tests.support.writeback import Psa, psa


@pytest.fixture
def here(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Psa]:
    with psa(sqlite_world, "connectwise", monkeypatch, clients=5) as made:
        yield made
    forget_caller()
