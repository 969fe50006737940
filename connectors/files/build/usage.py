"""What all usage builders share: the account of a row, SKUs seen once, statuses, and summing seats by SKU."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.files.build.base import Attributes, Context, Item, Values, folded, natural_id
from connectors.records import SEAT_STATUSES, Account, Seat, Sku

_STATUS_WORDS = (
    (
        "deleted",
        (
            "deleted",
            "removed",
            "decommission",
            "retired",
            "cancelled",
            "canceled",
            "expired",
            "terminated",
            "deprovisioned",
            "uninstalled",
            "converted",
        ),
    ),
    ("suspended", ("suspended", "onhold", "paused", "lockedout")),
    ("disabled", ("disabled", "inactive", "blocked", "archived", "deactivated")),
    (
        "active",
        (
            "active",
            "online",
            "offline",
            "enabled",
            "up",
            "down",
            "ok",
            "healthy",
            "connected",
            "disconnected",
            "managed",
            "approved",
            "running",
            "trial",
            "activated",
            "warning",
            "pending",
            "unknown",
            "true",
            "needsattention",
            "maintenance",
            "provisioned",
            "live",
            "current",
            "unhealthy",
            "reboot",
            "waiting",
            "new",
            "licensed",
            "deployed",
            "inuse",
            "good",
            "normal",
            "critical",
            "member",
            "valid",
            "autorenew",
        ),
    ),
)


def seat_status(context: Context, row: int, text: str) -> str:
    """Return one of records.SEAT_STATUSES for a vendor's word; blank is active.

    Unknown words count as active, with one warning a word: nothing is dropped from a count because of its name.
    """
    word = "".join(char for char in text.casefold() if char.isalpha())
    if not word:
        return "active"
    if word in SEAT_STATUSES:
        return word
    if context.is_strict:
        raise context.bad(row, "status", "This status is not known.", f"Use {', '.join(SEAT_STATUSES)}.", text)
    if word.startswith("pending"):
        return "active"
    for status, words in _STATUS_WORDS:
        if word in words or any(word.startswith(each) for each in words if len(each) > 5):
            return status
    context.warn(
        row,
        "status",
        "This status is not known and is read as active.",
        "Check that these seats should count.",
        text,
        once=("status", word),
    )
    return "active"


class UsageBuilder:
    """Base of the usage builders; `row` is theirs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._accounts: dict[tuple[str, str], str] = {}
        self._skus: set[tuple[str, str]] = set()
        self._sums: dict[tuple[str, str, str], tuple[Seat, Decimal]] = {}

    def account(self, number: int, values: Values, records: list[Item]) -> tuple[str, str]:
        """Return (integration, account id) of a row; add the Account the first time."""
        context, options = self._context, self._context.options
        integration: str = values.get("integration", "") or options.integration
        domain: str = values.get("account_domain", "")
        name: str = values.get("account_name", "")
        account: str = values.get("account_id", "")
        if options.account_from == "constant":
            name = options.account_name
            account = natural_id(name)
        elif options.account_from == "upn_domain":
            context.require(number, values, "identity")
            domain = self._upn_domain(number, values["identity"])
            name, account = domain, domain
        else:
            context.require(number, values, "account_name", "account_id")
            name = name or account
            account = account or natural_id(name)
        known = self._accounts.get((integration, account))
        if known is None:
            self._accounts[integration, account] = name
            records.append(Account(external_id=account, name=name, domain=domain, integration=integration))
        elif folded(known) != folded(name):
            context.warn(
                number,
                "account_name",
                f'Account {account} is called "{known}" further up; that name is kept.',
                "Check whether the id or the name is wrong.",
                name,
                once=("account", integration, account),
            )
        return integration, account

    def _upn_domain(self, number: int, upn: str) -> str:
        _, at, domain = upn.rpartition("@")
        if not at or "." not in domain:
            raise self._context.bad(
                number,
                "identity",
                "This is no user principal name, so its account is not known.",
                "Correct it, or give the account for the whole file.",
                upn,
            )
        return domain.casefold()

    def sku(self, values: Values, integration: str, records: list[Item]) -> tuple[str, str]:
        """Return (SKU, its name) of a row; add the Sku the first time."""
        name: str = values.get("sku_name", "")
        sku: str = values.get("sku", "") or name
        return self.named_sku(sku, name or sku, integration, records)

    def named_sku(self, sku: str, name: str, integration: str, records: list[Item]) -> tuple[str, str]:
        if sku and (integration, sku) not in self._skus:
            self._skus.add((integration, sku))
            records.append(Sku(external_id=sku, name=name, integration=integration))
        return sku, name

    def seat(self, seat: Seat, records: list[Item]) -> None:
        """Add the seat, or add it to its sum where seats are summed by SKU. Deleted seats are never summed."""
        if not self._context.options.sum_by_sku:
            records.append(seat)
            return
        if seat.status == "deleted":
            return
        sku = seat.sku or seat.device_class or seat.kind
        key = (seat.integration, seat.account_external_id, sku)
        first, total = self._sums.get(key, (seat, Decimal(0)))
        self._sums[key] = (first, total + (Decimal(1) if seat.quantity is None else seat.quantity))

    def finish(self) -> Sequence[Item]:
        return [
            Seat(
                external_id=f"sum:{account}:{sku}",
                account_external_id=account,
                kind="licence",
                sku=sku,
                sku_name=first.sku_name or sku,
                quantity=total,
                integration=integration,
            )
            for (integration, account, sku), (first, total) in self._sums.items()
        ]

    def with_leftovers(self, values: Values, attributes: Attributes) -> Attributes:
        """Keep source fields that a seat has no place for."""
        for name in ("os", "serial", "hostname", "term"):
            if values.get(name):
                attributes.setdefault(name, values[name])
        return attributes
