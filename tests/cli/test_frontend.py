"""A build of the pages serves whatever address it is reached by."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rcx_app.commands.frontend import serve_any_address
from rcx_app.core.errors import Unavailable


def test_the_address_of_the_build_gives_way_to_the_browsers(tmp_path: Path) -> None:
    script = tmp_path / "assets" / "env.js"
    script.parent.mkdir()
    script.write_text('var e={A:`http://rcx-build.invalid/ping`,B:"ws://rcx-build.invalid:80/_event",C:`websocket`};')
    script.with_name("env.js.gz").write_bytes(gzip.compress(b"old"))
    other = tmp_path / "other.js"
    other.write_text("let url = `http://example.com/`;")
    serve_any_address(tmp_path)
    after = 'var e={A:location.origin+"/ping",B:location.origin.replace("http","ws")+"/_event",C:`websocket`};'
    assert script.read_text() == after
    assert gzip.decompress(script.with_name("env.js.gz").read_bytes()).decode() == after
    assert other.read_text() == "let url = `http://example.com/`;"


@pytest.mark.parametrize("text", ["var e={};", "var e=`see http://rcx-build.invalid/ping`;"])
def test_a_build_in_an_unknown_form_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "env.js").write_text(text)
    with pytest.raises(Unavailable, match="locked versions"):
        serve_any_address(tmp_path)
