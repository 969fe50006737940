"""The `web` fixture: one real web process for a test module, its state in a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.web import WebServer, web_server


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_root: str) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web"), sqlite_template, f"{redis_root}/1") as server:
        yield server
