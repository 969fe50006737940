"""What is billed against what is used, client by client: numbers that two products share only by being the same.

Arithmetic on `Service.quantities` and prices; names are elsewhere.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.types import Service

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL = 3.0
"""Counts under this agree by chance too often to say anything."""
NEAR = 0.1
"""Of the larger number, or one unit: a client's staff has come or gone since the bill was written."""
NEARLY = 0.7
PRIOR, PRIOR_SHARE = 2.0, 0.35
"""A share of few clients is drawn towards what chance would give."""
FEW = 3
"""Under so many telling clients, differences say nothing: each may be the very drift that is looked for."""


class Quantities(NamedTuple):
    """Matrices, services x clients: `used` is NaN where a client can't use it, `billed` 0 where it is not billed."""

    used: Floats
    billed: Floats


class Agreement(NamedTuple):
    """Over pairs. `share` of telling clients whose numbers agree (exactly 1, nearly 0.7), drawn towards chance where
    they are few; `reach`, the share of billed clients, among those who could use it, who do; NaN: nothing to compare.
    `telling`, `agreeing`, `reachable`, `using` are the counts behind them.
    """

    share: Floats
    reach: Floats
    telling: Ints
    agreeing: Ints
    reachable: Ints
    using: Ints


def table(left: Sequence[Service], right: Sequence[Service]) -> Quantities:
    """The quantities of both lists over the clients that occur in either."""
    clients = sorted({client for service in (*left, *right) for client in service.quantities})
    at = {client: k for k, client in enumerate(clients)}
    used = np.full((len(left), len(clients)), np.nan)
    billed = np.zeros((len(right), len(clients)))
    for matrix, services in ((used, left), (billed, right)):
        for row, service in enumerate(services):
            for client, number in service.quantities.items():
                matrix[row, at[client]] = number
    return Quantities(used, billed)


def agreements(known: Quantities, i: Ints, j: Ints) -> Agreement:
    """How well used and billed quantities of each pair (i, j) agree.

    Only a product's own clients count, so pairs are taken product by product, over these clients alone.
    """
    share, reach = np.full(i.size, np.nan), np.full(i.size, np.nan)
    counts = np.zeros((4, i.size), np.int64)
    if known.used.shape[1]:
        order = np.argsort(j, kind="stable")
        starts = np.flatnonzero(np.diff(j[order], prepend=-1))
        for rows in np.split(order, starts[1:]):
            if rows.size:
                clients = np.flatnonzero(known.billed[j[rows[0]]] > 0)
                used, billed = known.used[np.ix_(i[rows], clients)], known.billed[j[rows[0]], clients]
                share[rows], reach[rows], counts[:, rows] = _agree(used, billed)
    return Agreement(share, reach, *counts)


def _agree(used: Floats, billed: Floats) -> tuple[Floats, Floats, Ints]:
    """Share, reach and counts of units (rows of `used`) against one product, over the clients that it bills."""
    reachable = ~np.isnan(used)
    have = np.nan_to_num(used)
    using = have > 0
    most = np.maximum(billed, have)
    telling = using & (most >= SMALL)
    gap = np.abs(billed - have)
    worth = np.where(gap < 1e-9, 1.0, np.where((gap <= 1.0) | (gap <= NEAR * most), NEARLY, 0.0)) * telling
    many, sums = telling.sum(axis=1), worth.sum(axis=1)
    reached, in_use = reachable.sum(axis=1), using.sum(axis=1)
    share = np.where(many > 0, (sums + PRIOR * PRIOR_SHARE) / (many + PRIOR), np.nan)
    share = np.where(many < FEW, np.maximum(share, PRIOR_SHARE), share)
    reach = np.where(reached > 0, (in_use + 0.5) / (reached + 1.0), np.nan)
    return share, reach, np.stack([many, (worth > 0).sum(axis=1), reached, in_use])


def price_ratio(cost: float | None, price: float | None) -> float:
    """How much of the price the cost is, 2 at most; NaN where either is missing or not above 0.

    A product is seldom sold under its cost or at many times of it.
    """
    if cost is None or price is None or cost <= 0 or price <= 0:
        return float("nan")
    return min(cost / price, 2.0)
