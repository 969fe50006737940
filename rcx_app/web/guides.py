"""`/guides/<connector>`: where an admin finds each credential at the vendor, as its page below `docs/` says it.

Beside the form and not in it: the page opens in a tab of its own, so that nothing that was typed is lost.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from connectors import registry
from rcx_app.core.errors import NotFound
from rcx_app.web.session import identify

_DOCS = Path(__file__).parents[2] / "docs"


async def guide(request: Request) -> Response:
    """The page of one connector, for people who are signed in."""
    connector = request.path_params["connector"]
    if await identify(request.headers.raw) is None:
        return RedirectResponse(f"/sign-in?next=%2Fguides%2F{escape(connector)}", 303)
    try:
        title, body = _rendered(connector)
    except NotFound:
        return _page("Not found", "<h1>Not found</h1><p>There is no guide of this name.</p>", 404)
    return _page(f"How to connect {title}", body)


@lru_cache(maxsize=64)
def _rendered(connector: str) -> tuple[str, str]:
    """The vendor's name and the page's markup. Raises NotFound for what is no connector, or has no page."""
    known = {about.id: about for about in registry.abouts()}
    if connector not in known:
        raise NotFound("This guide")
    about = known[connector]
    try:
        text = (_DOCS / about.documentation).read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound("This guide") from error
    # Our own text; markup in it is shown and not followed all the same.
    markup = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    first, *others = markup.split("<table>")
    wide = '<div class="guide-table" role="region" tabindex="0" aria-label="Table {}, scrollable"><table>'
    drawn = "".join(wide.format(number) + part for number, part in enumerate(others, start=1))
    return about.name, (first + drawn).replace("</table>", "</table></div>")


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    frame = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} - RCX</title>"
        '<script src="/theme.js"></script>'
        '<link rel="stylesheet" href="/tokens.css"><link rel="stylesheet" href="/ui.css">'
        '<link rel="stylesheet" href="/gate.css"><link rel="stylesheet" href="/guide.css"></head>'
        '<body class="gate"><header class="gate-top"><span class="gate-mark" aria-hidden="true">R</span>RCX'
        '<a class="guide-back" href="/integrations?tab=catalogue">All connectors</a></header>'
        f'<main class="guide">{body}</main></body></html>'
    )
    return HTMLResponse(frame, status)


ROUTES = [Route("/guides/{connector}", guide)]
