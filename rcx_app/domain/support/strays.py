"""Files in the folders of uploads that no row knows: left by a process that died between storing and noting one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from rcx_app.core import clock, folders
from rcx_app.models import ImportFile, SupportAttachment

AFTER = timedelta(days=1)
"""Younger ones may belong to an upload that is under way."""
_AT_ONCE = 500


def sweep(session: Session) -> int:
    """Delete strays among imports and attachments; returns how many. Needs a transaction without a workspace."""
    return _sweep(session, folders.uploads(), col(ImportFile.stored_as)) + _sweep(
        session, folders.attachments(), col(SupportAttachment.stored_as)
    )


def _sweep(session: Session, folder: Path, column: Mapped[str]) -> int:
    old = sorted(_older(folder, clock.now().timestamp() - AFTER.total_seconds()))
    gone = 0
    for start in range(0, len(old), _AT_ONCE):
        names = old[start : start + _AT_ONCE]
        known = set(session.scalars(select(column).where(column.in_(names))))
        for name in set(names) - known:
            (folder / name).unlink(missing_ok=True)
            gone += 1
    return gone


def _older(folder: Path, before: float) -> Iterable[str]:
    for path in folder.iterdir():
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime < before:
                yield path.name
        except FileNotFoundError:
            continue  # somebody else has deleted it
