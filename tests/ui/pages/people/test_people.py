"""The pages of people, workspace and security, as owners, admins and others work with them."""

from __future__ import annotations

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted, TooMany
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import attempts
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.models import Client, Connection, User, Workspace
from rcx_app.ui.pages.people.company_state import CompanyState
from rcx_app.ui.pages.people.security_state import SecurityState
from rcx_app.ui.pages.people.state import PeopleState
from rcx_app.ui.pages.people.workspace_state import WorkspaceState
from tests.conftest import World
from tests.support.gate import mails, member
from tests.support.openid import CLIENT_ID, SECRET, provider
from tests.ui.pages.people.tab import SignedIn, begin

PATH = "/settings/people"


def invite(tab: SignedIn, state: PeopleState, email: str, role: str = "operator") -> None:
    tab.call(state, "invite", form={"email": email, "role": role})


def test_invitations_go_out_again_and_back(ours: Context) -> None:
    tab = SignedIn(ours)
    state = tab.opened(PeopleState, PATH)
    invite(tab, state, "new@x.example")
    assert (state.wrong, [(row.email, row.role) for row in state.invited]) == ("", [("new@x.example", "Operator")])
    tab.call(state, "resend", invitation_id=state.invited[0].id)
    tokens = [text.partition("token=")[2].split()[0] for _, text in mails("new@x.example")]
    assert len(set(tokens)) == 2
    tab.call(state, "take_back", invitation_id=state.invited[0].id)
    assert state.invited == []


@pytest.mark.parametrize(
    ("email", "role", "words"),
    [
        ("nope", "viewer", "Enter an e-mail address"),
        ("a@x.example", "king", "Choose a role"),
        ("", "", "Choose a role"),
    ],
)
def test_a_wrong_invitation_says_so_in_place(ours: Context, email: str, role: str, words: str) -> None:
    tab = SignedIn(ours)
    state = tab.opened(PeopleState, PATH)
    invite(tab, state, email, role)
    assert words in state.wrong
    assert (state.invited, mails()) == ([], [])


def test_nobody_floods_mailboxes_from_here(ours: Context) -> None:
    tab = SignedIn(ours)
    state = tab.opened(PeopleState, PATH)
    for _ in range(attempts.INVITES_TO_ADDRESS.amount + 2):
        invite(tab, state, "victim@x.example")
    assert "Too many attempts" in state.wrong
    assert len(mails("victim@x.example")) == attempts.INVITES_TO_ADDRESS.amount
    # What one workspace has used up is still open to another.
    assert attempts.is_open(attempts.INVITES_TO_MAILBOX, "invite-to-all", "victim@x.example")
    assert attempts.is_open(attempts.INVITES_TO_ADDRESS, "invite-to", str(ours.workspace_id + 1), "victim@x.example")
    assert not attempts.is_open(attempts.INVITES_TO_ADDRESS, "invite-to", str(ours.workspace_id), "victim@x.example")
    for _ in range(attempts.INVITES_BY_PERSON.amount):
        attempts.count(attempts.INVITES_BY_PERSON, "invite", str(ours.user_id))
    with pytest.raises(TooMany):
        tab.call(state, "resend", invitation_id=state.invited[0].id)


def test_a_mail_that_was_not_taken_leaves_an_invitation_to_send_again(
    ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"MAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1"}.items():
        monkeypatch.setenv(f"RCX_{name}", value)
    settings.cache_clear()
    tab = SignedIn(ours)
    state = tab.opened(PeopleState, PATH)
    invite(tab, state, "new@x.example")
    assert "did not take its mail" in state.wrong
    assert len(state.invited) == 1


def test_an_admin_sees_what_he_may_change(ours: Context) -> None:
    admin = member(ours, "ada", Role.ADMIN)
    member(ours, "ben", Role.VIEWER)
    tab = SignedIn(admin)
    state = tab.opened(PeopleState, PATH)
    assert [(row.name, row.can_change) for row in state.people][1:] == [("Ada", True), ("Ben", True)]
    assert not state.people[0].can_change, "an owner stands above"
    assert "owner" not in {choice.value for choice in state.choices}
    tab.call(state, "set_role", user_id=state.people[2].id, role=Role.APPROVER)
    assert state.people[2].role == "approver"
    told = tab.call(state, "set_role", user_id=state.people[0].id, role=Role.VIEWER)
    assert "Only somebody of the same role" in str(told)
    assert state.people[0].role == "owner"
    tab.call(state, "ask_to_remove", user_id=state.people[2].id)
    assert state.removing_name == "Ben"
    tab.call(state, "remove")
    assert [row.name for row in state.people][1:] == ["Ada"]


def test_others_see_the_team_and_change_nothing(ours: Context) -> None:
    tab = SignedIn(member(ours, "mia", Role.APPROVER))
    state = tab.opened(PeopleState, PATH)
    assert (len(state.people), state.may_invite) == (2, False)
    assert not any(row.can_change for row in state.people)
    for handler, payload in (("invite", {"form": {}}), ("remove", {}), ("resend", {"invitation_id": 1})):
        with pytest.raises(NotPermitted):
            tab.call(state, handler, **payload)


def test_the_workspace_is_named_zoned_and_counted_in_a_currency(ours: Context) -> None:
    tab = SignedIn(ours)
    state = tab.opened(WorkspaceState, "/settings/workspace")
    assert (state.name, state.time_zone, state.currency, state.stage_words) == (
        "Northbeam IT",
        "UTC",
        "USD",
        "Fully open",
    )
    tab.call(state, "save", form={"name": "Northbeam", "time_zone": "Europe/Berlin", "currency": "eur"})
    assert (state.wrong, state.name, state.currency) == ("", "Northbeam", "EUR")
    with transaction(ours, read_only=True) as session:
        newest = audit.entries(session, ours).items[0]
    assert newest.tag == "workspace:settings"
    assert newest.detail["before"] == {"name": "Northbeam IT", "time_zone": "UTC", "currency": "USD"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("time_zone", "Mars/Olympus", "no such time zone"),
        ("time_zone", "../../etc/passwd", "no such time zone"),
        ("currency", "EURO", "three letters"),
        ("name", "", "company's name"),
        ("name", "Win\r\nBcc: x@y.example", "ordinary signs"),
        ("name", "You won, see www.evil.example", "without an address"),
    ],
)
def test_odd_settings_are_refused(ours: Context, field: str, value: str, words: str) -> None:
    tab = SignedIn(ours)
    state = tab.opened(WorkspaceState, "/settings/workspace")
    form = {"name": "Northbeam IT", "time_zone": "UTC", "currency": "USD"} | {field: value}
    tab.call(state, "save", form=form)
    assert words in state.wrong
    with transaction(None, read_only=True) as session:
        assert session.get_one(Workspace, ours.workspace_id).name == "Northbeam IT"


def test_the_currency_stands_once_amounts_were_read(ours: Context) -> None:
    with transaction(ours) as session:
        made = Connection(workspace_id=ours.workspace_id, side="psa", vendor="halo", label="H", label_key="h")
        session.add(made)
        session.flush()
        session.add(
            Client(workspace_id=ours.workspace_id, connection_id=made.id, external_id="1", name="A", name_key="a")
        )
    tab = SignedIn(ours)
    state = tab.opened(WorkspaceState, "/settings/workspace")
    assert state.currency_stands
    tab.call(state, "save", form={"name": "Northbeam IT", "time_zone": "UTC", "currency": "EUR"})
    assert "can't change once amounts" in state.wrong


def test_two_factor_is_asked_of_all_by_who_has_it_and_is_proven(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    stale = SignedIn(ours, begin(ours, is_proven=False))
    state = stale.opened(SecurityState, "/settings/security")
    assert (state.is_proven, state.without) == (False, ["Northbeam IT owner"])
    assert "Confirm first" in str(stale.call(state, "ask_two_factor", wanted=True))
    tab = SignedIn(ours)
    assert "no two-factor sign-in yourself" in str(tab.call(state, "ask_two_factor", wanted=True))
    with transaction(None) as session:
        user = session.get_one(User, ours.user_id)
        user.totp_since = user.created_at
    tab.call(state, "ask_two_factor", wanted=True)
    assert (state.needs_two_factor, state.without) == (True, [])
    tab.call(state, "ask_two_factor", wanted=False)
    assert not state.needs_two_factor


def test_the_company_sign_in_is_tried_before_it_is_kept_and_its_secret_reaches_no_state(
    ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCX_ALLOW_PRIVATE_HOSTS", "true")
    settings.cache_clear()
    calls.forget()
    tab = SignedIn(ours)
    state = tab.opened(CompanyState, "/settings/security")
    form = {"kind": "other", "client_id": CLIENT_ID, "secret": SECRET, "domains": "msp.example", "is_enabled": "on"}
    tab.call(state, "save", form=form | {"issuer": "http://127.0.0.1:1"})
    assert ("does not answer" in state.wrong, state.exists) == (True, False)
    with provider() as company:
        tab.call(state, "save", form=form | {"issuer": company.issuer})
    assert (state.wrong, state.exists, state.is_on, state.has_secret) == ("", True, True, True)
    assert SECRET not in repr(state.dict())
    tab.call(state, "remove")
    assert not state.exists


def test_admins_see_the_company_sign_in_and_do_not_change_it(ours: Context) -> None:
    tab = SignedIn(member(ours, "ada", Role.ADMIN))
    state = tab.opened(CompanyState, "/settings/security")
    assert not state.may_change
    with pytest.raises(NotPermitted):
        tab.call(state, "save", form={})
