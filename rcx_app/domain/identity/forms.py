"""The sign-up form: what is wrong with it, field by field."""

from __future__ import annotations

import re
import unicodedata

from rcx_app.core.errors import Invalid
from rcx_app.core.text import fold
from rcx_app.domain.identity.passwords import objection
from rcx_app.domain.identity.schemas import SignUpForm

_EMAIL = re.compile(r"[^@\s,;<>()\[\]\\\"]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w-]{2,63}")
_MAX_NAME = 100


class FormInvalid(Invalid):
    """`by_field` says what is wrong, by the names of the form's fields, in their order on the page."""

    def __init__(self, by_field: dict[str, str]) -> None:
        super().__init__("Please correct the marked fields.", problems=tuple(by_field.values()))
        self.by_field = by_field


def email_key(email: str) -> str:
    """The form under which addresses are compared."""
    return fold(email)


def is_email(email: str) -> bool:
    """Whether it looks like an address; whether it exists only a mail can tell."""
    return len(email) <= 254 and bool(_EMAIL.fullmatch(email.strip()))


def check_sign_up(form: SignUpForm) -> None:
    """Raises FormInvalid."""
    found = {
        "name": name_objection(form.name, "Tell us your name."),
        "email": "" if is_email(form.email) else "Enter your work e-mail address, such as you@company.com.",
        "workspace_name": name_objection(form.workspace_name, "Tell us your company's name."),
        "password": objection(form.password, email=form.email, names=(form.name, form.workspace_name)),
    }
    problems = {field: problem for field, problem in found.items() if problem}
    if problems:
        raise FormInvalid(problems)


def name_objection(value: str, when_empty: str) -> str:
    """Why a name (a person's, a company's) is refused, as a sentence; empty where it is fine.

    Names stand in mails to others, so they hold neither line breaks nor anything that a mail program makes a link of.
    """
    if not value.strip():
        return when_empty
    if len(value) > _MAX_NAME:
        return f"Use at most {_MAX_NAME} characters."
    if any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in value):
        return "Use letters, figures and ordinary signs only."
    if "://" in value or "www." in value.lower():
        return "Use a name without an address of a website."
    return ""
