"""Seat-level exports without a better-known family -> Account, Sku and Seat records."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.files.build.base import Attributes, Item, Values, natural_id
from connectors.files.build.usage import UsageBuilder, seat_status
from connectors.records import SEAT_KINDS, Seat


class SeatBuilder(UsageBuilder):
    """One row is one seat, or a count where a quantity stands in it."""

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        if context.is_strict:
            for name in ("integration", "account_id", "seat_id"):
                context.require(number, values, name)
        records: list[Item] = []
        integration, account = self.account(number, values, records)
        sku, sku_name = self.sku(values, integration, records)
        identity = values.get("identity", "")
        kind = self._kind(number, values, bool(identity))
        seat_id = self._seat_id(number, values, integration, account, sku)
        self.seat(
            Seat(
                external_id=seat_id,
                account_external_id=account,
                kind=kind,
                sku=sku,
                sku_name=sku_name,
                identity=identity,
                display_name=values.get("display_name", "") or identity,
                status=seat_status(context, number, values.get("status", "")),
                device_class=values.get("device_class", "").casefold(),
                quantity=values.get("quantity"),
                created_at=values.get("created_at"),
                last_seen_at=values.get("last_seen_at"),
                integration=integration,
                attributes=self.with_leftovers(values, attributes),
            ),
            records,
        )
        return records

    def _kind(self, number: int, values: Values, has_identity: bool) -> str:
        kind: str = (values.get("kind", "") or self._context.options.kind).casefold()
        kind = "licence" if kind == "license" else kind
        if kind in SEAT_KINDS:
            return kind
        if kind and self._context.is_strict:
            raise self._context.bad(number, "kind", "This kind is not known.", f"Use {', '.join(SEAT_KINDS)}.", kind)
        if kind:
            self._context.warn(
                number,
                "kind",
                "This kind is not known and is read as other.",
                f"Use {', '.join(SEAT_KINDS)}.",
                kind,
                once=("kind", kind),
            )
            return "other"
        if self._context.is_strict:
            return "other"
        if has_identity and "@" in values["identity"]:
            return "user"
        return "licence" if values.get("quantity") is not None else "other"

    def _seat_id(self, number: int, values: Values, integration: str, account: str, sku: str) -> str:
        context = self._context
        given: str = values.get("seat_id", "")
        if given:
            context.unique(number, "seat_id", "Seat", given, "seat", integration, given)
            return given
        who = values.get("identity", "") or values.get("display_name", "")
        made = natural_id(account.removeprefix("name:"), sku, who)
        if not context.options.sum_by_sku and (earlier := context.first_row_of(number, "seat", integration, made)):
            raise context.bad(
                number,
                "identity" if "identity" in context.headers else "sku",
                f"Nothing tells this seat from the one in row {earlier}.",
                "Map a column with an id, or sum the seats by SKU.",
                who or sku,
            )
        return made
