"""A new MSP is mapped by the keyboard: most at once, the rest one key after the other, nothing wrong, nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from rcx_app.core.settings import settings
from tests.support import mapping_estate
from tests.support.browser import chromium
from tests.support.reviewer import Reviewer, signed_in
from tests.support.servers import free_port
from tests.support.up import START_S, started
from tests.support.wait import eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]


def test_a_new_msp_is_mapped_in_few_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started(tmp_path, free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        monkeypatch.setenv("RCX_VAR_DIR", str(running.data))
        settings.cache_clear()
        msp = mapping_estate.make(clients=30, seats=1500)
        with chromium() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=running.address)
            page = signed_in(context.new_page(), msp)
            took = Reviewer(page, msp).map_all()
            report = Axe().run(page)
            assert report.violations_count == 0, report.generate_report()
        wrong, left = mapping_estate.outcome(msp)
    assert (wrong, left) == (0, 0), took
    assert took.at_once > took.accounts / 2, took
    assert took.keys < took.accounts, took
