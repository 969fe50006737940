"""Query strings: what is empty is left out, the order is steady."""

from __future__ import annotations

from rcx_app.ui.addresses import REVIEW, address, client


def test_only_what_is_chosen_stands_in_the_address() -> None:
    assert address(REVIEW) == "/billing/review"
    assert address(REVIEW, {"sort": "-age", "kind": ""}, open=12) == "/billing/review?open=12&sort=-age"


def test_words_are_escaped() -> None:
    assert address(REVIEW, find="Marlow & Finch") == "/billing/review?find=Marlow+%26+Finch"


def test_a_client_has_its_page() -> None:
    assert client(318) == "/billing/clients/318"
