"""The one door by which an estate changes: entities come, change and go, and index, moments, tombstones and history
stay right. What happens on a day is not decided here."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import chain
from typing import Any, TypeVar

from connectors.sandbox.estate.facts import mac, midnight
from connectors.sandbox.estate.index import Index
from connectors.sandbox.estate.world import (
    HUNTRESS,
    KIND_OF,
    NINJA,
    PROOFPOINT,
    Account,
    Agreement,
    Client,
    Device,
    Entity,
    Estate,
    Gone,
    Line,
    Subscription,
    Unit,
    Was,
)

E = TypeVar("E", bound=Entity)

_LISTS = {
    "client": "clients",
    "account": "accounts",
    "user": "users",
    "device": "devices",
    "agent": "agents",
    "workload": "workloads",
    "mailbox": "mailboxes",
    "subscription": "subscriptions",
    "agreement": "agreements",
    "line": "lines",
}
_FIXED = frozenset(("id", "account_id", "client_id", "agreement_id", "integration", "changed_at"))
_PRESENCE = frozenset(("last_seen_at", "last_backup_at", "last_sign_in_at"))
_STEP = {"client": 7, "agreement": 3, "line": 2, "number": 3}
_NUMBERED = (NINJA, HUNTRESS, PROOFPOINT)
_FIELDS = {kind: frozenset(item.name for item in fields(kind)) for kind in KIND_OF}
_LIVING = timedelta(days=7)
"""What was seen within a week is in use, and is seen again tomorrow."""


class Town:
    """An estate that lives. Make one a process and give it to everybody who reads or writes; it does not lock.

    Moments only go up: a write without a moment of its own happens one second after the latest.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.index = Index(estate)
        self._gone = {(gone.kind, gone.entity.id) for gone in estate.gone}
        self._known = {kind: len(self._list(kind)) for kind in _LISTS}
        for kind, _ in self._gone:
            self._known[kind] += 1
        self._highest = {kind: self._highest_of(kind) for kind in ("client", "agreement", "line")}
        self._highest["number"] = max(
            (self._highest_of(kind) for kind in ("account", "device", "agent", "mailbox")), default=0
        )

    @property
    def now(self) -> datetime:
        """The moment of the latest change."""
        return self.estate.moment

    def new_id(self, kind: str, integration: str = "") -> str:
        """An id that nothing of the estate has or had: a number where the vendor numbers, else a GUID.

        It is the same again until something that carries it was added.
        """
        counter = kind if kind in _STEP else "number" if integration in _NUMBERED else ""
        if counter:
            return str(self._highest[counter] + _STEP[counter])
        text = blake2b(f"{self.estate.seed}:{kind}:{self._known[kind]}".encode(), digest_size=16).hexdigest()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def add(self, entity: E, *, client_id: str | None = None, at: datetime | None = None) -> E:
        """Put something into the estate and return it; `client_id` says whose an account is in truth.

        Raises ValueError when its id is or was in use, or what it belongs to does not exist.
        """
        kind, estate = KIND_OF[type(entity)], self.estate
        if self.index.find(kind, entity.id) is not None or (kind, entity.id) in self._gone:
            raise ValueError(f"the estate already knows {kind} {entity.id!r}")
        self._check_owner(entity, client_id)
        entity.changed_at = self._stamp(at)
        if isinstance(entity, Account):
            estate.truth[entity.integration, entity.id] = client_id
        if isinstance(entity, Device) and not entity.mac:
            entity.mac = mac(estate.seed, entity.serial)
        self._list(kind).append(entity)
        self.index.add(entity)
        self._known[kind] += 1
        if entity.id.isdigit():
            counter = kind if kind in _STEP else "number"
            self._highest[counter] = max(self._highest[counter], int(entity.id))
        if isinstance(entity, Line | Agreement | Subscription):
            estate.history[kind, entity.id] = [Was(entity.changed_at, None)]
        return entity

    def change(self, entity: Entity, *, at: datetime | None = None, **values: object) -> bool:
        """Set fields of something in the estate; False, and nothing is stamped, when they hold these values already.

        Ids and owners are fixed (ValueError, as for a field that does not exist); something that is not in the
        estate raises LookupError. Presence alone does not move `changed_at`.
        """
        kind = KIND_OF[type(entity)]
        self._check_present(kind, entity)
        wrong = [name for name in values if name in _FIXED or name not in _FIELDS[type(entity)]]
        if wrong:
            raise ValueError(f"cannot change {', '.join(wrong)} of a {kind}")
        different = {name: value for name, value in values.items() if getattr(entity, name) != value}
        if not different:
            return False
        if not different.keys() <= _PRESENCE:
            moment = self._stamp(at)
            if isinstance(entity, Line | Agreement | Subscription):
                self.estate.history.setdefault((kind, entity.id), []).append(Was(moment, replace(entity)))
            entity.changed_at = moment
        for name, value in different.items():
            setattr(entity, name, value)
        return True

    def remove(self, entity: Entity, *, at: datetime | None = None) -> None:
        """Take something out, with all that hangs on it; each leaves a tombstone in `Estate.gone`.

        A client's agreements go with him, his accounts at vendors stay and are nobody's. Raises LookupError when it
        is not in the estate.
        """
        kind = KIND_OF[type(entity)]
        self._check_present(kind, entity)
        moment = self._stamp(at)
        for part in self._parts(entity):
            self.remove(part, at=moment)
        if isinstance(entity, Client):
            for account in tuple(self.index.owned.of(entity.id)):
                self.hand_over(account, None, at=moment)
        self.index.discard(entity)
        living = self._list(kind)
        del living[next(spot for spot, other in enumerate(living) if other is entity)]
        if isinstance(entity, Account):
            del self.estate.truth[entity.integration, entity.id]
        entity.changed_at = moment
        self.estate.gone.append(Gone(kind, entity, moment))
        self._gone.add((kind, entity.id))

    def hand_over(self, account: Account, client_id: str | None, *, at: datetime | None = None) -> None:
        """Say whose an account is in truth. The vendor knows nothing of that, so the account is not stamped."""
        self._check_present("account", account)
        self._check_owner(account, client_id)
        self._stamp(at)
        self.estate.truth[account.integration, account.id] = client_id
        self.index.own_anew(self.estate)

    def pass_midnight(self) -> None:
        """Go on to the next day: what was in use is seen one day later, unless it was seen on the day that ends."""
        estate, day = self.estate, timedelta(days=1)
        dawn = midnight(estate.as_of)
        edge = dawn - _LIVING
        estate.as_of += day
        estate.moment = max(estate.moment, midnight(estate.as_of))
        for device in estate.devices:
            if edge < device.last_seen_at <= dawn:
                device.last_seen_at += day
        for agent in estate.agents:
            if edge < agent.last_seen_at <= dawn:
                agent.last_seen_at += day
        for workload in estate.workloads:
            if edge < workload.last_backup_at <= dawn:
                workload.last_backup_at += day
        for user in estate.users:
            signed_in = user.last_sign_in_at
            if signed_in is not None and edge < signed_in <= dawn and user.is_enabled:
                user.last_sign_in_at = signed_in + day

    def _stamp(self, at: datetime | None) -> datetime:
        moment = self.estate.moment + timedelta(seconds=1) if at is None else at
        if moment < self.estate.moment:
            raise ValueError(f"{moment} is before the latest change, {self.estate.moment}")
        self.estate.moment = moment
        return moment

    def _check_present(self, kind: str, entity: Entity) -> None:
        if self.index.find(kind, entity.id) is not entity:
            raise LookupError(f"no such {kind} in the estate: {entity.id!r}")

    def _check_owner(self, entity: Entity, client_id: str | None) -> None:
        index = self.index
        if isinstance(entity, Unit):
            found = index.accounts.get(entity.account_id) is not None
        elif isinstance(entity, Line):
            agreement = index.agreements.get(entity.agreement_id)
            found = agreement is not None and agreement.client_id == entity.client_id
        elif isinstance(entity, Agreement):
            found = index.clients.get(entity.client_id) is not None
        else:
            found = client_id is None or index.clients.get(client_id) is not None
        if not found:
            raise ValueError(f"what {KIND_OF[type(entity)]} {entity.id!r} belongs to is not in the estate")

    def _parts(self, entity: Entity) -> tuple[Entity, ...]:
        index = self.index
        if isinstance(entity, Client):
            return tuple(index.agreements.of(entity.id))
        if isinstance(entity, Agreement):
            return tuple(index.additions.of(entity.id))
        if isinstance(entity, Account):
            shelves = (
                index.users,
                index.devices,
                index.agents,
                index.workloads,
                index.mailboxes,
                index.subscriptions,
            )
            return tuple(chain.from_iterable(shelf.of(entity.id) for shelf in shelves))
        return ()

    def _list(self, kind: str) -> list[Any]:
        found: list[Any] = getattr(self.estate, _LISTS[kind])
        return found

    def _highest_of(self, kind: str) -> int:
        gone = (tomb.entity for tomb in self.estate.gone if tomb.kind == kind)
        return max((int(item.id) for item in chain(self._list(kind), gone) if item.id.isdigit()), default=0)
