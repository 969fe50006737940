"""What a digest of alerts says: plain text, the same sentences as the screens, no secrets (reasons hold none)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from rcx_app.domain.integrations.schemas import Health, HealthChangeView

TURNS = {
    "admin": "yours, as an admin",
    "vendor": "the vendor's",
    "network": "the network's, between RCX and the vendor",
    "rcx": "RCX's: tell support",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A change to tell, and since when the connection has not been healthy."""

    change: HealthChangeView
    since: datetime | None


def subject(workspace: str, items: Sequence[Item]) -> str:
    """``Northbeam IT: NinjaOne needs attention``; one line, whatever names hold."""
    bad = [each.change for each in items if each.change.after is not Health.HEALTHY]
    if not bad:
        said = f"{items[0].change.label} is healthy again" if len(items) == 1 else f"{len(items)} are healthy again"
    elif len(bad) == 1:
        said = f"{bad[0].label} {'failed' if bad[0].after is Health.FAILED else 'needs attention'}"
    else:
        said = f"{len(bad)} connections need attention"
    return " ".join(f"{workspace}: {said}".split())


def body(name: str, workspace: str, items: Sequence[Item], public_url: str, unsubscribe: str) -> str:
    """The whole mail; what failed first, what is healthy again last. `unsubscribe` ends these mails."""
    order = {Health.FAILED: 0, Health.ATTENTION: 1, Health.HEALTHY: 2}
    listed = sorted(items, key=lambda each: order[each.change.after])
    bad = [_paragraph(each, public_url) for each in listed if each.change.after is not Health.HEALTHY]
    good = [f"{each.change.label} is healthy again." for each in listed if each.change.after is Health.HEALTHY]
    end = (
        f"All connections: {public_url}/integrations\n\n"
        f"You get this because you may change the connections of {workspace}: at most one mail an hour, "
        "with what is new.\n"
        f"Choose what you are told of: {public_url}/settings/notifications\n"
        f"No more mails about connections: {unsubscribe}"
    )
    return "\n\n".join([f"Hello {name},", *bad, *good, end]) + "\n"


def _paragraph(item: Item, public_url: str) -> str:
    change = item.change
    since = f", not healthy since {item.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if item.since else ""
    lines = [f"{change.label}: {change.word}{since}", f"  {change.reason}"]
    if change.whose in TURNS:
        lines.append(f"  Whose turn it is: {TURNS[change.whose]}")
    if change.remedy:
        lines.append(f"  What to do: {change.remedy}")
    lines.append(f"  {public_url}/integrations?{urlencode({'connection': change.connection_id})}")
    return "\n".join(lines)
