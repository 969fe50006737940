"""From a raw socket: the unsigned, a viewer and a member of another workspace try every handler and get nothing.

The handlers come from the registry and the tables from the models, so later ones are included by themselves.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

from rcx_app.core.permissions import Role, may
from rcx_app.ui import guard
from tests.support.fill import fill, fingerprint
from tests.support.hostile import payloads
from tests.support.probe import MARK as PROBE_MARK  # importing it registers all handlers, the probe's with them
from tests.support.web import STATE, Person, Socket, WebServer, web_server
from tests.support.wire import Closed, Refused

MARK = "Quillfeather"
IDS = (1, 2)
APP = f"{STATE}.rcx_app___ui___base____app_state"
PROBE = f"{APP}.tests___support___probe____probe_state"
ENTER = f"{APP}.enter"
LAST = f"{STATE}.hydrate"
_names = itertools.count()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_root: str) -> Iterator[WebServer]:
    """A process of its own: what it holds is counted, row by row."""
    with web_server(tmp_path_factory.mktemp("web"), sqlite_template, f"{redis_root}/2") as server:
        yield server


@pytest.fixture(scope="module")
def victim(web: WebServer) -> Person:
    """The owner of a workspace with something in every table."""
    person = web.sign_in("victim")
    assert fill(web.database_url, person.workspace_id, person.user_id, MARK) > 10
    return person


def stranger(web: WebServer, **more: Any) -> Person:
    return web.sign_in(f"person{next(_names)}", **more)


def every_handler() -> Iterator[tuple[str, Any]]:
    for name, found in sorted(RegistrationContext.get().event_handlers.items()):
        yield name, found.handler.fn


def deltas(updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [update["delta"] for update in updates if update.get("delta")]


def is_last(update: dict[str, Any]) -> bool:
    """Whether this is the answer to a hydration, which ends what was asked before."""
    return "is_hydrated_rx_state_" in update.get("delta", {}).get(STATE, {})


def attack(web: WebServer, enter: Callable[[], Person], only: Any = lambda _: True) -> list[str]:
    """Call every handler with every payload, each handler from a fresh socket; all that came back, as text.

    Some handlers end a person's own session, or take him out of the workspace: then another person goes on.
    """
    answers: list[str] = []
    attacker = enter()
    for number, (name, handler) in enumerate(every_handler()):
        if not only(handler):
            continue
        # What names no permission runs for nobody (see below), whatever is sent with it.
        is_closed = name not in guard.INTERNAL and guard.permission_of(handler) is None
        with web.socket(attacker, token=f"attack{number}") as socket, suppress(Closed):
            for payload in itertools.islice(payloads(handler, IDS), 1 if is_closed else None):
                socket.send(name, payload)
            socket.send(LAST)
            while (update := socket.receive(2)) is not None or web.is_in(attacker):
                answers += [json.dumps(update)] if update is not None else []
                if update is not None and is_last(update):
                    break
        if not web.is_in(attacker):
            attacker = enter()
    return answers


def test_a_member_of_another_workspace_gets_and_changes_nothing(web: WebServer, victim: Person) -> None:
    before = fingerprint(web.database_url, victim.workspace_id)
    answers = attack(web, lambda: stranger(web))
    assert any(PROBE_MARK in answer for answer in answers), "in his own workspace he is the owner"
    assert not [answer for answer in answers if MARK in answer or "victim" in answer]
    assert fingerprint(web.database_url, victim.workspace_id) == before


def test_a_viewer_changes_nothing_but_what_is_his_own(web: WebServer, victim: Person) -> None:
    viewers: list[int] = []

    def enter() -> Person:
        viewer = stranger(web, role=Role.VIEWER, workspace_id=victim.workspace_id)
        viewers.append(viewer.user_id)
        return viewer

    before = fingerprint(web.database_url, victim.workspace_id)
    attack(web, enter, only=lambda handler: not beyond(handler, Role.VIEWER))
    assert len(viewers) > 1, "some of them left by themselves"
    after = fingerprint(web.database_url, victim.workspace_id, but_of=viewers)
    assert {name for name in after if after[name] != before[name]} == set()


def beyond(handler: Any, role: Role) -> bool:
    """Whether the role does not grant what the handler asks for: the next test shows that none of them runs."""
    permission = guard.permission_of(handler)
    return permission is not None and not may(role, permission)


def test_a_viewer_gets_no_answer_from_handlers_beyond_his_role(web: WebServer, victim: Person) -> None:
    viewer = stranger(web, role=Role.VIEWER, workspace_id=victim.workspace_id)
    refused = [name for name, handler in every_handler() if beyond(handler, Role.VIEWER)]
    assert f"{PROBE}.hire" in refused
    for name in refused:
        with web.socket(viewer, token=name[-40:]) as socket:
            socket.settled()
            socket.send(name, next(payloads(guard_handler(name), IDS)))
            update = socket.receive()
            assert update is not None
            assert not update.get("delta"), name
            said = json.dumps(update)
            assert "Your role (viewer)" in said or "This is not available." in said, name


def guard_handler(name: str) -> Any:
    return RegistrationContext.get().event_handlers[name].handler.fn


def test_the_unsigned_are_sent_to_sign_in_and_reach_no_handler(web: WebServer, victim: Person) -> None:
    before = fingerprint(web.database_url, victim.workspace_id)
    for start in range(2):
        with web.socket(None, token=f"unsigned{start}") as socket:
            for name, handler in every_handler():
                for payload in payloads(handler, IDS):
                    with suppress(Closed):
                        socket.send(name, payload)
            updates = []
            while (update := socket.receive(2)) is not None:
                updates.append(update)
            assert not deltas(updates)
            assert len(updates) == 1
            assert "/sign-in" in json.dumps(updates)
            assert socket.is_closed
    assert fingerprint(web.database_url, victim.workspace_id) == before


@pytest.mark.parametrize("cookie", ["rcx_session=", "rcx_session=made-up", "rcx_session=" + "x" * 5000, "other=1"])
def test_a_made_up_cookie_is_no_session(web: WebServer, cookie: str) -> None:
    with web.socket(Person(0, 0, 0, cookie)) as socket:
        update = socket.receive()
        assert update is not None
        assert "/sign-in" in json.dumps(update)
        assert not update.get("delta")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://localhost", "http://localhost.evil.example"]
)
def test_a_socket_from_another_origin_is_refused(web: WebServer, origin: str) -> None:
    person = stranger(web)
    with pytest.raises(Refused):
        web.socket(person, origin=origin)


def test_a_revoked_session_stops_at_once(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        assert deltas(socket.settled())
        web.revoke(person)
        socket.send(ENTER)
        update = socket.receive()
        assert update is not None
        assert not update.get("delta")
        assert "/sign-in" in json.dumps(update)


def test_an_expired_session_stops_at_once(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        assert deltas(socket.settled())
        web.expire(person)
        socket.send(ENTER)
        assert "/sign-in" in json.dumps(socket.receive())


def test_a_handler_runs_for_who_is_signed_in(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        socket.settled()
        socket.send(ENTER)
        update = socket.receive()
        assert update is not None
        assert update["delta"][APP]["role_rx_state_"] == "owner"
        assert update["delta"][APP]["may_map_rx_state_"] is True


def test_a_state_is_out_of_reach_of_other_sessions(web: WebServer) -> None:
    """The tab's token alone opens nothing: not while its owner is there, not after he has gone."""
    owner, other = web.sign_in(f"{MARK}-owner"), stranger(web)
    with web.socket(owner, token="shared-token") as first:
        first.settled()
        first.send(ENTER)
        assert MARK in json.dumps(first.receive())
        with web.socket(other, token="shared-token") as second:
            assert MARK not in json.dumps(second.settled())
        first.send(ENTER)
        assert MARK in json.dumps(first.settled())
    with web.socket(other, token="shared-token") as second:
        assert MARK not in json.dumps(second.settled())
    with web.socket(owner, token="shared-token") as again:
        assert MARK in json.dumps(again.settled())


def test_a_client_cannot_name_another_session_in_a_header_or_in_an_event(web: WebServer, victim: Person) -> None:
    attacker = stranger(web)
    address = f"{web.origin.replace('http', 'ws')}/_event/?token=t&EIO=4&transport=websocket"
    forged = {"origin": web.origin, "cookie": attacker.cookie, "x-rcx-session": str(victim.session_id)}
    event = {
        "name": ENTER,
        "payload": {},
        "router_data": {"headers": {"x-rcx-session": str(victim.session_id)}, "token": "t", "pathname": "/"},
    }
    socket = Socket(address, forged)
    socket.raw(f"42/_event,{json.dumps(['event', event])}")
    updates = socket.settled()
    socket.close()
    assert deltas(updates)
    assert "victim" not in json.dumps(updates)


def test_setvar_and_client_storage_change_no_var(web: WebServer) -> None:
    viewer = web.sign_in(f"weak{next(_names)}", Role.VIEWER)
    storage = f"{STATE}.reflex___state____update_vars_internal_state.update_vars_internal"
    with web.socket(viewer) as socket:
        socket.settled()
        socket.send(f"{APP}.setvar", {"var_name": "role", "value": "owner"})
        socket.send(storage, {"vars": {f"{APP}.role": "owner", f"{APP}.role_rx_state_": "owner"}})
        socket.send(storage, {"vars": {"no.such.state.var": 1}})
        socket.send(f"{STATE}.hydrate_and_load", {"vars": {f"{APP}.role": "owner"}, "hashes": None})
        assert '"owner"' not in json.dumps(socket.settled())


def test_what_is_sent_to_the_browser_and_kept_with_the_state_holds_no_cookie(web: WebServer, redis_root: str) -> None:
    import redis

    person = stranger(web)
    secret = person.cookie.partition("=")[2]
    with web.socket(person) as socket:
        socket.send(ENTER)
        assert secret not in json.dumps(socket.settled())
    with redis.Redis.from_url(f"{redis_root}/2") as client:
        kept = [client.dump(key) for key in client.scan_iter()]
    assert kept
    assert not [value for value in kept if value and secret.encode() in value]


@pytest.mark.parametrize(
    "text",
    [
        '42/_event,["event",7]',
        '42/_event,["event","{"]',
        '42/_event,["event",{"name":7}]',
        '42/_event,["event",{"name":"no.such.handler","payload":{}}]',
        '42/_event,["event",{"name":"__class__.__init__","payload":{}}]',
        '42/_event,["event",{"name":"' + ENTER + '","router_data":[]}]',
        '42/_event,["client_error",{"message":"x"}]',
        '42/_event,["no_such_event",{}]',
        "42/other,[]",
        "nonsense",
        "",
        "4" * 1000,
    ],
)
def test_broken_messages_do_not_break_the_server(web: WebServer, text: str) -> None:
    person = stranger(web)
    with web.socket(person, token="broken") as socket:
        socket.raw(text)
        while (update := socket.receive(0.3)) is not None:
            assert not update.get("delta")
    with web.socket(person, token="whole") as socket:
        assert deltas(socket.settled())


def test_an_oversized_message_closes_the_socket(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        socket.settled()
        socket.send(ENTER, {"x": "y" * 400_000})
        assert socket.is_closed


def test_a_flood_does_not_hold_up_another_person(web: WebServer) -> None:
    flooder, other = stranger(web), stranger(web)
    with web.socket(flooder, token="flood") as flood, web.socket(other, token="calm") as calm:
        flood.settled()
        calm.settled()
        for _ in range(3000):
            flood.send(ENTER)
        waits = []
        for _ in range(5):
            began = time.monotonic()
            assert calm.settled()
            waits.append(time.monotonic() - began)
        assert sorted(waits)[2] < 1.0


def test_the_frameworks_own_upload_and_health_endpoints_are_closed(web: WebServer) -> None:
    with web.http(stranger(web)) as client:
        assert client.get("/_upload/anything.csv").status_code == 404
        assert client.post("/_upload", files={"files": b"x"}).status_code == 404
        assert client.get("/_health").status_code == 404
        assert client.get("/_all_routes").status_code == 404
        assert client.get("/_event/?EIO=4&transport=polling").status_code == 404


def ask(socket: Socket, handler: str, payload: Any = None) -> str:
    """What comes back first, as text."""
    socket.send(f"{PROBE}.{handler}", payload)
    return json.dumps(socket.receive())


@pytest.mark.parametrize("handler", ["untagged", "undecorated", "setvar", "set_settable"])
def test_a_handler_without_permission_runs_for_nobody(web: WebServer, handler: str) -> None:
    owner = stranger(web)
    before = fingerprint(web.database_url, owner.workspace_id)
    payload = {"value": "x"} if handler == "set_settable" else {}
    payload = {"var_name": "settable", "value": "x"} if handler == "setvar" else payload
    with web.socket(owner) as socket:
        socket.settled()
        answer = ask(socket, handler, payload)
        assert "This is not available" in answer
        assert PROBE_MARK not in json.dumps(socket.settled())
    assert fingerprint(web.database_url, owner.workspace_id) == before


def test_the_right_role_gets_its_answer(web: WebServer) -> None:
    owner = stranger(web)
    before = fingerprint(web.database_url, owner.workspace_id)
    with web.socket(owner) as socket:
        socket.settled()
        assert PROBE_MARK in ask(socket, "hire")
        assert f"{PROBE_MARK} 7" in ask(socket, "own", {"number": 7})
    assert fingerprint(web.database_url, owner.workspace_id) != before


@pytest.mark.parametrize(
    "payload", [{}, {"number": "7"}, {"number": 7.5}, {"number": None}, {"number": 7, "x": 1}, [7]]
)
def test_other_arguments_than_declared_do_not_reach_the_handler(web: WebServer, payload: Any) -> None:
    with web.socket(stranger(web)) as socket:
        socket.settled()
        answer = ask(socket, "count", payload)
        assert "counted" not in answer
        assert "not valid" in answer or "not understood" in answer
        assert "counted 8" in ask(socket, "count", {"number": 8})


def test_a_handler_that_the_server_starts_itself_needs_the_permission_too(web: WebServer) -> None:
    viewer = stranger(web, role=Role.VIEWER)
    before = fingerprint(web.database_url, viewer.workspace_id)
    with web.socket(viewer) as socket:
        socket.settled()
        socket.send(f"{PROBE}.chain")
        answers = [json.dumps(socket.receive()), json.dumps(socket.receive())]
        assert "Your role (viewer)" in answers[0]
        assert "not available" in answers[1]
    assert fingerprint(web.database_url, viewer.workspace_id) == before


def test_a_background_handler_needs_the_permission_too(web: WebServer) -> None:
    viewer = stranger(web, role=Role.VIEWER)
    before = fingerprint(web.database_url, viewer.workspace_id)
    with web.socket(viewer) as socket:
        socket.settled()
        assert "Your role (viewer)" in ask(socket, "hire_later")
    assert fingerprint(web.database_url, viewer.workspace_id) == before


def test_a_poll_ends_with_its_session(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        socket.settled()
        socket.send(f"{PROBE}.poll")
        assert "ticks" in json.dumps(socket.receive())
        web.revoke(person)
        last = ""
        while (update := socket.receive(4)) is not None:
            last = json.dumps(update)
        assert "/sign-in" in last


def test_a_role_that_was_taken_away_counts_at_once(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        socket.settled()
        assert PROBE_MARK in ask(socket, "hire")
        web.give_role(person, Role.VIEWER)
        assert "Your role (viewer)" in ask(socket, "hire")


def test_errors_are_told_in_words_and_without_traces(web: WebServer) -> None:
    with web.socket(stranger(web)) as socket:
        socket.settled()
        missed = ask(socket, "miss")
        assert "The invoice was not found." in missed
        assert "Look again." in missed
        crashed = ask(socket, "crash")
        assert "Something went wrong on our side." in crashed
        assert "secret detail" not in crashed
        assert "Traceback" not in crashed
        assert "counted 1" in ask(socket, "count", {"number": 1})


def test_what_a_failing_handler_had_changed_is_not_sent_with_its_error(web: WebServer) -> None:
    """As docs/reflex-notes.md tells those who write handlers."""
    with web.socket(stranger(web)) as socket:
        socket.settled()
        socket.send(f"{PROBE}.half")
        told = json.dumps(socket.receive())
        assert "The invoice was not found." in told
        assert "half done" not in told
        assert "half done" not in json.dumps(socket.settled())


def test_a_removed_member_stops_at_once(web: WebServer) -> None:
    person = stranger(web)
    with web.socket(person) as socket:
        socket.settled()
        web.remove(person)
        assert "/sign-in" in ask(socket, "count", {"number": 1})
