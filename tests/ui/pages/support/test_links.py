"""What the FAQ leads to is there."""

from __future__ import annotations

from rcx_app import rcx_app
from rcx_app.domain.support import faq


def test_every_link_of_the_faq_leads_to_a_page() -> None:
    routes = {page.route for page in rcx_app.PAGES}
    for article in faq.articles():
        for block in article.blocks:
            for span in block.spans:
                assert not span.href or span.href.split("?")[0] in routes, (article.slug, span.href)
