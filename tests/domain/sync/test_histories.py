"""Whatever a vendor, its failures and its silences did before: once it answers again, RCX holds what it holds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from connectors import records
from connectors.http.failures import ApiFailure
from connectors.records import Removed
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.models import Account, Connection, Seat
from tests.conftest import World, make_workspace
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.source import Script, connect
from tests.domain.sync.test_switch import seat

DOWN = ApiFailure("vendor_down", "Fake Vendor")
ACCOUNTS, SEATS = "ab", "12"
CHANGE = st.one_of(
    st.tuples(st.just("account"), st.sampled_from(ACCOUNTS), st.booleans()),
    st.tuples(st.just("seat"), st.sampled_from(SEATS), st.sampled_from(ACCOUNTS)),
    st.tuples(st.just("status"), st.sampled_from(SEATS), st.sampled_from(("active", "disabled"))),
    st.tuples(st.just("no seat"), st.sampled_from(SEATS), st.just("")),
)
LEAVES, RETURNS, MOVED = ("account", "a", False), ("account", "a", True), ("seat", "1", "a")
FAILING = st.sampled_from(("", "", "", "accounts", "seats", "skus"))
ROUND = st.tuples(st.lists(CHANGE, max_size=2), FAILING, st.sampled_from((False, False, False, True)))
"""What changes at the vendor, which stream then fails, and whether the sync is a full one."""


@dataclass
class Vendor:
    """Accounts that come and go, seats that move and change, and a journal of the seats that changed.

    That an account goes says nothing of its seats: they are neither listed nor in the journal until it is back.
    """

    accounts: set[str] = field(default_factory=lambda: {"a"})
    seats: dict[str, tuple[str, str]] = field(default_factory=lambda: {"1": ("a", "active")})
    journal: list[str] = field(default_factory=list)

    def do(self, what: str, name: str, value: str | bool) -> None:
        if what == "account":
            (self.accounts.add if value else self.accounts.discard)(name)
            return
        if what == "seat":
            self.seats[name] = (str(value), "active")
        elif what == "status" and name in self.seats:
            self.seats[name] = (self.seats[name][0], str(value))
        elif what == "no seat":
            self.seats.pop(name, None)
        self.journal.append(name)

    def listed(self) -> dict[str, tuple[str, str]]:
        return {name: each for name, each in self.seats.items() if each[0] in self.accounts}

    def tell(self, script: Script, cursor: str, failing: str, *, is_stray: bool) -> None:
        """Write the script of the next sync. With `is_stray` the journal also tells of seats of no account."""
        listed = self.seats if is_stray else self.listed()
        rows = {name: seat(int(name), account, status=status) for name, (account, status) in listed.items()}
        changed = dict.fromkeys(self.journal[int(cursor or 0) :])
        gone = [Removed(external_id=f"s{name}") for name in changed if name not in rows]
        script.steps = {
            "accounts": [records.Account(external_id=each, name=each) for each in sorted(self.accounts)],
            "seats": [rows[name] for name in sorted(self.listed())],
        }
        script.changes = {"seats": [*gone, *(rows[name] for name in changed if name in rows)]}
        script.cursors = {"seats": str(len(self.journal) or "")}
        if failing:
            script.steps[failing] = [*script.steps.get(failing, ()), DOWN]
            script.changes[failing] = [*script.changes.get(failing, ()), DOWN]


def held(context: Context) -> tuple[set[str], dict[str, tuple[str, str]]]:
    with transaction(context, read_only=True) as session:
        ours = (Account.workspace_id == context.workspace_id, col(Account.removed_at).is_(None))
        accounts = {each.id: each.external_id for each in session.scalars(select(Account).where(*ours))}
        query = select(Seat).where(Seat.workspace_id == context.workspace_id, col(Seat.removed_at).is_(None))
        return set(accounts.values()), {
            each.external_id[1:]: (accounts[each.account_id], each.status) for each in session.scalars(query)
        }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(ROUND, max_size=6), is_stray=st.booleans())
@example(rounds=[([], "", False), ([LEAVES], "", False), ([RETURNS], "", False)], is_stray=False)
@example(rounds=[([MOVED], "", False), ([LEAVES], "", False), ([RETURNS], "seats", False)], is_stray=False)
@example(
    rounds=[([], "", False), ([("seat", "1", "b")], "", False), ([("account", "b", True)], "", False)], is_stray=True
)
def test_once_the_vendor_answers_again_rcx_holds_what_it_holds(
    world: World, vendor: Script, rounds: list[tuple[list[tuple[str, str, str | bool]], str, bool]], is_stray: bool
) -> None:
    context = make_workspace(f"w{secrets.token_hex(6)} MSP")
    fake, there, cursor = connect(context), Vendor(), ""
    for changes, failing, is_full in [*rounds, ([], "", False), ([], "", False)]:
        for change in changes:
            there.do(*change)
        there.tell(vendor, cursor, failing, is_stray=is_stray)
        run_sync(context, fake, full=is_full)
        cursor, (accounts, seats) = cursor_of(context, fake), held(context)
        assert {account for account, _ in seats.values()} <= accounts
    assert held(context) == (there.accounts, there.listed())


def cursor_of(context: Context, connection_id: int) -> str:
    with transaction(context, read_only=True) as session:
        return str(session.get_one(Connection, connection_id).cursors.get("seats", ""))
