"""What the page "Writing" shows of each PSA connection, and the form of its own credentials. Pure, and no secret."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rcx_app.domain.integrations.catalogue import CatalogueEntry
from rcx_app.domain.integrations.schemas import FailureView
from rcx_app.domain.writeback.schemas import Trial, Writable
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.integrations.about_rows import RightRow
from rcx_app.ui.pages.integrations.form_rows import FieldRow, field_rows

AS_READ, AS_OWN = "The user that RCX reads with", "A user of its own"


@dataclass
class PsaRow:
    """One PSA connection. `tone` colours the state; `act` is what its button says, "" where nothing can be done."""

    id: int = 0
    label: str = ""
    system: str = ""
    state: str = ""
    tone: str = ""
    is_on: bool = False
    why: str = ""
    as_whom: str = ""
    enabled: str = ""
    may_enable: bool = False


@dataclass
class Form:
    """The connection that is open: what writing there is like, the rights it needs, and its own fields."""

    writes: str = ""
    guide: str = ""
    rights: list[RightRow] = field(default_factory=list)
    fields: list[FieldRow] = field(default_factory=list)


@dataclass
class Tried:
    """How a test of the credentials ended; `tone`: ok | under | fail, "" where there was none."""

    tone: str = ""
    title: str = ""
    text: str = ""
    detail: str = ""


def tried(found: Trial | FailureView) -> Tried:
    """A test in words: what was seen, and what only a change can tell."""
    if isinstance(found, FailureView):
        return Tried("fail", found.message, found.remedy)
    title = f"Signed in to {found.account}"
    if not found.line:
        return Tried("under", title, "No line is there to read: sync this PSA first, then test again.")
    text = f"Read “{found.line}” as before a write. For one more of it: {found.says.rstrip('.')}."
    return Tried("ok", title, text, "Nothing was sent. Whether it may also edit shows with the first change.")


def psa_row(each: Writable) -> PsaRow:
    state, tone = ("On", "ok") if each.is_on else ("Off", "")
    why = each.why_not
    if each.is_on and each.is_stale:
        state, tone = "Held", "under"
        why = "The connection's settings were changed since: nothing is written until writing is enabled again."
    elif each.is_on and why:
        state, tone = "Held", "under"
    return PsaRow(
        id=each.connection_id,
        label=each.label,
        system=each.system,
        state=state,
        tone=tone,
        is_on=each.is_on,
        why=why,
        as_whom=(AS_OWN if each.has_own else AS_READ) if each.is_on else "",
        enabled=", ".join(
            part for part in (each.enabled_by, words.day(each.enabled_at.date()) if each.enabled_at else "") if part
        )
        if each.is_on
        else "",
        may_enable=not each.why_not,
    )


def form_of(each: Writable, entry: CatalogueEntry) -> Form:
    """`entry`: the connector's, from the catalogue."""
    fields = [row for row in field_rows(entry) if row.name in each.own_fields]
    return Form(
        writes=entry.writes,
        guide=addresses.guide(entry.id),
        rights=[RightRow(right.name, right.why, right.is_optional) for right in entry.privileges if right.for_writing],
        fields=[
            replace(row, id=f"own-{row.name}", value="", is_required=False, placeholder="As it is read with")
            for row in fields
        ],
    )
