"""The plain pages around sign-in, in the product's look. They need no JavaScript; all values are escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse


@dataclass(frozen=True, slots=True)
class Input:
    """A labelled field. `autocomplete` tells password managers what it is. `is_code`: figures, shown wide apart."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    max_length: int = 254
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its button. `values` are shown again after a mistake (passwords never are)."""

    action: str
    button: str
    inputs: Sequence[Input] = ()
    hidden: Mapping[str, str] | None = None
    is_secondary: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands above a page's form: an SVG `picture` with its words, a `secret` to copy, `lines` such as codes.

    `picture` is our own markup and is not escaped.
    """

    picture: str = ""
    picture_words: str = ""
    secret: str = ""
    lines: Sequence[str] = ()


def page(
    title: str,
    *,
    text: str = "",
    form: Form | None = None,
    values: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    error: str = "",
    after: Sequence[tuple[str, str, str]] = (),
    status: int = 200,
    onward: tuple[str, str] | None = None,
    shown: Shown | None = None,
    others: Sequence[Form] = (),
) -> HTMLResponse:
    """A whole page. `error` concerns all of it, `problems` single fields; `after` are (text, link text, address).

    `onward` is a link that looks like the form's button; `others` are further forms, of a button each.
    """
    body = f"<h1>{escape(title)}</h1>"
    body += f'<p class="muted">{escape(text)}</p>' if text else ""
    # Focus goes to the first wrong field; without one, to the message itself, so that it is read out.
    at_error = ' tabindex="-1" autofocus' if error and not problems else ""
    body += f'<div class="callout fail" role="alert"{at_error}>{escape(error)}</div>' if error else ""
    body += _shown(shown) if shown else ""
    body += _form(form, values or {}, problems or {}, focus_first=not error) if form else ""
    body += f'<a class="btn primary lg" href="{escape(onward[1])}">{escape(onward[0])}</a>' if onward else ""
    body += "".join(_form(other, {}, {}, focus_first=False) for other in others)
    body += "".join(
        f'<p class="muted">{escape(lead)} <a href="{escape(address)}">{escape(link)}</a></p>'
        for lead, link, address in after
    )
    return HTMLResponse(_frame(title, body), status, headers={"cache-control": "no-store"})


def _shown(shown: Shown) -> str:
    body = ""
    if shown.picture:
        body += f'<div class="gate-qr" role="img" aria-label="{escape(shown.picture_words)}">{shown.picture}</div>'
    if shown.secret:
        body += f'<p class="gate-secret"><code>{escape(shown.secret)}</code></p>'
    if shown.lines:
        items = "".join(f"<li><code>{escape(line)}</code></li>" for line in shown.lines)
        body += f'<ul class="gate-codes">{items}</ul>'
    return body


def _form(form: Form, values: Mapping[str, str], problems: Mapping[str, str], *, focus_first: bool) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in (form.hidden or {}).items()
    )
    wrong = next((item.name for item in form.inputs if item.name in problems), "")
    first = form.inputs[0].name if form.inputs and focus_first else ""
    fields = "".join(
        _field(item, values.get(item.name, ""), problems.get(item.name, ""), focus=item.name == (wrong or first))
        for item in form.inputs
    )
    kind = "lg" if form.is_secondary else "primary lg"
    button = f'<button class="btn {kind}" type="submit">{escape(form.button)}</button>'
    start = f'<form class="gate-form" method="post" action="{escape(form.action)}" novalidate>'
    return f"{start}{hidden}{fields}{button}</form>"


def _field(item: Input, value: str, problem: str, *, focus: bool) -> str:
    described = [f"{item.name}-{kind}" for kind, text in (("wrong", problem), ("hint", item.hint)) if text]
    attributes = [
        f'id="{item.name}" name="{item.name}" type="{item.kind}" class="input lg" required',
        f'autocomplete="{item.autocomplete}" maxlength="{item.max_length}"',
        "" if item.kind == "password" else f'value="{escape(value)}"',
        'autocapitalize="none" spellcheck="false"' if item.kind in ("email", "password") or item.is_code else "",
        'aria-invalid="true"' if problem else "",
        f'aria-describedby="{" ".join(described)}"' if described else "",
        "autofocus" if focus else "",
    ]
    return (
        f'<div class="field"><label for="{item.name}">{escape(item.label)}</label>'
        f"<input {' '.join(filter(None, attributes))}>"
        + (f'<span class="wrong" id="{item.name}-wrong">{escape(problem)}</span>' if problem else "")
        + (f'<span class="hint" id="{item.name}-hint">{escape(item.hint)}</span>' if item.hint else "")
        + "</div>"
    )


def _frame(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} - RCX</title>"
        '<script src="/theme.js"></script>'
        '<link rel="stylesheet" href="/tokens.css"><link rel="stylesheet" href="/ui.css">'
        '<link rel="stylesheet" href="/gate.css"></head>'
        '<body class="gate"><header class="gate-top"><span class="gate-mark" aria-hidden="true">R</span>RCX</header>'
        f'<main class="gate-main">{body}</main></body></html>'
    )
