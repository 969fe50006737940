"""After any sequence of edits, each followed by the run it asks for, stands what a first full run would find."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, line, seat
from tests.domain.reconcile.living import Living, fresh, picture
from tests.domain.reconcile.reference import Estate
from tests.domain.reconcile.test_properties import (
    ACCOUNTS,
    CLIENTS,
    INTEGRATIONS,
    estates,
    lines,
    make_workspace_again,
    prices,
    quantities,
    rules,
    seats,
)

NAMES = dict.fromkeys(CLIENTS, "Client")
Edit = tuple[str, Any]

edits = st.one_of(
    st.tuples(st.just("lines"), lines()),
    st.tuples(st.just("quantity"), st.tuples(st.integers(0, 13), quantities)),
    st.tuples(st.just("price"), st.tuples(st.integers(0, 13), prices)),
    st.tuples(st.just("drop line"), st.integers(0, 13)),
    st.tuples(st.just("seats"), st.tuples(st.sampled_from(INTEGRATIONS), seats())),
    st.tuples(st.just("drop seat"), st.tuples(st.sampled_from(INTEGRATIONS), st.integers(0, 17))),
    st.tuples(st.just("fleet"), st.tuples(st.sampled_from(INTEGRATIONS), st.sampled_from(ACCOUNTS))),
    st.tuples(st.just("fall"), st.tuples(st.sampled_from(INTEGRATIONS), st.sampled_from(ACCOUNTS))),
    st.tuples(st.just("confirm"), st.none()),
    st.tuples(
        st.just("map"),
        st.tuples(
            st.sampled_from(INTEGRATIONS), st.sampled_from(ACCOUNTS), st.sampled_from([*CLIENTS, *CLIENTS, None, ""])
        ),
    ),
    st.tuples(st.just("rules"), rules()),
    st.tuples(st.just("retire"), st.integers(0, 3)),
    st.tuples(st.just("age"), st.sampled_from(["PSA", *INTEGRATIONS])),
)


def do(living: Living, edit: Edit) -> None:
    """One edit, as a person or a sync makes it."""
    kind, what = edit
    estate = living.estate
    match kind:
        case "lines":
            living.read_lines(what)
        case "quantity" | "price" | "drop line" if estate.lines:
            spot = (what if kind == "drop line" else what[0]) % len(estate.lines)
            kept = list(estate.lines)
            if kind == "drop line":
                del kept[spot]
            else:
                column = "quantity" if kind == "quantity" else "unit_price"
                kept[spot] = replace(kept[spot], **{column: what[1]})
            living.read_lines(kept)
        case "seats":
            living.read_seats(*what)
        case "drop seat" if estate.seats[what[0]]:
            own = list(estate.seats[what[0]])
            del own[what[1] % len(own)]
            living.read_seats(what[0], own)
        case "fleet":
            label, account = what
            more = [seat(account, f"F-{account}-{n}", kind="device", sku="SPB") for n in range(8)]
            rest = [each for each in estate.seats[label] if not each.external_id.startswith(f"F-{account}-")]
            living.read_seats(label, [*rest, *more])
        case "fall":
            label, account = what
            living.read_seats(label, [each for each in estate.seats[label] if each.account_external_id != account])
        case "confirm":
            living.confirm_falls()
        case "map":
            living.map(*what)
        case "rules":
            for spec in what:
                living.rule(spec)
        case "retire":
            living.retire(what)
        case "age":
            living.age(what)


def prove(estate: Estate, sequence: list[Edit]) -> Counter[str]:
    """Edit, run, edit, run; then compare with a workspace that never knew anything else."""
    at = NOON
    with frozen(at):
        living = Living(make_workspace_again(), deepcopy(estate), NAMES)
        living.start()
    for edit in sequence:
        at += timedelta(seconds=1)
        with frozen(at):
            do(living, edit)
            living.run()
    with frozen(at):
        other = make_workspace_again()
        fresh(living, other)
        with transaction(living.context, read_only=True) as session:
            found = picture(session, living.context)
        with transaction(other, read_only=True) as session:
            wanted = picture(session, other)
    for what, rows in wanted.items():
        odd = [each for each in found[what] if each not in rows], [each for each in rows if each not in found[what]]
        assert odd == ([], []), f"{what}: first those that a first run does not have, then those that are missing"
        assert found[what] == rows, what
    return Counter(full=living.full_runs, touched=living.touched_runs)


def two_clients(**second: Any) -> Estate:
    """WS at two clients, counted in NinjaOne; the second client's line as asked."""
    own = [line("C1", "L0", "WS", 3), line("C2", "L1", "WS", 5, **second)]
    return Estate(
        lines=own if second else own[:1],
        products=[],
        seats={"NinjaOne": [seat("A2", "S1"), seat("A2", "S2")], "Microsoft 365": []},
        accounts=dict.fromkeys(INTEGRATIONS, ACCOUNTS),
        mapping={(label, account): f"C{account[1]}" for label in INTEGRATIONS for account in ACCOUNTS},
        rules=[RuleSpec(name="WS", products=("WS",), integration="NinjaOne")],
    )


PRICED = ("price", (0, Decimal("9.99")))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@example(estate=two_clients(unit_price=None), sequence=[PRICED]).via("a price that others' findings rest on")
@example(estate=two_clients(), sequence=[PRICED]).via("a price that usage without a line is valued by")
@example(estate=two_clients(unit_price=None), sequence=[("drop line", 0)]).via("the last known price goes")
@given(estate=estates(), sequence=st.lists(edits, min_size=1, max_size=8))
def test_edits_lead_where_a_first_run_would(world: World, estate: Estate, sequence: list[Edit]) -> None:
    runs = prove(estate, sequence)
    event(f"{runs['touched']} runs over touched clients")
