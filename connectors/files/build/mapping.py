"""Mapping files (integration, account_id, client_id) -> MappingRow."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.files.build.base import Attributes, Context, Item, MappingRow, Values


class MappingBuilder:
    """One row maps one account of one integration; an empty client means excluded."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:  # noqa: ARG002 - every builder is called alike
        context = self._context
        context.require(number, values, "integration")
        context.require(number, values, "account_id")
        integration, account = values["integration"], values["account_id"]
        context.unique(number, "account_id", f"Account of {integration}", account, integration, account)
        return (MappingRow(integration=integration, account_id=account, client_id=values.get("client_id", "")),)

    def finish(self) -> Sequence[Item]:
        return ()
