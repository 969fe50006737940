"""Whatever stands in a list: an answer or a clear error, and no more work than the list's length explains."""

import csv
import math
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.block import block
from matching.engine import match
from matching.files import FileError, read_parties, read_services, write_suggestions
from matching.services.engine import match_services
from matching.side import prepare
from matching.types import Party, Service, Suggestion, Thresholds

HANG_S = 900  # far beyond any run on a busy machine; only a hang gets there
CLIENTS = [Party("a", "Acme Dental"), Party("b", "Contoso GmbH"), Party("c", "Fabrikam Ltd")]
BILLED = [Service("a", "Microsoft 365 E3"), Service("b", "Managed Server")]


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"no answer within {HANG_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANG_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


NAMES = {
    "empty": "",
    "spaces": " \t\u00a0\u3000 ",
    "10,000 characters": "acme dental " * 833,
    "1,000,000 characters": "acme dental " * 83_333,
    "one word of 1,000,000": "a" * 1_000_000,
    "200,000 different words": " ".join(f"w{k}" for k in range(200_000)),
    "only punctuation": "!?!---...///((([[[",
    "control characters": "\x00\x01\x1b[31mAcme\x7f\r\n\x0b",
    "right to left marks": "\u202eAcme\u202c\u200f Dental\u2066",
    "zero width": "A\u200bc\u200cm\u200de\ufeff Dental",
    "emoji": "🦷🦷 👩‍👩‍👧 🏴\U000e0067\U000e007f",
    "nan": "nan",
    "none": "None",
    "null": "NULL",
    "formula": '=HYPERLINK("x")',
    "10,000 accents": "e" + "\u0301" * 10_000,
    "digits": "1" * 100_000,
}
# One piece over and over, as it would hurt an expression that tries every split.
PIECES = (
    "(", "(a", "((a)", " - a", " d/b/a x", " formerly x", "a.", "@", "/", "& ", "#1", "zz_", "OLD - ", "_ ", "test ",
    "demo -", "[", "a,", "' ", "Inc ", "S.A. ", "- ", "-- ",
)  # fmt: skip
SERVICE_PIECES = (
    "(", "(1 ", "[", " / user", " - annual", "plan ", "m365", "_", "p1y ", "/", "- ", "1 gb", "without teams ",
    "(annual ", " per user", " 1 year", "(per user ", "3 yr ", "[nce ", "   ",
)  # fmt: skip


def hold(found: list[Suggestion], ids: list[str]) -> None:
    """What is true of every answer: one suggestion a left record, probabilities, and reasons that add up to them."""
    assert [one.left_id for one in found] == ids
    for one in found:
        assert [c.rank for c in one.candidates] == list(range(1, len(one.candidates) + 1))
        for candidate in one.candidates:
            assert 0.0 <= candidate.confidence <= 1.0
            if one.decided_by != "person" and 0.0 < candidate.confidence < 1.0:
                log_odds = math.log(candidate.confidence / (1 - candidate.confidence))
                assert one.start + sum(r.weight for r in candidate.reasons) == pytest.approx(log_odds, abs=1e-4)


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


def seconds(work: Callable[[int], object], count: int) -> float:
    """Processor time; what is short is told from noise by a floor."""
    began = time.process_time()
    work(count)
    return max(time.process_time() - began, 0.3)


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times longer four times as much takes."""
    return seconds(work, size * 4) / seconds(work, size)


LINEAR = 9.0  # four times the length may take four times as long, with room for noise; the square takes sixteen


@pytest.mark.parametrize("piece", PIECES)
def test_no_expression_runs_away_on_an_organisation(piece: str) -> None:
    assert growth(lambda n: match([Party("1", piece * n)], CLIENTS), 4_000) < LINEAR


@pytest.mark.parametrize("piece", SERVICE_PIECES)
def test_no_expression_runs_away_on_a_service(piece: str) -> None:
    assert growth(lambda n: match_services([Service("1", piece * n)], BILLED), 300) < LINEAR


@pytest.mark.parametrize("piece", SERVICE_PIECES)
def test_no_expression_runs_away_on_what_stands_beside_a_service(piece: str) -> None:
    def work(count: int) -> None:
        text = piece * count
        odd = Service("1", "M365 E3", text, text, text, text, {"part_number": text})
        hold(match_services([odd], BILLED), ["1"])

    assert growth(work, 4_000) < LINEAR


@pytest.mark.parametrize("field", ["address", "city", "region", "postcode", "country", "phone", "domain"])
def test_no_field_runs_away(field: str) -> None:
    for piece in ("1", "9-", "a.", "https://", "1 a", "; ", "x 7 "):

        def work(count: int, piece: str = piece) -> None:
            hold(match([replace(Party("1", "Acme Dental"), **{field: piece * count})], CLIENTS), ["1"])

        assert growth(work, 5_000) < LINEAR, piece


def same(side: str, count: int, **of: object) -> list[Party]:
    return [Party(f"{side}{k}", **({"name": f"{side} {k}"} | of)) for k in range(count)]  # type: ignore[arg-type]


ALIKE = {
    "identical names": {"name": "Acme Dental Group"},
    "no names": {"name": ""},
    "one letter": {"name": "A"},
    "one domain": {"domain": "same.example"},
    "one of everything": {
        "postcode": "60601", "address": "1 Main St", "phone": "3125550100", "emails": ("a@same.example",),
        "people": ("a@same.example",), "devices": ("srv01",), "city": "Chicago",
    },
    "one identifier": {"identifiers": {"vat": "NL1"}},
}  # fmt: skip


@pytest.mark.parametrize("of", ALIKE.values(), ids=ALIKE)
def test_lists_of_records_that_are_alike_mean_bounded_work(of: dict[str, object]) -> None:
    left, right = same("L", 2_000, **of), same("R", 2_000, **of)
    assert len(block(prepare(left), prepare(right))) <= 50 * (len(left) + len(right))
    hold(match(left, right), [party.id for party in left])


def test_a_word_that_all_share_means_bounded_work() -> None:
    left = [Party(f"L{k}", f"Springfield {k * 7919 % 100_003}") for k in range(2_000)]
    right = [Party(f"R{k}", f"Springfield {k * 104_729 % 100_003}") for k in range(2_000)]
    assert len(block(prepare(left), prepare(right))) <= 50 * 4_000
    hold(match(left, right), [party.id for party in left])


def test_names_of_single_letters_mean_bounded_work() -> None:
    left, right = ([Party(f"{s}{k}", chr(97 + k % 26)) for k in range(2_000)] for s in "LR")
    assert len(block(prepare(left), prepare(right))) <= 50 * 4_000


@pytest.mark.parametrize("count", [2, 30, 400, 2_000])
def test_identical_names_are_shown_as_ambiguous_and_never_ticked(count: int) -> None:
    found = match(same("L", count, name="Acme Dental Group"), same("R", count, name="Acme Dental Group"))
    hold(found, [f"L{k}" for k in range(count)])
    for one in found:
        assert one.verdict != "preselect"
        assert 1 < len(one.candidates) <= 3
        assert all(candidate.ambiguous for candidate in one.candidates)


FIRST = (
    "Harbor", "Willow", "Cedar", "Summit", "Granite", "Maple", "Falcon", "Juniper", "Lakeside", "Orchard", "Pioneer",
    "Quartz", "Raven", "Timber",
)  # fmt: skip
LAST = (
    "Dental", "Legal", "Builders", "Foods", "Motors", "Bakery", "Clinic", "Studio", "Farms", "Logistics", "Partners",
)  # fmt: skip
ON_EVERYBODY = {
    "identifier": {"identifiers": {"vat": "1"}},
    "place and telephone": {"postcode": "60601", "address": "1 Main St", "phone": "3125550100"},
    "domain": {"domain": "same.example", "emails": ("a@same.example",)},
}


@pytest.mark.parametrize("of", ON_EVERYBODY.values(), ids=ON_EVERYBODY)
def test_a_key_that_everybody_carries_says_nothing(of: dict[str, object]) -> None:
    def listed(**more: object) -> list[list[tuple[str, str, float]]]:
        left, right = (
            [
                Party(f"{s}{k}", f"{FIRST[(k + at) % 14]} {FIRST[(k // 14 + 3 * at) % 14]} {LAST[k % 11]}", **more)  # type: ignore[arg-type]
                for k in range(154)
            ]
            for at, s in enumerate("LR")
        )
        found = match(left, right)
        return [[(c.right_id, c.verdict, round(c.confidence, 6)) for c in one.candidates] for one in found]

    assert listed(**of) == listed()


def test_a_thousand_records_of_one_identifier_are_not_ticked_by_it() -> None:
    left, right = same("L", 1_000, identifiers={"vat": "1"}), same("R", 1_000, identifiers={"vat": "1"})
    found = match(left, right)
    assert "identifier" not in {one.decided_by for one in found}
    assert "preselect" not in {one.verdict for one in found}


@pytest.mark.parametrize(("left", "right"), [("Client", "Site"), ("Harbor", "Willow"), ("L", "R")])
def test_a_number_alone_ticks_nothing(left: str, right: str) -> None:
    ours, theirs = (
        [Party(f"{side}{k}", f"{word} {k * 37}") for k in range(60)]
        for side, word in zip("LR", (left, right), strict=True)
    )
    assert "preselect" not in {one.verdict for one in match(ours, theirs)}


def test_the_order_of_the_lists_decides_nothing() -> None:
    left = [Party(f"L{k}", f"{FIRST[k % 14]} {LAST[k % 11]}") for k in range(60)]
    right = [Party(f"R{k}", f"{FIRST[k % 14]} {LAST[k % 7]} {FIRST[k % 5]}") for k in range(90)]
    assert match(left, right) == match(left[::-1], right[::-1])[::-1]
    ours, theirs = ([Service(p.id, p.name) for p in side] for side in (left, right))
    assert match_services(ours, theirs) == match_services(ours[::-1], theirs[::-1])[::-1]


@pytest.mark.parametrize("name", ["Managed Server", "Microsoft 365 Business Premium", "AB-1234"])
def test_identical_services_mean_bounded_work_and_are_never_ticked(name: str) -> None:
    def work(count: int) -> list[Suggestion]:
        left, right = ([Service(f"{s}{k}", name) for k in range(count)] for s in "LR")
        return match_services(left, right)

    found = work(300)
    hold(found, [f"L{k}" for k in range(300)])
    for one in found:
        assert one.verdict != "preselect"
        assert one.candidates
        assert all(candidate.ambiguous for candidate in one.candidates)
    assert growth(work, 300) < LINEAR


MANY = 5_000


@pytest.mark.parametrize(
    "record",
    [
        Party("1", "Acme Dental", aliases=tuple(f"Acme Partner {k}" for k in range(MANY))),
        Party("1", "Acme Dental", domain=";".join(f"acme{k}.example" for k in range(MANY))),
        Party("1", "Acme Dental", emails=tuple(f"x@acme{k}.example" for k in range(MANY))),
        Party("1", "Acme Dental", people=tuple(f"x{k}@acme.example" for k in range(MANY))),
        Party("1", "Acme Dental", devices=tuple(f"ws-{k}" for k in range(MANY))),
        Party("1", "Acme Dental", phone=";".join(f"312555{k:04d}" for k in range(MANY))),
        Party("1", "Acme Dental", identifiers={f"scheme{k}": f"value {k}" for k in range(MANY)}),
        Party("1", "Acme Dental", seat_count=10**15),
        Party("1", "Acme Dental", seat_count=-5),
    ],
    ids=[
        "aliases",
        "domains",
        "mails",
        "people",
        "devices",
        "telephones",
        "identifiers",
        "many seats",
        "less than none",
    ],
)
def test_a_record_with_thousands_of_values_is_matched(record: Party) -> None:
    found = match([record], CLIENTS, thresholds=Thresholds(floor=0.0))
    hold(found, ["1"])
    assert found[0].candidates[0].right_id == "a"
    hold(match(CLIENTS, [record]), ["a", "b", "c"])


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
