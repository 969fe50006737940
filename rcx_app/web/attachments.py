"""`/attachments`: files of support tickets in and out, for people who may see the ticket, and for agents.

What comes in streams to the disk under a random name and is looked into before anybody is told of it; what goes out is
never shown in a page of ours: it is a download of its own type, in a sandbox of its own.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from rcx_app.core import folders, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotSignedIn, RcxError
from rcx_app.core.folders import safe_name
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.support import files
from rcx_app.domain.support.schemas import FileView, Stored
from rcx_app.web.files import as_json, refuse_declared_size, store
from rcx_app.web.forms import require_same_origin
from rcx_app.web.session import identify

# Nothing of it may run, load or frame anything, whatever a browser makes of it.
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_log = log.get("attachments")


@as_json
async def upload(request: Request) -> Response:
    """``POST /attachments?name=<file name>`` with the file as the body; answers ``{"id", "name", "size"}``.

    The file belongs to the person alone until a message takes it. 413 for one that is too large: what was sent until
    then is deleted, and no more is read.
    """
    require_same_origin(request)
    context = await _context(request)
    most = settings().attachment_max_bytes
    name = safe_name(request.query_params.get("name", ""))
    path = folders.attachments() / secrets.token_hex(16)
    try:
        refuse_declared_size(request, most)
        sha256, size = await store(request, path, most)
        found = await asyncio.to_thread(_register, context, name, path, sha256, size)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, RcxError):
            _log.warning("attachment_refused", user_id=context.user_id, reason=error.code)
        raise
    return JSONResponse({"id": found.id, "name": found.filename, "size": found.size_bytes}, 201)


@as_json
async def download(request: Request) -> Response:
    """``GET /attachments/<id>``: the file, for those who may see its ticket; not found for all others."""
    context = await _context(request)
    stored, path = await asyncio.to_thread(_hand_out, context, request.path_params["file_id"])
    # By hand: the plain name for old programs, the true one as RFC 8187 has it; neither can end the header.
    plain = "".join(char if char.isascii() and (char.isalnum() or char in " ._-") else "_" for char in stored.filename)
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(stored.filename, safe='')}",
        "content-security-policy": _POLICY,
        "cache-control": "no-store",
    }
    return FileResponse(path, media_type=stored.media_type, headers=headers)


async def _context(request: Request) -> Context:
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    if not identity.context.allows(Permission.AGENT):
        identity.context.require(Permission.SUPPORT)
    return identity.context


def _register(context: Context, name: str, path: Path, sha256: str, size: int) -> FileView:
    found = files.look_into(name, path, sha256, size)
    with transaction(context) as session:
        return files.register(session, context, found)


def _hand_out(context: Context, file_id: int) -> tuple[Stored, Path]:
    # An agent's own workspace is not the ticket's.
    is_agent = context.allows(Permission.AGENT)
    with transaction(None if is_agent else context) as session:
        return files.hand_out(session, context, file_id)


ROUTES = [
    Route("/attachments", upload, methods=["POST"]),
    Route("/attachments/{file_id:int}", download, methods=["GET"]),
]
