"""Writes the results of a run: new rows in bulk, changed ones by id, gone ones marked; unchanged ones not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, or_, update
from sqlmodel import col

from rcx_app.core.money import to_micros
from rcx_app.core.repository import Repository
from rcx_app.domain.reconcile.findings import Draft
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import micros, pick
from rcx_app.domain.review import returning
from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.models import ClientTotal, Finding, Flag, ReconcileRun

_CHUNK = 500
_NUMBERS = ("billed_quantity", "expected_quantity", "delta", "amount", "system_count")


class ResultRepository(Repository):
    """Findings, flags and totals of one workspace."""

    noun = "This finding"

    def store_findings(
        self, period: date, drafts: Iterable[Draft], clients: Sequence[int] | None, at: datetime
    ) -> dict[str, int]:
        """Make the standing findings of these clients (None: all), and all those without a client, equal to `drafts`.

        A finding whose numbers moved is open again, unless what was decided on its series holds; its history stays.
        """
        ReviewRepository(self.session, self.context).wait_for_turn()
        by_fingerprint = {draft.fingerprint: draft for draft in drafts}
        columns = (Finding.id, Finding.fingerprint, Finding.content_hash, Finding.resolved_at)
        numbers_of = (micros(getattr(Finding, name)) for name in _NUMBERS)
        query = pick(*columns, *numbers_of).where(*self._of(Finding, period, clients))
        changed: list[dict[str, Any]] = []
        gone: list[int] = []
        for row_id, fingerprint, content_hash, resolved_at, *numbers in self._read(query):
            draft = by_fingerprint.pop(fingerprint, None)
            if draft is None:
                if resolved_at is None:
                    gone.append(row_id)
            elif draft.content_hash != content_hash or resolved_at is not None:
                moved = resolved_at is not None or numbers != [_micros(draft.values[name]) for name in _NUMBERS]
                changed.append({**draft.values, "b_id": row_id, "b_moved": moved})
        new = [
            {
                **draft.values,
                "workspace_id": self.workspace_id,
                "created_at": at,
                "first_found_at": at,
                "changed_at": at,
            }
            for draft in by_fingerprint.values()
        ]
        if new:
            self.session.execute(insert(Finding), new)
        self._update(changed, at)
        self._resolve(gone, at)
        returning.settle(self.session, self.context, period, clients)
        return {"new": len(new), "changed": len(changed), "gone": len(gone)}

    def _update(self, rows: list[dict[str, Any]], at: datetime) -> None:
        table = Finding.__table__  # type: ignore[attr-defined]
        for moved in (True, False):
            part = [{key: row[key] for key in row if key != "b_moved"} for row in rows if row["b_moved"] is moved]
            if not part:
                continue
            names = [name for name in part[0] if name != "b_id"]
            values: dict[str, Any] = {name: bindparam(f"v_{name}") for name in names}
            values |= {"changed_at": at, "resolved_at": None}
            if moved:
                values["state"] = "open"
            statement = update(table).where(table.c.id == bindparam("b_id")).values(values)
            renamed = [{"b_id": row["b_id"], **{f"v_{name}": row[name] for name in names}} for row in part]
            self.session.connection().execute(statement, renamed)

    def _resolve(self, ids: Sequence[int], at: datetime) -> None:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            self.session.execute(update(Finding).where(col(Finding.id).in_(chunk)).values(resolved_at=at))

    def store_flags(
        self, period: date, drafts: Iterable[FlagDraft], clients: Sequence[int] | None, at: datetime
    ) -> int:
        """Make the flags of these clients equal to `drafts`; returns how many now stand."""
        wanted = {draft.fingerprint: draft for draft in drafts}
        total = len(wanted)
        query = pick(Flag.id, Flag.fingerprint).where(*self._of(Flag, period, clients))
        gone = [row_id for row_id, fingerprint in self._read(query) if wanted.pop(fingerprint, None) is None]
        for start in range(0, len(gone), _CHUNK):
            self.session.execute(delete(Flag).where(col(Flag.id).in_(gone[start : start + _CHUNK])))
        if wanted:
            common = {"workspace_id": self.workspace_id, "created_at": at, "period": period}
            self.session.execute(insert(Flag), [{**draft.values(), **common} for draft in wanted.values()])
        return total

    def store_totals(
        self, period: date, rows: Sequence[dict[str, Any]], clients: Sequence[int] | None, at: datetime
    ) -> None:
        """Make the totals of these clients equal to `rows`, each with its client_id; equal rows are left alone."""
        names = [name for name in rows[0] if name != "client_id"] if rows else []
        columns = [ClientTotal.id, ClientTotal.client_id, *(getattr(ClientTotal, name) for name in names)]
        scope = self._of(ClientTotal, period, clients)
        stored = {row[1]: row for row in self._read(pick(*columns).where(*scope))}
        fresh = []
        for row in rows:
            old = stored.pop(row["client_id"], None)
            if old is None or tuple(old[2:]) != tuple(row[name] for name in names):
                fresh.append(row)
                if old is not None:
                    stored[row["client_id"]] = old
        gone = [row[0] for row in stored.values()]
        for start in range(0, len(gone), _CHUNK):
            self.session.execute(delete(ClientTotal).where(col(ClientTotal.id).in_(gone[start : start + _CHUNK])))
        if fresh:
            common = {"workspace_id": self.workspace_id, "created_at": at, "period": period}
            self.session.execute(insert(ClientTotal), [{**row, **common} for row in fresh])

    def add_run(self, run: ReconcileRun) -> ReconcileRun:
        return self.add(run)

    def _read(self, query: Any) -> Sequence[Any]:
        """Plain rows, past the mapper of the session."""
        self.session.flush()
        rows: Sequence[Any] = self.session.connection().execute(query).all()
        return rows

    def _of(self, table: Any, period: date, clients: Sequence[int] | None) -> tuple[ColumnElement[bool], ...]:
        own = and_(table.workspace_id == self.workspace_id, table.period == period)
        if clients is None:
            return (own,)
        return (own, or_(table.client_id.is_(None), table.client_id.in_(list(clients))))


def _micros(value: Decimal | None) -> int | None:
    return None if value is None else to_micros(value)
