"""Our answers are read into plain pieces, found by what people type, and lead to nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rcx_app.core.errors import NotFound
from rcx_app.domain.support import faq
from rcx_app.domain.support.states import LIMITS, Status


def test_every_article_is_whole() -> None:
    found = faq.articles()
    assert len({each.slug for each in found}) == len(found) >= 12
    for each in found:
        assert each.question.endswith(("?", "now?"))
        assert each.blocks
        # No markup is left that a reader would see.
        assert not set("*`[]") & set(each.text)
        assert faq.article(each.slug) == each


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("why over-billed", "over-billed"),
        ("overbiled", "over-billed"),
        ("not redy", "not-ready"),
        ("API keys", "credentials"),
        ("withdraw a ticket", "tickets"),
        ("WRITE BACK", "writes-nothing"),
        ("exchange rates", "currency"),
        ("sync failed", "sync-failed"),
    ],
)
def test_people_find_what_they_look_for(asked: str, slug: str) -> None:
    assert faq.search(asked)[0].slug == slug


@given(some.text(max_size=300))
def test_any_search_gives_articles_or_none(asked: str) -> None:
    assert set(faq.search(asked)) <= set(faq.articles())


def test_nothing_asked_gives_all_and_nonsense_gives_none() -> None:
    assert faq.search("  ") == faq.articles()
    assert faq.search("xyzzy") == faq.search("??") == faq.search("<script>alert(1)</script>") == ()


@pytest.mark.parametrize("slug", ["", "../../etc/passwd", "01-over-billed", "nothing"])
def test_only_articles_are_opened(slug: str) -> None:
    with pytest.raises(NotFound):
        faq.article(slug)


def test_markup_and_foreign_links_in_a_file_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "01-bad.md"
    path.write_text(
        "# Bad?\nWords: x\n\n<script>alert(1)</script> [a](javascript:alert(1)) [b](https://evil.example) "
        "[c](//evil.example)\n\n"
        "[d](/clients) ![e](/x.png) **<b>f</b>**\n"
    )
    made = faq._read(path)
    spans = [span for block in made.blocks for span in block.spans]
    assert [(span.text, span.href) for span in spans if span.href] == [("d", "/clients")]
    assert "<script>alert(1)</script>" in made.text


def test_a_file_without_its_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "01-x.md"
    path.write_text("Just text\n")
    with pytest.raises(ValueError, match="must begin"):
        faq._read(path)


def test_what_it_says_of_tickets_is_so() -> None:
    said = faq.article("tickets").text
    assert f"within {LIMITS[Status.WITHDRAWN].days} days" in said
    assert f"within {LIMITS[Status.SOLVED].days} days" in said
