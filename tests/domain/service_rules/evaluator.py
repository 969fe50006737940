"""Conditions evaluated the slow, obvious way, from docs/arithmetic.md alone. Only tests use it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from connectors.records import Seat


def same(text: str) -> str:
    return unicodedata.normalize("NFC", str(text).strip().casefold())


def takes(tree: Mapping[str, Any], seat: Seat, integration: str, account: str, day: date) -> bool:
    if not tree:
        return True
    results = []
    for how, parts in tree.items():
        each = [(holds if "field" in part else takes)(part, seat, integration, account, day) for part in parts]
        results.append({"all": all(each), "any": any(each), "none": not any(each)}[how])
    return all(results)


def holds(leaf: Mapping[str, Any], seat: Seat, integration: str, account: str, day: date) -> bool:
    name, op, wanted = leaf["field"], leaf["op"], leaf.get("value")
    if name == "quantity":
        return number_holds(seat.quantity, op, wanted)
    if name in ("created_at", "last_seen_at"):
        return date_holds(seat.created_at if name == "created_at" else seat.last_seen_at, op, wanted, day)
    if name == "integration":
        found = integration
    elif name == "account_id":
        found = seat.account_external_id
    elif name == "account_name":
        found = account
    elif name == "seat_id":
        found = seat.external_id
    elif name.startswith("attributes."):
        by_name = {same(key): value for key, value in seat.attributes.items()}
        found = by_name.get(same(name.removeprefix("attributes.")), "")
        if op in ("lt", "le", "gt", "ge"):
            text = same(found)
            plain = re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?", text)
            return number_holds(Decimal(text) if plain else None, op, wanted)
    else:
        found = getattr(seat, name)
    return text_holds(same(found), op, wanted)


def text_holds(found: str, op: str, wanted: Any) -> bool:
    if op == "is_empty":
        return (found == "") == (wanted is not False)
    if op == "ne":
        return found != same(wanted)
    if op == "not_in":
        return found not in [same(each) for each in wanted]
    if found == "":
        return False
    if op == "eq":
        return found == same(wanted)
    if op == "in":
        return found in [same(each) for each in wanted]
    if op == "contains":
        return same(wanted) in found
    if op == "starts_with":
        return found.startswith(same(wanted))
    if op == "matches":
        return re.search(wanted.lower().replace("\\D", "\\d"), found, re.ASCII | re.DOTALL) is not None
    raise AssertionError(op)


def number_holds(found: Decimal | None, op: str, wanted: Any) -> bool:
    if op == "is_empty":
        return (found is None) == (wanted is not False)
    if op == "ne":
        return found is None or found != Decimal(str(wanted))
    if op == "not_in":
        return found is None or found not in [Decimal(str(each)) for each in wanted]
    if found is None:
        return False
    if op == "in":
        return found in [Decimal(str(each)) for each in wanted]
    return ordered(found, op, Decimal(str(wanted)))


def date_holds(found: datetime | None, op: str, wanted: Any, day: date) -> bool:
    if op == "is_empty":
        return (found is None) == (wanted is not False)
    if op == "ne":
        return found is None or found.astimezone(UTC).date() != wanted
    if found is None:
        return False
    if op == "within_days":
        return start(day - timedelta(days=wanted)) <= found < start(day + timedelta(days=1))
    if op == "older_than_days":
        return found < start(day - timedelta(days=wanted))
    return ordered(found.astimezone(UTC).date(), op, wanted)


def ordered(one: Any, op: str, other: Any) -> bool:
    return bool({"eq": one == other, "lt": one < other, "le": one <= other, "gt": one > other, "ge": one >= other}[op])


def start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
