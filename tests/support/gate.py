"""The pages around sign-in, driven in this process as a browser without scripts does it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from html import unescape

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.identity import passwords, service
from rcx_app.domain.identity.schemas import Identity
from rcx_app.models import Membership, User
from rcx_app.web import joining, mailing, openid, proving, sign_in
from rcx_app.web import passwords as password_pages
from rcx_app.web.session import cookie_name

PASSWORD = "tram willow basket 7"
ANOTHER = "nine quiet lanterns glow"
# Real ones take 64 MiB and a tenth of a second each.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Browser:
    """One browser with its cookies, at an address of its own."""

    def __init__(self, place: str = "198.51.100.7") -> None:
        routes = [*sign_in.ROUTES, *joining.ROUTES, *password_pages.ROUTES, *proving.ROUTES, *openid.ROUTES]
        origin = settings().public_url
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=Starlette(routes=routes), client=(place, 50000)),
            base_url=origin,
            headers={"origin": origin, "user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0"},
        )
        self.status, self.text, self.goes_to = 0, "", ""

    def get(self, path: str) -> str:
        """The page's text."""
        return self._take(asyncio.run(self.client.get(path)))

    def post(self, path: str, **fields: str) -> str:
        return self._take(asyncio.run(self.client.post(path, data=fields or {"x": ""})))

    def _take(self, answer: httpx.Response) -> str:
        # What is mailed behind an answer must not reach into the next test's database.
        mailing.wait_for_mails()
        self.status, self.goes_to = answer.status_code, answer.headers.get("location", "")
        self.text = unescape(answer.text)
        return self.text

    def sign_in(self, address: str, password: str = PASSWORD, target: str = "/") -> str:
        return self.post("/sign-in", email=address, password=password, next=target)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page that is open."""
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.text))

    @property
    def identity(self) -> Identity | None:
        """Who is signed in here, as every door sees him."""
        return self._identity(half=False)

    @property
    def half_identity(self) -> Identity | None:
        """As `identity`, also for somebody who must set up two-factor first."""
        return self._identity(half=True)

    def _identity(self, *, half: bool) -> Identity | None:
        token = self.client.cookies.get(cookie_name(), "")
        with transaction(None, read_only=True) as session:
            return service.resolve(session, token, half=half)


def member(context: Context, name: str, role: Role = Role.VIEWER) -> Context:
    """A further person with a proven account and PASSWORD in the workspace: ``<name>@msp.example``."""
    with transaction(None) as session:
        user = User(
            email=f"{name}@msp.example",
            email_key=f"{name}@msp.example",
            name=name.capitalize(),
            password_hash=passwords.hash_password(PASSWORD),
            email_verified_at=clock.now(),
        )
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=context.workspace_id, user_id=user.id, role=role.value))
        return Context(workspace_id=context.workspace_id, user_id=user.id, role=role, user_name=user.name)


def give_password(context: Context, password: str = PASSWORD) -> str:
    """Let the person of a fixture sign in; his address."""
    with transaction(None) as session:
        user = session.get(User, context.user_id)
        assert user is not None
        user.password_hash, user.email_verified_at = passwords.hash_password(password), clock.now()
        return user.email


def mails(to: str = "") -> list[tuple[str, str]]:
    """(subject, text) of what was mailed (to an address), oldest first."""
    mailing.wait_for_mails()
    found = []
    for path in sorted((settings().var_dir / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if not to or message["To"] == to:
            body = message.get_body(("plain",))
            assert body is not None
            found.append((str(message["Subject"]), str(body.get_content())))
    return found


def link(text: str) -> str:
    """The path of the link in a mail."""
    found = re.search(re.escape(settings().public_url) + r"(/\S+)", text)
    assert found
    return found.group(1)
