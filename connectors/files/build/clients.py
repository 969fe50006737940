"""Client lists -> Client records."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.files.build.base import Attributes, Context, Item, Values, natural_id
from connectors.records import Client

_SEPARATORS = re.compile(r"[;\n]")


def several(text: str) -> tuple[str, ...]:
    """Split values that are separated by ";" into distinct ones."""
    return tuple(dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip()))


class ClientBuilder:
    """One row is one client; without an id column the name is the key."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        if context.is_strict:
            context.require(number, values, "client_id")
        context.require(number, values, "client_name")
        name = values["client_name"]
        client_id = values.get("client_id", "") or natural_id(name)
        context.unique(
            number,
            "client_id" if "client_id" in context.headers else "client_name",
            "Client",
            values.get("client_id", "") or name,
            "client",
            client_id,
        )
        text = {
            key: values.get(key, "") for key in ("domain", "phone", "address", "city", "region", "postcode", "country")
        }
        return (
            Client(
                external_id=client_id,
                name=name,
                emails=several(values.get("emails", "")),
                aliases=several(values.get("aliases", "")),
                attributes=attributes,
                **text,
            ),
        )

    def finish(self) -> Sequence[Item]:
        return ()
