"""Made quantities for simulated service lists: clients with staff, what they use of a product, what they are billed.

Rates of agreement are assumptions: no public set shows billed against used counts of an MSP's clients.
"""

import random
from dataclasses import dataclass, field

Numbers = dict[str, float]
AGREES = (0.9, 0.75, 0.5)  # how many lines equal usage, in tidy and in untidy books
NEARLY, MISSING = 0.4, 0.2  # of the others: off by one or two, not there at all


@dataclass(slots=True)
class Book:
    """The clients of one MSP (client -> staff) and who has an account at which vendor."""

    rng: random.Random
    staff: dict[str, int]
    agrees: float = 1.0
    tools: dict[str, list[str]] = field(default_factory=dict)

    def product(self, vendor: str) -> tuple[Numbers, Numbers]:
        """(used, billed) of one product that is billed as it is used, but for the usual drift."""
        if not self.staff:
            return {}, {}
        rng = self.rng
        if vendor not in self.tools:
            share = rng.choice((0.2, 0.5, 0.8, 1.0))
            self.tools[vendor] = [client for client in self.staff if rng.random() < share]
        adopted = rng.choice((0.05, 0.2, 0.5, 0.9))
        # Half of all products go by heads, so that different ones agree by nature; the rest has a share of its own.
        part = 1.0 if rng.random() < 0.35 else rng.uniform(0.05, 1.1)
        jitter = 0.0 if part == 1.0 and rng.random() < 0.5 else 0.25
        used: Numbers = {}
        billed: Numbers = {}
        for client in self.tools[vendor]:
            used[client] = 0.0
            if rng.random() < adopted:
                number = max(1, round(self.staff[client] * part * rng.uniform(1 - jitter, 1 + jitter)))
                used[client] = float(number)
                self._bill(billed, client, number)
            elif rng.random() < 0.03:
                billed[client] = float(rng.randint(1, 9))
        for client in self.staff.keys() - used.keys():
            if rng.random() < 0.02:
                billed[client] = float(rng.randint(1, 9))
        return used, billed

    def _bill(self, billed: Numbers, client: str, number: int) -> None:
        rng, chance = self.rng, self.rng.random()
        rest = 1.0 - self.agrees
        if chance < self.agrees:
            billed[client] = float(number)
        elif chance < self.agrees + NEARLY * rest:
            billed[client] = float(max(1, number + rng.choice((-2, -1, 1, 2))))
        elif chance < 1.0 - MISSING * rest:
            billed[client] = float(max(1, round(number * rng.uniform(0.4, 1.6))))


def book(rng: random.Random) -> Book:
    """Clients of one MSP; two of five lists know no quantities at all."""
    if rng.random() < 0.4:
        return Book(rng, {})
    many = rng.choice((3, 8, 20, 60))
    staff = {f"c{k}": max(2, round(rng.lognormvariate(2.7, 0.8))) for k in range(many)}
    return Book(rng, staff, rng.choice(AGREES))
