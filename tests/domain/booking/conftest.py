"""A desk to book at, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rcx_app.domain.identity import attempts
from tests.conftest import World
from tests.domain.booking.desk import Desk, make_desk


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    attempts.forget_all()
    yield
    attempts.forget_all()


@pytest.fixture
def desk(world: World) -> Desk:
    return make_desk(world)
