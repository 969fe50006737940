"""User exports that list licences in one column -> one seat per user and licence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from connectors.files.build.base import Attributes, Item, Values, folded
from connectors.files.build.usage import UsageBuilder, seat_status
from connectors.records import Seat

_SEPARATORS = re.compile(r"[+;|\n]")
_NO_LICENCE = frozenset(("", "unlicensed", "none", "no licenses", "no license", "-", "n/a"))


def split_licences(text: str) -> tuple[str, ...]:
    """Return the distinct licence names of one cell; "Unlicensed" and blank give none."""
    names = (part.strip() for part in _SEPARATORS.split(text))
    return tuple(dict.fromkeys(name for name in names if folded(name) not in _NO_LICENCE))


class UserBuilder(UsageBuilder):
    """One row is one user. A user without a licence holds no licence seat and yields only the account, unless
    `keep_unlicensed` asks for a seat without SKU."""

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        context.require(number, values, "identity")
        licences = split_licences(values.get("licences", "")) or (("",) if context.options.keep_unlicensed else ())
        if not licences and context.options.account_from == "upn_domain":
            # A guest's or a spare domain is no account as long as nobody in it holds a licence.
            self._unique_user(number, values, "", "")
            return ()
        records: list[Item] = []
        integration, account = self.account(number, values, records)
        upn: str = values["identity"]
        user_id = self._unique_user(number, values, integration, account)
        for licence in licences:
            self.named_sku(licence, licence, integration, records)
            self.seat(
                Seat(
                    external_id=f"{user_id}/{folded(licence)}" if licence else user_id,
                    account_external_id=account,
                    kind="user",
                    sku=licence,
                    sku_name=licence,
                    identity=upn,
                    display_name=values.get("display_name", "") or upn,
                    status=self._status(number, values),
                    quantity=Decimal(1),
                    created_at=values.get("created_at"),
                    last_seen_at=values.get("last_seen_at"),
                    integration=integration,
                    attributes=attributes,
                ),
                records,
            )
        return records

    def _unique_user(self, number: int, values: Values, integration: str, account: str) -> str:
        """Return the user's id; raise RowBad where it occurred before."""
        upn: str = values["identity"]
        user_id: str = values.get("seat_id", "") or folded(upn)
        name = "seat_id" if values.get("seat_id") else "identity"
        self._context.unique(number, name, "User", upn, "user", integration, account, user_id)
        return user_id

    def _status(self, number: int, values: Values) -> str:
        if values.get("deleted_at") is not None:
            return "deleted"
        if values.get("is_blocked"):
            return "disabled"
        return seat_status(self._context, number, values.get("status", ""))
