"""A real RCX web process for tests (no pages built), people who are signed in to it, and a raw event socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session, select

from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import service
from rcx_app.models import AuthSession, Membership, User, Workspace
from tests.support.servers import free_port
from tests.support.wait import eventually
from tests.support.wire import Closed, Wire

ROOT = Path(__file__).parents[2]
NAMESPACE = "/_event"
STATE = "reflex___state____state"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    user_id: int
    workspace_id: int
    session_id: int
    cookie: str


@dataclass(frozen=True)
class WebServer:
    """A running server; `database_url` is what it works on, for looking from outside."""

    origin: str
    database_url: str
    var_dir: Path
    upload_limit: int = 3 * 1024 * 1024

    def sign_in(self, name: str, role: Role = Role.OWNER, *, workspace_id: int | None = None) -> Person:
        """A new person with a session, in a new workspace or in the given one."""
        with transaction(None, url=self.database_url) as session:
            user = User(email=f"{name}@msp.example", email_key=f"{name}@msp.example", name=name, password_hash="!")
            session.add(user)
            if workspace_id is None:
                workspace = Workspace(name=f"{name} workspace")
                session.add(workspace)
                session.flush()
                workspace_id = workspace.id
            session.flush()
            session.add(Membership(workspace_id=workspace_id, user_id=user.id, role=role.value))
            session.flush()
            begun = service.begin(session, user, service.Device(), workspace_id=workspace_id)
        cookie = f"rcx_session={begun.token}"
        return Person(user.id, workspace_id, begun.identity.session_id, cookie)

    def revoke(self, person: Person) -> None:
        """End the session from another process than the server's."""
        with transaction(None, url=self.database_url) as session:
            service.revoke(session, person.session_id)

    def is_in(self, person: Person) -> bool:
        """Whether the person's session is still good."""
        with transaction(None, url=self.database_url, read_only=True) as session:
            return service.resolve_id(session, person.session_id) is not None

    def expire(self, person: Person) -> None:
        with transaction(None, url=self.database_url) as session:
            row = session.get(AuthSession, person.session_id)
            assert row is not None
            row.expires_at = row.created_at

    def age(self, person: Person, *, minutes: int) -> None:
        """Let the session's token be older than it is."""
        with transaction(None, url=self.database_url) as session:
            row = session.get(AuthSession, person.session_id)
            assert row is not None
            row.rotated_at -= timedelta(minutes=minutes)

    def give_role(self, person: Person, role: Role) -> None:
        with transaction(None, url=self.database_url) as session:
            self._membership(session, person).role = role.value

    def remove(self, person: Person) -> None:
        """End the person's membership."""
        with transaction(None, url=self.database_url) as session:
            session.delete(self._membership(session, person))

    @staticmethod
    def _membership(session: Session, person: Person) -> Membership:
        query = select(Membership).where(
            Membership.workspace_id == person.workspace_id, Membership.user_id == person.user_id
        )
        return session.exec(query).one()

    def http(self, person: Person | None = None, **headers: str) -> httpx.Client:
        """A browser-like client (same origin)."""
        cookie = {"cookie": person.cookie} if person else {}
        return httpx.Client(base_url=self.origin, headers={"origin": self.origin, **cookie, **headers}, timeout=20)

    def socket(self, person: Person | None = None, *, token: str = "tab", origin: str | None = None) -> Socket:
        """An open event socket. Raises Refused where the server does not take it."""
        headers = {"origin": self.origin if origin is None else origin}
        if person:
            headers["cookie"] = person.cookie
        address = f"{self.origin.replace('http', 'ws')}{NAMESPACE}/?token={token}&EIO=4&transport=websocket"
        return Socket(address, {name: value for name, value in headers.items() if value})


class Socket:
    """Speaks Socket.IO by hand, so that it can also say what no client library would."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self._wire = Wire(address, headers)
        hello = self._wire.receive(10)
        assert hello is not None, "no greeting"
        assert hello.startswith("0{"), hello
        self.raw(f"40{NAMESPACE},{{}}")
        welcome = self._wire.receive(10)
        assert welcome is not None, "no welcome"
        assert welcome.startswith(f"40{NAMESPACE},"), welcome

    def raw(self, text: str) -> None:
        """Raises Closed."""
        self._wire.send(text)

    def send(self, name: str, payload: Any = None) -> None:
        """Ask for a handler."""
        event = {"name": name, "payload": {} if payload is None else payload, "router_data": {"pathname": "/"}}
        self.raw(f"42{NAMESPACE},{json.dumps(['event', event])}")

    def receive(self, within_s: float = 10.0) -> dict[str, Any] | None:
        """The next update, or None where none comes or the socket is closed."""
        while True:
            try:
                text = self._wire.receive(within_s)
            except Closed:
                return None
            if text is None:
                return None
            if text == "2":
                self.raw("3")
            elif text.startswith(f"42{NAMESPACE},"):
                kind, body = json.loads(text.partition(",")[2])
                if kind == "event":
                    return dict(body)

    def settled(self, within_s: float = 20.0) -> list[dict[str, Any]]:
        """All updates up to the end of what was asked so far: a hydration, asked now, answers last."""
        self.send(f"{STATE}.hydrate")
        found = []
        while (update := self.receive(within_s)) is not None:
            found.append(update)
            if STATE in update.get("delta", {}) and "is_hydrated_rx_state_" in update["delta"][STATE]:
                break
        return found

    @property
    def is_closed(self) -> bool:
        """Whether the server closes it within a few seconds."""
        try:
            while self._wire.receive(5) is not None:
                pass
        except Closed:
            return True
        return False

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def web_server(folder: Path, database: Path, redis_url: str = "") -> Iterator[WebServer]:
    """Start the server (with the probe) on a copy of `database` in `folder`; with Redis also its state lives there."""
    var = folder / "var"
    var.mkdir()
    shutil.copy(database, var / "rcx.db")
    port = free_port()
    origin = f"http://localhost:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RCX_") and name != "REDIS_URL"}
    env = kept | {
        "RCX_VAR_DIR": str(var),
        "RCX_PORT": str(port),
        "RCX_PUBLIC_URL": origin,
        "REDIS_URL": redis_url,
        "RCX_TRUSTED_PROXY_HOPS": "1",
        "RCX_UPLOAD_MAX_BYTES": str(WebServer.upload_limit),
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(folder / "web"),
        "__REFLEX_SKIP_COMPILE": "true",
    }
    where = ["--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "web.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", *where, "tests.support.probe:app"],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: _answers(origin, process), within_s=240, what=f"{folder / 'web.log'}")
            yield WebServer(origin, f"sqlite:///{var / 'rcx.db'}", var)
        finally:
            process.terminate()
            process.wait(15)


def _answers(origin: str, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise AssertionError("the web server has ended")
    try:
        return httpx.get(f"{origin}/healthz", timeout=1).status_code == 200
    except httpx.TransportError:
        return False
