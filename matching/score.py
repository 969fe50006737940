"""The shipped model: step functions of one or two features, then a linear step on a pair's standing among rivals.

Everything is a sum of log-odds, so a confidence can be taken apart exactly. Training is in `train`.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import context, features

Floats = NDArray[np.float64]

FORMAT = "rcx-matching-model"
VERSION = 1
# The pair's own log-odds enter the second step bent at these points; the bends are part of the format.
BELOW, ABOVE = (-2.0,), (1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a model of a kind is about: its file, its features with their groups, and which groups always have a value.

    Absence of the other groups' evidence is their neutral state: no value, no contribution.
    """

    file: str
    groups: Mapping[str, str]
    always_present: frozenset[str]
    version: int = VERSION

    @property
    def names(self) -> tuple[str, ...]:
        """Features in column order."""
        return tuple(self.groups)


PARTIES = Schema(
    "parties.json.gz",
    features.GROUPS,
    frozenset({"name", "rare_word", "left_over", "generic_name", "initials", "alias", "chain"}),
    version=2,
)


class ModelError(Exception):
    """The model file cannot be used: damaged, of another version, or trained on other features."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A step function of one feature: `values[k]` holds up to and including `edges[k]`, `missing` where it is NaN."""

    edges: Floats
    values: Floats
    missing: float
    neutral: float  # the value that counts as "says nothing"; contributions are told relative to it

    def __call__(self, column: NDArray[np.floating[Any]]) -> Floats:
        if np.isnan(column).all():
            return np.full(column.shape, self.missing)
        found = self.values[np.searchsorted(self.edges, column, side="left")]
        return np.where(np.isnan(column), self.missing, found)


def steps(edges: Floats, column: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """On which step of a feature each value stands; one past the last for NaN."""
    found = np.searchsorted(edges, column, side="left")
    return np.where(np.isnan(column), edges.size + 1, found)


@dataclass(frozen=True, slots=True)
class Table:
    """What two features say together: `values[s, t]` by their steps, the last of each standing for NaN.

    The edges are those of the two features' shapes. `alone_first[s]` is the value where the second says nothing, and
    the other way round; `neutral` is the value where neither does.
    """

    first: int  # columns
    second: int
    values: Floats
    alone_first: Floats
    alone_second: Floats
    neutral: float

    def shares(self, one: NDArray[np.intp], two: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """How much each of the two moves the value from `neutral`; what they say only together is halved."""
        both, first, second = self.values[one, two], self.alone_first[one], self.alone_second[two]
        return (both - second + first - self.neutral) / 2, (both - first + second - self.neutral) / 2

    def stretched(self, first: float, second: float) -> "Table":
        """The table in which each of the two moves the value that many times as far from `neutral`."""
        at = np.indices(self.values.shape)
        ours, theirs = self.shares(np.asarray(at[0], np.intp), np.asarray(at[1], np.intp))
        return replace(
            self,
            values=self.neutral + first * ours + second * theirs,
            alone_first=self.neutral + first * (self.alone_first - self.neutral),
            alone_second=self.neutral + second * (self.alone_second - self.neutral),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """Log-odds of a link. `start` and the contributions of all groups add up to them."""

    schema: Schema
    intercept: float
    shapes: tuple[Shape, ...]
    bend: Floats  # weights of the pair's own log-odds in the second step, as `bent` lays them out
    shift: float
    context_weights: Floats
    context_neutral: Floats
    about: Mapping[str, Any]
    tables: tuple[Table, ...] = ()

    @property
    def start(self) -> float:
        """Log-odds of a pair of average names with no further evidence and no rival."""
        own = bent(np.array([self.neutral])) @ self.bend
        return float(own[0] + self.shift + self.context_weights @ self.context_neutral)

    @property
    def neutral(self) -> float:
        """The pair's own log-odds when nothing is said."""
        shapes = sum(shape.neutral for shape in self.shapes)
        return float(self.intercept + shapes + sum(table.neutral for table in self.tables))

    def pair_log_odds(self, matrix: NDArray[np.floating[Any]]) -> Floats:
        """Log-odds of each pair by its own evidence, shape (pairs,)."""
        total = np.full(matrix.shape[0], self.intercept)
        for k, shape in enumerate(self.shapes):
            total += shape(matrix[:, k])
        at = self._steps(matrix)
        for table in self.tables:
            total += table.values[at[table.first], at[table.second]]
        return total

    def _steps(self, matrix: NDArray[np.floating[Any]]) -> dict[int, NDArray[np.intp]]:
        """Steps of the features that stand in tables, by column."""
        used = {column for table in self.tables for column in (table.first, table.second)}
        return {column: steps(self.shapes[column].edges, matrix[:, column]) for column in used}

    def log_odds(self, own: Floats, standing: Floats) -> Floats:
        """Calibrated log-odds from own log-odds and the context matrix.

        Rounded far below what counts, so that equal evidence gives equal values on every machine and in every order.
        """
        return np.round(bent(own) @ self.bend + standing @ self.context_weights + self.shift, 9)

    @property
    def group_names(self) -> tuple[str, ...]:
        """All groups of evidence, in a fixed order."""
        return tuple(dict.fromkeys((*self.schema.groups.values(), *context.TERMS.values())))

    def contributions(self, matrix: NDArray[np.floating[Any]], standing: Floats) -> Floats:
        """Signed share of every group in the log-odds, shape (pairs, len(group_names)); `start` is what is left.

        The bend of the second step is spread over the features in proportion, so that the sum stays exact.
        """
        at = {name: k for k, name in enumerate(self.group_names)}
        out = np.zeros((matrix.shape[0], len(at)))
        for k, (shape, group) in enumerate(zip(self.shapes, self.schema.groups.values(), strict=True)):
            out[:, at[group]] += shape(matrix[:, k]) - shape.neutral
        stand, names = self._steps(matrix), self.schema.names
        for table in self.tables:
            shares = table.shares(stand[table.first], stand[table.second])
            for column, share in zip((table.first, table.second), shares, strict=True):
                out[:, at[self.schema.groups[names[column]]]] += share
        moved = out.sum(axis=1)
        start = bent(np.array([self.neutral])) @ self.bend
        risen = bent(self.neutral + moved) @ self.bend - start
        still = np.abs(moved) < 1e-9
        out *= np.where(still, self.bend[0], risen / np.where(still, 1.0, moved))[:, None]
        for k, group in enumerate(context.TERMS.values()):
            out[:, at[group]] += self.context_weights[k] * (standing[:, k] - self.context_neutral[k])
        return out


def bent(own: Floats) -> Floats:
    """The pair's own log-odds and its bends, one column each."""
    low = [np.minimum(own - knot, 0.0) for knot in BELOW]
    high = [np.maximum(own - knot, 0.0) for knot in ABOVE]
    return np.column_stack([own, *low, *high])


def probability(log_odds: Floats) -> Floats:
    """The logistic function, safe at both ends."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40, 40)))


def feature_hash(names: Sequence[str], terms: Sequence[str] = context.NAMES) -> str:
    """Fingerprint of the feature list that a model was trained on."""
    return hashlib.sha256("\n".join((*names, "--", *terms)).encode()).hexdigest()[:16]


def dump(model: Model, path: Path) -> None:
    """Write a model file: gzipped JSON, the same bytes for the same model."""
    body = {
        "format": FORMAT,
        "version": model.schema.version,
        "feature_hash": feature_hash(model.schema.names),
        "about": dict(model.about),
        "intercept": model.intercept,
        "bend": model.bend.tolist(),
        "shift": model.shift,
        "context": {
            name: {"weight": w, "neutral": n}
            for name, w, n in zip(
                context.NAMES, model.context_weights.tolist(), model.context_neutral.tolist(), strict=True
            )
        },
        "shapes": {
            name: {"edges": s.edges.tolist(), "values": s.values.tolist(), "missing": s.missing, "neutral": s.neutral}
            for name, s in zip(model.schema.names, model.shapes, strict=True)
        },
        "tables": [
            {
                "features": [model.schema.names[t.first], model.schema.names[t.second]],
                "values": t.values.tolist(),
                "alone": [t.alone_first.tolist(), t.alone_second.tolist()],
                "neutral": t.neutral,
            }
            for t in model.tables
        ],
    }
    path.write_bytes(gzip.compress(json.dumps(body, sort_keys=True).encode(), 9, mtime=0))


def parse(packed: bytes, schema: Schema, source: str = "model") -> Model:
    """A model from file bytes; `ModelError` when they are not a model of this version and feature list."""
    try:
        body = json.loads(gzip.decompress(packed))
    except (OSError, EOFError, ValueError) as error:
        raise ModelError(
            f"{source} is not a readable model file; run `python -m matching.train` to make it anew"
        ) from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ModelError(f"{source} is not a matching model")
    if body.get("version") != schema.version:
        raise ModelError(
            f"{source} has model version {body.get('version')}, this program reads version {schema.version}; "
            "install the matching release or run `python -m matching.train`"
        )
    if body.get("feature_hash") != feature_hash(schema.names):
        raise ModelError(f"{source} was trained on another feature list; run `python -m matching.train`")
    try:
        return _from_body(body, schema)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{source} is incomplete: {error}") from error


def _from_body(body: Mapping[str, Any], schema: Schema) -> Model:
    shapes = []
    for name in schema.names:
        found = body["shapes"][name]
        shape = Shape(
            np.array(found["edges"], np.float64),
            np.array(found["values"], np.float64),
            float(found["missing"]),
            float(found["neutral"]),
        )
        if shape.values.size != shape.edges.size + 1:
            raise ValueError(f"shape of {name} has {shape.values.size} values for {shape.edges.size} edges")
        shapes.append(shape)
    tables = tuple(_table(found, schema, shapes) for found in body.get("tables", ()))
    return Model(
        schema=schema,
        intercept=float(body["intercept"]),
        shapes=tuple(shapes),
        bend=np.array(body["bend"], np.float64),
        shift=float(body["shift"]),
        context_weights=np.array([body["context"][name]["weight"] for name in context.NAMES]),
        context_neutral=np.array([body["context"][name]["neutral"] for name in context.NAMES]),
        about=body["about"],
        tables=tables,
    )


def _table(found: Mapping[str, Any], schema: Schema, shapes: Sequence[Shape]) -> Table:
    first, second = (schema.names.index(name) for name in found["features"])
    one, two = (np.array(values, np.float64) for values in found["alone"])
    table = Table(first, second, np.array(found["values"], np.float64), one, two, float(found["neutral"]))
    sizes = (shapes[first].edges.size + 2, shapes[second].edges.size + 2)
    if table.values.shape != sizes or (one.size, two.size) != sizes:
        raise ValueError(f"table of {' and '.join(found['features'])} is not of shape {sizes}")
    return table


_SHIPPED: dict[str, Model] = {}


def shipped(schema: Schema = PARTIES) -> Model:
    """The model of a kind that comes with the package, read once."""
    if schema.file not in _SHIPPED:
        _SHIPPED[schema.file] = parse(
            resources.files("matching").joinpath("data", schema.file).read_bytes(),
            schema,
            f"matching/data/{schema.file}",
        )
    return _SHIPPED[schema.file]
