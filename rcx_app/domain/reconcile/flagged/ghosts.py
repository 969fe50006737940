"""`ghost`: a line that bills what nobody uses.

The rule takes seats at the client, every one of them was last seen more than the workspace's `inactive_days` before D
(a seat without such a time can't be judged, so a line with one is no ghost), and nothing with the identity or host name
of one of them shows a sign of life at the client in any tool. It stands on the line that carries the group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, case, func, not_
from sqlmodel import col

from rcx_app.core.money import format_quantity
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, Outcome
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.same import host_key
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import pick
from rcx_app.models import AccountMapping, Seat


class GhostRepository(SeatFlagRepository):
    """Lines whose whole count has gone quiet."""

    def ghost_flags(self, outcome: Outcome) -> Iterator[FlagDraft]:
        """Flags on the lines of a run."""
        day = outcome.facts.day
        days, silent = self.inactive_days(), self.silent(day)
        # Where a count does not say how many of its seats are silent, its rule is asked.
        candidates = [
            each
            for each in outcome.groups
            if each.carrier
            and each.billed > 0
            and each.count.seats
            and (each.count.silent is None or each.count.silent >= each.count.seats)
        ]
        by_rule: dict[int, list[Group]] = defaultdict(list)
        for group in candidates:
            by_rule[group.rule.version_id].append(group)
        silenced: list[tuple[Group, set[str]]] = []
        for groups in by_rule.values():
            silenced += self._silenced(groups, outcome, silent)
        if not silenced:
            return
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

    def _silenced(
        self, groups: Sequence[Group], outcome: Outcome, silent: ColumnElement[bool]
    ) -> Iterator[tuple[Group, set[str]]]:
        """Of the groups of one rule, those whose every seat is silent, with all names that these go by."""
        rule, day = groups[0].rule, outcome.facts.day
        connections, live = outcome.facts.rule_connections[rule.version_id], self.live(day)
        owner = col(AccountMapping.client_id)
        told = {group.client_id: group.count.silent for group in groups}
        quiet = sorted(client_id for client_id, number in told.items() if number is not None)
        unsure = sorted(client_id for client_id, number in told.items() if number is None)
        if unsure:
            loud = func.sum(case((silent, 0), else_=1))
            counted = self._taken(rule, live, day, owner, loud).group_by(owner)
            quiet += [client_id for client_id, number in self._of_clients(counted, connections, unsure) if number == 0]
        if not quiet:
            return
        named = self._taken(rule, live, day, owner, Seat.identity_key, Seat.display_name_key)
        names: dict[int, set[str]] = defaultdict(set)
        for client_id, identity, name in self._of_clients(named, connections, sorted(quiet)):
            names[client_id] |= _names(identity, name)
        for group in groups:
            if group.client_id in names:
                yield group, names[group.client_id]

    def _alive(self, clients: Sequence[int], outcome: Outcome, silent: ColumnElement[bool]) -> dict[int, set[str]]:
        """By client, the names of all that shows a sign of life, in any tool."""
        found: dict[int, set[str]] = defaultdict(set)
        columns = (AccountMapping.client_id, Seat.identity_key, Seat.display_name_key)
        presence = (col(Seat.last_seen_at).is_not(None), not_(silent), *self.live(outcome.facts.day))
        for client_id, identity, name in self._of_clients(self._seats(pick(*columns), presence), None, clients):
            found[client_id] |= _names(identity, name)
        return found


def _names(identity: str, name: str) -> set[str]:
    """What a seat goes by: its identity, and its host name, folded. An identity that is a host name counts as one."""
    found = {identity, host_key(identity)} if identity == name else {identity, host_key(identity), host_key(name)}
    found.discard("")
    return found
