"""The lists that stand beside the panel: which of them is shown, and what is run there when something was decided.

A list notes its handler here, so that the panel need not know the lists and the lists may know the panel.
"""

from __future__ import annotations

from typing import Any

_followers: dict[str, Any] = {}
_counters: dict[str, Any] = {}
_fillers: dict[str, Any] = {}


def follow(path: str, handler: Any, *, count: Any = None, fill: Any = None) -> None:
    """Run `handler` (an event without arguments) where a finding was decided on a page whose path begins so.

    `count`: brings its numbers up to date, at most as often as the page looks what others do. `fill`: brings what comes
    next, where a person nears the end of the list or others decided what is in it.
    """
    _followers[path], _counters[path], _fillers[path] = handler, count, fill


def follower(path: str) -> Any:
    """What is run on a page; None where nothing follows."""
    return _of(_followers, path)


def counter(path: str) -> Any:
    """What counts anew on a page; None where nothing does."""
    return _of(_counters, path)


def filler(path: str) -> Any:
    """What fills the list up on a page; None where all of it is there."""
    return _of(_fillers, path)


def _of(handlers: dict[str, Any], path: str) -> Any:
    return next((handler for begin, handler in handlers.items() if path.startswith(begin)), None)
