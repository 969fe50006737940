"""Keeping the browser's address in step with what is shown, without a page load. Reading it is each page's own."""

from __future__ import annotations

import json

import reflex as rx
from reflex.event import EventSpec

# The router's own bookkeeping stays whole, so that Back and Forward come to it and load from the address.
_PUSH = (
    "history.pushState({...history.state,idx:(history.state?.idx??0)+1,key:Math.random().toString(36).slice(2)},'',%s)"
)
_REPLACE = "history.replaceState(history.state,'',%s)"
_SET = (
    "(()=>{const at=new URL(location.href);%s?at.searchParams.set(%s,%s):at.searchParams.delete(%s);"
    "history.replaceState(history.state,'',at)})()"
)


def push(address: str) -> EventSpec:
    """A new entry, to which Back returns: filters and order."""
    return rx.call_script(_PUSH % json.dumps(address))


def replace(address: str) -> EventSpec:
    """The same entry under another address: what changes while typing."""
    return rx.call_script(_REPLACE % json.dumps(address))


def put(name: str, value: str) -> EventSpec:
    """One value of the query in the same entry (empty takes it out): which row is open."""
    return rx.call_script(_SET % (json.dumps(bool(value)), json.dumps(name), json.dumps(value), json.dumps(name)))
