"""The how-to is true: its two pieces of code, as they stand on the page, pass the contract."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from connectors import registry
from connectors.sandbox.server import sandbox
from tests.connectors.contract import test_declared, test_failing, test_reading
from tests.connectors.ground import Ground, ground

PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "writing-one.md"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    connector, server = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(connector.splitlines()) < 150
    assert len(server.splitlines()) < 150
    for name, code in (("how_to_connector", connector), ("how_to_server", server)):
        module = ModuleType(name)
        exec(compile(code, name, "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(registry.CONNECTORS, "cloudledger", "how_to_connector:Cloudledger")
    monkeypatch.setitem(sandbox.VENDORS, "cloudledger", "how_to_server:CloudledgerServer")
    with ground("cloudledger") as found:
        yield found


def test_the_example_passes_the_contract(made: Ground, capfd: pytest.CaptureFixture[str]) -> None:
    for check in (
        test_declared.test_declares_itself,
        test_declared.test_every_missing_or_malformed_setting_is_named,
        test_declared.test_signs_in_and_says_who_it_is,
        test_declared.test_wrong_credentials_are_the_admins_turn,
        test_failing.test_a_page_on_another_host_is_not_followed,
        test_failing.test_too_many_requests_for_too_long,
    ):
        made.reset()
        check(made)
    made.reset()
    test_failing.test_nothing_secret_is_said_or_logged(made, capfd)
    for stream in ("accounts", "seats"):
        for reading in (
            test_reading.test_records_are_canonical,
            test_reading.test_unknown_fields_change_nothing,
            test_reading.test_ids_beyond_any_integer_type_stay_exact,
            test_reading.test_a_page_that_comes_again_is_noticed,
            test_reading.test_nothing_is_lost_when_something_goes_while_it_is_read,
            test_reading.test_a_cancelled_reading_ends,
        ):
            made.reset()
            reading((made, stream))
        for kind in ("drop", "null"):
            made.reset()
            test_reading.test_a_missing_field_never_loses_a_record((made, stream), kind)
