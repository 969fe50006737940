"""The error tree. Every error says what happened and what to do; the edges turn them into pages, exit codes and JSON.

RcxError
├── NotFound            it is not there, or it is not yours: the answer is the same
├── NotPermitted        you may see it, but your role may not do this
├── NotSignedIn         no session, or an expired one
├── Invalid             the input is wrong; `problems` names each place
├── Conflict            someone or something changed it since you looked
├── TooMany             a rate limit or a size limit; `retry_after_s` may say when
└── Unavailable         a part that RCX needs does not answer (database, Redis, a vendor)
"""

from __future__ import annotations

from collections.abc import Sequence


class RcxError(Exception):
    """Base of all errors that a person may see.

    `message` says what happened in a whole sentence, `remedy` what to do now (may be empty).
    """

    status = 500
    code = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message if not remedy else f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class NotFound(RcxError):
    status = 404
    code = "not_found"

    def __init__(self, what: str = "This item", *, remedy: str = "") -> None:
        super().__init__(f"{what} was not found.", remedy=remedy)


class NotPermitted(RcxError):
    status = 403
    code = "not_permitted"


class NotSignedIn(RcxError):
    status = 401
    code = "not_signed_in"

    def __init__(self, message: str = "You are not signed in.", *, remedy: str = "Sign in and try again.") -> None:
        super().__init__(message, remedy=remedy)


class Invalid(RcxError):
    status = 422
    code = "invalid"

    def __init__(self, message: str, *, remedy: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.problems = tuple(problems)


class Conflict(RcxError):
    status = 409
    code = "conflict"


class TooMany(RcxError):
    status = 429
    code = "too_many"

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class Unavailable(RcxError):
    status = 503
    code = "unavailable"
