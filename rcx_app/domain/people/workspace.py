"""What a workspace says of itself (name, time zone, currency), and what it asks of its people."""

from __future__ import annotations

from zoneinfo import available_timezones

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.forms import name_objection
from rcx_app.domain.identity.own import require_proof
from rcx_app.domain.identity.schemas import Identity
from rcx_app.domain.people.repository import PeopleRepository
from rcx_app.domain.people.schemas import SecurityPolicy, WorkspaceSettings


def settings(session: Session, context: Context) -> WorkspaceSettings:
    context.require(Permission.READ)
    repository = PeopleRepository(session, context)
    row = repository.workspace()
    return WorkspaceSettings(
        name=row.name,
        time_zone=row.time_zone,
        currency=row.currency,
        stage=Stage(row.stage),
        created_at=row.created_at,
        has_data=repository.has_amounts(),
    )


def time_zones() -> tuple[str, ...]:
    """The zones that can be chosen, by their names in the time zone database."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


def save(session: Session, context: Context, *, name: str, time_zone: str, currency: str) -> None:
    """Raises Invalid, Conflict (the currency, once amounts have been read), NotPermitted below admin."""
    context.require(Permission.SETTINGS)
    repository = PeopleRepository(session, context)
    row = repository.workspace(lock=True)
    wanted = {"name": name.strip(), "time_zone": time_zone.strip(), "currency": currency.strip().upper()}
    problem = name_objection(wanted["name"], "Tell us your company's name.")
    if problem:
        raise Invalid(problem)
    if wanted["time_zone"] not in time_zones():
        raise Invalid("There is no such time zone.", remedy="Choose one from the list, such as Europe/Berlin.")
    code = wanted["currency"]
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Invalid("A currency has three letters.", remedy="Such as USD.")
    before = {field: getattr(row, field) for field in wanted}
    changed = [field for field in wanted if wanted[field] != before[field]]
    if "currency" in changed and repository.has_amounts():
        raise Conflict("The currency can't change once amounts have been read.", remedy="See Data for viewing others.")
    if not changed:
        return
    for field in changed:
        setattr(row, field, wanted[field])
    session.add(row)
    detail = {"before": {each: before[each] for each in changed}, "after": {each: wanted[each] for each in changed}}
    audit.record(session, context, "workspace:settings", "workspace", row.id, detail)


def policy(session: Session, context: Context) -> SecurityPolicy:
    """What the workspace asks of its people, and who does not meet it yet."""
    context.require(Permission.TEAM)
    repository = PeopleRepository(session, context)
    without = tuple(user.name for _, user, _ in repository.members() if user.totp_since is None)
    return SecurityPolicy(needs_two_factor=repository.workspace().needs_two_factor, without=without)


def require_two_factor(session: Session, context: Context, identity: Identity, wanted: bool) -> None:
    """Ask two-factor of everybody, or no longer. Who has none is signed out, and led to set it up when he signs in.

    Raises NotPermitted below admin, for agents by leave and without a fresh proof, Conflict where one has none oneself.
    """
    context.require(Permission.SECURE)
    require_proof(identity)
    row = PeopleRepository(session, context).workspace(lock=True)
    if wanted and not identity.has_two_factor:
        raise Conflict("You have no two-factor sign-in yourself.", remedy="Set it up in your account first.")
    if row.needs_two_factor is wanted:
        return
    row.needs_two_factor = wanted
    session.add(row)
    tag = "workspace:two_factor:ask" if wanted else "workspace:two_factor:waive"
    audit.record(session, context, tag, "workspace", row.id)
