"""Fixtures of the tests of pages: handlers whose caller stays who he is."""

from __future__ import annotations

import pytest

from rcx_app.ui import caller


@pytest.fixture(autouse=True)
def _caller_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers that a test runs by itself have no session that could be looked up again, however slow the machine."""
    monkeypatch.setattr(caller, "_RECHECK_S", float("inf"))
