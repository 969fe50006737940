"""`rcx worker` whose SQLite database may grow so far and no further, as on a disk that is full."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from rcx_app.commands.worker import worker
from rcx_app.domain.sync import run

PAGES, AT_SWITCH = "TEST_PAGES_FILE", "TEST_PAGES_AT_SWITCH"
"""Names the file that holds how many pages the database may have; whether the room ends when the switch begins."""
_ENDLESS = 1_000_000_000
_switch = run._put_into_force


def _limit(connection: Any, *_: Any) -> None:
    file = Path(os.environ[PAGES])
    pages = int(file.read_text()) if file.exists() else _ENDLESS
    connection.execute(f"PRAGMA max_page_count={pages}").fetchall()


def _without_room(session: Any, *args: Any) -> Any:
    if Path(os.environ[PAGES]).exists():
        session.connection().exec_driver_sql("PRAGMA max_page_count=1")  # no less than there are
    return _switch(session, *args)


if __name__ == "__main__":
    event.listen(Pool, "checkout", _limit)
    if os.environ[AT_SWITCH] == "yes":
        run._put_into_force = _without_room
    worker.main(["-c", "2"])
