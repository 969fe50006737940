"""Runs the contract on every connector of the registry that the sandbox can serve."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.registry import CONNECTORS, connector_class
from tests.connectors.ground import Ground, ground


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`streamed` gives a test each (connector, stream); `connector_id` alone each connector."""
    if "streamed" in metafunc.fixturenames:
        pairs = [(each, info.name) for each in CONNECTORS for info in connector_class(each).streams()]
        metafunc.parametrize("streamed", pairs, ids=[f"{each}-{name}" for each, name in pairs], indirect=True)
    elif "bare" in metafunc.fixturenames:
        metafunc.parametrize("bare", list(CONNECTORS), indirect=True)


@pytest.fixture(scope="module")
def grounds() -> Iterator[dict[str, Ground]]:
    """Servers that stay up while the tests of a module run, one a connector."""
    opened: dict[str, Ground] = {}
    managers = []
    try:

        class Lazy(dict[str, Ground]):
            def __missing__(self, key: str) -> Ground:
                manager = ground(key)
                self[key] = manager.__enter__()
                managers.append(manager)
                return self[key]

        opened = Lazy()
        yield opened
    finally:
        for manager in managers:
            manager.__exit__(None, None, None)


@pytest.fixture
def bare(request: pytest.FixtureRequest, grounds: dict[str, Ground]) -> Ground:
    """A connector on its sandbox."""
    found = grounds[request.param]
    found.reset()
    return found


@pytest.fixture
def streamed(request: pytest.FixtureRequest, grounds: dict[str, Ground]) -> tuple[Ground, str]:
    """A connector on its sandbox, and one of its streams."""
    connector_id, stream = request.param
    found = grounds[connector_id]
    found.reset()
    return found, stream
