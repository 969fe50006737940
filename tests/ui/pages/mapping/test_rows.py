"""What the page shows of an answer: texts, bars, headings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from rcx_app.domain.mapping.queue.bands import bands_of
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    Band,
    CandidateCard,
    HistoryEntry,
    ReasonRow,
    Verdict,
)
from rcx_app.ui.pages.mapping import hand_rows, rows
from rcx_app.ui.words import confidence_text

AT = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
BANDS = bands_of(Decimal("0.5"), Decimal("0.8"))
ROW = AccountRow(
    account_id=7,
    version=3,
    name="Elm House",
    external_id="99",
    integration="SentinelOne",
    connection_id=2,
    seats=1184,
    state="suggested",
    confidence=Decimal("0.86"),
    is_preselected=True,
    is_ambiguous=False,
    client_id=4,
    client_name="Stonebridge",
    decided_how="",
    decided_by="",
    decided_at=None,
    note="",
    snoozed_until=None,
)
CARD = CandidateCard(
    client_id=4,
    name="Stonebridge",
    external_id="365",
    facts=(("PSA id", "365"), ("Agreements", "4"), ("Place", "Exeter, EX1 2RB")),
    other_accounts=1,
    rank=1,
    confidence=Decimal("0.86"),
    verdict="preselect",
    reasons=(
        ReasonRow(code="name", text="Names are alike", left="Elm House", right="Elm House Ltd", weight=2.6),
        ReasonRow(code="rivals", text="Another fits", left="Elm House", right="Elm House Ltd", weight=-0.8),
        ReasonRow(code="other", text="Smaller evidence together", left="", right="", weight=0.01),
        ReasonRow(code="identifier_differs", text="Identifiers differ", left="", right="", weight=0.0),
    ),
)


def detail(row: AccountRow = ROW, *cards: CandidateCard) -> AccountDetail:
    return AccountDetail(
        row=row,
        facts=(("Seats", "38 agents"),),
        candidates=cards or (CARD,),
        history=(HistoryEntry(at=AT, who="Dana Whitfield", what="Unsure", note="new site", is_undone=True),),
        model_version="org-match 1",
        suggest_threshold=Decimal("0.5"),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.9998", "0.99"), ("0.996", "0.99"), ("1", "1.00"), ("0.9499", "0.94"), ("0.864", "0.86"), ("0", "0.00"),
     (None, "")],
)  # fmt: skip
def test_a_confidence_never_shows_as_more_than_it_is(value: str | None, text: str) -> None:
    assert confidence_text(Decimal(value) if value is not None else None) == text


def test_reasons_carry_sign_bar_and_both_values() -> None:
    reasons = hand_rows.hand(detail()).candidates[0].reasons
    assert [(each.text, each.weight) for each in reasons] == [
        ("Names are alike", "+2.6"),
        ("Another fits", "−0.8"),
        ("Identifiers differ", "0.0"),
    ]
    assert (reasons[0].for_it, reasons[0].against) == ("81%", "0%")
    assert (reasons[1].for_it, reasons[1].against) == ("0%", "25%")
    assert [reason.is_repeated for reason in reasons] == [False, True, False]
    assert [(piece.text, piece.differs) for piece in reasons[0].right] == [("Elm House ", False), ("Ltd", True)]


def test_a_stronger_reason_stretches_the_scale() -> None:
    strong = replace(CARD.reasons[0], weight=6.4)
    found = hand_rows.hand(detail(ROW, replace(CARD, reasons=(strong, CARD.reasons[1])))).candidates[0].reasons
    assert (found[0].for_it, found[1].against) == ("100%", "12%")


def test_a_candidate_under_the_threshold_is_only_compared() -> None:
    weak = replace(CARD, verdict="compare", confidence=Decimal("0.09"), client_id=5, rank=2)
    hand = hand_rows.hand(detail(ROW, CARD, weak))
    assert (hand.candidates[0].badge, hand.candidates[0].below) == ("Preselected", "")
    assert (hand.candidates[1].badge, hand.candidates[1].below) == ("", "to compare, under 0.50")
    assert hand.below == "Candidate 2 is shown to compare; you suggest from 0.50."
    assert hand.candidates[0].facts == "PSA 365 · 4 agreements · Exeter, EX1 2RB · 1 more here"
    assert hand_rows.first_choice(hand) == 1
    assert hand_rows.first_choice(hand_rows.hand(detail(ROW, weak))) == 0


@pytest.mark.parametrize(
    ("state", "standing", "back"),
    [
        ("mapped", "Mapped to Stonebridge by Dana Whitfield, by hand, 12 Nov 2026", "Unmap"),
        ("excluded", "Excluded: Dana Whitfield, by hand, 12 Nov 2026", "Include again"),
        ("no_match", "No match: Dana Whitfield, by hand, 12 Nov 2026", "Look again"),
        ("snoozed", "Snoozed until 12 Nov 2026: Dana Whitfield, by hand, 12 Nov 2026", "Wake now"),
        ("client_gone", "Mapped to Stonebridge, which the PSA no longer has. Choose its client anew.", ""),
        ("suggested", "", ""),
    ],
)
def test_a_decided_account_says_who_when_and_how(state: str, standing: str, back: str) -> None:
    decided = replace(
        ROW, state=state, decided_how="person", decided_by="Dana Whitfield", decided_at=AT, snoozed_until=AT
    )
    hand = hand_rows.hand(detail(decided))
    assert (hand.standing, hand.back) == (standing, back)
    if state == "mapped":
        assert hand.candidates[0].badge == "Mapped"
        assert hand_rows.first_choice(hand) == 0


def test_each_band_has_one_heading_also_across_pages() -> None:
    levels = ["0.99", "0.96", "0.9", "0.6", None]
    found = rows.queue_rows(
        [replace(ROW, account_id=n, confidence=Decimal(at) if at else None) for n, at in enumerate(levels, 1)], BANDS
    )
    counted = [replace(band, accounts=1000 * n) for n, band in enumerate(BANDS, 1)]
    headed = rows.with_headings(found, counted)
    assert [(row.heading, row.heading_count) for row in headed] == [
        ("0.95 and above", "1,000"),
        ("", ""),
        ("0.80 to 0.95", "2,000"),
        ("0.50 to 0.80", "3,000"),
        ("Under 0.50", "4,000"),
    ]
    assert rows.with_headings(headed, counted) == headed
    fewer = rows.minus_one(counted, headed[0].band)
    assert [band.accounts for band in fewer] == [999, 2000, 3000, 4000]


def test_a_gone_client_stands_above_all_bands() -> None:
    gone = replace(ROW, state="client_gone", confidence=Decimal("0.2"))
    (row,) = rows.with_headings(
        rows.queue_rows([gone], BANDS), [Band(key="gone", low=None, high=None, accounts=1), *BANDS]
    )
    assert (row.badge, row.tone, row.heading) == ("Client gone", "under", "Their client is gone from the PSA")


def test_history_and_what_was_said_are_words() -> None:
    (entry,) = hand_rows.hand(detail()).history
    assert (entry.day, entry.text, entry.note, entry.is_undone) == (
        "12 Nov",
        "Dana Whitfield: Unsure",
        "new site",
        True,
    )
    done = rows.said(Verdict.CONFIRM, "Elm House", "Stonebridge", "b1")
    assert (done.text, done.whole, done.batch) == ("mapped", "Elm House mapped to Stonebridge", "b1")


def test_a_band_limits_the_list_by_its_key() -> None:
    assert rows.band_limits("from-0.8", BANDS) == (Decimal("0.8"), Decimal("0.95"))
    assert rows.band_limits("under", BANDS) == (None, Decimal("0.5"))
    assert rows.band_limits("nonsense", BANDS) == (None, None)


def test_ambiguity_is_said_in_words_and_chosen_on_purpose() -> None:
    other = replace(CARD, client_id=CARD.client_id + 1, name="Elm Court", confidence=CARD.confidence - Decimal("0.02"))
    hand = hand_rows.hand(detail(replace(ROW, is_ambiguous=True, state="suggested"), CARD, other))
    assert hand.equal == "Two clients fit about equally"
    assert hand.equal_names.startswith(f"{CARD.name} and Elm Court:")
    assert hand_rows.first_choice(hand) == 0
    assert hand_rows.hand(detail(replace(ROW, is_ambiguous=True, state="mapped"), CARD, other)).equal == ""


def test_what_the_model_mapped_says_how_sure_it_was() -> None:
    row = replace(ROW, state="mapped", decided_how="model", decided_by="", decided_at=AT, confidence=Decimal("0.985"))
    (found,) = rows.queue_rows([row], BANDS)
    assert (found.who, found.how) == ("The model", "at 0.98")
    assert "by the model, at 0.98" in hand_rows.hand(detail(row)).standing
