"""Flags that compare tools with each other: the same thing in two of a kind, and what one tool lacks.

What docs/arithmetic.md leaves open is decided so:
- `duplicate_seat` (across vendors): see `same`; only between connections whose connectors declare one category. An RMM
  and an EDR are meant to know the same machines.
- `delivered_unbilled`: two tools that list machines, of different categories, each counted by a rule at the client. Of
  the machines of one class (class by what the tool says) that one tool has seen of late, the other knows at least
  nine in ten but not all, of at least `LEAST`: those it lacks. By identity or host name, whatever the kind of seat.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from sqlmodel import col

from rcx_app.domain.reconcile.engine import Outcome
from rcx_app.domain.reconcile.facts import ConnectionFact
from rcx_app.domain.reconcile.flagged.categories import MACHINE_TOOLS, category
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.same import Named, host_key, macs_in, twins
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import CHUNK, Clients, pick
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.models import Account, Seat

LEAST = 10
NAMED = 5
"""How many of the machines that a tool lacks a message names; all stand in the flag's details."""
_CLASSES = ("server", "workstation")
Tools = Mapping[int, Sequence[int]]
"""Client -> connections."""


class AcrossRepository(SeatFlagRepository):
    """Seats as several tools know them."""

    def across_flags(self, outcome: Outcome, clients: Clients) -> Iterator[FlagDraft]:
        """All flags between tools, at these clients (None: all)."""
        facts = outcome.facts
        categories = {each.id: category(each.vendor) for each in facts.connections.values() if each.side == "usage"}
        yield from self._twins(outcome, categories, clients)
        yield from self._lacking(outcome, categories, clients)

    def _twins(self, outcome: Outcome, categories: Mapping[int, str], clients: Clients) -> Iterator[FlagDraft]:
        connections = outcome.facts.connections
        wanted: dict[int, list[int]] = {}
        for client_id, own in outcome.facts.sources.items():
            by_category = defaultdict(list)
            for connection_id in own:
                by_category[categories.get(connection_id, "")].append(connection_id)
            several = [each for group in by_category.values() if len(group) > 1 for each in group]
            if several:
                wanted[client_id] = several
        for seats in self._named(wanted, outcome.facts.day, clients, with_macs=True):
            alike: dict[str, list[Named]] = defaultdict(list)
            for seat in seats:
                alike[categories[seat.connection_id]].append(seat)
            for own_seats in alike.values():
                for seat, original, what in twins(own_seats):
                    here, there = connections[seat.connection_id].label, connections[original.connection_id].label
                    text = f"{seat.name} ({here}) is there twice: the same {what} as {original.name} in {there}."
                    yield FlagDraft(
                        kind="duplicate_seat",
                        client_id=seat.client_id,
                        seat_id=seat.seat_id,
                        account_id=seat.account_id,
                        message=text,
                        detail={"connection_id": seat.connection_id, "same": what},
                    )

    def _lacking(self, outcome: Outcome, categories: Mapping[int, str], clients: Clients) -> Iterator[FlagDraft]:
        facts = outcome.facts
        counted: dict[int, set[int]] = defaultdict(set)
        for group in outcome.groups:
            machines = (each for each in group.connection_ids if categories.get(each) in MACHINE_TOOLS)
            counted[group.client_id].update(machines)
        wanted = {
            client_id: sorted(own) for client_id, own in counted.items() if len({categories[each] for each in own}) > 1
        }
        for seats in self._named(wanted, facts.day, clients):
            tools: dict[int, list[Named]] = defaultdict(list)
            for seat in seats:
                tools[seat.connection_id].append(seat)
            ids = sorted(tools, key=lambda each: facts.connections[each].label)
            for one in ids:
                for other in ids:
                    if categories[one] != categories[other]:
                        yield from _lacks(tools[one], tools[other], facts.connections[one], facts.connections[other])

    def _named(self, wanted: Tools, day: date, clients: Clients, *, with_macs: bool = False) -> Iterator[list[Named]]:
        """The live seats of some of the run's clients in some of their connections, a client at a time."""
        if not wanted:
            return
        silent = midnight(day - timedelta(days=self.inactive_days()))
        pairs = {(client_id, each) for client_id, own in wanted.items() for each in own}
        accounts = [row for row in self._accounts_of(clients) if (row[0], row[2]) in pairs]
        owners = {account_id: client_id for client_id, account_id, _ in accounts}
        query = pick(
            Seat.account_id,
            Seat.id,
            Seat.connection_id,
            Seat.external_id,
            Account.external_id,
            Seat.display_name,
            Seat.identity,
            Seat.kind,
            Seat.device_class,
            Seat.identity_key,
            Seat.display_name_key,
            Seat.last_seen_at,
            *((Seat.attributes_key,) if with_macs else ()),
        )
        query = query.join(Account, col(Account.id) == Seat.account_id).where(*self.live(day))
        labels = {each.id: each.label for each in self.connections().values()}
        for part in _whole_clients(accounts):
            found: dict[int, list[Named]] = defaultdict(list)
            for row in self.session.execute(query.where(col(Seat.account_id).in_(part))):
                account_id, seat_id, connection_id, external_id, account, name, identity, *more = row
                kind, device_class, identity_key, name_key, seen, *attributes = more
                seat = Named(
                    seat_id=seat_id,
                    account_id=account_id,
                    client_id=owners[account_id],
                    connection_id=connection_id,
                    order=(labels[connection_id], account, external_id),
                    name=name or identity or external_id,
                    kind=kind,
                    device_class=device_class,
                    identity=identity_key,
                    host=host_key(name_key),
                    macs=macs_in(attributes[0]) if attributes else (),
                    is_silent=seen is not None and seen < silent,
                )
                found[seat.client_id].append(seat)
            yield from found.values()


def _whole_clients(accounts: Sequence[tuple[int, int, int]]) -> Iterator[list[int]]:
    """Accounts in parts for one query each; those of one client stay together."""
    part: list[int] = []
    last = None
    for client_id, account_id, _ in accounts:
        if len(part) >= CHUNK and client_id != last:
            yield part
            part = []
        part.append(account_id)
        last = client_id
    if part:
        yield part


def _lacks(
    own: Sequence[Named], others: Sequence[Named], here: ConnectionFact, there: ConnectionFact
) -> Iterator[FlagDraft]:
    """The machines of one tool that another one should know and does not."""
    keys = {key for seat in others for key in seat.keys}
    for name in _CLASSES:
        machines: dict[str, Named] = {}
        for seat in sorted(own, key=lambda each: (each.order, each.seat_id)):
            if seat.device_class == name and not seat.is_silent and (seat.serial or seat.host):
                machines.setdefault(seat.serial or seat.host, seat)
        lacking = [seat for seat in machines.values() if not any(key in keys for key in seat.keys)]
        known = len(machines) - len(lacking)
        if not lacking or len(machines) < LEAST or known * 10 < len(machines) * 9:
            continue
        named = ", ".join(seat.name for seat in lacking[:NAMED])
        rest = f" and {len(lacking) - NAMED:,} more" if len(lacking) > NAMED else ""
        lack = "this one lacks it" if len(lacking) == 1 else f"these {len(lacking):,} lack it"
        text = (
            f"{len(machines):,} {name}s in {here.label}, {known:,} of them with {there.label}: {lack}: {named}{rest}."
        )
        detail = {"connection_id": there.id, "in_connection_id": here.id, "seats": [seat.seat_id for seat in lacking]}
        yield FlagDraft(kind="delivered_unbilled", client_id=lacking[0].client_id, message=text, detail=detail)
