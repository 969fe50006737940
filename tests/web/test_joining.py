"""Invitations from the mail to the team: for new people, for those with an account, and for nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.mail import sending
from rcx_app.domain.people import invitations, joining, members
from rcx_app.models import Invitation
from tests.conftest import World
from tests.support.gate import ANOTHER, PASSWORD, Browser, give_password, link, mails, member
from tests.support.gate_fixtures import quick_and_fresh

__all__ = ["quick_and_fresh"]
NEW = "new@colleague.example"


def invite(context: Context, address: str = NEW, role: Role = Role.OPERATOR) -> str:
    """The path of the mailed link."""
    with transaction(context) as session:
        mail = invitations.invite(session, context, address, role)
    sending.send(mail.mail_id)
    return link(mails(address)[-1][1])


def team(context: Context) -> dict[str, Role]:
    with transaction(context, read_only=True) as session:
        return {each.email: each.role for each in members.team(session, context)}


def open_ones(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        return [each.email for each in invitations.listed(session, context)]


def test_a_new_person_signs_up_signs_in_and_is_in(world: World) -> None:
    path = invite(world.ours)
    browser = Browser()
    assert "Create your account" in browser.get(path)
    page = browser.get(path.replace("/invite?", "/invite/sign-up?"))
    assert NEW in page
    token = path.partition("token=")[2]
    browser.post("/invite/sign-up", token=token, name="New Person", password=PASSWORD)
    assert browser.status == 303
    assert browser.identity is None
    assert team(world.ours).get(NEW) is None, "signing up joins nothing yet"
    page = browser.get(browser.goes_to)
    assert "Then you can join Northbeam IT." in page
    assert f'value="{NEW}"' in page
    browser.post("/sign-in", **browser.hidden, email=NEW, password=PASSWORD)
    assert (browser.status, browser.goes_to) == (303, "/")
    assert browser.identity is not None
    assert (browser.identity.workspace_name, browser.identity.role) == ("Northbeam IT", Role.OPERATOR)
    assert open_ones(world.ours) == []


def test_somebody_with_an_account_signs_in_then_accepts(world: World) -> None:
    address = give_password(world.theirs)
    path = invite(world.ours, address, Role.APPROVER)
    browser = Browser()
    assert "Sign in to join" in browser.get(path)
    browser.sign_in(address, target=path)
    assert browser.goes_to == path
    assert team(world.ours).get(address) is None, "signing in accepts nothing"
    assert "Join Northbeam IT" in browser.get(path)
    browser.post("/invite", **browser.hidden)
    assert browser.identity is not None
    assert (browser.identity.workspace_id, browser.identity.role) == (world.ours.workspace_id, Role.APPROVER)
    browser.get(path)
    assert browser.status == 410
    assert team(world.theirs)[address] is Role.OWNER, "the own workspace stays"


def test_the_wrong_account_is_told_so_and_led_to_the_right_one(sqlite_world: World) -> None:
    member(sqlite_world.ours, "mia")
    path = invite(sqlite_world.ours)
    browser = Browser()
    browser.sign_in("mia@msp.example")
    page = browser.get(path)
    assert "You are signed in as mia@msp.example" in page
    assert NEW in page
    token = path.partition("token=")[2]
    browser.post("/invite", token=token)
    assert browser.status == 403
    browser.get(path)
    browser.post("/sign-out", **browser.hidden)
    assert browser.goes_to == path
    assert browser.identity is None
    assert "Create your account" in browser.get(path)


def _expire(context: Context) -> None:
    with transaction(context) as session:
        session.get_one(Invitation, 1).expires_at = clock.now()


def _revoke(context: Context) -> None:
    with transaction(context) as session:
        invitations.revoke(session, context, 1)


def _resend(context: Context) -> None:
    with transaction(context) as session:
        invitations.resend(session, context, 1)


def _invite_again(context: Context) -> None:
    invite(context, NEW, Role.VIEWER)


@pytest.mark.parametrize("end", [_expire, _revoke, _resend, _invite_again])
def test_a_dead_link_joins_nobody_and_looks_like_any_unknown_one(world: World, end: Callable[[Context], None]) -> None:
    path = invite(world.ours)
    end(world.ours)
    token, browser = path.partition("token=")[2], Browser()
    dead = browser.get(path)
    assert browser.status == 410
    assert browser.get("/invite?token=unknown") == dead
    browser.post("/invite/sign-up", token=token, name="Eve", password=PASSWORD)
    assert browser.status == 410
    with transaction(None) as session:
        assert joining.accept(session, token, world.theirs.user_id or 0) is None


def test_a_resent_one_works_and_lasts_anew(sqlite_world: World) -> None:
    invite(sqlite_world.ours)
    with clock.frozen(clock.now() + timedelta(days=6)), transaction(sqlite_world.ours) as session:
        mail = invitations.resend(session, sqlite_world.ours, 1)
    with clock.frozen(clock.now() + timedelta(days=12)), transaction(None, read_only=True) as session:
        assert joining.look(session, mail.path.partition("token=")[2]) is not None


def test_of_many_at_once_one_joins(world: World) -> None:
    address = give_password(world.theirs)
    token = invite(world.ours, address).partition("token=")[2]
    start, joined = threading.Barrier(4), []

    def try_it() -> None:
        start.wait()
        with transaction(None) as session:
            if joining.accept(session, token, world.theirs.user_id or 0) is not None:
                joined.append(1)

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(joined) == 1


def test_the_token_stands_nowhere(sqlite_world: World) -> None:
    token = invite(sqlite_world.ours).partition("token=")[2]
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert token not in repr(session.get_one(Invitation, 1))


def test_who_may_invite_to_what(world: World) -> None:
    admin, operator = member(world.ours, "ada", Role.ADMIN), member(world.ours, "ben", Role.OPERATOR)
    for context, role in ((admin, Role.OWNER), (operator, Role.VIEWER)):
        with pytest.raises(NotPermitted):
            invite(context, NEW, role)
    invite(world.ours, NEW, Role.OWNER)
    for attempt in (invitations.revoke, invitations.resend):
        with pytest.raises(NotPermitted), transaction(admin) as session:
            attempt(session, admin, 1)
    with pytest.raises(NotPermitted), transaction(admin) as session:
        invitations.invite(session, admin, NEW, Role.VIEWER)
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        invitations.revoke(session, world.theirs, 1)


def test_who_is_in_already_is_not_invited(sqlite_world: World) -> None:
    member(sqlite_world.ours, "mia")
    with pytest.raises(Conflict, match="in the team already"):
        invite(sqlite_world.ours, "MIA@msp.example")


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a@x.example\r\nBcc: eve@evil.example", "a@x.example, b@x.example"]
)
def test_an_odd_address_is_refused(sqlite_world: World, address: str) -> None:
    with pytest.raises(Invalid), transaction(sqlite_world.ours) as session:
        invitations.invite(session, sqlite_world.ours, address, Role.VIEWER)


def test_an_inviter_learns_nothing_of_other_accounts(sqlite_world: World) -> None:
    """The same answer and the same mail, whether the address has an account or not."""
    known = give_password(sqlite_world.theirs)
    invite(sqlite_world.ours, known)
    invite(sqlite_world.ours, NEW)
    texts = [mails(address)[-1][1].replace(address, "") for address in (known, NEW)]
    assert texts[0].split("token=")[0] == texts[1].split("token=")[0]


def test_an_existing_password_is_not_replaced_by_signing_up_again(sqlite_world: World) -> None:
    address = give_password(sqlite_world.theirs)
    token = invite(sqlite_world.ours, address).partition("token=")[2]
    browser = Browser()
    browser.post("/invite/sign-up", token=token, name="Eve", password=ANOTHER)
    assert browser.goes_to.startswith("/sign-in?")
    browser.sign_in(address, ANOTHER)
    assert browser.status == 403
    browser.sign_in(address)
    assert browser.identity is not None


def test_a_person_in_two_workspaces_comes_back_to_the_last_one(sqlite_world: World) -> None:
    address = give_password(sqlite_world.theirs)
    path = invite(sqlite_world.ours, address)
    browser = Browser()
    browser.sign_in(address, target=path)
    browser.get(path)
    browser.post("/invite", **browser.hidden)
    browser.post("/sign-out")
    browser.sign_in(address)
    assert browser.identity is not None
    assert browser.identity.workspace_id == sqlite_world.ours.workspace_id
