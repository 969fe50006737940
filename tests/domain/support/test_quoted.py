"""What people wrote themselves is found in mails of many programs; nothing they wrote is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rcx_app.domain.support.mail_text import MARK
from rcx_app.domain.support.quoted import own_words, text_of_html

CASES = {
    "plain": ("Hello\n\nBye", "Hello\n\nBye"),
    "gmail": ("Yes.\n\nOn Fri, Nov 20, 2026 at 9:27 AM RCX <a@b.example> wrote:\n\n> Hello\n> there\n", "Yes."),
    "folded": ("Yes.\n\nOn Fri, Nov 20, 2026 at 9:27 AM\nA Very Long Name <a@b.example>\nwrote:\n> Hello", "Yes."),
    "german": ("Ja.\n\nAm 20.11.2026 um 09:27 schrieb RCX:\n> Hallo", "Ja."),
    "mark": (f"Yes.\n{MARK}\n\nHello Dana,", "Yes."),
    "quoted mark": (f"Yes.\n\nOn Friday RCX wrote:\n> {MARK}\n> Hello", "Yes."),
    "outlook": ("Yes.\n\nFrom: RCX <a@b.example>\nSent: Friday\nTo: Dana\nSubject: Re\n\nHello", "Yes."),
    "outlook rule": ("Yes.\n-----Original Message-----\nFrom: x", "Yes."),
    "signature": ("Yes.\n-- \nDana Whitfield\nNorthbeam", "Yes."),
    "below": (
        "On Friday RCX wrote:\n> Hello\n> there\n\nMy answer.",
        "On Friday RCX wrote:\n> Hello\n> there\n\nMy answer.",
    ),
    "between": ("On Friday RCX wrote:\n> One?\nYes.\n> Two?\nNo.", "On Friday RCX wrote:\n> One?\nYes.\n> Two?\nNo."),
    "a quote of a log": ("It says:\n> error 401\nWhy?", "It says:\n> error 401\nWhy?"),
    "on at the start": ("On Monday it failed.\nOn Tuesday too.", "On Monday it failed.\nOn Tuesday too."),
    "dashes": ("a;b\n--\nc;d", "a;b"),
    "only dashes": ("--\nc;d", "--\nc;d"),
    "a header in a log": ("The log has\nFrom: 10.0.0.1\nstatus 401", "The log has\nFrom: 10.0.0.1\nstatus 401"),
    "empty": ("", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_own_words_are_found(name: str) -> None:
    text, expected = CASES[name]
    assert own_words(text) == expected
    assert own_words(text.replace("\n", "\r\n")) == expected


@given(
    some.lists(some.sampled_from(["Yes.", "", "> q", "On Friday X wrote:", MARK, "-- ", "--", "From: x"]), max_size=12)
)
def test_a_mail_with_words_never_becomes_empty(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = own_words(text)
    assert bool(found.strip()) == bool(text.strip())
    assert all(line in text for line in found.split("\n"))


def test_a_mail_in_html_is_read_without_what_it_quotes_or_runs() -> None:
    markup = (
        "<html><head><title>T</title><style>p{}</style></head><body><p>Yes &amp; <b>no</b>.</p><div>Bye</div>"
        "<script>alert(1)</script><blockquote><p>old<blockquote>older</blockquote></p></blockquote></body></html>"
    )
    assert text_of_html(markup) == "Yes & no.\n\nBye"
    assert text_of_html("<p>a<blockquote>b") == "a"
    assert text_of_html("</blockquote>a</p>") == "a"
