"""Everything that can go wrong with a vendor's API, in one table: what happens next, whose turn it is, what to say.

A failure's `kind` is stable and is what code asks for; the sentence is for people. Vendors' own words are quoted after
it, shortened and without secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.errors import ConnectorError, shorten


class Action(StrEnum):
    """What happens next."""

    RETRY = "retry"
    FIX = "fix"
    REPORT = "report"


class Whose(StrEnum):
    """Whose problem it is."""

    ADMIN = "admin"
    VENDOR = "vendor"
    NETWORK = "network"
    RCX = "rcx"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table. `{vendor}`, `{what}` and `{detail}` are filled in."""

    action: Action
    whose: Whose
    message: str
    remedy: str


FAILURES: dict[str, Entry] = {
    "credentials_refused": Entry(
        Action.FIX,
        Whose.ADMIN,
        "{vendor} does not accept the credentials.",
        "Enter them again; check that they were not revoked or have expired.",
    ),
    "credentials_expired": Entry(
        Action.FIX, Whose.ADMIN, "The credentials for {vendor} have expired.", "Make new ones and enter them here."
    ),
    "privilege_missing": Entry(
        Action.FIX,
        Whose.ADMIN,
        "The API user lacks “{what}” in {vendor}.",
        "Grant it to the API user in {vendor}, then test the connection.",
    ),
    "setting_wrong": Entry(
        Action.FIX, Whose.ADMIN, "{vendor} does not know “{what}”.", "Correct it in the connection's settings."
    ),
    "not_found": Entry(
        Action.FIX,
        Whose.ADMIN,
        "{vendor} has nothing at “{what}”.",
        "Check the address and the account in the connection's settings.",
    ),
    "rate_limited": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "{vendor} asks for fewer requests.",
        "Nothing to do: it goes on by itself once the vendor allows it.",
    ),
    "budget_spent": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "The request budget of {vendor} is used up (other integrations may share it).",
        "Nothing to do: it goes on by itself. Spread integrations over the hour if this happens often.",
    ),
    "blocked": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "{vendor} has blocked this server's address for a while.",
        "Nothing to do: it goes on by itself. Check what else calls {vendor} from the same address.",
    ),
    "vendor_down": Entry(
        Action.RETRY, Whose.VENDOR, "{vendor} has a fault of its own.", "It is tried again; see the vendor's status."
    ),
    "timed_out": Entry(
        Action.RETRY, Whose.VENDOR, "{vendor} did not answer in time.", "It is tried again; see the vendor's status."
    ),
    "unreachable": Entry(
        Action.RETRY,
        Whose.NETWORK,
        "{vendor} can't be reached at {what}.",
        "Check the address in the connection's settings and this server's way to the internet.",
    ),
    "certificate_refused": Entry(
        Action.FIX,
        Whose.ADMIN,
        "The certificate of {what} can't be trusted.",
        "Install a valid certificate there, or name its authority on this server.",
    ),
    "cut_off": Entry(
        Action.RETRY,
        Whose.NETWORK,
        "The connection to {vendor} was cut in the middle of an answer.",
        "It is tried again.",
    ),
    "circuit_open": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "{vendor} failed several times in a row and is left alone for a while.",
        "Nothing to do: it is tried again in a minute.",
    ),
    "not_json": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "{vendor} answered with something that is no data.",
        "Check that the address is that of the API; a proxy or a sign-in page may stand between.",
    ),
    "unexpected_shape": Entry(
        Action.REPORT,
        Whose.RCX,
        "{vendor} answered in a form that RCX does not know: {what}.",
        "Nothing was changed. Tell support: the vendor may have changed its API.",
    ),
    "too_large": Entry(
        Action.REPORT,
        Whose.RCX,
        "An answer of {vendor} is larger than RCX takes.",
        "Nothing was changed. Tell support.",
    ),
    "refused": Entry(
        Action.FIX, Whose.ADMIN, "{vendor} refused the request for {what}.", "See what it says, and correct that."
    ),
    "conflict": Entry(
        Action.FIX, Whose.ADMIN, "{what} was changed in {vendor} meanwhile.", "Look at it again, then decide anew."
    ),
    "cursor_expired": Entry(
        Action.RETRY, Whose.VENDOR, "{vendor} no longer knows where the last read ended.", "A full read follows."
    ),
    "paging_broken": Entry(
        Action.RETRY,
        Whose.VENDOR,
        "{vendor} did not lead through its list of {what} to the end.",
        "Nothing was changed; it is read again next time.",
    ),
    "foreign_page": Entry(
        Action.REPORT,
        Whose.VENDOR,
        "{vendor} sent RCX on to another host ({what}); it was not followed.",
        "Nothing was sent there. Tell support.",
    ),
    "address_blocked": Entry(
        Action.FIX,
        Whose.ADMIN,
        "The address {what} is inside a private network, which RCX does not call.",
        "Enter the public address; who runs this server may allow private ones (RCX_ALLOW_PRIVATE_HOSTS).",
    ),
    "read_only": Entry(
        Action.FIX,
        Whose.ADMIN,
        "Writing to {vendor} is switched off for this connection.",
        "An admin may switch it on in the connection's settings.",
    ),
}


class ApiFailure(ConnectorError):
    """A vendor's API did not give what was asked. `str()` is a whole sentence with what the vendor said.

    `retry_after_s` is how long the vendor asked to be left alone, None where it did not say.
    """

    def __init__(
        self,
        kind: str,
        vendor: str,
        what: str = "",
        *,
        detail: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        entry = FAILURES[kind]
        self.kind = kind
        self.vendor = vendor
        self.action = entry.action
        self.whose = entry.whose
        self.status = status
        self.retry_after_s = retry_after_s
        self.detail = shorten(detail)
        self.message = entry.message.format(vendor=vendor, what=shorten(what))
        self.remedy = entry.remedy.format(vendor=vendor, what=shorten(what))
        said = f" {vendor} says: {self.detail}" if self.detail else ""
        super().__init__(f"{self.message}{said}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (self.__dict__.copy(), str(self)))


def _again(state: dict[str, object], text: str) -> ApiFailure:
    """A failure as it was, for the way between processes."""
    failure = ApiFailure.__new__(ApiFailure)
    failure.__dict__.update(state)
    failure.args = (text,)
    return failure
