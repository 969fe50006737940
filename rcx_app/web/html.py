"""The plain pages around sign-in, in the product's look. They need no JavaScript; all values are escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from starlette.responses import HTMLResponse


@dataclass(frozen=True, slots=True)
class Input:
    """A labelled field. `autocomplete` tells password managers what it is."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    max_length: int = 254


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its button. `values` are shown again after a mistake (passwords never are)."""

    action: str
    button: str
    inputs: Sequence[Input] = ()
    hidden: Mapping[str, str] | None = None


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
) -> HTMLResponse:
    """A whole page. `error` concerns all of it, `problems` single fields; `after` are (text, link text, address)."""
    body = f"<h1>{escape(title)}</h1>"
    body += f'<p class="muted">{escape(text)}</p>' if text else ""
    # Focus goes to the first wrong field; without one, to the message itself, so that it is read out.
    at_error = ' tabindex="-1" autofocus' if error and not problems else ""
    body += f'<div class="callout fail" role="alert"{at_error}>{escape(error)}</div>' if error else ""
    body += _form(form, values or {}, problems or {}, focus_first=not error) if form else ""
    body += "".join(
        f'<p class="muted">{escape(lead)} <a href="{escape(address)}">{escape(link)}</a></p>'
        for lead, link, address in after
    )
    return HTMLResponse(_frame(title, body), status, headers={"cache-control": "no-store"})


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
    button = f'<button class="btn primary lg" type="submit">{escape(form.button)}</button>'
    start = f'<form class="gate-form" method="post" action="{escape(form.action)}" novalidate>'
    return f"{start}{hidden}{fields}{button}</form>"


def _field(item: Input, value: str, problem: str, *, focus: bool) -> str:
    described = [f"{item.name}-{kind}" for kind, text in (("wrong", problem), ("hint", item.hint)) if text]
    attributes = [
        f'id="{item.name}" name="{item.name}" type="{item.kind}" class="input lg" required',
        f'autocomplete="{item.autocomplete}" maxlength="{item.max_length}"',
        "" if item.kind == "password" else f'value="{escape(value)}"',
        'autocapitalize="none" spellcheck="false"' if item.kind in ("email", "password") else "",
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
