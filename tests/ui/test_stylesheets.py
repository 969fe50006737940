"""The style sheets hold together: every token used is defined, in both modes, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
TOKENS = (ASSETS / "tokens.css").read_text()
RULES = (ASSETS / "ui.css").read_text()
LOCAL = {"--v", "--width"}  # set by the markup or on the spot


def test_every_token_used_is_defined() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", TOKENS))
    used = set(re.findall(r"var\((--[\w-]+)", RULES))
    assert used - defined - LOCAL == set()


def test_every_colour_has_a_dark_one() -> None:
    light, dark = TOKENS.split('[data-theme="dark"], .dark {')
    colours = {name for name, _ in re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", light)}
    assert colours - set(re.findall(r"(--[\w-]+):", dark)) - {"--on-accent"} == set()


def test_the_font_is_our_own_and_licensed() -> None:
    (address,) = re.findall(r'url\("(/fonts/[^"]+)"\)', TOKENS)
    assert (ASSETS / address.strip("/")).is_file()
    assert "SIL OPEN FONT LICENSE" in (ASSETS / "fonts" / "OFL.txt").read_text()


@pytest.mark.parametrize("sheet", ["tokens.css", "ui.css"])
def test_braces_close(sheet: str) -> None:
    text = (ASSETS / sheet).read_text()
    assert text.count("{") == text.count("}")


def test_nothing_is_fetched_from_elsewhere() -> None:
    for text in (TOKENS, RULES):
        assert not re.findall(r"url\(\"?(?:https?:)?//", text)
