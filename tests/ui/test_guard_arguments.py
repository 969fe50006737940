"""What a handler is given has the types it declares, or it does not run."""

from __future__ import annotations

import enum
from datetime import date
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.ui.guard import check_payload, permission_of, requires

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


class Verdict(enum.Enum):
    YES = "yes"
    NO = "no"


@requires(Permission.MAP)
async def decide(
    self: Any,
    account_id: int,
    verdict: Verdict,
    band: Literal["high", "low"] = "high",
    day: date | None = None,
    ids: list[int] = [],  # noqa: B006
) -> None: ...


def test_the_tag_names_the_permission() -> None:
    assert permission_of(decide) is Permission.MAP
    assert permission_of(lambda: None) is None


def test_a_parameter_without_a_type_is_refused_when_the_handler_is_declared() -> None:
    with pytest.raises(TypeError, match="'account_id' needs a type"):

        @requires(Permission.MAP)
        async def careless(self: Any, account_id) -> None: ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize(
    "payload",
    [
        {"account_id": 7, "verdict": "yes"},
        {"account_id": 7, "verdict": "no", "band": "low", "day": "2026-11-14", "ids": [1, 2]},
        {"account_id": 7, "verdict": "no", "day": None},
    ],
)
def test_fitting_arguments_pass(payload: dict[str, Any]) -> None:
    check_payload(decide, payload)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "account_id",
        {},
        {"account_id": 7},
        {"account_id": "7", "verdict": "yes"},
        {"account_id": True, "verdict": "yes"},
        {"account_id": 7.5, "verdict": "yes"},
        {"account_id": None, "verdict": "yes"},
        {"account_id": {"$gt": 0}, "verdict": "yes"},
        {"account_id": 7, "verdict": "maybe"},
        {"account_id": 7, "verdict": "yes", "band": "middle"},
        {"account_id": 7, "verdict": "yes", "day": "14.11.2026"},
        {"account_id": 7, "verdict": "yes", "ids": [1, "2"]},
        {"account_id": 7, "verdict": "yes", "ids": 1},
        {"account_id": 7, "verdict": "yes", "self": {}},
        {"account_id": 7, "verdict": "yes", "extra": 1},
    ],
)
def test_other_arguments_are_refused(payload: Any) -> None:
    with pytest.raises(Invalid):
        check_payload(decide, payload)


@given(value=JSON)
def test_only_whole_numbers_pass_as_a_number(value: Any) -> None:
    fits = isinstance(value, int) and not isinstance(value, bool)
    try:
        check_payload(decide, {"account_id": value, "verdict": "yes"})
    except Invalid:
        assert not fits
    else:
        assert fits


@requires(Permission.MAP)
async def submit(self: Any, form: dict[str, str]) -> None: ...


def _form(entries: Any) -> dict[str, Any]:
    """A form as the browser sends it."""
    return {"form": {"__reflex_form_data__": entries}}


def test_a_submitted_form_passes() -> None:
    check_payload(submit, _form([["reason", "our own tenant"], ["note", ""]]))
    check_payload(submit, {"form": {"reason": "plain"}})


@pytest.mark.parametrize("entries", [[["reason", 7]], [[1, "x"]], [["a", "b", "c"]], [7], 7, [[["a"], "x"]], "text"])
def test_a_forged_form_is_refused(entries: Any) -> None:
    with pytest.raises(Invalid):
        check_payload(submit, _form(entries))


def test_form_data_does_not_pass_for_another_type() -> None:
    with pytest.raises(Invalid):
        check_payload(decide, {"account_id": {"__reflex_form_data__": []}, "verdict": "yes"})
