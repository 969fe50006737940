"""Ending mails by their link, signed out: looking changes nothing, one click does it, a forged link does nothing."""

from __future__ import annotations

import itertools

import httpx
import pytest

from rcx_app.core import crypto
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Scope
from tests.support.web import Person, WebServer

_numbers = itertools.count()


def frequency(web: WebServer, person: Person) -> str:
    chosen = unsubscribing.Subscription(person.workspace_id, person.user_id, Scope.DIGEST)
    with transaction(chosen.context, url=web.database_url) as session:
        row = NoticeRepository(session, chosen.context).choice(person.user_id)
        return row.frequency if row else "daily"


def test_a_link_asks_first_and_ends_mails_with_one_click(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Signed as the server does, whose key lies in its own folder.
    monkeypatch.setenv("RCX_VAR_DIR", str(web.var_dir))
    settings.cache_clear()
    crypto.forget_keys()
    person = web.sign_in(f"mail{next(_numbers)}", Role.VIEWER)
    token = unsubscribing.link(person.workspace_id, person.user_id, Scope.DIGEST).partition("?")[2]
    path = f"/unsubscribe?{token}"
    with httpx.Client(base_url=web.origin) as client:
        asked = client.get(path)
        assert asked.status_code == 200
        assert "No more mails?" in asked.text
        assert client.head(path).status_code == 200
        assert frequency(web, person) == "daily", "a scanner that opens the link changes nothing"
        # As a mail program does it: from nowhere, without a cookie.
        done = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert frequency(web, person) == "off"
        assert client.post(path).status_code == 200, "twice is as once"


def test_a_forged_link_does_nothing(web: WebServer) -> None:
    person = web.sign_in(f"mail{next(_numbers)}", Role.VIEWER)
    with httpx.Client(base_url=web.origin) as client:
        for token in ("", f"{person.workspace_id}.{person.user_id}.digest.{'A' * 43}", "<script>"):
            for answer in (
                client.get("/unsubscribe", params={"token": token}),
                client.post(f"/unsubscribe?token={token}"),
            ):
                assert answer.status_code == 404
                assert "<script>alert" not in answer.text
    assert frequency(web, person) == "daily"
