"""Reading a posted form: from our own pages only, of a sane size, one value a field."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from rcx_app.core.errors import Invalid, NotPermitted, TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity.schemas import Device
from rcx_app.web.origin import is_same_origin

MAX_FORM_BYTES = 16 * 1024


class TooLarge(TooMany):
    status = 413
    code = "too_large"


def require_same_origin(request: Request) -> None:
    """Raises NotPermitted where another site, or nobody's page, sent the request."""
    if not is_same_origin(request.scope["headers"]):
        raise NotPermitted("This request did not come from a page of RCX.", remedy="Open the page anew and try again.")


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form from our own page. Raises NotPermitted, TooLarge, Invalid."""
    require_same_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Invalid("The form was not understood.", remedy="Open the page anew and try again.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge("The form is too long.", remedy="Shorten what you entered.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise Invalid("The form was not understood.", remedy="Open the page anew and try again.") from error


def device_of(request: Request) -> Device:
    """Where the request comes from; X-Forwarded-For is believed only from as many proxies as the operator names."""
    address = request.client.host if request.client else ""
    hops = settings().trusted_proxy_hops
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if hops and len(forwarded) >= hops:
        address = forwarded[-hops]
    return Device(address=address[:100], user_agent=request.headers.get("user-agent", "")[:300])
