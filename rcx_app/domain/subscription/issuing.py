"""Who issues the invoices, on what terms, and where events go: settings that platform admins keep as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlmodel import Session

from rcx_app.core import clock, crypto
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription.arithmetic import TIER
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.schemas import Issuer

_WORDS = {"name": 120, "address": 500, "tax_id": 60, "email": 120, "bank": 300}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the form of the issuer holds. `payment_days`: until an invoice is due. `trial_plan_id`: what is tried."""

    name: str
    address: str
    tax_id: str
    email: str
    bank: str
    prefix: str
    payment_days: int
    trial_days: int
    trial_plan_id: int
    warn_percent: int


def issuer(session: Session, context: Context) -> Issuer:
    """As it stands. Raises NotPermitted."""
    context.require(Permission.PLATFORM)
    row = Offers(session).issuer()
    return Issuer(
        name=row.name,
        address=row.address,
        tax_id=row.tax_id,
        email=row.email,
        bank=row.bank,
        prefix=row.prefix,
        last_number=row.last_number,
        payment_days=row.payment_days,
        trial_days=row.trial_days,
        trial_plan_id=row.trial_plan_id,
        warn_percent=row.warn_percent,
        webhook_url=row.webhook_url,
        has_secret=bool(row.webhook_secret),
    )


def save(session: Session, context: Context, terms: Terms) -> None:
    """Keep the issuer; invoices that were issued keep what they say. Raises NotPermitted, Invalid."""
    context.require(Permission.PLATFORM)
    offers = Offers(session)
    row = offers.issuer(lock=True)
    kept = {name: _tidy(getattr(terms, name)) for name in _WORDS}
    for name, most in _WORDS.items():
        if len(kept[name]) > most:
            raise Invalid(f"The issuer's {name.replace('_', ' ')} is longer than {most} letters.")
    if not kept["name"]:
        raise Invalid("Invoices need the name of who issues them.")
    prefix = terms.prefix.strip()
    if len(prefix) > 12 or not all(each.isascii() and (each.isalnum() or each in "-/") for each in prefix):
        raise Invalid("The prefix of numbers is at most 12 letters, digits, hyphens and slashes.")
    if not 0 <= terms.payment_days <= 120 or not 0 <= terms.trial_days <= 365 or not 1 <= terms.warn_percent <= 100:
        raise Invalid("Payment takes 0 to 120 days, a trial 0 to 365, and people are warned from 1 to 100 %.")
    if offers.plan(terms.trial_plan_id).kind != TIER:
        raise Invalid("What is tried is a tier.")
    numbers = ("payment_days", "trial_days", "trial_plan_id", "warn_percent")
    after = {**kept, "prefix": prefix, **{name: getattr(terms, name) for name in numbers}}
    before = {name: getattr(row, name) for name in after}
    for name, value in after.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    _record(session, context, "plan:issuer", {"before": before, "after": after})


def save_webhook(session: Session, context: Context, url: str, secret: str) -> None:
    """Where events are sent (empty: nowhere), and the secret that signs them (empty: the one that is kept).

    Raises NotPermitted, Invalid.
    """
    context.require(Permission.PLATFORM)
    row = Offers(session).issuer(lock=True)
    url, secret = url.strip(), secret.strip()
    if url:
        _check_address(url)
        if not secret and not row.webhook_secret:
            raise Invalid("A webhook needs a secret, so that its receiver knows who calls.", remedy="Enter one.")
        if secret and not 16 <= len(secret) <= 200:
            raise Invalid("The secret has from 16 to 200 letters.", remedy="Make a random one.")
    before = row.webhook_url
    row.webhook_url = url
    if secret and url:
        row.webhook_secret = crypto.encrypt({"secret": secret})
    if not url:
        row.webhook_secret = b""
    _record(session, context, "plan:webhook", {"before": before, "after": url, "is_rotated": bool(secret and url)})


def target(session: Session) -> tuple[str, str]:
    """Where events go now, and what signs them; two empty texts where nowhere."""
    row = Offers(session).issuer()
    if not row.webhook_url or not row.webhook_secret:
        return "", ""
    return row.webhook_url, crypto.decrypt(row.webhook_secret)["secret"]


def _check_address(url: str) -> None:
    """Raises Invalid. Whether it lies in a private network is checked where it is called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("This is no address.", remedy="Write it like https://books.example.com/rcx.") from error
    schemes = ("https", "http") if settings().allow_private_hosts else ("https",)
    is_plain = not parts.username and not parts.password and not parts.fragment and port != 0
    if parts.scheme not in schemes or not parts.hostname or not is_plain or len(url) > 500 or not url.isprintable():
        raise Invalid("Events are sent to an https address without a password in it.")


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _record(session: Session, context: Context, tag: str, detail: Mapping[str, object]) -> None:
    # The issuer belongs to no workspace; the entry says who it was.
    audit.record_outside(session, tag, {"by": context.user_id, **detail})
