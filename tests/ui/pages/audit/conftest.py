"""A workspace of our own on SQLite."""

from tests.ui.pages.match_settings.conftest import ours

__all__ = ["ours"]
