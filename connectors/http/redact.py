"""Takes secrets out of texts that leave a connector: messages, log events, what a vendor echoed back."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import quote

_SHORTEST = 4
_INSTEAD = "[redacted]"


class Redactor:
    """Knows the secrets of a connection and everything that was made from them while it worked (tokens)."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Never let this text out, nor its usual codings. Texts of less than four characters can't be told apart."""
        if len(secret) < _SHORTEST:
            return
        raw = secret.encode()
        forms = {secret, quote(secret, safe=""), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
        self._forms = self._forms | {form for form in forms if len(form) >= _SHORTEST}

    def __call__(self, text: str) -> str:
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, _INSTEAD)
        return text
