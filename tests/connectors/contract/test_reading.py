"""Every stream of every connector reads everything exactly once, whatever the pages, tokens and oddities of its API."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime

import pytest

from connectors.connector import STREAMS
from connectors.http.failures import ApiFailure
from connectors.records import Record, Removed
from connectors.sandbox.estate.living.advance import advance
from connectors.sandbox.estate.town import Town
from connectors.wire import Stopped
from tests.connectors.ground import Ground

Streamed = tuple[Ground, str]


def test_records_are_canonical(streamed: Streamed) -> None:
    bare, stream = streamed
    found = bare.read(stream)
    assert found, "the estate has something of everything"
    for external_id, record in found.items():
        assert isinstance(record, STREAMS[stream])
        assert external_id == external_id.strip() != ""
        for field in dataclasses.fields(record):
            value = getattr(record, field.name)
            assert not isinstance(value, float), f"{field.name} is not exact"
            if isinstance(value, datetime):
                assert value.utcoffset() is not None
                assert value.utcoffset().total_seconds() == 0
            if field.name == "attributes":
                assert all(isinstance(key, str) and isinstance(each, str) for key, each in value.items())


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_pages_of_any_size_give_the_same(streamed: Streamed, offset: int) -> None:
    """A page just full, one short and one over, and many small ones."""
    bare, stream = streamed
    whole = bare.read(stream)
    for size in {max(1, len(whole) + offset), 7 + offset}:
        assert bare.read(stream, page_size=size) == whole, f"pages of {size}"


def test_an_empty_system_is_empty_or_an_error_but_no_crash(streamed: Streamed) -> None:
    bare, stream = streamed
    bare.sandbox.faults.plan("zero", times=0)
    try:
        assert bare.read(stream) == {}
    except ApiFailure as failure:
        assert failure.kind in ("unexpected_shape", "paging_broken", "refused", "not_found")


def test_a_token_that_ends_in_the_middle_is_renewed(streamed: Streamed) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    bare.sandbox.faults.plan("expire", after=2)
    assert bare.read(stream, page_size=5) == whole


def test_a_token_grown_old_is_renewed(streamed: Streamed) -> None:
    bare, stream = streamed
    connector = bare.connector()
    whole = {record.external_id: record for record in connector.read(stream)}
    bare.sandbox.put_ahead(bare.server.token_lifetime_s + 1)
    assert {record.external_id: record for record in connector.read(stream)} == whole


def test_unknown_fields_change_nothing(streamed: Streamed) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    bare.sandbox.faults.plan("extra", times=0)
    assert _plain(bare.read(stream)) == _plain(whole)


@pytest.mark.parametrize("kind", ["drop", "null"])
def test_a_missing_field_never_loses_a_record(streamed: Streamed, kind: str) -> None:
    """Without any one field the same records come, or a failure that says so: never fewer, and never a crash."""
    bare, stream = streamed
    bare.sandbox.keeps = True
    whole = bare.read(stream)
    keys = sorted({key for each in bare.sandbox.exchanges for key in _keys(json.loads(each.body or b"null"))})
    bare.sandbox.keeps = False
    assert keys
    for key in keys:
        bare.sandbox.faults.clear()
        bare.sandbox.faults.plan(kind, key, times=0)
        try:
            found = bare.read(stream)
        except ApiFailure as failure:
            assert failure.kind in ("unexpected_shape", "paging_broken", "credentials_refused", "setting_wrong"), key
        else:
            assert len(found) >= len(whole), f"{kind} {key} loses records"


def test_ids_beyond_any_integer_type_stay_exact(streamed: Streamed) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    bare.sandbox.faults.plan("huge", times=0)
    found = bare.read(stream)
    assert len(found) == len(whole)
    for external_id in found:
        assert "e+" not in external_id.lower()
        if external_id not in whole and external_id.isdigit():
            assert external_id[:-17] in whole
            assert external_id.endswith("0" * 17)


def test_rows_that_come_twice_count_once(streamed: Streamed) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    bare.sandbox.faults.plan("twice", times=0)
    assert set(bare.read(stream)) == set(whole)


@pytest.mark.parametrize("spelling", ["zoneless", "offset", "long"])
def test_other_spellings_of_times_mean_the_same(streamed: Streamed, spelling: str) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    bare.sandbox.faults.plan("times", spelling, times=0)
    assert _to_the_second(bare.read(stream)) == _to_the_second(whole)


def test_a_page_that_comes_again_is_noticed(streamed: Streamed) -> None:
    bare, stream = streamed
    whole = bare.read(stream)
    for after in (1, 2, 3):
        bare.sandbox.faults.clear()
        bare.sandbox.faults.plan("repeat", after=after)
        try:
            found = bare.read(stream, page_size=5)
        except ApiFailure as failure:
            assert failure.kind in ("paging_broken", "unexpected_shape", "not_json", "credentials_refused", "refused")
        else:
            assert set(found) >= set(whole), "a part was taken for the whole"


def test_nothing_is_lost_when_something_goes_while_it_is_read(streamed: Streamed) -> None:
    bare, stream = streamed
    if stream not in ("clients", "accounts"):
        stream = next(info.name for info in bare.cls.streams() if info.name in ("clients", "accounts"))
    before = bare.read(stream)
    gone = _first_party(bare)
    seen: list[str] = []

    def remove_once(_vendor: str, request: object) -> None:
        seen.append(str(request))
        if len(seen) == 4:
            bare.town.remove(gone)

    bare.sandbox.before = remove_once
    found = bare.read(stream, page_size=2)
    bare.sandbox.before = None
    assert set(found) >= set(bare.read(stream)), "a record that was there all the time is missing"
    assert set(found) <= set(before)


def test_an_incremental_read_brings_what_a_whole_one_would(streamed: Streamed) -> None:
    bare, stream = streamed
    info = next(info for info in bare.cls.streams() if info.name == stream)
    reading = bare.connector().read(stream)
    known = {record.external_id: record for record in reading}
    if not info.is_incremental:
        assert reading.cursor == ""
        assert reading.is_full
        return
    assert reading.cursor
    _pass_days(bare.town, 9)
    later = bare.connector().read(stream, reading.cursor)
    assert not later.is_full
    for record in later:
        if isinstance(record, Removed):
            known.pop(record.external_id, None)
        else:
            known[record.external_id] = record
    whole = bare.read(stream)
    assert set(known) == set(whole)
    assert _lasting(known) == _lasting(whole)
    again = list(bare.connector().read(stream, later.cursor))
    assert len(again) < len(whole) or len(whole) < 3, "what did not change does not come again"


def test_a_cancelled_reading_ends(streamed: Streamed) -> None:
    bare, stream = streamed
    stops: list[bool] = []
    reading = bare.connector(page_size=2, is_stopped=lambda: bool(stops)).read(stream)
    next(reading)
    stops.append(True)
    with pytest.raises(Stopped):
        list(reading)
    assert not reading.is_complete


def _keys(content: object) -> set[str]:
    if isinstance(content, dict):
        return set(content) | {key for value in content.values() for key in _keys(value)}
    if isinstance(content, list):
        return {key for value in content[:5] for key in _keys(value)}
    return set()


def _plain(found: dict[str, Record | Removed]) -> dict[str, object]:
    """Records without attributes, which hold whatever else the source sends."""
    return {key: dataclasses.replace(record, attributes={}) for key, record in found.items()}  # type: ignore[arg-type, call-arg]


def _to_the_second(found: dict[str, Record | Removed]) -> dict[str, object]:
    def cut(value: object) -> object:
        return value.replace(microsecond=0) if isinstance(value, datetime) else value

    plain = {key: dataclasses.asdict(record) for key, record in _plain(found).items()}  # type: ignore[call-overload]
    return {key: {name: cut(value) for name, value in record.items()} for key, record in plain.items()}


def _lasting(found: dict[str, Record | Removed]) -> dict[str, object]:
    """What an incremental read owes: everything but signs of life, which move without a change."""
    plain = {key: dataclasses.asdict(record) for key, record in _plain(found).items()}  # type: ignore[call-overload]
    return {key: {**record, "last_seen_at": None} for key, record in plain.items()}


def _first_party(bare: Ground) -> object:
    if bare.server.integration:
        return bare.town.index.accounts.of(bare.server.integration)[0]
    return bare.town.estate.clients[0]


def _pass_days(town: Town, days: int) -> None:
    advance(town, days)
