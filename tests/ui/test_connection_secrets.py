"""A typed secret goes through the event socket and is found nowhere afterwards: no answer, no state store, no log."""

from __future__ import annotations

import json

import redis
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.models import Connection
from tests.support.web import STATE, Person, WebServer

SECRET = "Quillfeather-never-to-be-seen-again"
FORM = f"{STATE}.rcx_app___ui___base____app_state.rcx_app___ui___pages___integrations___form_state____form_state"
TYPED = {"connection-label": "Distributor", "client_id": "northbeam-rcx", "client_secret": SECRET}


def sent(web: WebServer, person: Person) -> str:
    """Open the form, submit it wrong, test it, save it: all that came back."""
    answers = []
    with web.socket(person) as socket:
        for name, payload in (
            ("load", {}),
            ("save", {"form": {**TYPED, "connection-label": ""}}),
            ("save", {"form": TYPED}),
        ):
            where = {"pathname": "/integrations", "asPath": "/integrations?add=pax8", "query": {"add": "pax8"}}
            event = {"name": f"{FORM}.{name}", "payload": payload, "router_data": where}
            socket.raw(f"42/_event,{json.dumps(['event', event])}")
            answers += socket.settled()
    return json.dumps(answers)


def test_a_typed_secret_is_found_nowhere_afterwards(web: WebServer, redis_root: str) -> None:
    person = web.sign_in("connecting")
    answers = sent(web, person)
    assert "Give it a label" in answers
    assert "Distributor is connected" in answers
    with transaction(None, url=web.database_url, read_only=True) as session:
        (row,) = session.exec(select(Connection).where(Connection.workspace_id == person.workspace_id)).all()
    assert row.credentials is not None
    assert SECRET not in answers
    assert SECRET.encode() not in row.credentials
    assert SECRET not in json.dumps(row.settings)
    with redis.Redis.from_url(f"{redis_root}/1") as client:
        kept = [client.dump(key) for key in client.scan_iter()]
    assert kept
    assert not [value for value in kept if value and SECRET.encode() in value]
    for path in web.var_dir.parent.rglob("*.log"):
        assert SECRET not in path.read_text(errors="replace")
