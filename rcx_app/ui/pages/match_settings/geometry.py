"""Pure geometry of the charts: curves and marks as SVG paths and places, in the units of their view boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rcx_app.domain.match_settings.schemas import CurvePoint, ReliabilityBand

_LABEL_ROWS = (15.0, 2.0, -11.0)
_LETTER = 6.3


@dataclass(frozen=True)
class Tick:
    """A line of the grid or a place on an axis, with its words."""

    at: str
    text: str


@dataclass(frozen=True)
class Mark:
    """A threshold on the chart: its line, its words, and the two points where it meets the curves (empty: none)."""

    name: str
    x: str
    text: str
    text_x: str
    text_y: str
    anchor: str
    precision_y: str = ""
    recall_y: str = ""


@dataclass(frozen=True)
class Dot:
    """A point with its bar: `is_sure` where enough verdicts stand behind it."""

    x: str
    y: str
    bar: str
    is_sure: bool


@dataclass(frozen=True)
class Curves:
    """A chart's lines over its grid."""

    band: str = ""
    first: str = ""
    second: str = ""
    rows: list[Tick] = field(default_factory=list)
    columns: list[Tick] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    in_force: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawing area: left, right, top and bottom in units, and what the axes span."""

    left: float
    right: float
    top: float
    bottom: float
    x_from: float = 0.0
    y_from: float = 0.0

    def x(self, value: float) -> float:
        share = (max(value, self.x_from) - self.x_from) / (1.0 - self.x_from)
        return self.left + share * (self.right - self.left)

    def y(self, value: float) -> float:
        share = (max(value, self.y_from) - self.y_from) / (1.0 - self.y_from)
        return self.bottom - share * (self.bottom - self.top)

    def line(self, points: Sequence[tuple[float, float]]) -> str:
        return "".join(f"{'L' if n else 'M'}{self.x(x):.1f} {self.y(y):.1f}" for n, (x, y) in enumerate(points))

    def rows(self, step: float) -> list[Tick]:
        return [Tick(f"{self.y(value):.1f}", f"{value:.1f}") for value in _steps(self.y_from, step)]

    def columns(self, step: float) -> list[Tick]:
        return [Tick(f"{self.x(value):.1f}", f"{value:.1f}") for value in _steps(self.x_from, step)]


NARROW, WIDE = (36.0, 468.0), (36.0, 788.0)


def base_of(values: Sequence[float]) -> float:
    """Where an axis begins so that all values stand on it: 0.5, or 0."""
    return 0.5 if all(value >= 0.5 for value in values) else 0.0


def thresholds(
    points: Sequence[CurvePoint], levels: Sequence[tuple[str, float]], in_force: float | None, span: tuple[float, float]
) -> Curves:
    """Precision with its band and recall over the thresholds, with the three `levels` (name, value) marked on them."""
    frame = Frame(*span, 24.0, 188.0, y_from=base_of([v for p in points for v in (p.low, p.recall)]))
    band = ""
    if points:
        upper = frame.line([(p.threshold, p.high) for p in points])
        lower = frame.line([(p.threshold, p.low) for p in reversed(points)]).replace("M", "L", 1)
        band = f"{upper}{lower}Z"
    return Curves(
        band=band,
        first=frame.line([(p.threshold, p.precision) for p in points]),
        second=frame.line([(p.threshold, p.recall) for p in points]),
        rows=frame.rows(0.1 if frame.y_from else 0.2),
        columns=frame.columns(0.2),
        marks=_marks(frame, points, levels),
        in_force=f"{frame.x(in_force):.1f}" if in_force is not None else "",
    )


def at(points: Sequence[CurvePoint], threshold: float) -> tuple[float, float] | None:
    """(precision, recall) at a threshold, between the two points around it; None beyond the curve's end."""
    if not points or threshold > points[-1].threshold + 1e-9:
        return None
    after = next(n for n, point in enumerate(points) if point.threshold >= threshold - 1e-9)
    low, high = points[max(after - 1, 0)], points[after]
    width = high.threshold - low.threshold
    share = (threshold - low.threshold) / width if width else 0.0
    return (
        low.precision + share * (high.precision - low.precision),
        low.recall + share * (high.recall - low.recall),
    )


def _marks(frame: Frame, points: Sequence[CurvePoint], levels: Sequence[tuple[str, float]]) -> list[Mark]:
    taken: list[list[tuple[float, float]]] = [[] for _ in _LABEL_ROWS]
    found = []
    for name, value in levels:
        x = frame.x(value)
        text = f"{name} {_told(value)}"
        width = _LETTER * len(text)
        anchor, left = ("end", x + 8 - width) if x + width / 2 > frame.right else ("middle", x - width / 2)
        text_x = x + 8 if anchor == "end" else x
        row = next(
            (n for n, row in enumerate(taken) if all(left > b + 4 or left + width < a - 4 for a, b in row)),
            len(_LABEL_ROWS) - 1,
        )
        taken[row].append((left, left + width))
        meets = at(points, value)
        found.append(
            Mark(
                name=name,
                x=f"{x:.1f}",
                text=text,
                text_x=f"{text_x:.1f}",
                text_y=f"{_LABEL_ROWS[row]:.0f}",
                anchor=anchor,
                precision_y=f"{frame.y(meets[0]):.1f}" if meets else "",
                recall_y=f"{frame.y(meets[1]):.1f}" if meets else "",
            )
        )
    return found


def precision_recall(
    own: Sequence[CurvePoint], shipped: Sequence[CurvePoint], levels: Sequence[tuple[str, float]]
) -> Curves:
    """Precision over recall: `first` is the workspace's, `second` the shipped one's; the levels on the workspace's,
    or on the shipped one's where it has none."""
    shown = own or shipped
    both = (*own, *shipped)
    x_from, y_from = base_of([p.recall for p in both]), base_of([p.precision for p in both])
    frame = Frame(30.0, 246.0, 30.0, 150.0, x_from=x_from, y_from=y_from)
    marks = []
    for n, (name, value) in enumerate(levels):
        meets = at(shown, value)
        if meets is None:
            continue
        x, y = frame.x(meets[1]), frame.y(meets[0])
        above = n > 0
        is_at_edge = above and x > frame.right - 30
        marks.append(
            Mark(
                name=name,
                x=f"{x:.1f}",
                text=name,
                text_x=f"{frame.right + 6 if is_at_edge else x if above else x - 8:.1f}",
                text_y=f"{(y - 10 - (12 if n == 2 else 0)) if above else y + 16:.1f}",
                anchor="middle" if above and not is_at_edge else "end",
                precision_y=f"{y:.1f}",
            )
        )
    return Curves(
        first=frame.line([(p.recall, p.precision) for p in own]),
        second=frame.line([(p.recall, p.precision) for p in shipped]),
        rows=frame.rows(0.1 if y_from else 0.2),
        columns=frame.columns(0.1 if x_from else 0.2),
        marks=marks,
    )


_RELIABILITY = Frame(30.0, 246.0, 14.0, 150.0)


def reliability(bands: Sequence[ReliabilityBand], enough: int) -> list[Dot]:
    """What was right against what was stated, one dot a band."""
    frame = _RELIABILITY
    return [
        Dot(
            x=f"{frame.x(band.stated):.1f}",
            y=f"{frame.y(band.right):.1f}",
            bar=f"M{frame.x(band.stated):.1f} {frame.y(band.most):.1f}V{frame.y(band.least):.1f}",
            is_sure=band.judged >= enough,
        )
        for band in bands
    ]


def _told(value: float) -> str:
    """``0.50``, ``0.855``."""
    return f"{value:.2f}" if round(value, 2) == round(value, 4) else f"{value:.4f}".rstrip("0")


def _steps(start: float, step: float) -> list[float]:
    return [start + step * n for n in range(round((1.0 - start) / step) + 1)]
