"""The model file: exact evaluation, exact decomposition, and refusal of anything else."""

import gzip
import json
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
    intercept, shapes = collapse(model, values, score.PARTIES)
    ours = intercept + sum(shape(values[:, k]) for k, shape in enumerate(shapes))
    assert np.abs(ours - model.decision_function(values)).max() < 1e-9


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


@pytest.mark.parametrize("feature", ["domain", "phone", "postcode", "street_number", "city", "region", "country"])
def test_agreement_never_speaks_against_a_pair(feature: str) -> None:
    shape = score.shipped().shapes[features.NAMES.index(feature)]
    equal, different = shape(np.array([1.0, 0.0]))
    assert equal >= different


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
        (packed(version=99), "model version 99, this program reads version 1"),
        (packed(feature_hash="0"), "another feature list"),
        (packed(shapes={}), "incomplete"),
    ],
)
def test_other_files_are_refused_with_the_reason(content: bytes, message: str) -> None:
    with pytest.raises(score.ModelError, match=message):
        score.parse(content, score.PARTIES, "model.json.gz")
