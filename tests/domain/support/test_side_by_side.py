"""Many at once: one form is one ticket, numbers are never given twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.identity import attempts
from rcx_app.domain.support import desk, service
from rcx_app.domain.support.states import Deed
from tests.conftest import World
from tests.domain.support.ground import agent, form, once, opened, seen

AT_ONCE = 8


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    attempts.forget_all()


def test_one_form_is_one_ticket_and_other_forms_are_numbered_without_a_gap(world: World) -> None:
    forms = [form(once_key="same") for _ in range(AT_ONCE)] + [form() for _ in range(AT_ONCE)]

    def send(number: int) -> int:
        with transaction(world.ours) as session:
            return service.open_ticket(session, world.ours, forms[number])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(send, range(len(forms))))
    assert len(set(made[:AT_ONCE])) == 1
    assert len(set(made)) == AT_ONCE + 1
    assert sorted(seen(world.ours, each).line.number for each in set(made)) == list(range(1, AT_ONCE + 2))


def test_of_deeds_at_the_same_moment_one_counts(world: World) -> None:
    ticket_id, elin, key = opened(world.ours), agent(), once()

    def reply() -> None:
        with transaction(world.ours) as session:
            service.reply(session, world.ours, ticket_id, "Once.", once_key=key)

    def withdraw() -> None:
        with transaction(world.ours) as session:
            service.withdraw(session, world.ours, ticket_id, version=1)

    def close() -> None:
        with transaction(None) as session:
            desk.end(session, elin, ticket_id, Deed.CLOSE, version=1)

    def tried(deed: int) -> bool:
        try:
            (reply, withdraw, close)[deed % 3]()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(tried, range(12)))
    # Who came first has changed what the others had seen; a reply in time stands there once.
    ends = sum(done[number] for number in range(12) if number % 3)
    found = seen(world.ours, ticket_id)
    assert ends <= 1
    assert found.version == 1 + ends + [each.text for each in found.entries].count("Once.")
    assert [each.text for each in found.entries].count("Once.") <= 1
