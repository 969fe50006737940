"""Whatever stands in a list: an answer or a clear error, and no more work than the list's length explains."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.engine import match
from matching.files import FileError, read_parties, read_services, write_suggestions
from matching.services.engine import match_services
from matching.types import Party, Service, Thresholds
from tests.matching.hostile_input import BILLED, CLIENTS, NAMES, hold, no_hang

__all__ = ["no_hang"]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_strange_name_gets_an_answer(name: str) -> None:
    hold(match([Party("1", name), Party("2", "Acme Dental")], CLIENTS), ["1", "2"])
    hold(match(CLIENTS, [Party("1", name)]), ["a", "b", "c"])
    hold(match_services([Service("1", name), Service("2", "M365 E3")], BILLED), ["1", "2"])
    hold(match_services(BILLED, [Service("1", name)]), ["a", "b"])


@pytest.mark.parametrize("name", ["Acme \ud800 Dental", "\udfff\udc00"])
def test_half_a_surrogate_pair_gets_an_answer(name: str) -> None:
    hold(match([Party("1", name)], CLIENTS), ["1"])
    hold(match(CLIENTS, [Party("1", name)]), ["a", "b", "c"])
    hold(match([Party("1", "Acme", domain=f"{name}.com", aliases=(name,), city=name, people=(name,))], CLIENTS), ["1"])
    hold(match_services([Service("1", name)], BILLED), ["1"])
    hold(match_services([Service("1", "M365 E3", sku=name, vendor=name, description=name)], BILLED), ["1"])


def test_a_strange_name_does_not_spoil_its_neighbours() -> None:
    alone = match([Party("2", "Acme Dental LLC")], CLIENTS)[0]
    for name in NAMES.values():
        beside = match([Party("1", name), Party("2", "Acme Dental LLC")], CLIENTS)[1]
        assert beside.best is not None
        assert alone.best is not None
        assert beside.best.right_id == alone.best.right_id == "a"


def test_an_empty_side() -> None:
    assert match([], CLIENTS) == []
    assert match([], []) == []
    assert match_services([], []) == []
    for found in (match([Party("1", "Acme")], []), match_services([Service("1", "M365 E3")], [])):
        assert [(one.left_id, one.verdict, one.candidates) for one in found] == [("1", "none", ())]


def test_ids_that_occur_twice_are_named() -> None:
    twice = [Party("7", "Acme"), Party("7", "Contoso")]
    with pytest.raises(ValueError, match="left ids occur more than once: '7'"):
        match(twice, CLIENTS)
    with pytest.raises(ValueError, match="right ids occur more than once: '7'"):
        match(CLIENTS, twice)
    with pytest.raises(ValueError, match="right ids occur more than once: '7'"):
        match_services(BILLED, [Service("7", "A"), Service("7", "B")])


def csv_file(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["id", "name"], *rows])
    return path


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("empty", "spaces", "1,000,000 characters")])
def test_a_strange_name_in_a_file_is_matched_or_refused_with_its_line(tmp_path: Path, name: str) -> None:
    path = csv_file(tmp_path / "left.csv", [["1", NAMES[name]], ["2", "Acme Dental"]])
    try:
        left = read_parties(path)
    except FileError as error:
        assert str(path) in str(error)
        return
    assert [party.id for party in left] == ["1", "2"]
    out = tmp_path / "out.csv"
    write_suggestions(out, match(left, CLIENTS))
    with out.open(encoding="utf-8", newline="") as stream:
        assert [row["left_id"] for row in csv.DictReader(stream)] == ["1", "2"]


@pytest.mark.parametrize("read", [read_parties, read_services])
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["1", ""]], "column 'name'"),
        ([["1", "  "]], "column 'name'"),
        ([["", "Acme"]], "column 'id'"),
        ([["1", "Acme"], ["1", "Contoso"]], "was used on line 2 already"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(
    tmp_path: Path, read: Callable[[Path], object], rows: list[list[str]], told: str
) -> None:
    with pytest.raises(FileError, match=told):
        read(csv_file(tmp_path / "left.csv", rows))


WORDS = st.sampled_from(
    (
        "Acme",
        "Dental",
        "Contoso",
        "LLC",
        "GmbH",
        "of",
        "The",
        "-",
        "(inactive)",
        "d/b/a",
        "#12",
        "Straße",
        "Ωκεανός",
        "北京",
        "",
    )
)
TEXT = st.one_of(
    st.lists(WORDS, max_size=5).map(" ".join), st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
)
DOMAINS = st.sampled_from(
    ("", "acme.com", "https://www.contoso.co.uk/x", "gmail.com", "x@y.z", "..", "acme.onmicrosoft.com")
)


@st.composite
def parties(draw: st.DrawFn, side: str) -> list[Party]:
    """Up to nine records of one side, with anything in their fields."""
    return [
        Party(
            f"{side}{k}",
            draw(TEXT),
            domain=draw(DOMAINS),
            emails=tuple(draw(st.lists(DOMAINS.map(lambda d: f"a@{d}"), max_size=2))),
            phone=draw(st.sampled_from(("", "312 555 0100", "+49 30 123456", "ext", "1;2;3"))),
            address=draw(st.sampled_from(("", "1 Main St", "Hauptstr. 5", "no number"))),
            city=draw(st.sampled_from(("", "Chicago", "Köln"))),
            postcode=draw(st.sampled_from(("", "60601", "60601-1234", "0", "ABC"))),
            aliases=tuple(draw(st.lists(TEXT, max_size=2))),
            identifiers=draw(st.dictionaries(st.sampled_from(("vat", "m365_tenant")), st.sampled_from(("", "1", "2")))),
            seat_count=draw(st.sampled_from((None, 0, 5, 10_000))),
            people=tuple(draw(st.lists(st.sampled_from(("a@acme.com", "b@x.org", "")), max_size=3))),
            devices=tuple(draw(st.lists(st.sampled_from(("ws-1", "srv", "")), max_size=3))),
        )
        for k in range(draw(st.integers(0, 9)))
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(parties("L"), parties("R"), st.sampled_from(("many_to_one", "one_to_one")), st.randoms(use_true_random=False))
def test_any_records_get_one_suggestion_each(left: list[Party], right: list[Party], how: str, random: object) -> None:
    thresholds = Thresholds(floor=0.0)
    found = match(left, right, thresholds=thresholds, assignment=how, top_n=20)  # type: ignore[arg-type]
    hold(found, [party.id for party in left])
    mixed = right[:]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert match(left, mixed, thresholds=thresholds, assignment=how, top_n=20) == found  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(TEXT, st.sampled_from(("", "ENTERPRISEPACK", "X-1", "a"))), max_size=6),
    st.lists(st.tuples(TEXT, st.sampled_from(("", "ENTERPRISEPACK", "X-1", "a"))), max_size=6),
)
def test_any_services_get_one_suggestion_each(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> None:
    ours = [Service(f"L{k}", name, sku) for k, (name, sku) in enumerate(left)]
    theirs = [Service(f"R{k}", name, sku) for k, (name, sku) in enumerate(right)]
    found = match_services(ours, theirs, thresholds=Thresholds(floor=0.0), top_n=20)
    hold(found, [service.id for service in ours])
