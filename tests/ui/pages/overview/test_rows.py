"""What the overview says for given facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from rcx_app.domain.integrations.schemas import ConnectionHealth, Health
from rcx_app.domain.reconcile.screens.schemas import Impact, Money, Overview, Sums
from rcx_app.domain.writeback.schemas import ChangeState, SetHead, SetState
from rcx_app.ui.pages.overview.rows import Beside, Held, leading, steps, view

USD = Sums("USD", Decimal("3846.50"), Decimal("-1120.75"), 49, 19)
GBP = Sums("GBP", Decimal("20"), Decimal(0), 1, 0)
NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
FOUND = Overview(
    has_run=True,
    period=date(2026, 11, 1),
    as_of=date(2026, 11, 20),
    finished_at=datetime(2026, 11, 20, 9, 12, tzinfo=UTC),
    money=Money(calculated=(GBP, USD), estimated=(Sums("USD", Decimal("412"), Decimal("-96"), 5, 2),)),
    open_findings=132,
    not_ready=12,
    by_kind={"calculated": 78, "estimated": 7, "unmapped": 34, "unaccounted": 13},
    unmapped_accounts=26,
    unmapped_services=8,
    unaccounted_seats=41,
    clients=118,
    clients_reconciled=64,
    flags={"duplicate_seat": 1, "price_zero": 3},
    hidden_accounts=0,
    top_services=(Impact("m365 bp", "M365 Business Premium", 11, Sums("USD", Decimal("1012"), Decimal(0), 11, 0)),),
    top_clients=(
        Impact("7", "Harrow Lane", 3, Sums("USD", Decimal("300"), Decimal("-100"), 2, 1)),
        Impact("8", "Osprey", 2, Sums("USD", Decimal("100"), Decimal(0), 2, 0)),
    ),
)
NOTHING = replace(
    FOUND,
    money=Money(),
    open_findings=0,
    not_ready=0,
    by_kind={},
    unmapped_accounts=0,
    unmapped_services=0,
    unaccounted_seats=0,
    flags={},
    top_services=(),
    top_clients=(),
)
WAITING = {"review": 21, "unmapped": 5, "mapped": 742}


def test_the_currency_with_most_money_leads_and_others_are_named_apart() -> None:
    shown = view(FOUND, WAITING)
    assert (shown.currency, shown.under, shown.over) == ("USD", "+3,846.50", "−1,120.75")
    assert shown.under_detail == "49 of 50 findings; also +20.00 GBP; estimated +412.00"
    assert shown.over_detail == "19 findings; estimated −96.00"
    assert leading(()).currency == ""


def test_the_numbers_say_what_they_leave_out() -> None:
    shown = view(FOUND, WAITING)
    assert (shown.open_findings, shown.open_detail) == ("132", "12 not ready")
    assert (shown.unmapped, shown.unmapped_detail) == ("34", "26 accounts, 8 without a line")
    assert (shown.reconciled, shown.clients, shown.reconciled_percent) == ("64", "118", 54)


def test_what_to_do_comes_in_order_with_one_main_act() -> None:
    listed = view(FOUND, WAITING).steps
    assert [step.title for step in listed] == [
        "Refresh the data behind 12 findings",
        "Map 26 accounts",
        "Review 78 calculated findings",
        "Cover 13 unaccounted groups",
    ]
    assert [step.number for step in listed] == [1, 2, 3, 4]
    assert [step.act for step in listed if step.is_main] == ["Review"]
    assert "+2,725.75 USD/month" in listed[2].detail


def test_what_waits_for_a_word_and_what_waits_for_data_are_told_apart() -> None:
    first, second, *_ = view(FOUND, WAITING, Beside(held=Held(3, 5))).steps
    assert (first.number, first.title, first.href) == (
        1,
        "Confirm 3 counts that fell too far",
        "/integrations?held=all",
    )
    assert first.detail == "5 findings wait for somebody to say that they are right; a sync does not help"
    assert second.title == "Refresh the data behind 7 findings", "of 12 that are not ready 5 need no new data"
    only, *_ = view(FOUND, WAITING, Beside(held=Held(1, 12))).steps
    assert only.title == "Confirm 1 count that fell too far"
    assert not any(step.title.startswith("Refresh") for step in view(FOUND, WAITING, Beside(held=Held(1, 12))).steps)
    assert (
        view(NOTHING, {}, Beside(held=Held(1, 0))).steps[0].detail
        == "They wait for somebody to say that they are right"
    )


def test_a_connection_that_is_not_well_says_why_whose_turn_it_is_and_what_to_do() -> None:
    bad = replace(
        _connection(1, Health.FAILED, "Failed"), reason="It was refused.", whose="admin", remedy="Enter it again."
    )
    well = replace(_connection(2, Health.HEALTHY, "Healthy", at=NOW), reason="It was read completely.")
    first, second = view(FOUND, WAITING, Beside((well, bad))).health
    assert (first.why, first.whose, first.remedy) == ("It was refused.", "Yours to fix", "Enter it again.")
    assert (second.why, second.whose, second.remedy) == ("", "", "")
    six = [replace(bad, id=number) for number in range(6)]
    assert [bool(line.why) for line in view(FOUND, WAITING, Beside(six)).health] == [True] * 4 + [False] * 2


def test_a_set_is_offered_to_who_may_approve_it_and_its_preparer_is_told_who_can() -> None:
    yours, mine = waiting_set(7, by=1), waiting_set(8, by=2, says_no="You prepared it.", approvers=("Priya Raman",))
    foreign = waiting_set(9, by=3, says_no="Your role may not.", approvers=("Priya Raman",))
    first, second = view(NOTHING, {}, Beside(sets=(foreign, mine, yours), user_id=2)).steps
    assert (first.title, first.detail) == ("Approve CS-7", "3 changes of CW, prepared by Dana")
    assert (second.title, second.act) == ("CS-8 waits for somebody to approve it", "Open")
    assert second.detail == "3 changes of CW, prepared by you: Priya Raman can."
    assert second.href == "/changes/8"


def waiting_set(number: int, *, by: int, **more: object) -> SetHead:
    return SetHead(
        **{
            "id": number,
            "connection_id": 1,
            "connection": "CW",
            "system": "ConnectWise PSA",
            "state": SetState.WAITING,
            "revision": 1,
            "is_handoff": False,
            "is_one_click": False,
            "note": "",
            "error": "",
            "prepared_by": by,
            "preparer": "Dana",
            "approver": "",
            "created_at": NOW,
            "approved_at": None,
            "finished_at": None,
            "counts": {ChangeState.PLANNED: 3},
            "sums": (),
            **more,
        }
    )


def test_the_first_act_is_the_main_one_where_there_is_no_money() -> None:
    listed = view(replace(NOTHING, by_kind={"unaccounted": 1}), {"review": 0, "unmapped": 1}).steps
    assert [(step.title, step.is_main) for step in listed] == [
        ("Map 1 account", True),
        ("Cover 1 unaccounted group", False),
    ]


def test_nothing_to_do_is_an_empty_list_and_no_run_asks_for_files() -> None:
    assert steps(NOTHING, {}, Sums("")) == []
    (only,) = steps(replace(NOTHING, has_run=False), {}, Sums(""))
    assert only.act == "Import"


def test_the_largest_row_fills_its_bar_and_the_rest_is_said() -> None:
    shown = view(FOUND, WAITING)
    harrow, osprey = shown.top_clients
    assert (harrow.under_width, harrow.over_width, harrow.amount) == ("75.0%", "25.0%", "+200.00")
    assert osprey.under_width == "25.0%"
    assert harrow.href == "/billing/clients/7"
    assert shown.clients_rest == "+2,425.75"
    assert shown.services[0].href == "/billing/review?service=m365+bp"


def test_no_rest_where_all_are_shown() -> None:
    all_of_it = Impact("7", "Harrow Lane", 68, USD)
    assert view(replace(FOUND, top_clients=(all_of_it,)), WAITING).clients_rest == ""


def test_kinds_keep_their_money_apart() -> None:
    rows = {row.word: (row.findings, row.under, row.over) for row in view(FOUND, WAITING).kinds}
    assert rows["Calculated"] == ("78", "+3,846.50", "−1,120.75")
    assert rows["Estimated"] == ("7", "+412.00", "−96.00")
    assert rows["Unaccounted"] == ("13", "", "")
    assert rows["Not ready"] == ("12", "", "")


def test_flags_are_counted_in_words() -> None:
    assert [line.text for line in view(FOUND, WAITING).flags] == ["1 duplicate seat", "3 lines with a price of zero"]


def test_integrations_stand_with_the_worst_first() -> None:
    shown = view(
        FOUND,
        WAITING,
        Beside(
            [
                _connection(1, Health.HEALTHY, "Healthy", at=NOW),
                _connection(2, Health.ATTENTION, "Switched off", is_enabled=False),
                _connection(3, Health.ATTENTION, "Stale", at=NOW),
                _connection(4, Health.FAILED, "Failed"),
            ]
        ),
    )
    assert [(line.label, line.tone, line.word) for line in shown.health] == [
        ("Vendor 4", "fail", "Failed"),
        ("Vendor 3", "under", "Stale"),
        ("Vendor 1", "ok", "Healthy"),
        ("Vendor 2", "", "Switched off"),
    ]
    assert shown.health[0].at == ""
    assert (shown.health[2].at_text, shown.health[2].href) == ("20 Nov 2026, 09:12 UTC", "/integrations?connection=1")
    assert shown.health_rest == ""


def test_connections_beyond_the_shown_ones_are_counted() -> None:
    healthy = [_connection(number, Health.HEALTHY, "Healthy", at=NOW) for number in range(1, 11)]
    assert view(FOUND, WAITING, Beside(healthy)).health_rest == "2 more"
    failed = [_connection(number, Health.FAILED, "Failed") for number in range(1, 12)]
    assert view(FOUND, WAITING, Beside(failed)).health_rest == "3 more, 3 of them not healthy"


def test_the_day_stands_without_a_full_stop() -> None:
    assert view(FOUND, WAITING).subtitle == "Friday 20 Nov 2026"


def _connection(
    number: int, health: Health, word: str, *, at: datetime | None = None, is_enabled: bool = True
) -> ConnectionHealth:
    return ConnectionHealth(
        id=number, label=f"Vendor {number}", is_enabled=is_enabled, health=health, word=word, last_complete_at=at
    )
