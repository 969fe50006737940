"""A list as a file that is made while it is asked for: whole, from one reading of the database, in little memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import IO, Any

from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from rcx_app.core.context import Context
from rcx_app.core.db import transaction

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BLOCK = 64 * 1024
# Up to this a list is held in memory, beyond it lies in an unnamed file.
_IN_MEMORY = 4 * 1024 * 1024


async def answer(context: Context, name: str, kind: str, write: Callable[[Session, IO[bytes]], Any]) -> Response:
    """What `write` writes in one transaction, as the file ``<name>.<kind>`` (csv or xlsx).

    It is all there before the answer begins, so that what `write` raises becomes an error and no torn file.
    """
    written = await asyncio.to_thread(_written, context, write)
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"', "cache-control": "no-store"}
    return StreamingResponse(_blocks(written), media_type=MEDIA[kind], headers=headers)


def _written(context: Context, write: Callable[[Session, IO[bytes]], Any]) -> IO[bytes]:
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        with transaction(context, read_only=True) as session:
            write(session, out)
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


async def _blocks(source: IO[bytes]) -> AsyncIterator[bytes]:
    with source:
        while block := await asyncio.to_thread(source.read, _BLOCK):
            yield block
