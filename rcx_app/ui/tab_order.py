"""Lets a page finish loading before it hears what the person did meanwhile. How events are run is Reflex's own.

A page loads in a chain: each handler names those that come next, and Reflex 0.10.1 puts them behind whatever stands in
the tab's queue by then. A filter set on a slow machine while the page still loads thus came before the page's `load`,
which then read the address as it was and took the filter back. Here a page's own chain goes ahead of later deeds.
"""

from __future__ import annotations

from typing import Any

from reflex_base.event.processor.base_state_processor import BaseStateEventProcessor, _connect_supersedes
from reflex_base.event.processor.event_processor import EventProcessor

_enqueue = EventProcessor._enqueue_for_token


def install() -> None:
    """Let every tab's queue be kept so from now on."""
    # On purpose: Reflex has no setting and no hook for it.
    BaseStateEventProcessor._enqueue_for_token = _enqueue_in_turn  # type: ignore[method-assign]


def _enqueue_in_turn(processor: EventProcessor, *, entry: Any, registered_handler: Any) -> None:
    """As Reflex does, but what loads a page stands before the events of later chains. The first one is being run."""
    _enqueue(processor, entry=entry, registered_handler=registered_handler)
    queue, own = processor._token_queues.get(entry.ctx.token), processor._futures.get(entry.ctx.txid)
    if queue is None or own is None or not _loads_a_page(own):
        return
    for place in range(1, len(queue) - 1):
        other = processor._futures.get(queue[place][0].ctx.txid)
        if other is not None and other.root_gen > own.root_gen:
            queue.insert(place, queue.pop())
            return


def _loads_a_page(future: Any) -> bool:
    on_load = _connect_supersedes()[1]
    return any(name == on_load for name, _ in future.covered_supersede_keys)
