"""What a person does while a page still loads comes after the page's own loading, whatever the machine's pace."""

from __future__ import annotations

import asyncio
from typing import Any

from reflex.state import OnLoadInternalState
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.event.processor.base_state_processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler


def named(state: Any, handler: str) -> Event:
    return Event(name=format_event_handler(state.event_handlers[handler]))


class Recorder(BaseStateEventProcessor):
    """Reflex's own queues; running a handler is: note its name, and name those that come next."""

    def begin(self, then: dict[str, list[Event]], meanwhile: dict[str, Event]) -> None:
        self.then, self.meanwhile, self.ran = then, meanwhile, []

    async def _execute_event(self, *, entry: Any, registered_handler: Any) -> None:
        name = entry.event.name
        self.ran.append(name)
        if name in self.meanwhile:
            # As the socket does it, in a task without this event's context.
            root = self._root_context
            assert root is not None
            await self.enqueue(entry.ctx.token, self.meanwhile[name], ev_ctx=root.fork(token=entry.ctx.token))
        await EventContext.get().enqueue(*self.then.get(name, []))


async def run(begin: Event, then: dict[str, list[Event]], meanwhile: dict[str, Event]) -> list[str]:
    recorder = Recorder(graceful_shutdown_timeout=10)
    recorder.begin(then, meanwhile)
    recorder.configure()
    async with recorder:
        future = await recorder.enqueue("a-tab", begin)
        async with asyncio.timeout(10):
            await future.wait_all()
            while recorder._token_queues or recorder._tasks:
                await asyncio.sleep(0)
    return recorder.ran


def events() -> tuple[Event, Event, Event, Event, Event]:
    import rcx_app.rcx_app  # noqa: F401  (the application keeps its queues so)
    from rcx_app.ui.base import AppState
    from rcx_app.ui.page import OpeningState
    from rcx_app.ui.pages.audit.state import AuditState

    return (
        named(OnLoadInternalState, "on_load_internal"),
        named(AppState, "enter"),
        named(OpeningState, "go"),
        named(AuditState, "load"),
        named(AuditState, "pick"),
    )


def test_a_filter_set_while_the_page_loads_is_set_after_it() -> None:
    begin, enter, go, load, pick = events()
    for during in (begin, enter, go):
        ran = asyncio.run(run(begin, {begin.name: [enter, go], go.name: [load]}, {during.name: pick}))
        assert ran == [each.name for each in (begin, enter, go, load, pick)]


def test_what_a_deed_leads_to_keeps_its_place() -> None:
    """Only a page's loading goes ahead: of two deeds, each is answered in its turn."""
    _, enter, go, load, pick = events()
    ran = asyncio.run(run(enter, {enter.name: [go], pick.name: [load]}, {enter.name: pick}))
    assert ran == [each.name for each in (enter, pick, go, load)]
