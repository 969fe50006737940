"""Every failure of every API ends in the table's words: whose turn, what to do, nothing secret, no half truth."""

from __future__ import annotations

import json
import random
import re

import pytest

from connectors.http.failures import FAILURES, ApiFailure
from connectors.wire import Patience
from tests.connectors.ground import QUICK, Ground

STATUSES = {
    401: {"credentials_refused"},
    403: {"privilege_missing", "blocked"},
    500: {"vendor_down", "refused"},
    502: {"vendor_down"},
    503: {"vendor_down", "rate_limited"},
}
BUSY = {"rate_limited", "budget_spent", "blocked"}


def _stream(bare: Ground) -> str:
    names = [info.name for info in bare.cls.streams()]
    return "clients" if "clients" in names else "accounts"


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_an_error_that_stays_is_told_by_the_table(bare: Ground, status: int) -> None:
    stream = _stream(bare)
    bare.sandbox.faults.plan("status", status, times=0, path=_data_path(bare, stream))
    with pytest.raises(ApiFailure) as failed:
        bare.read(stream)
    failure = failed.value
    assert failure.kind in STATUSES[status]
    assert failure.message
    assert failure.remedy
    assert failure.vendor == bare.cls.about.name
    if failure.kind == "privilege_missing":
        needs = next(info.needs for info in bare.cls.streams() if info.name == stream)
        assert needs in failure.message
    if failure.action == "retry":
        assert bare.sandbox.faults.hits >= QUICK.attempts, "a reading is tried again"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_that_passes_is_survived(bare: Ground, status: int) -> None:
    stream = _stream(bare)
    whole = bare.read(stream)
    path = _data_path(bare, stream)
    bare.paused.clear()
    bare.sandbox.faults.plan("status", status, path=path, retry_after="3")
    assert bare.read(stream) == whole
    assert bare.sandbox.faults.hits == 1
    assert bare.paused, "it waits before it asks again"


def test_a_wish_for_silence_is_honoured(bare: Ground) -> None:
    stream = _stream(bare)
    response = bare.server.fault(429, retry_after="7")
    bare.sandbox.faults.plan("status", 429, path=_data_path(bare, stream), retry_after="7")
    bare.read(stream)
    if response.headers.get("retry-after") == "7":
        assert sum(bare.paused) >= 6.9


def test_too_many_requests_for_too_long(bare: Ground) -> None:
    stream = _stream(bare)
    bare.sandbox.faults.plan("status", 429, times=0, path=_data_path(bare, stream), retry_after="2")
    with pytest.raises(ApiFailure) as failed:
        bare.read(stream)
    assert failed.value.kind in BUSY
    assert failed.value.action == "retry"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("hang", {"timed_out"}),
        ("reset", {"cut_off"}),
        ("cut", {"cut_off"}),
        ("malformed", {"not_json"}),
        ("html", {"not_json"}),
        ("empty", {"not_json"}),
    ],
)
def test_answers_that_are_none(bare: Ground, kind: str, wanted: set[str]) -> None:
    """Once: it is read again. For ever: a failure, and the stream is not complete."""
    stream = _stream(bare)
    whole = bare.read(stream)
    path = _data_path(bare, stream)
    patience = Patience(answer_s=0.4, attempts=2, first_pause_s=0.001, circuit_failures=99)
    bare.sandbox.faults.plan(kind, path=path)
    assert bare.read(stream, patience=patience) == whole
    bare.sandbox.faults.plan(kind, times=0, path=path)
    reading = bare.connector(patience=patience).read(stream)
    with pytest.raises(ApiFailure) as failed:
        list(reading)
    assert failed.value.kind in wanted
    assert not reading.is_complete


def test_a_break_in_the_middle_of_a_list_leaves_it_incomplete(bare: Ground) -> None:
    stream = _stream(bare)
    path = _data_path(bare, stream)
    bare.sandbox.keeps = True
    bare.read(stream, page_size=2)
    bare.sandbox.keeps = False
    pages = sum(1 for each in bare.sandbox.exchanges if re.search(path, each.path))
    bare.sandbox.faults.plan("status", 500, times=0, after=pages - 1, path=path)
    reading = bare.connector(page_size=2).read(stream)
    with pytest.raises(ApiFailure):
        list(reading)
    assert not reading.is_complete
    assert reading.cursor == ""


def test_a_page_on_another_host_is_not_followed(bare: Ground) -> None:
    for info in bare.cls.streams():
        bare.reset()
        bare.sandbox.faults.plan("foreign", "pages.evil.example", times=0)
        try:
            bare.read(info.name, page_size=3)
        except ApiFailure as failure:
            assert failure.kind in ("foreign_page", "unexpected_shape")
        assert bare.sandbox.strangers == [], "credentials went to another host"


def test_a_host_that_keeps_failing_is_left_alone(bare: Ground) -> None:
    patience = Patience(attempts=20, first_pause_s=0.0001, longest_pause_s=0.001, circuit_failures=4, circuit_rest_s=60)
    stream = _stream(bare)
    bare.sandbox.faults.plan("reset", times=0, path=_data_path(bare, stream))
    with pytest.raises(ApiFailure) as failed:
        bare.read(stream, patience=patience)
    assert failed.value.kind == "circuit_open"
    assert bare.sandbox.faults.hits <= 8


def test_nothing_secret_is_said_or_logged(bare: Ground, capfd: pytest.CaptureFixture[str]) -> None:
    secrets = [
        bare.server.settings[field.name]
        for field in bare.cls.about.fields
        if field.is_secret and field.name in bare.server.settings
    ]
    assert secrets
    said = []
    bare.sandbox.keeps = True
    connector = bare.connector()
    connector.check()
    sent = " ".join(str(value) for each in bare.sandbox.exchanges for value in each.request_headers.values())
    tokens = re.findall(r"tok-[0-9a-f]{40}", sent)
    for plan in ({}, {"after": 1}, {"after": 2}):
        bare.sandbox.faults.plan("echo", times=0, **plan)
        try:
            bare.connector().check()
        except ApiFailure as failure:
            said += [str(failure), repr(failure), failure.detail, failure.message, failure.remedy]
        try:
            connector.check()
        except ApiFailure as failure:
            said += [str(failure), repr(failure), failure.detail]
        bare.sandbox.faults.clear()
    assert said
    text = " ".join(said) + json.dumps(bare.observed, default=str) + " ".join(capfd.readouterr())
    for secret in [*secrets, *tokens]:
        assert secret not in text


def test_every_failure_has_words() -> None:
    for kind, entry in FAILURES.items():
        failure = ApiFailure(kind, "Vendor", "thing", detail="x" * 500)
        assert len(failure.detail) <= 80
        assert "{" not in failure.message + failure.remedy
        assert entry.message
        assert entry.remedy


def _data_path(bare: Ground, stream: str) -> str:
    """A pattern of the places that a stream reads, sign-in left out."""
    bare.sandbox.keeps = True
    list(bare.connector().read(stream))
    bare.sandbox.keeps = False
    paths = [
        each.path
        for each in bare.sandbox.exchanges
        if not re.search(r"token|zoneInformation|companyinfo|whoami|authenticate|auth/", each.path)
    ]
    bare.sandbox.exchanges.clear()
    assert paths
    return re.escape(random.Random(bare.id).choice(sorted(set(paths))))
