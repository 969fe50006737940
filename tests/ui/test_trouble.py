"""What stands where a page can't go on: our own words and ways on, nothing of the framework's."""

from __future__ import annotations

from rcx_app.ui import theme, trouble


def test_a_page_that_fails_and_a_lost_connection_speak_plainly() -> None:
    wraps = theme.app_options()["app_wraps"]
    drawn = {name: str(wrap(True).render()) for (_, name), wrap in wraps.items()}
    fallback = drawn["ErrorBoundary"]
    assert "This page could not be shown" in fallback
    assert "data-reload" in fallback
    assert not any(word in fallback.lower() for word in ("built with", "reflex.dev", "an error occurred"))
    assert "Connection lost." in str(trouble.connection_lost().render())


def test_nothing_tells_of_a_connection_where_there_is_none() -> None:
    wraps = trouble.wraps()
    assert wraps[(5, "Overlay")](False) is None
