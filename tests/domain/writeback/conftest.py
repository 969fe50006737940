"""One PSA of the sandbox, synced and to be written, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import World
from tests.support.writeback import Psa, psa


@pytest.fixture
def connectwise(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Psa]:
    with psa(world, "connectwise", monkeypatch, clients=5) as here:
        yield here


@pytest.fixture
def autotask(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Psa]:
    with psa(world, "autotask", monkeypatch, clients=5) as here:
        yield here
