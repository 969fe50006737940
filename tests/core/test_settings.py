"""The settings and their documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rcx_app.core.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def documented() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else() -> None:
    names = {str(field.validation_alias or f"RCX_{name.upper()}") for name, field in Settings.model_fields.items()}
    assert set(documented()) == names


def test_the_documented_values_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RCX_VAR_DIR")
    defaults = Settings(_env_file=None)
    for name, value in documented().items():
        if name != "REDIS_URL":  # an example: without one, `rcx up` starts its own
            monkeypatch.setenv(name, value)
    assert Settings(_env_file=None) == defaults
