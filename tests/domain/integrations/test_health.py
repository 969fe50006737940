"""A connection's health from facts, case by case; and that nothing else works it out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rcx_app.domain.integrations.health import Facts, diagnose
from rcx_app.domain.integrations.schemas import Health
from tests.conftest import ROOT

NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
TODAY = NOW.date()
REFUSED = {"kind": "credentials_refused", "whose": "admin", "message": "Not accepted.", "remedy": "Enter them again."}
DOWN = {"kind": "vendor_down", "whose": "vendor", "message": "It has a fault.", "remedy": "It is tried again."}
STALE = NOW - timedelta(hours=36, seconds=1)


def facts(**changed: Any) -> Facts:
    """A healthy connection that reads an API, but for what is `changed`."""
    plain: dict[str, Any] = {
        "is_file": False,
        "is_enabled": True,
        "is_connected": True,
        "state": "ok",
        "last_complete_at": NOW - timedelta(hours=1),
        "fresh_for": timedelta(hours=36),
    }
    return Facts(**(plain | changed))


@pytest.mark.parametrize(
    ("changed", "health", "word", "whose", "causes"),
    [
        ({}, "healthy", "Healthy", "", ()),
        ({"last_complete_at": NOW - timedelta(hours=36)}, "healthy", "Healthy", "", ()),
        ({"last_complete_at": STALE}, "attention", "Stale", "admin", ("stale",)),
        ({"state": "never", "last_complete_at": None}, "attention", "Never synced", "admin", ("never",)),
        (
            {"state": "never", "last_complete_at": None, "is_file": True},
            "attention",
            "Never imported",
            "admin",
            ("never",),
        ),
        ({"state": "partial", "failure": DOWN}, "attention", "Partly read", "vendor", ("partial",)),
        ({"state": "partial", "last_complete_at": None}, "attention", "Partly read", "rcx", ("partial",)),
        ({"state": "partial", "failure": REFUSED}, "failed", "Failed", "admin", ("refused",)),
        ({"state": "failed", "failure": REFUSED}, "failed", "Failed", "admin", ("refused",)),
        ({"state": "failed", "failure": DOWN, "held": 3}, "failed", "Failed", "vendor", ("failed",)),
        ({"state": "failed", "error": "Something went wrong."}, "failed", "Failed", "rcx", ("failed",)),
        ({"state": "failed", "error": "Torn.", "is_file": True}, "failed", "Failed", "admin", ("failed",)),
        ({"held": 1}, "attention", "Count held back", "admin", ("held",)),
        ({"held": 2, "last_complete_at": STALE}, "attention", "Stale", "admin", ("stale", "held")),
        ({"expires_on": TODAY + timedelta(days=31)}, "healthy", "Healthy", "", ()),
        ({"expires_on": TODAY + timedelta(days=30)}, "attention", "Expires soon", "admin", ("expiring_30",)),
        ({"expires_on": TODAY + timedelta(days=15)}, "attention", "Expires soon", "admin", ("expiring_30",)),
        ({"expires_on": TODAY + timedelta(days=14)}, "attention", "Expires soon", "admin", ("expiring_14",)),
        ({"expires_on": TODAY + timedelta(days=7)}, "attention", "Expires soon", "admin", ("expiring_7",)),
        ({"expires_on": TODAY + timedelta(days=1)}, "attention", "Expires soon", "admin", ("expiring_1",)),
        ({"expires_on": TODAY}, "attention", "Expires soon", "admin", ("expiring_1",)),
        ({"expires_on": TODAY - timedelta(days=1)}, "failed", "Expired", "admin", ("expired",)),
        (
            {"expires_on": TODAY - timedelta(days=1), "state": "failed", "failure": REFUSED},
            "failed",
            "Expired",
            "admin",
            ("expired", "refused"),
        ),
        ({"expires_on": TODAY - timedelta(days=9), "is_file": True}, "healthy", "Healthy", "", ()),
        ({"is_connected": False, "state": "failed"}, "attention", "Disconnected", "admin", ("disconnected",)),
        ({"is_enabled": False, "state": "failed", "held": 9}, "off", "Switched off", "", ()),
        ({"is_enabled": False, "is_connected": False}, "off", "Switched off", "", ()),
    ],
)
def test_the_health_of_a_connection(
    changed: dict[str, Any], health: str, word: str, whose: str, causes: tuple[str, ...]
) -> None:
    found = diagnose(facts(**changed), NOW)
    assert (found.health, found.word, found.whose, found.causes) == (Health(health), word, whose, causes)
    assert found.reason.endswith("."), "a reason is a sentence"
    assert bool(found.remedy) == bool(causes), "what is wrong has a remedy, and nothing else"


def test_the_words_name_the_day_and_everything_that_is_wrong() -> None:
    found = diagnose(facts(expires_on=date(2026, 12, 1), held=2, last_complete_at=STALE), NOW)
    assert found.reason == (
        "It was last read completely on 18 Nov 2026. Its credentials end on 1 Dec 2026. "
        "2 counts fell suddenly and are held back until a person confirms them."
    )
    assert diagnose(facts(state="failed", failure=REFUSED), NOW).reason == "The last sync failed: Not accepted."
    assert diagnose(facts(state="failed", failure=REFUSED), NOW).remedy == "Enter them again."


def _sources() -> Iterator[tuple[str, ast.AST]]:
    for top in ("rcx_app", "jobs"):
        for path in sorted(Path(ROOT / top).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def _named(tree: ast.AST, kind: type[ast.AST], name: str) -> bool:
    return any(
        (isinstance(node, kind) and isinstance(node, ast.Call) and getattr(node.func, "id", "") == name)
        or (isinstance(node, kind) and isinstance(node, ast.ImportFrom) and name in {each.name for each in node.names})
        for node in ast.walk(tree)
    )


def test_nothing_else_works_out_a_health() -> None:
    """A light is made in `health.py`, put into views in `service.py`, and only there; others compare or show it.

    Findings ask how old data may be for themselves: they are of a day in the past.
    """
    made, shown, aged = set(), set(), set()
    for path, tree in _sources():
        made |= {path} if _named(tree, ast.Call, "Diagnosis") else set()
        shown |= (
            {path} if any(_named(tree, ast.Call, each) for each in ("ConnectionHealth", "ConnectionView")) else set()
        )
        aged |= {path} if _named(tree, ast.ImportFrom, "fresh_for") else set()
    assert made == {"rcx_app/domain/integrations/health.py"}
    assert shown == {"rcx_app/domain/integrations/service.py"}
    assert aged == {
        "rcx_app/domain/integrations/health.py",
        "rcx_app/domain/reconcile/repository.py",
        "rcx_app/domain/sync/run.py",
    }
    service = (ROOT / "rcx_app/domain/integrations/service.py").read_text()
    assert "Health." not in service, "what shows a health decides none"
