"""Files in and out: uploads stream to the disk under a random name, downloads come from the workspace's own folder."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import IO, Protocol

from sqlmodel import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from rcx_app.core import folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotSignedIn, RcxError, Unavailable
from rcx_app.core.folders import safe_name
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts
from rcx_app.domain.identity.schemas import Identity
from rcx_app.web.forms import TooLarge, require_same_origin
from rcx_app.web.session import identify

_BLOCK = 1024 * 1024

Endpoint = Callable[[Request], Awaitable[Response]]


class Registrar(Protocol):
    """Takes note of a stored upload and answers with its id."""

    def __call__(
        self, session: Session, context: Context, *, filename: str, stored_as: str, sha256: str, size_bytes: int
    ) -> int: ...


def as_json(endpoint: Endpoint) -> Endpoint:
    """Errors become ``{"error": ..., "remedy": ...}`` with their status."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RcxError as error:
            return JSONResponse({"error": error.message, "remedy": error.remedy, "code": error.code}, error.status)

    return answer


def upload_route(register: Registrar) -> Route:
    """``POST /files?name=<file name>`` with the file itself as the body; answers ``{"id", "name", "size"}``."""

    @as_json
    async def upload(request: Request) -> Response:
        require_same_origin(request)
        identity = await _identity(request)
        identity.context.require(Permission.IMPORT)
        attempts.require(attempts.UPLOADS, "upload", str(identity.user_id))
        name = safe_name(request.query_params.get("name", ""))
        refuse_declared_size(request, settings().upload_max_bytes)
        path = folders.uploads() / secrets.token_hex(16)
        try:
            sha256, size = await store(request, path, settings().upload_max_bytes)
            file_id = await asyncio.to_thread(_register, register, identity, name, path.name, sha256, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return JSONResponse({"id": file_id, "name": name, "size": size}, 201)

    return Route("/files", upload, methods=["POST"])


@as_json
async def export(request: Request) -> Response:
    """``GET /exports/<name>``: a file of the signed-in person's workspace; another workspace's is not found."""
    identity = await _identity(request)
    identity.context.require(Permission.READ)
    name = request.path_params["name"]
    path = folders.existing(folders.exports(identity.workspace_id), name)
    return FileResponse(path, filename=name, headers={"cache-control": "no-store"})


async def _identity(request: Request) -> Identity:
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    return identity


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The file is larger than {most // (1024 * 1024)} MB.", remedy="Split it, or have the limit raised."
    )


def refuse_declared_size(request: Request, most: int) -> None:
    """Raises TooLarge where the request itself says that its body has more than `most` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise _too_large(most)


async def store(request: Request, path: Path, most: int) -> tuple[str, int]:
    """Write the body to `path`, block by block; its SHA-256 and size.

    Raises TooLarge as soon as more than `most` bytes have come, Invalid for an empty or a broken one, Unavailable where
    the disk does not take it. What was written by then is the caller's to delete.
    """
    digest, size, held = hashlib.sha256(), 0, bytearray()
    try:
        with path.open("xb") as target:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise _too_large(most)
                held += chunk
                if len(held) >= _BLOCK:
                    await asyncio.to_thread(_write, target, bytes(held), digest.update)
                    held.clear()
            await asyncio.to_thread(_write, target, bytes(held), digest.update)
    except ClientDisconnect as error:
        raise Invalid("The upload was broken off.") from error
    except OSError as error:
        remedy = "Tell your administrator: the disk may be full."
        raise Unavailable("The file could not be stored.", remedy=remedy) from error
    if not size:
        raise Invalid("The file is empty.", remedy="Check it, and choose it again.")
    return digest.hexdigest(), size


def _write(target: IO[bytes], block: bytes, note: Callable[[bytes], None]) -> None:
    target.write(block)
    note(block)


def _register(register: Registrar, identity: Identity, name: str, stored_as: str, sha256: str, size: int) -> int:
    context = identity.context
    with transaction(context) as session:
        return register(session, context, filename=name, stored_as=stored_as, sha256=sha256, size_bytes=size)


EXPORT_ROUTE = Route("/exports/{name}", export, methods=["GET"])
