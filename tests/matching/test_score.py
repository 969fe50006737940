"""The model file: exact evaluation, exact decomposition, and refusal of anything else."""

import gzip
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from matching import context, features, score
from matching.fit import collapse
from matching.services.features import SERVICES


def packed(**change: object) -> bytes:
    body = json.loads(gzip.decompress(resources.files("matching").joinpath("data", score.PARTIES.file).read_bytes()))
    return gzip.compress(json.dumps(body | change).encode(), mtime=0)


def matrix(rows: int, columns: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(rows, columns)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    return values


def test_collapsed_trees_equal_scikit_learn() -> None:
    values = matrix(2000, len(features.NAMES))
    truth = np.nan_to_num(values[:, 0]) + np.nan_to_num(values[:, 3]) * np.isnan(values[:, 5]) > 0.3
    model = HistGradientBoostingClassifier(max_iter=20, interaction_cst="no_interactions", early_stopping=False)
    model.fit(values, truth)
    intercept, shapes, tables = collapse(model, values, score.PARTIES)
    assert not tables
    ours = intercept + sum(shape(values[:, k]) for k, shape in enumerate(shapes))
    assert np.abs(ours - model.decision_function(values)).max() < 1e-9


def paired(interactions: object) -> tuple[np.ndarray, HistGradientBoostingClassifier]:
    values = matrix(2000, len(features.NAMES))
    first, second = np.nan_to_num(values[:, 0], nan=2.0), np.nan_to_num(values[:, 3])
    model = HistGradientBoostingClassifier(max_iter=20, interaction_cst=interactions, early_stopping=False, max_bins=32)
    return values, model.fit(values, first * second + values[:, 1] ** 2 > 0.3)


@pytest.mark.parametrize("interactions", ["pairwise", [{0, 3}, *({k} for k in range(len(features.NAMES)))]])
def test_collapsed_pairs_equal_scikit_learn(interactions: object) -> None:
    values, boosted = paired(interactions)
    model = model_of(values, boosted)
    assert model.tables
    assert np.abs(model.pair_log_odds(values) - boosted.decision_function(values)).max() < 1e-3


def test_trees_that_ask_for_three_features_at_once_are_refused() -> None:
    values, boosted = paired(None)
    with pytest.raises(ValueError, match="three features"):
        collapse(boosted, values, score.PARTIES)


def model_of(values: np.ndarray, boosted: HistGradientBoostingClassifier) -> score.Model:
    intercept, shapes, tables = collapse(boosted, values, score.PARTIES)
    return replace(score.shipped(), intercept=intercept, shapes=tuple(shapes), tables=tuple(tables))


def test_what_two_features_say_together_is_told_in_full() -> None:
    values, boosted = paired("pairwise")
    model = model_of(values, boosted)
    own = model.pair_log_odds(values)
    standing = np.zeros((len(values), len(context.NAMES)))
    told = model.start + model.contributions(values, standing).sum(axis=1)
    assert np.abs(told - model.log_odds(own, standing)).max() < 1e-8


def test_a_stretched_table_moves_each_feature_that_many_times_as_far() -> None:
    values, boosted = paired("pairwise")
    table = model_of(values, boosted).tables[0]
    one, two = (np.asarray(at, np.intp) for at in np.indices(table.values.shape))
    ours, theirs = table.shares(one, two)
    stretched = table.stretched(2.0, 0.5)
    assert np.abs(stretched.values - (table.neutral + 2 * ours + theirs / 2)).max() < 1e-9
    assert np.abs(table.stretched(1.0, 1.0).values - table.values).max() < 1e-9
    again = stretched.shares(one, two)
    assert np.abs(again[0] + again[1] - 2 * ours - theirs / 2).max() < 1e-9


@pytest.mark.parametrize("schema", [score.PARTIES, SERVICES])
def test_contributions_add_up_to_the_log_odds(schema: score.Schema) -> None:
    model = score.shipped(schema)
    values = matrix(500, len(schema.names))
    own = model.pair_log_odds(values)
    standing = context.context(np.arange(500) % 40, np.arange(500) // 10, own)
    total = model.start + model.contributions(values, standing).sum(axis=1)
    assert np.abs(total - model.log_odds(own, standing)).max() < 1e-8


@pytest.mark.parametrize("schema", [score.PARTIES, SERVICES])
def test_own_evidence_never_counts_backwards(schema: score.Schema) -> None:
    model = score.shipped(schema)
    own = np.linspace(-20, 20, 400)
    assert (np.diff(score.bent(own) @ model.bend) > 0).all()


RISING = ["domain", "phone", "postcode", "street_number", "city", "region", "country", "branch", "numbers"]
COUNTED = ["people_share", "people_count", "devices_share", "devices_count", "label_cover", "label_bare", "seats"]


@pytest.mark.parametrize("feature", [*RISING, *COUNTED])
def test_agreement_never_speaks_against_a_pair_whatever_stands_beside_it(feature: str) -> None:
    model = score.shipped()
    values = matrix(300, len(features.NAMES))
    found = []
    for level in np.linspace(-1.0, 1.0, 9):
        values[:, features.NAMES.index(feature)] = level
        found.append(model.pair_log_odds(values))
    assert (np.diff(np.array(found), axis=0) >= -1e-4).all()


def test_written_models_read_back_equal(tmp_path: Path) -> None:
    model = score.shipped()
    score.dump(model, tmp_path / "model.json.gz")
    values = matrix(50, len(features.NAMES))
    again = score.parse((tmp_path / "model.json.gz").read_bytes(), score.PARTIES)
    assert (again.pair_log_odds(values) == model.pair_log_odds(values)).all()
    score.dump(again, tmp_path / "again.json.gz")
    assert (tmp_path / "again.json.gz").read_bytes() == (tmp_path / "model.json.gz").read_bytes()


def test_the_shipped_model_tells_its_origin() -> None:
    about = score.shipped().about
    assert len(about["data_sha256"]) == 64
    assert about["frozen"]["blank70"]["suggest"][2] > 0.87


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"nonsense", "not a readable model file"),
        (gzip.compress(b"[1]", mtime=0), "not a matching model"),
        (packed(version=99), "model version 99, this program reads version 2"),
        (packed(feature_hash="0"), "another feature list"),
        (packed(shapes={}), "incomplete"),
        (packed(tables=[{"features": ["ratio", "nothing"]}]), "incomplete"),
    ],
)
def test_other_files_are_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(score.ModelError, match=message):
        score.parse(content, score.PARTIES, "model.json.gz")
