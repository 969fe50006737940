"""Duo: child accounts below a managed service provider's account, and their users. Known from Duo's own client library
and clients of the Accounts and Admin APIs; `docs/connectors/duo.md` says what is not confirmed.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha1
from typing import ClassVar
from urllib.parse import parse_qsl, quote

import httpx

from connectors.connector import About, Budget, Field, Limits, Privilege, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row
from connectors.http.tokens import Flow
from connectors.records import Account, Seat
from connectors.wire import Wire

ACCOUNTS = "Accounts API"
USERS = "Grant read resource"
_HOST = r"api-[a-z0-9]+\.duosecurity\.com"
_GONE = "pending deletion"
_STATUS = {"active": "active", "bypass": "active", "locked out": "suspended", "disabled": "disabled"}


class Signature(httpx.Auth):
    """Signs date, method, host, path and parameters by HMAC-SHA1, as Duo's documentation of authentication asks."""

    requires_request_body = True

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers["Date"] = date = format_datetime(datetime.now(UTC))
        sent = request.content.decode() if request.method == "POST" else request.url.query.decode()
        signed = signature(self._secret, date, request.method, request.url.host, request.url.path, sent)
        coded = b64encode(f"{self._key}:{signed}".encode()).decode()
        request.headers["Authorization"] = f"Basic {coded}"
        yield request


def signature(secret: str, date: str, method: str, host: str, path: str, parameters: str) -> str:
    """The hexadecimal signature of a request; `parameters` is its query or form as sent."""
    pairs = sorted(parse_qsl(parameters, keep_blank_values=True))
    canon = "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in pairs)
    text = "\n".join((date, method.upper(), host.lower(), path, canon))
    return hmac.new(secret.encode(), text.encode(), sha1).hexdigest()


class Duo(ApiConnector):
    """Child accounts are listed by the parent; each child's users come from the child's own host."""

    about: ClassVar[About] = About(
        id="duo",
        name="Duo",
        side="usage",
        category="Identity",
        summary="Users of every child account below a managed service provider's account.",
        fields=(
            Field(
                name="host",
                label="API hostname",
                help="Shown on the Accounts API application, such as api-1a2b3c4d.duosecurity.com.",
                pattern=_HOST,
                wrong="must look like api-1a2b3c4d.duosecurity.com",
            ),
            Field(
                name="integration_key",
                label="Integration key",
                help="Shown on the Accounts API application.",
                pattern=r"[A-Z0-9]{20}",
                wrong="has 20 capital letters and digits",
            ),
            Field(
                name="secret_key",
                label="Secret key",
                help="Shown on the Accounts API application.",
                is_secret=True,
                pattern=r"[A-Za-z0-9]{40}",
                wrong="has 40 letters and digits",
            ),
        ),
        privileges=(
            Privilege(name=ACCOUNTS, why="to list the child accounts"),
            Privilege(name=USERS, why="to list the users of each child account"),
        ),
        limits=Limits(
            budgets=(Budget(requests=50, seconds=60),),
            at_once=1,
            source="Duo asks to back off 1 to 32 s at 429 and names no number; 50 a minute is our caution.",
        ),
        hosts=("api-*.duosecurity.com",),
        proof="facts",
    )
    page_size = 300

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self._auth = Signature(self.settings["integration_key"], self.settings["secret_key"])
        self._clients: dict[str, Http] = {}

    def identify(self) -> str:
        return f"Duo parent account with {len(list(self._children()))} child accounts"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """Duo says FAIL with a code of five digits; the first three are the status."""
        if answer.status == 401:
            return self.failure("credentials_refused", status=401)
        if answer.status == 403:
            return self.failure("privilege_missing", needs, status=403)
        return None

    @stream("accounts", needs=ACCOUNTS)
    def accounts(self) -> Reads:
        for row in self._children():
            yield Account(
                external_id=row.need("account_id"),
                name=row.need("name"),
                attributes=row.attributes({"account_id", "name"}),
            )
        return ""

    @stream("seats", needs=USERS)
    def seats(self) -> Reads:
        """A seat for each user; users that wait for deletion are left out."""
        for child in self._children():
            account, host = child.need("account_id"), child.need("api_hostname")
            for row in self._users(account, host):
                if row.text("status") == _GONE:
                    continue
                yield Seat(
                    external_id=row.need("user_id"),
                    account_external_id=account,
                    kind="user",
                    sku="duo",
                    sku_name="Duo user",
                    identity=row.text("email") or row.need("username"),
                    display_name=row.text("realname") or row.text("username"),
                    status=_STATUS.get(row.text("status"), "active"),
                    created_at=row.moment("created"),
                    last_seen_at=row.moment("last_login"),
                    attributes=row.attributes({"user_id", "email", "realname"}),
                )
        return ""

    def _children(self) -> Iterator[Row]:
        http = self._at(self.settings["host"])
        answer = http.send("POST", "accounts/v1/account/list", needs=ACCOUNTS)
        yield from answer.row("list of accounts").need_rows("response", "account")

    def _users(self, account: str, host: str) -> Iterator[Row]:
        return cursored(
            self._at(host),
            "admin/v1/users",
            lambda answer: answer.row("list of users").need_rows("response", "user"),
            lambda answer, _rows: _next(answer.row("list of users")),
            noun="user",
            params={"account_id": account, "limit": self.size, "offset": 0},
            needs=USERS,
        )

    def _at(self, host: str) -> Http:
        """The client of a host; a child's host is Duo's own, or nothing is sent to it."""
        if not host.endswith(".duosecurity.com") or not host.startswith("api-"):
            raise self.failure("foreign_page", host)
        if host not in self._clients:
            self._clients[host] = self.open(f"https://{host}", auth=self._auth)
        return self._clients[host]


def _next(answer: Row) -> Mapping[str, object] | None:
    offset = answer.row("metadata").exact("next_offset")
    return None if offset is None else {"offset": int(offset)}
