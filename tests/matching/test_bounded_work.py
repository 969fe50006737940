"""Hostile lists mean bounded work, and what everybody carries ticks nothing."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from matching.block import block
from matching.engine import match
from matching.services.engine import match_services
from matching.side import prepare
from matching.types import Party, Service, Suggestion, Thresholds
from tests.matching.hostile_input import BILLED, CLIENTS, PIECES, SERVICE_PIECES, hold, no_hang

__all__ = ["no_hang"]


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
    return [Party(f"{side}{k}", **({"name": f"{side} {k}"} | of)) for k in range(count)]


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
                Party(f"{s}{k}", f"{FIRST[(k + at) % 14]} {FIRST[(k // 14 + 3 * at) % 14]} {LAST[k % 11]}", **more)
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
