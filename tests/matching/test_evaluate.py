"""The measures themselves, and the frozen bench with its floors: a change of the matcher is judged here."""

import numpy as np
import pytest

from matching import simulate
from matching.evaluate import blocking_recall, calibration_error, evaluate, precision_recall_f1, recall_at_precision
from matching.services.evaluate import alias_accuracy
from matching.services.evaluate import evaluate as evaluate_services
from matching.services.evaluate import frozen as frozen_services

TENANTS = 4


def test_precision_recall_f1() -> None:
    assert precision_recall_f1(8, 10, 16) == (0.8, 0.5, pytest.approx(8 / 13))
    assert precision_recall_f1(0, 0, 4) == (1.0, 0.0, 0.0)


def test_recall_at_precision_takes_equal_confidences_together() -> None:
    confidence, truth = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, True])
    assert recall_at_precision(confidence, truth, 4, 0.99) == 0.25
    assert recall_at_precision(confidence, truth, 4, 0.6) == 0.75


def test_calibration_error() -> None:
    assert calibration_error(np.array([0.75, 0.75, 0.75, 0.75]), np.array([True, True, True, False])) == pytest.approx(
        0
    )
    assert calibration_error(np.array([0.95]), np.array([False])) == pytest.approx(0.95)


def test_entities_are_on_one_side_of_the_line() -> None:
    train = {row["account_number"] for sites in simulate.chicago("train") for row in sites}
    test = {row["account_number"] for sites in simulate.chicago("test") for row in sites}
    assert train
    assert test
    assert not train & test


# Slightly under what docs/matching.md reports.
FLOORS = {
    # kind: (F1 at suggest, precision at suggest, precision at preselect, top-1, blocking recall)
    "names": (0.86, 0.92, 0.98, 0.85, 0.94),
    "blank70": (0.90, 0.94, 0.98, 0.885, 0.955),
    "full": (0.96, 0.975, 0.985, 0.965, 0.99),
    "legal": (0.945, 0.97, 0.985, 0.955, 0.99),
    "bodies": (0.925, 0.95, 0.98, 0.945, 0.975),
    "universities": (0.84, 0.90, 0.96, 0.845, 0.935),
    "noised": (0.97, 0.96, 0.99, 0.98, 0.99),
    "chains": (0.88, 0.93, 0.98, 0.945, 0.99),
    "staffed": (0.905, 0.94, 0.98, 0.90, 0.95),
}


@pytest.mark.parametrize("kind", FLOORS)
def test_frozen_tenants_hold_their_floors(kind: str) -> None:
    tenants = simulate.frozen(kind, TENANTS)
    found = evaluate(tenants)
    f1, precision, ticked, top1, blocking = FLOORS[kind]
    assert found.suggest[2] >= f1
    assert found.suggest[0] >= precision
    assert found.preselect[0] >= ticked
    assert found.top1 >= top1
    assert blocking_recall(tenants) >= blocking
    assert found.ece <= {"legal": 0.075, "chains": 0.1}.get(kind, 0.05)


def test_one_to_one_is_more_precise_where_it_holds() -> None:
    tenants = simulate.frozen("blank70", TENANTS)
    assert evaluate(tenants, assignment="one_to_one").suggest[0] >= evaluate(tenants).suggest[0] - 0.005


def test_service_floors() -> None:
    mixed = evaluate_services(frozen_services("mixed"))
    assert mixed.suggest[2] >= 0.95
    assert mixed.preselect[0] >= 0.99
    assert evaluate_services(frozen_services("titles", 4)).suggest[2] >= 0.92


def test_alias_floors_with_each_source_held_out() -> None:
    found = alias_accuracy()
    assert found["top1"] >= 0.66
    assert found["preselect_precision"] >= 0.88
