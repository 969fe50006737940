"""Look-ups over an estate, built once and then kept right by `town.Town`. Nothing here changes the estate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from connectors.sandbox.estate.world import (
    KIND_OF,
    Account,
    Agent,
    Agreement,
    Client,
    Device,
    Entity,
    Estate,
    Line,
    Mailbox,
    Subscription,
    User,
    Workload,
)

T = TypeVar("T", bound=Entity)


@dataclass
class Shelf(Generic[T]):
    """Entities of one kind by id and by owner, in the order of the estate; equal to another that holds the same."""

    owner: Callable[[T], str] = field(compare=False)
    by_id: dict[str, T] = field(default_factory=dict)
    by_owner: dict[str, list[T]] = field(default_factory=dict)

    def fill(self, items: Iterable[T]) -> Shelf[T]:
        for item in items:
            self.add(item)
        return self

    def of(self, owner: str) -> Sequence[T]:
        """What belongs to `owner`: the living list, so copy it before you remove from it."""
        return self.by_owner.get(owner, ())

    def get(self, identity: str) -> T | None:
        return self.by_id.get(identity)

    def add(self, item: T) -> None:
        self.by_id[item.id] = item
        self.by_owner.setdefault(self.owner(item), []).append(item)

    def discard(self, item: T) -> None:
        """Take an item away; its owner must still be what it was when it came."""
        del self.by_id[item.id]
        owner = self.owner(item)
        fellows = self.by_owner[owner]
        del fellows[next(spot for spot, other in enumerate(fellows) if other is item)]
        if not fellows:
            del self.by_owner[owner]


class Index:
    """Shelves over an estate: accounts by integration, units by account id, agreements and lines by client id.

    `owned` holds accounts by the id of the client in truth ("" for nobody's), `additions` lines by agreement id.
    """

    def __init__(self, estate: Estate) -> None:
        self.clients = Shelf[Client](lambda _: "").fill(estate.clients)
        self.accounts = Shelf[Account](lambda item: item.integration).fill(estate.accounts)
        self.owned = _owned(estate)
        self.users = Shelf[User](lambda item: item.account_id).fill(estate.users)
        self.devices = Shelf[Device](lambda item: item.account_id).fill(estate.devices)
        self.agents = Shelf[Agent](lambda item: item.account_id).fill(estate.agents)
        self.workloads = Shelf[Workload](lambda item: item.account_id).fill(estate.workloads)
        self.mailboxes = Shelf[Mailbox](lambda item: item.account_id).fill(estate.mailboxes)
        self.subscriptions = Shelf[Subscription](lambda item: item.account_id).fill(estate.subscriptions)
        self.agreements = Shelf[Agreement](lambda item: item.client_id).fill(estate.agreements)
        self.lines = Shelf[Line](lambda item: item.client_id).fill(estate.lines)
        self.additions = Shelf[Line](lambda item: item.agreement_id).fill(estate.lines)
        self._shelves: dict[str, tuple[Shelf[Any], ...]] = {
            "client": (self.clients,),
            "account": (self.accounts, self.owned),
            "user": (self.users,),
            "device": (self.devices,),
            "agent": (self.agents,),
            "workload": (self.workloads,),
            "mailbox": (self.mailboxes,),
            "subscription": (self.subscriptions,),
            "agreement": (self.agreements,),
            "line": (self.lines, self.additions),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and self._shelves == other._shelves

    __hash__ = None  # type: ignore[assignment]  # it changes

    def find(self, kind: str, identity: str) -> Entity | None:
        """The living entity of that kind and id, or None. Raises KeyError for a kind that does not exist."""
        found: Entity | None = self._shelves[kind][0].get(identity)
        return found

    def accounts_of(self, client_id: str, integration: str) -> list[Account]:
        """The client's accounts at one vendor."""
        return [account for account in self.owned.of(client_id) if account.integration == integration]

    def own_anew(self, estate: Estate) -> None:
        """Look again whose accounts are whose, after the truth of some changed."""
        self.owned = _owned(estate)
        self._shelves["account"] = (self.accounts, self.owned)

    def add(self, entity: Entity) -> None:
        for shelf in self._shelves[KIND_OF[type(entity)]]:
            shelf.add(entity)

    def discard(self, entity: Entity) -> None:
        for shelf in self._shelves[KIND_OF[type(entity)]]:
            shelf.discard(entity)


def _owned(estate: Estate) -> Shelf[Account]:
    truth = estate.truth
    return Shelf[Account](lambda item: truth[item.integration, item.id] or "").fill(estate.accounts)
