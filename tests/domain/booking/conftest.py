"""A desk to book at."""

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
def desk(sqlite_world: World) -> Desk:
    """For rules in which the database plays no part."""
    return make_desk(sqlite_world)


@pytest.fixture
def both(world: World) -> Desk:
    """On both databases, for what they have to hold."""
    return make_desk(world)
