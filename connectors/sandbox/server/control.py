"""`/_sandbox`: what the sandbox holds and the levers on it, as small JSON calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.estate.living.advance import advance

if TYPE_CHECKING:
    from connectors.sandbox.server.sandbox import Sandbox


def control(sandbox: Sandbox) -> Starlette:
    """The application behind `/_sandbox`."""

    async def show(_request: Request) -> Response:
        vendors = {
            name: {"hosts": list(server.hosts), "settings": dict(server.settings)}
            for name, server in sandbox.servers.items()
        }
        day = sandbox.town.estate.as_of.isoformat()
        return JSONResponse({"as_of": day, "vendors": vendors, "requests": sandbox.requests})

    async def plan(request: Request) -> Response:
        asked = await request.json()
        try:
            sandbox.faults.plan(asked.pop("kind", ""), asked.pop("value", ""), **asked)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"planned": len(sandbox.faults.planned)})

    async def clear(_request: Request) -> Response:
        sandbox.faults.clear()
        return JSONResponse({"planned": 0})

    async def days(request: Request) -> Response:
        asked = await request.json()
        advance(sandbox.town, int(asked.get("days", 1)))
        return JSONResponse({"as_of": sandbox.town.estate.as_of.isoformat()})

    async def limits(request: Request) -> Response:
        asked = await request.json()
        sandbox.enforces_limits = bool(asked.get("enforced", True))
        return JSONResponse({"enforced": sandbox.enforces_limits})

    async def clock(request: Request) -> Response:
        asked = await request.json()
        sandbox.put_ahead(float(asked.get("seconds", 0)))
        return JSONResponse({"ahead": True})

    return Starlette(
        routes=[
            Route("/_sandbox", show),
            Route("/_sandbox/faults", plan, methods=["POST"]),
            Route("/_sandbox/faults", clear, methods=["DELETE"]),
            Route("/_sandbox/days", days, methods=["POST"]),
            Route("/_sandbox/limits", limits, methods=["POST"]),
            Route("/_sandbox/clock", clock, methods=["POST"]),
        ]
    )
