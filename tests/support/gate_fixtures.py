"""Fixtures of the tests of accounts and teams: quick hashes, and attempts that no other test has used up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rcx_app.domain.identity import attempts, passwords
from rcx_app.web import mailing
from tests.support.gate import QUICK


@pytest.fixture(autouse=True)
def quick_and_fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    monkeypatch.setattr(passwords, "_NOBODY", QUICK.hash("nobody has this password"))
    attempts.forget_all()
    yield
    mailing.wait_for_mails()
    attempts.forget_all()
