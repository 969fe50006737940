"""Queries of one workspace's subscription: what it holds, its invoices, its credit, its clients."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func
from sqlmodel import col, select

from rcx_app.core.db import Micros
from rcx_app.core.repository import Repository
from rcx_app.models import (
    AccountMapping,
    Client,
    Plan,
    PlanClient,
    PlanCredit,
    PlanDelivery,
    PlanInvoice,
    PlanInvoiceLine,
    PlanItem,
    PlanSubscription,
    PlanVersion,
    ReconcileRun,
    Workspace,
)


class SubscriptionRepository(Repository):
    """One workspace's rows."""

    noun = "This invoice"

    def workspace(self, *, lock: bool = False) -> Workspace:
        query = select(Workspace).where(col(Workspace.id) == self.workspace_id)
        return self.session.exec(query.with_for_update() if lock else query).one()

    def subscription(self, *, lock: bool = False) -> PlanSubscription | None:
        query = self.scoped(PlanSubscription)
        if lock:
            # What this session read before may be old once the lock is held.
            query = query.with_for_update().execution_options(populate_existing=True)
        found: PlanSubscription | None = self.session.scalars(query).one_or_none()
        return found

    def items(self) -> list[tuple[PlanItem, Plan, PlanVersion]]:
        query = (
            select(PlanItem, Plan, PlanVersion)
            .join(Plan, col(Plan.id) == col(PlanItem.plan_id))
            .join(PlanVersion, col(PlanVersion.id) == col(PlanItem.version_id))
            .where(col(PlanItem.workspace_id) == self.workspace_id)
            .order_by(col(Plan.position), col(Plan.id))
        )
        return list(self.session.exec(query))

    def replace_items(self, rows: Sequence[PlanItem]) -> None:
        for row in self.session.scalars(self.scoped(PlanItem)):
            self.session.delete(row)
        self.session.flush()
        for row in rows:
            self.add(row)

    def balance(self, currency: str) -> Decimal:
        """Credit in `currency`."""
        query = (
            select(func.coalesce(func.sum(col(PlanCredit.amount)), 0, type_=Micros()))
            .where(col(PlanCredit.workspace_id) == self.workspace_id)
            .where(col(PlanCredit.currency) == currency)
        )
        return Decimal(self.session.exec(query).one())

    def has_invoices(self) -> bool:
        return self.session.scalars(self.scoped(PlanInvoice).limit(1)).first() is not None

    def has_credit(self) -> bool:
        return self.session.scalars(self.scoped(PlanCredit).limit(1)).first() is not None

    def invoices(self, before: int | None, limit: int) -> list[PlanInvoice]:
        """Newest first."""
        query = self.scoped(PlanInvoice)
        if before is not None:
            query = query.where(col(PlanInvoice.sequence) < before)
        return list(self.session.scalars(query.order_by(col(PlanInvoice.sequence).desc()).limit(limit)))

    def credited(self, invoice_ids: Sequence[int]) -> set[int]:
        """Which of the invoices were taken back by a credit note."""
        query = self.scoped(PlanInvoice).where(col(PlanInvoice.corrects_id).in_(invoice_ids))
        return {row.corrects_id for row in self.session.scalars(query) if row.corrects_id is not None}

    def lines(self, invoice_id: int) -> list[PlanInvoiceLine]:
        query = self.scoped(PlanInvoiceLine).where(col(PlanInvoiceLine.invoice_id) == invoice_id)
        return list(self.session.scalars(query.order_by(col(PlanInvoiceLine.position))))

    def mapped_clients(self) -> list[tuple[int, str]]:
        """Clients that accounts are mapped to, the oldest first: (id, name)."""
        mapped = (
            select(AccountMapping.client_id)
            .where(col(AccountMapping.workspace_id) == self.workspace_id)
            .where(col(AccountMapping.state) == "mapped")
        )
        query = (
            select(Client.id, Client.name)
            .where(col(Client.workspace_id) == self.workspace_id)
            .where(col(Client.removed_at).is_(None))
            .where(col(Client.id).in_(mapped))
            .order_by(col(Client.id))
        )
        return [(client_id, name) for client_id, name in self.session.exec(query)]

    def count_mapped(self) -> int:
        """How many clients accounts are mapped to, at most: also those that the PSA has no more."""
        query = select(func.count(func.distinct(AccountMapping.client_id))).where(
            col(AccountMapping.workspace_id) == self.workspace_id, col(AccountMapping.state) == "mapped"
        )
        return int(self.session.scalar(query) or 0)

    def admitted(self) -> list[int]:
        """Clients that have a place, the first first."""
        query = select(PlanClient.client_id).where(col(PlanClient.workspace_id) == self.workspace_id)
        return list(self.session.scalars(query.order_by(col(PlanClient.id))))

    def last_run(self) -> ReconcileRun | None:
        """The last reconciliation that ended."""
        query = self.scoped(ReconcileRun).where(col(ReconcileRun.finished_at).is_not(None))
        found: ReconcileRun | None = self.session.scalars(query.order_by(col(ReconcileRun.id).desc()).limit(1)).first()
        return found

    def place(self, client_id: int) -> PlanClient | None:
        """A client's place, locked."""
        query = self.scoped(PlanClient).where(col(PlanClient.client_id) == client_id).with_for_update()
        found: PlanClient | None = self.session.scalars(query).one_or_none()
        return found

    def give_up(self, client_ids: Collection[int]) -> None:
        """Take these clients' places away."""
        for row in self.session.scalars(self.scoped(PlanClient)) if client_ids else ():
            if row.client_id in client_ids:
                self.session.delete(row)

    def next_delivery(self, at: datetime) -> PlanDelivery | None:
        """The oldest event that may be sent now, locked; one that another holds is passed over."""
        query = (
            self.scoped(PlanDelivery)
            .where(col(PlanDelivery.state) == "waiting")
            .where(col(PlanDelivery.next_try_at) <= at)
            .order_by(col(PlanDelivery.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return self.session.scalars(query).first()
