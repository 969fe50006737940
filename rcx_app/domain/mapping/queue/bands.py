"""The bands of confidence under which the queue is grouped: one definition for counts, filters and headings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rcx_app.domain.mapping.schemas import Band

# From here "confirm all" is offered; see `verdicts.preview_confirm`.
BULK_FROM = Decimal("0.95")


def bands_of(suggest: Decimal, preselect: Decimal) -> tuple[Band, ...]:
    """Bands from the surest down, split at the thresholds of the workspace. The last one is open below."""
    edges = sorted({BULK_FROM, preselect, suggest}, reverse=True)
    highs: list[Decimal | None] = [None, *edges]
    lows: list[Decimal | None] = [*edges, None]
    return tuple(
        Band(key="under" if low is None else f"from-{low.normalize():f}", low=low, high=high)
        for low, high in zip(lows, highs, strict=True)
    )


def band_of(confidence: Decimal | None, bands: tuple[Band, ...]) -> Band:
    """The band that holds `confidence`; no confidence stands in the last."""
    for band in bands[:-1]:
        if confidence is not None and band.low is not None and confidence >= band.low:
            return band
    return bands[-1]


def limits_of(key: str, bands: Iterable[Band]) -> tuple[Decimal | None, Decimal | None]:
    """(at least, below) of a band by its key; an unknown key, and one without both, limits nothing."""
    return next(((band.low, band.high) for band in bands if band.key == key), (None, None))
