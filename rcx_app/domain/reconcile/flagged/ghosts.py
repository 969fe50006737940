"""`ghost`: a line that bills what nobody uses.

The rule takes seats at the client, every one of them was last seen more than the workspace's `inactive_days` before D
(a seat without such a time can't be judged, so a line with one is no ghost), and nothing with the identity or host name
of one of them shows a sign of life at the client in any tool. It stands on the line that carries the group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, case, func, not_
from sqlmodel import col

from rcx_app.core.money import format_quantity
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, Outcome
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.same import host_key
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import Clients, pick
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.models import AccountMapping, Seat


class GhostRepository(SeatFlagRepository):
    """Lines whose whole count has gone quiet."""

    def ghost_flags(self, outcome: Outcome, clients: Clients) -> Iterator[FlagDraft]:
        """Flags on the lines of a run."""
        day = outcome.facts.day
        days = self.inactive_days()
        silent = col(Seat.last_seen_at) < midnight(day - timedelta(days=days))
        billed = [each for each in outcome.groups if each.carrier and each.billed > 0 and each.count.seats]
        if not billed:
            return
        quiet = self._quiet(outcome, clients, silent)
        # The whole count is silent only where so many seats are.
        candidates = [
            group
            for group in billed
            if sum(quiet.get((group.client_id, each), 0) for each in group.connection_ids) >= group.count.seats
        ]
        by_rule: dict[int, list[Group]] = defaultdict(list)
        for group in candidates:
            by_rule[group.rule.version_id].append(group)
        silenced: list[tuple[Group, set[str]]] = []
        for groups in by_rule.values():
            silenced += self._silenced(groups, outcome, silent)
        alive = self._alive(sorted({group.client_id for group, _ in silenced}), outcome, silent)
        for group, names in silenced:
            carrier = group.carrier
            if carrier is None or names & alive[group.client_id]:
                continue
            billed_now = format_quantity(exact(group.billed))
            seats = "the one seat" if group.count.seats == 1 else f"all {group.count.seats:,} seats"
            text = (
                f"{carrier.product_name or carrier.product_code} bills {billed_now}, but {seats} behind it "
                f"showed no sign of life in any tool for more than {days} days."
            )
            yield FlagDraft(
                kind="ghost",
                client_id=group.client_id,
                line_id=carrier.id,
                product_code=carrier.product_code,
                message=text,
                detail={"seats": group.count.seats, "rule_id": group.rule.rule_id},
            )

    def _quiet(self, outcome: Outcome, clients: Clients, silent: ColumnElement[bool]) -> dict[tuple[int, int], int]:
        """How many silent seats each client has in each connection."""
        found: dict[tuple[int, int], int] = defaultdict(int)
        presence = (silent, *self.live(outcome.facts.day))
        for client_id, connection_id, _, seats in self._cells(presence, (func.count(),), clients):
            found[client_id, connection_id] += seats
        return found

    def _silenced(
        self, groups: Sequence[Group], outcome: Outcome, silent: ColumnElement[bool]
    ) -> Iterator[tuple[Group, set[str]]]:
        """Of the groups of one rule, those whose every seat is silent, with all names that these go by."""
        rule, day = groups[0].rule, outcome.facts.day
        connections, live = outcome.facts.rule_connections[rule.version_id], self.live(day)
        owner = col(AccountMapping.client_id)
        loud = func.sum(case((silent, 0), else_=1))
        counted = self._taken(rule, live, day, owner, loud).group_by(owner)
        # One row a client; those of a client may come in parts, one a chunk of its accounts.
        noise: dict[int, int] = defaultdict(int)
        for client_id, number in self._of_clients(counted, connections, sorted({group.client_id for group in groups})):
            noise[client_id] += number
        quiet = sorted(client_id for client_id, number in noise.items() if number == 0)
        if not quiet:
            return
        named = self._taken(rule, live, day, owner, Seat.identity_key, Seat.display_name_key)
        names: dict[int, set[str]] = defaultdict(set)
        for client_id, identity, name in self._of_clients(named, connections, quiet):
            names[client_id] |= _names([(identity, name)])
        for group in groups:
            if group.client_id in names:
                yield group, names[group.client_id]

    def _alive(self, clients: Sequence[int], outcome: Outcome, silent: ColumnElement[bool]) -> dict[int, set[str]]:
        """By client, the names of all that shows a sign of life, in any tool."""
        found: dict[int, set[str]] = defaultdict(set)
        if not clients:
            return found
        columns = (AccountMapping.client_id, Seat.identity_key, Seat.display_name_key)
        presence = (col(Seat.last_seen_at).is_not(None), not_(silent), *self.live(outcome.facts.day))
        for client_id, identity, name in self._of_clients(self._seats(pick(*columns), presence), None, clients):
            found[client_id] |= _names([(identity, name)])
        return found


def _names(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Identities and host names, folded. An identity that is a host name counts as one."""
    return {each for identity, name in pairs for each in (identity, host_key(identity), host_key(name)) if each}
