"""A workspace of our own on SQLite, quick hashes."""

from tests.support.gate_fixtures import quick_and_fresh
from tests.ui.pages.match_settings.conftest import ours

__all__ = ["ours", "quick_and_fresh"]
