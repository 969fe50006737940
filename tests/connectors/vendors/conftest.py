"""A ground for each vendor's own tests: a module names its connector as `CONNECTOR`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.ground import Ground
from tests.connectors.ground import ground as opened


@pytest.fixture(scope="module")
def _ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with opened(request.module.CONNECTOR) as made:
        yield made


@pytest.fixture
def ground(_ground: Ground) -> Ground:
    """The connector's sandbox; the estate lives on from test to test, faults and budgets do not."""
    _ground.reset()
    return _ground
