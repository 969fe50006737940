"""Queries that belong to no workspace: plans and their versions, the issuer, and what is due anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func
from sqlmodel import Session, col, select

from rcx_app.core.db import Micros
from rcx_app.core.errors import NotFound
from rcx_app.models import (
    AccountMapping,
    Client,
    Plan,
    PlanCredit,
    PlanDelivery,
    PlanInvoice,
    PlanInvoiceLine,
    PlanIssuer,
    PlanItem,
    PlanSubscription,
    PlanVersion,
    Workspace,
)

ISSUER = 1
"""There is one issuer of invoices."""


class Offers:
    """Plans and the issuer: everybody may read them, platform admins change them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def issuer(self, *, lock: bool = False) -> PlanIssuer:
        query = select(PlanIssuer).where(col(PlanIssuer.id) == ISSUER)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return self.session.exec(query).one()

    def plans(self) -> list[Plan]:
        return list(self.session.exec(select(Plan).order_by(col(Plan.position), col(Plan.id))))

    def plan(self, plan_id: int) -> Plan:
        """Raises NotFound."""
        found = self.session.get(Plan, plan_id)
        if found is None:
            raise NotFound("This plan")
        return found

    def versions(self) -> list[PlanVersion]:
        """Of all plans, the oldest first."""
        return list(
            self.session.exec(select(PlanVersion).order_by(col(PlanVersion.valid_from), col(PlanVersion.number)))
        )


class AllSubscriptions:
    """Over all workspaces (needs a transaction without one)."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due(self, day: date) -> list[int]:
        """Workspaces with something due until `day`."""
        query = select(col(PlanSubscription.workspace_id)).where(col(PlanSubscription.next_bill_on) <= day)
        return list(self.session.exec(query.order_by(col(PlanSubscription.workspace_id))))

    def without(self, stages: Sequence[str]) -> list[int]:
        """Workspaces at one of these stages that have no subscription yet."""
        have = select(PlanSubscription.workspace_id)
        query = select(col(Workspace.id)).where(col(Workspace.stage).in_(stages)).where(col(Workspace.id).not_in(have))
        return list(self.session.exec(query.order_by(col(Workspace.id))))

    def customers(self) -> list[tuple[PlanSubscription, str]]:
        query = (
            select(PlanSubscription, Workspace.name)
            .join(Workspace, col(Workspace.id) == col(PlanSubscription.workspace_id))
            .order_by(func.lower(col(Workspace.name)), col(Workspace.id))
        )
        return list(self.session.exec(query))

    def items(self) -> dict[int, list[tuple[PlanItem, Plan, PlanVersion]]]:
        """What every workspace holds."""
        query = (
            select(PlanItem, Plan, PlanVersion)
            .join(Plan, col(Plan.id) == col(PlanItem.plan_id))
            .join(PlanVersion, col(PlanVersion.id) == col(PlanItem.version_id))
            .order_by(col(Plan.position), col(Plan.id))
        )
        found: dict[int, list[tuple[PlanItem, Plan, PlanVersion]]] = {}
        for item, plan, version in self.session.exec(query):
            found.setdefault(item.workspace_id, []).append((item, plan, version))
        return found

    def credits(self) -> dict[tuple[int, str], Decimal]:
        """Balances by workspace and currency."""
        total = func.sum(PlanCredit.amount, type_=Micros())
        query = select(PlanCredit.workspace_id, PlanCredit.currency, total).group_by(
            col(PlanCredit.workspace_id), col(PlanCredit.currency)
        )
        return {
            (workspace_id, currency): Decimal(amount) for workspace_id, currency, amount in self.session.exec(query)
        }

    def client_counts(self) -> dict[int, int]:
        """How many client accounts every workspace has."""
        query = (
            select(AccountMapping.workspace_id, func.count(col(AccountMapping.client_id).distinct()))
            .join(Client, col(Client.id) == col(AccountMapping.client_id))
            .where(col(AccountMapping.state) == "mapped", col(Client.removed_at).is_(None))
            .group_by(col(AccountMapping.workspace_id))
        )
        return {workspace_id: count for workspace_id, count in self.session.exec(query)}  # noqa: C416 - rows are no pairs

    def waiting(self, at: datetime) -> list[int]:
        """Workspaces with events for the accounting system that may be tried now."""
        query = select(col(PlanDelivery.workspace_id)).where(col(PlanDelivery.state) == "waiting").distinct()
        return sorted(self.session.exec(query.where(col(PlanDelivery.next_try_at) <= at)))

    def deliveries(self, limit: int) -> list[tuple[PlanDelivery, str]]:
        """Newest first, with the workspace's name."""
        query = (
            select(PlanDelivery, Workspace.name)
            .join(Workspace, col(Workspace.id) == col(PlanDelivery.workspace_id))
            .order_by(col(PlanDelivery.id).desc())
        )
        return list(self.session.exec(query.limit(limit)))

    def delivery(self, event_id: str) -> PlanDelivery:
        """Raises NotFound."""
        found = self.session.exec(
            select(PlanDelivery).where(col(PlanDelivery.event_id) == event_id).with_for_update()
        ).one_or_none()
        if found is None:
            raise NotFound("This event")
        return found

    def invoices(self, first: date, last: date) -> list[PlanInvoice]:
        """Issued in these days, by number."""
        query = select(PlanInvoice).where(col(PlanInvoice.issued_on) >= first).where(col(PlanInvoice.issued_on) <= last)
        return list(self.session.exec(query.order_by(col(PlanInvoice.sequence))))

    def lines(self, invoices: Sequence[PlanInvoice]) -> dict[int, list[PlanInvoiceLine]]:
        """By invoice, in order."""
        found: dict[int, list[PlanInvoiceLine]] = {}
        ids = [each.id for each in invoices]
        for start in range(0, len(ids), 500):
            query = select(PlanInvoiceLine).where(col(PlanInvoiceLine.invoice_id).in_(ids[start : start + 500]))
            for line in self.session.exec(
                query.order_by(col(PlanInvoiceLine.invoice_id), col(PlanInvoiceLine.position))
            ):
                found.setdefault(line.invoice_id, []).append(line)
        return found

    def newest_invoices(self, workspace_id: int | None, limit: int) -> list[tuple[PlanInvoice, str]]:
        """Newest first, with the workspace's name."""
        query = (
            select(PlanInvoice, Workspace.name)
            .join(Workspace, col(Workspace.id) == col(PlanInvoice.workspace_id))
            .order_by(col(PlanInvoice.sequence).desc())
        )
        if workspace_id is not None:
            query = query.where(col(PlanInvoice.workspace_id) == workspace_id)
        return list(self.session.exec(query.limit(limit)))

    def credited(self, invoice_ids: Sequence[int]) -> set[int]:
        """Which of the invoices were taken back by a credit note."""
        query = select(PlanInvoice.corrects_id).where(col(PlanInvoice.corrects_id).in_(invoice_ids))
        return {each for each in self.session.exec(query) if each is not None}

    def workspace_of(self, invoice_id: int) -> int:
        """Raises NotFound."""
        found = self.session.exec(
            select(col(PlanInvoice.workspace_id)).where(col(PlanInvoice.id) == invoice_id)
        ).one_or_none()
        if found is None:
            raise NotFound("This invoice")
        return found
