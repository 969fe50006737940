"""A change set from preparing to reading back, at every PSA that can be written."""

from __future__ import annotations

import pytest

from rcx_app.domain.writeback.schemas import ChangeState, SetState
from tests.conftest import World
from tests.support.writeback import PSAS, psa


@pytest.mark.parametrize("vendor", PSAS)
def test_what_is_approved_is_sent_once_and_read_back(
    vendor: str, sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psa(sqlite_world, vendor, monkeypatch) as here:
        _line, made = here.first_writable()
        assert here.sent() == [], "planning changes nothing"
        (shown,) = here.view(made).changes
        assert shown.says
        assert here.intents() == []
        here.approve(made)
        assert here.work() == ["done"]
        change = here.only(made)
        assert (change.state, change.message) == (ChangeState.VERIFIED, "")
        assert change.read_back == change.quantity
        assert here.view(made).state == SetState.DONE
        assert here.shows(change) == "applied"
        assert len(here.sent()) == len(here.intents()) == len(change.says)
        assert [each.state for each in here.intents()] == ["received"] * len(change.says)
        assert here.audit()[-1] == "writeback:done"
