"""The connectors' guides: for the signed-in, of connectors only, and whole."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.routing import Router

from connectors import registry
from rcx_app.domain.identity.schemas import Identity
from rcx_app.web import guides


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async def somebody(_: object) -> Identity | None:
        return object()  # type: ignore[return-value]

    monkeypatch.setattr(guides, "identify", somebody)


def ask(path: str) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=Router(routes=guides.ROUTES))
        async with httpx.AsyncClient(transport=transport, base_url="http://rcx.example") as client:
            return await client.get(path)

    return asyncio.run(call())


def test_strangers_sign_in_first() -> None:
    answer = ask("/guides/ninjaone")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fguides%2Fninjaone")


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("connector", [about.id for about in registry.abouts()])
def test_every_connector_has_a_guide_that_says_where_each_thing_is_found(connector: str) -> None:
    answer = ask(f"/guides/{connector}")
    assert answer.status_code == 200
    about = next(each for each in registry.abouts() if each.id == connector)
    assert f"<title>How to connect {about.name} - RCX</title>" in answer.text
    assert "<h1>" in answer.text
    assert "<table>" in answer.text
    assert "| --- |" not in answer.text, "tables are drawn"
    assert "<script>" not in answer.text
    for field in about.fields:
        assert field.label.partition(" (")[0] in answer.text, f"the guide of {about.name} does not name {field.label}"


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("path", ["/guides/nothing", "/guides/README", "/guides/writing-one", "/guides/..%2Fsecurity"])
def test_nothing_else_is_shown(path: str) -> None:
    assert ask(path).status_code == 404
