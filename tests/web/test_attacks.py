"""An account under attack from many places: its owner gets in, and the attacker learns nothing."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator

import pytest
from limits import parse

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted, TooMany, Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts, service
from rcx_app.domain.identity.passwords import hash_password
from rcx_app.domain.identity.schemas import Device, LinkPurpose, SignUpForm
from rcx_app.models import User
from rcx_app.web import accounts, mailing
from tests.conftest import World

PASSWORD = "tram willow basket 7"
HOME, ELSEWHERE = Device(address="198.51.100.7"), Device(address="203.0.113.77")


@pytest.fixture(autouse=True)
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(attempts, "ACCOUNT", parse("4 per 15 minutes"))
    attempts.forget_all()
    yield
    mailing.wait_for_mails()
    attempts.forget_all()


@pytest.fixture
def owner(sqlite_world: World) -> str:
    """The address of somebody who has signed in from home before."""
    with transaction(None) as session:
        user = session.get(User, sqlite_world.ours.user_id)
        assert user is not None
        user.password_hash = hash_password(PASSWORD)
        user.email_verified_at = user.created_at
        service.begin(session, user, HOME)
        return user.email


def attack(address: str) -> list[str]:
    """What six strangers in six places are told, one after the other."""
    told = []
    for place in range(6):
        with pytest.raises((NotPermitted, TooMany)) as caught:
            accounts.sign_in(address, "wrong wrong wrong", Device(address=f"192.0.2.{place}"))
        told.append(caught.value.message)
    return told


def sent() -> list[tuple[str, str]]:
    mailing.wait_for_mails()
    found = []
    for path in sorted((settings().var_dir / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body()
        assert body is not None
        found.append((str(message["Subject"]), str(body.get_content())))
    return found


def test_the_owner_gets_in_from_where_he_was_before(owner: str) -> None:
    attack(owner)
    assert accounts.sign_in(owner, PASSWORD, HOME).identity.email == owner


def test_elsewhere_the_owner_gets_in_by_mail(owner: str) -> None:
    attack(owner)
    with pytest.raises(TooMany, match="link we have mailed"):
        accounts.sign_in(owner, PASSWORD, ELSEWHERE)
    ((subject, text),) = sent()
    assert subject == "Many sign-in attempts on your RCX account"
    token = text.partition("token=")[2].split()[0]
    assert accounts.is_good_link(token, LinkPurpose.SIGN_IN)
    assert accounts.use_link(token, ELSEWHERE).identity.email == owner


def test_an_attacker_is_told_the_same_whether_there_is_an_account(owner: str) -> None:
    accounts.sign_in(owner, PASSWORD, ELSEWHERE)
    assert attack(owner) == attack("nobody@nowhere.example")
    assert len(sent()) == 1, "one mail, to the one who has an account"


def test_the_owners_mailbox_is_not_flooded(owner: str) -> None:
    attack(owner)
    attack(owner)
    assert len(sent()) == 1


def test_the_way_into_an_address_is_not_mailed_to_whoever_claimed_it(sqlite_world: World) -> None:
    form = SignUpForm(name="Eve", email="eve@x.example", password=PASSWORD, workspace_name="Eve Ltd")
    accounts.sign_up(form, ELSEWHERE)
    before = len(sent())
    attack("eve@x.example")
    assert len(sent()) == before, "an address that was never proven gets no sign-in link"


def test_sign_up_tells_when_the_mail_could_not_be_sent(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_MAIL_TRANSPORT", "smtp")
    monkeypatch.setenv("RCX_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("RCX_SMTP_PORT", "1")
    settings.cache_clear()
    form = SignUpForm(name="Mia", email="mia@x.example", password=PASSWORD, workspace_name="Mia Ltd")
    with pytest.raises(Unavailable, match="mail server"):
        accounts.sign_up(form, HOME)


def test_a_hash_of_old_parameters_is_replaced_at_sign_in(owner: str) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with transaction(None) as session:
        user = session.get(User, 1)
        assert user is not None
        user.password_hash = old
    accounts.sign_in(owner, PASSWORD, HOME)
    with transaction(None, read_only=True) as session:
        user = session.get(User, 1)
        assert user is not None
        assert user.password_hash != old
    assert accounts.sign_in(owner, PASSWORD, HOME).identity.email == owner
