"""The demo's other side: an agent of the company that runs RCX, and workspaces on their way in."""

from __future__ import annotations

import secrets
from typing import Any

from rcx_app.commands import demo_booking, demo_tickets
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.domain.identity import passwords
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device, SignUpForm
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.staff import agents, announcements, egress, notes
from rcx_app.models import Workspace

AGENT_EMAIL, AGENT_NAME = "elin@rcx.example", "Elin Sorensen"
_COMING: tuple[tuple[str, str, str, Stage], ...] = (
    ("Lakeside Systems", "Ana Duarte", "ana@lakeside.example", Stage.SETUP),
    ("Southlight MSP", "Priya Raman", "priya@southlight.example", Stage.BOOKING),
    ("Harbor Point IT", "Tom Okafor", "tom@harborpoint.example", Stage.QUESTIONNAIRE),
)
"""Workspace, owner, address, how far it has come."""
_ANSWERS: dict[str, dict[str, Any]] = {
    "psa": {"psa": "halopsa", "psa_hosting": "vendor", "psa_admin": "yes"},
    "vendors": {"vendors": ["microsoft365", "pax8", "ninjaone", "huntress"], "m365_consent": "Priya Raman"},
    "billing": {"clients": "64", "seats": "2300", "billing": "advance", "billing_day": "1"},
    "people": {"reviewer": "me", "four_eyes": "yes", "goal": "Licences that nobody told the billing about."},
    "place": {"time_zone": "America/Chicago", "currency": "USD"},
}
# What the demo's own workspace answered when it came.
_OWNERS_ANSWERS: dict[str, dict[str, Any]] = _ANSWERS | {
    "psa": {"psa": "connectwise", "psa_hosting": "vendor", "psa_admin": "yes"},
    "vendors": {
        "vendors": [
            "microsoft365",
            "partner_center",
            "pax8",
            "ninjaone",
            "datto_rmm",
            "huntress",
            "acronis",
            "proofpoint",
        ],
        "m365_consent": "Dana Whitfield",
    },
    "billing": {"clients": "60", "seats": "2500", "billing": "advance", "billing_day": "1"},
}
# Of the networks kept for documentation (RFC 5737).
_ADDRESSES = (("203.0.113.16/28", "Syncs"), ("198.51.100.7", "Writing to PSAs"))


def agent(owner: Context) -> int:
    """The id of the demo's agent, a platform admin; all of this side is built where it is missing.

    The demo's `owner` has read the notices of that, so that his pages begin without.
    """
    with transaction(None, read_only=True) as session:
        known = identity.find(session, AGENT_EMAIL, Device())
    if known is not None:
        return known.user_id
    with transaction(None) as session:
        elin = agents.appoint(session, None, AGENT_EMAIL, Staff.PLATFORM_ADMIN, AGENT_NAME)
    house = _context(AGENT_EMAIL)
    acting = Context(
        workspace_id=house.workspace_id, user_id=elin.user_id, role=Role.VIEWER, user_name=AGENT_NAME,
        staff=Staff.PLATFORM_ADMIN,
    )  # fmt: skip
    with transaction(None) as session:
        for network, note in _ADDRESSES:
            egress.add(session, acting, network, note)
    with transaction(owner) as session:
        for notice in announcements.unread(session, owner):
            announcements.mark_read(session, owner, notice.notice_id)
    demo_booking.open_calendar(acting)
    for name, person, email, stage in _COMING:
        _coming(name, person, email, stage, acting)
    _answer(owner, _OWNERS_ANSWERS)
    with transaction(owner) as session:
        onboarding.send(session, owner)
    demo_booking.meet(owner)
    demo_tickets.fill(acting, owner, _context(_COMING[1][2]))
    return elin.user_id


def _coming(name: str, owner: str, email: str, stage: Stage, agent: Context) -> None:
    """A workspace in the making."""
    password = secrets.token_urlsafe(32)
    form = SignUpForm(name=owner, email=email, password=password, workspace_name=name)
    hashed = passwords.hash_password(password)
    with transaction(None) as session:
        identity.sign_up(session, form, hashed)
    context = _context(email)
    with transaction(None) as session:
        # Also where this installation lets new workspaces begin with all open.
        row = session.get(Workspace, context.workspace_id)
        if row is not None:
            row.stage = Stage.QUESTIONNAIRE.value
            session.add(row)
    is_sent = stage is not Stage.QUESTIONNAIRE
    _answer(context, dict(list(_ANSWERS.items())[: None if is_sent else 2]))
    if is_sent:
        with transaction(context) as session:
            onboarding.send(session, context)
        with transaction(None) as session:
            text = "Bills from Halo's own cloud. Wants the Microsoft 365 numbers first."
            notes.write(session, agent, context.workspace_id, text)
        if stage is Stage.SETUP:
            demo_booking.onboard(_context(email))


def _answer(context: Context, answers: dict[str, dict[str, Any]]) -> None:
    for key, given in answers.items():
        with transaction(context) as session:
            onboarding.save(session, context, key, given)


def _context(email: str) -> Context:
    with transaction(None, read_only=True) as session:
        account = identity.find(session, email, Device())
        if account is None:
            raise Unavailable(f"The demo's {email} could not be signed up.")
        choice = identity.workspaces(session, account.user_id)[0]
    return Context(workspace_id=choice.workspace_id, user_id=account.user_id, role=choice.role, user_name=account.name)
