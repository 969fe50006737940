"""A workspace of our own on SQLite."""

from __future__ import annotations

import pytest

from rcx_app.domain.identity import attempts
from tests.ui.pages.match_settings.conftest import ours

__all__ = ["ours"]


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    attempts.forget_all()
