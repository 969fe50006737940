"""Every plain route at every stage, and a raw socket: what a stage closes is closed to whoever asks for it himself.

The routes are those of the web process; one that is added must be put into the table here.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from starlette.routing import Route, Router

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import STAGE_OPENS, Permission, Role, Staff, Stage
from rcx_app.domain.staff import access, agents
from rcx_app.models import Workspace
from rcx_app.web.app import wrapper
from tests.support.fill import fingerprint
from tests.support.probe import MARK as PROBE_MARK
from tests.support.web import STATE, Person, WebServer

PROBE = f"{STATE}.rcx_app___ui___base____app_state.tests___support___probe____probe_state"
# What each route takes. Those without stage: signing in and out, one's own account, and what every visitor may see.
FREE = (
    "/healthz", "/readyz", "/metrics", "/sign-in", "/sign-in/code", "/sign-up", "/check-mail", "/verify", "/welcome",
    "/sign-out", "/workspace", "/forgot", "/reset", "/account/", "/confirm-email", "/invite", "/unsubscribe",
    "/guides/", "/openid", "/sso", "/staff/enter", "/staff/leave",
)  # fmt: skip
NEEDS: tuple[tuple[str, Permission], ...] = (
    ("/exports/audit", Permission.SETTINGS),
    ("/exports/", Permission.READ),
    ("/files", Permission.IMPORT),
    ("/attachments", Permission.SUPPORT),
    ("/calendar-files/", Permission.ONBOARD),
    ("/settings/subscription/", Permission.OWN),
    ("/staff/", Permission.AGENT),
)


def routes() -> list[Route]:
    """All that stand around the user interface's own server."""
    found = wrapper(lambda *_: None)(lambda *_: None)  # type: ignore[arg-type,return-value]
    while not isinstance(found, Router):
        found = next(value for value in vars(found).values() if callable(value))
    return [each for each in found.routes if isinstance(each, Route)]


def need_of(path: str) -> Permission | None:
    for start, permission in NEEDS:
        if path.startswith(start) and path not in FREE:
            return permission
    assert any(
        path == free or (free.endswith("/") and path.startswith(free)) or path.startswith(free) for free in FREE
    ), f"{path} needs a line in this table"
    return None


def put(web: WebServer, person: Person, stage: Stage) -> None:
    with transaction(None, url=web.database_url) as session:
        row = session.get(Workspace, person.workspace_id)
        assert row is not None
        row.stage = stage.value


@pytest.mark.parametrize("stage", list(Stage))
def test_every_route_at_a_stage(web: WebServer, stage: Stage) -> None:
    owner = web.sign_in(f"stage-{stage.value}")
    put(web, owner, stage)
    before = fingerprint(web.database_url, owner.workspace_id)
    walked = 0
    with web.http(owner) as client:
        for route in routes():
            permission = need_of(route.path)
            if permission is None:
                continue
            path = route.path.replace("{name}", "x.csv").replace("{number}", "1").replace("{file_id:int}", "1")
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            params = {"first": "2026-11-01", "last": "2026-11-30", "from": "2026-11-01", "to": "2026-11-30"}
            answer = client.request(method, path, headers={"origin": web.origin}, params=params)
            is_open = permission in STAGE_OPENS[stage] and permission is not Permission.AGENT
            if not is_open:
                assert answer.status_code in (403, 404), (path, answer.status_code)
            else:
                assert answer.status_code != 403, (path, answer.text[:300])
            walked += 1
    assert walked > 10
    if stage in (Stage.QUESTIONNAIRE, Stage.BOOKING):
        assert fingerprint(web.database_url, owner.workspace_id) == before


def test_every_route_is_known_by_the_table() -> None:
    assert {need_of(each.path) for each in routes()} >= {Permission.READ, Permission.IMPORT, Permission.SUPPORT}


@pytest.mark.parametrize("stage", [Stage.QUESTIONNAIRE, Stage.BOOKING, Stage.SUSPENDED])
def test_a_raw_socket_gets_nothing_beyond_the_stage(web: WebServer, stage: Stage) -> None:
    owner = web.sign_in(f"socket-{stage.value}")
    closed, payload = ("hire", {}) if stage is Stage.SUSPENDED else ("count", {"number": 7})
    with web.socket(owner) as socket:
        socket.settled()
        socket.send(f"{PROBE}.{closed}", payload)
        first = json.dumps(socket.receive())
        assert PROBE_MARK in first or "counted 7" in first
        put(web, owner, stage)
        before = fingerprint(web.database_url, owner.workspace_id)
        socket.send(f"{PROBE}.{closed}", payload)
        told = json.dumps(socket.receive())
        assert PROBE_MARK not in told
        assert "counted" not in told
        assert ("is suspended" if stage is Stage.SUSPENDED else "opens later in your onboarding") in told
    assert fingerprint(web.database_url, owner.workspace_id) == before


def test_an_agent_enters_by_leave_and_is_out_with_it(web: WebServer) -> None:
    owner, elin = web.sign_in("leave-owner"), web.sign_in("leave-agent")
    ours = Context(workspace_id=owner.workspace_id, user_id=owner.user_id, role=Role.OWNER)
    with transaction(None, url=web.database_url) as session:
        agents.appoint(session, None, "leave-agent@msp.example", Staff.AGENT)
    wanted = {"workspace_id": str(owner.workspace_id)}
    with web.http(elin) as client:
        assert client.post("/staff/enter", data=wanted).status_code == 403
        assert client.post("/staff/leave", data={"x": "x"}).status_code == 409
        forged = client.post("/staff/enter", data=wanted, headers={"origin": "https://evil.example"})
        assert forged.status_code == 403
    with transaction(ours, url=web.database_url) as session:
        access.grant(session, ours, Role.VIEWER, timedelta(hours=1))
    with web.http(elin) as client:
        entered = client.post("/staff/enter", data=wanted)
    assert entered.status_code == 303
    inside = Person(elin.user_id, owner.workspace_id, 0, entered.headers["set-cookie"].partition(";")[0])
    with web.socket(inside, token="inside") as socket:
        socket.settled()
        socket.send(f"{PROBE}.count", {"number": 7})
        assert "counted 7" in json.dumps(socket.settled())
        socket.send(f"{PROBE}.hire")
        assert "Agents of RCX may not do this" in json.dumps(socket.settled())
        with transaction(ours, url=web.database_url) as session:
            access.end(session, ours)
        socket.send(f"{PROBE}.count", {"number": 7})
        assert "/sign-in" in json.dumps(socket.receive())
    with web.http(inside) as client:
        assert client.get("/exports/findings.csv").status_code == 401
