"""What distributors invoice the MSP, as a view on the estate: cycle charges, prorations, and a credit with its rebill.

An issued charge never changes, whatever happens to the subscription afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b

from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.past import Life, first_days, lives
from connectors.sandbox.estate.purchases import month_end, next_anniversary
from connectors.sandbox.estate.world import PARTNER_CENTER, PAX8, Estate, Subscription

ISSUED_ON_DAY = {PAX8: 4, PARTNER_CENTER: 8}
"""Day of the month of each distributor's invoice (Pax8: devx.pax8.com, invoice billing; the other is a habit)."""

_DAY = timedelta(days=1)
_CENT = Decimal("0.01")
_OVERCHARGE = Decimal("1.10")


@dataclass(frozen=True, slots=True)
class InvoicedCharge:
    """One line of a distributor's invoice. `kind` is cycle, proration, credit or rebill.

    `quantity` and `amount` are negative in a credit, and in a proration of fewer seats. `amount` is rounded half up to
    the cent; `unit_cost` is for a whole billing cycle. `period_end` is the last day. `corrects` is the id of the
    charge that a credit takes back or a rebill replaces.
    """

    id: str
    invoice: str
    integration: str
    account_id: str
    subscription_id: str
    sku: str
    kind: str
    quantity: Decimal
    unit_cost: Decimal
    amount: Decimal
    currency: str
    period_start: date
    period_end: date
    issued_on: date
    corrects: str = ""


def charges(estate: Estate, integration: str, months: int = 12) -> Iterator[InvoicedCharge]:
    """Yield what one distributor invoiced in the last `months` months, oldest first; holds one subscription at a time.

    The invoice of a month holds its cycle charges in advance (as things stood when it began) and the prorations of the
    month before; yearly billing is charged after the anniversary. In every third month one wrong price is credited in
    full and billed again. Raises KeyError for what is no distributor.
    """
    day = ISSUED_ON_DAY[integration]
    bought = [item for item in estate.subscriptions if item.integration == integration]
    known = [life for life in lives(estate, Subscription, bought) if life.last.integration == integration]
    for first in first_days(estate.as_of, months):
        if first.replace(day=day) <= estate.as_of:
            yield from _Invoice(estate.seed, integration, first, known).lines()


@dataclass(frozen=True, slots=True)
class _Invoice:
    """One distributor's invoice of the month that begins on `first`."""

    seed: int
    integration: str
    first: date
    known: Sequence[Life[Subscription]]

    def lines(self) -> Iterator[InvoicedCharge]:
        wrong = _wrongly_priced(self.seed, self.first, self.known)
        for life in self.known:
            yield from self._prorations(life)
            yield from self._cycle(life, is_wrong=life is wrong)
        before = _month_before(self.first)
        corrected = _wrongly_priced(self.seed, before, self.known)
        if corrected is not None:
            earlier = _Invoice(self.seed, self.integration, before, self.known)
            yield from self._correction(earlier, corrected)

    def _cycle(self, life: Life[Subscription], *, is_wrong: bool = False) -> Iterator[InvoicedCharge]:
        """The month ahead, or the year that began in the month before."""
        if life.last.billing == "Monthly":
            start, end = self.first, month_end(self.first)
            item = life.at(midnight(start))
            if item is None or _live(item, start) == 0:
                return
        else:
            before = _month_before(self.first)
            start = next_anniversary(life.last.started_on, before - _DAY)
            item = life.at(midnight(start + _DAY))
            if not (before <= start < self.first and start > life.last.started_on):
                return
            if item is None or _live(item, start) == 0:
                return
            end = next_anniversary(item.started_on, start) - _DAY
        cost = (item.unit_cost * _OVERCHARGE).quantize(_CENT, ROUND_HALF_UP) if is_wrong else item.unit_cost
        yield self._charge(item, "cycle", (item.quantity, cost, item.quantity * cost), (start, end))

    def _prorations(self, life: Life[Subscription]) -> Iterator[InvoicedCharge]:
        """Seats that came or went in the month before, from that day to the end of what was paid in advance."""
        before = _month_before(self.first)
        turns = {day for day in (*life.turns(), life.last.started_on) if before <= day < self.first}
        for day in sorted(turns):
            old, new = life.at(midnight(day)), life.at(midnight(day + _DAY))
            step = _live(new, day) - _live(old, day - _DAY)
            item = new or old
            if not step or item is None:
                continue
            if item.billing == "Monthly":
                whole, end = (self.first - before).days, self.first
            else:
                end = next_anniversary(item.started_on, day)
                whole = (end - _year_before(end)).days
            amount = step * item.unit_cost * (end - day).days / whole
            yield self._charge(item, "proration", (step, item.unit_cost, amount), (day, end - _DAY))

    def _correction(self, earlier: _Invoice, life: Life[Subscription]) -> Iterator[InvoicedCharge]:
        for wrong in earlier._cycle(life, is_wrong=True):
            item, period = life.at(midnight(earlier.first)), (wrong.period_start, wrong.period_end)
            if item is not None:
                taken = (-wrong.quantity, wrong.unit_cost, -wrong.amount)
                right = (item.quantity, item.unit_cost, item.quantity * item.unit_cost)
                yield self._charge(item, "credit", taken, period, wrong.id)
                yield self._charge(item, "rebill", right, period, wrong.id)

    def _charge(
        self,
        item: Subscription,
        kind: str,
        sum_of: tuple[Decimal, Decimal, Decimal],
        period: tuple[date, date],
        corrects: str = "",
    ) -> InvoicedCharge:
        quantity, cost, amount = sum_of
        return InvoicedCharge(
            id=_digest(f"{item.id}:{kind}:{self.first}:{period[0]}"),
            invoice=f"{self.first:%Y%m}-{item.currency}",
            integration=self.integration,
            account_id=item.account_id,
            subscription_id=item.id,
            sku=item.sku,
            kind=kind,
            quantity=quantity,
            unit_cost=cost,
            amount=amount.quantize(_CENT, ROUND_HALF_UP),
            currency=item.currency,
            period_start=period[0],
            period_end=period[1],
            issued_on=self.first.replace(day=ISSUED_ON_DAY[self.integration]),
            corrects=corrects,
        )


def _wrongly_priced(seed: int, first: date, known: Sequence[Life[Subscription]]) -> Life[Subscription] | None:
    """The subscription whose cycle charge of this month has a wrong price; none in two of three months."""
    if (first.year * 12 + first.month - seed) % 3:
        return None
    charged = [
        life
        for life in known
        if life.last.billing == "Monthly" and _live(life.at(midnight(first)), first) and life.last.unit_cost
    ]
    return min(charged, key=lambda life: _digest(f"{seed}:{first}:{life.last.id}"), default=None)


def _live(item: Subscription | None, day: date) -> Decimal:
    """The seats that are paid for on `day`."""
    if item is None or item.status != "active" or item.started_on > day:
        return Decimal(0)
    return item.quantity


def _month_before(first: date) -> date:
    return (first - _DAY).replace(day=1)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1) if (day.month, day.day) != (2, 29) else date(day.year - 1, 3, 1)


def _digest(text: str) -> str:
    found = blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{found[:8]}-{found[8:12]}-4{found[13:16]}-a{found[17:20]}-{found[20:]}"
