"""What happens to people: they join, leave, change licence or name, and their mailboxes become shared ones."""

from __future__ import annotations

from collections import Counter
from itertools import chain, count
from random import Random

from connectors.sandbox.estate import words
from connectors.sandbox.estate.living.day import Happening
from connectors.sandbox.estate.living.machines import enrol, retire
from connectors.sandbox.estate.making import CODE_BY_SKU
from connectors.sandbox.estate.usage import local_parts
from connectors.sandbox.estate.world import DATTO, M365, NINJA, PROOFPOINT, Account, Mailbox, User

_SHARED = ("orders", "payroll", "sales", "support", "hr", "reception", "booking", "projects")
_UPGRADES = ("SPB", "O365_BUSINESS_PREMIUM", "SPE_E3", "EXCHANGESTANDARD")
_COPILOT = "Microsoft_365_Copilot"


def joined(here: Happening) -> bool:
    """Somebody new: a licensed user, mostly with a machine, and a mailbox where mail is filtered."""
    rng, tenants = here.rng, here.accounts(M365)
    mail, rmm = here.accounts(PROOFPOINT), here.accounts(NINJA, DATTO)
    given, family = rng.choice(words.GIVEN), rng.choice(words.SURNAMES)
    local = local_parts(given, family)[0]
    if tenants:
        local = _free_local(here, tenants[0], given, family)
        _licensed(here, tenants[0], (given, family, local))
    if rmm and (not tenants or rng.random() < 0.7):
        enrol(here, rng.choice(rmm), local)
    is_filtered = bool(mail) and _filtered(here, mail[0], (given, family, local))
    return is_filtered or bool(tenants or rmm)


def left(here: Happening) -> bool:
    """Somebody goes: his user is deleted, or only blocked and still licensed; his mailbox and machine often stay."""
    rng = here.rng
    user = _somebody(here)
    if user is None:
        return False
    if rng.random() < 0.35:
        here.town.change(user, is_enabled=False, at=here.at)
        return True
    local = user.upn.partition("@")[0]
    here.town.remove(user, at=here.at)
    for part in user.licences:
        _follow(here, part, -1)
    for account in here.accounts(PROOFPOINT):
        box = next((box for box in here.town.index.mailboxes.of(account.id) if box.email.startswith(f"{local}@")), None)
        if box is not None and rng.random() < 0.8:
            here.town.remove(box, at=here.at)
            here.follow("PFP-ESS", -1)
    machines = [
        device
        for account in here.accounts(NINJA, DATTO)
        for device in here.town.index.devices.of(account.id)
        if device.last_user.endswith(f"\\{local}") and device.device_class == "workstation"
    ]
    if machines and rng.random() < 0.5:
        retire(here, machines[0])
    return True


def licence_changed(here: Happening) -> bool:
    """Somebody gets another licence, or Copilot beside his own."""
    rng, user = here.rng, _somebody(here)
    if user is None:
        return False
    base = user.licences[0]
    if rng.random() < 0.3 and _COPILOT not in user.licences:
        here.town.change(user, licences=(*user.licences, _COPILOT), at=here.at)
        _follow(here, _COPILOT, 1)
        return True
    other = rng.choice([part for part in _UPGRADES if part not in user.licences])
    here.town.change(user, licences=(other, *user.licences[1:]), at=here.at)
    _follow(here, base, -1)
    _follow(here, other, 1)
    return True


def renamed(here: Happening) -> bool:
    """Somebody has another family name, hence another sign-in name. The mail filter keeps the old address."""
    user = _somebody(here)
    if user is None:
        return False
    family = here.rng.choice(words.SURNAMES)
    account = here.town.index.accounts.by_id[user.account_id]
    local = _free_local(here, account, user.first_name, family)
    here.town.change(
        user,
        upn=f"{local}@{user.upn.partition('@')[2]}",
        last_name=family,
        display_name=f"{user.first_name} {family}".strip(),
        at=here.at,
    )
    return True


def shared_mailbox(here: Happening) -> bool:
    """A new shared mailbox, or one made of a leaver's, who at times keeps his licence."""
    rng, tenants = here.rng, here.accounts(M365)
    if not tenants:
        return False
    user = _somebody(here) if rng.random() < 0.5 else None
    if user is not None:
        before, after = user.licences, user.licences if rng.random() < 0.5 else ()
        here.town.change(user, kind="shared", is_enabled=False, licences=after, last_sign_in_at=None, at=here.at)
        for part in before if not after else ():
            _follow(here, part, -1)
        return True
    domain = tenants[0].domain or here.client.domain
    taken = _taken(here, tenants[0])
    free = [local for local in _SHARED if local not in taken]
    if not free:
        return False
    local = rng.choice(free)
    title = local.capitalize()
    box = User(
        here.town.new_id("user"), tenants[0].id, f"{local}@{domain}", title, "", title, "", "", here.at, kind="shared"
    )
    box.is_enabled = False
    here.town.add(box, at=here.at)
    return True


def _licensed(here: Happening, tenant: Account, person: tuple[str, str, str]) -> None:
    given, family, local = person
    usual = Counter(user.licences[0] for user in here.town.index.users.of(tenant.id) if user.licences)
    licence = usual.most_common(1)[0][0] if usual else "SPB"
    title, department = here.rng.choice(words.TITLES)
    user = User(
        id=here.town.new_id("user"),
        account_id=tenant.id,
        upn=f"{local}@{tenant.domain or here.client.domain}",
        first_name=given,
        last_name=family,
        display_name=f"{given} {family}",
        title=title,
        department=department,
        created_at=here.at,
        licences=(licence,),
        phone=here.client.sites[0].phone,
        last_sign_in_at=here.at if here.rng.random() < 0.8 else None,
    )
    here.town.add(user, at=here.at)
    _follow(here, licence, 1)


def _filtered(here: Happening, account: Account, person: tuple[str, str, str]) -> bool:
    given, family, local = person
    address = f"{local}@{here.client.domain}"
    if any(box.email == address for box in here.town.index.mailboxes.of(account.id)):
        return False
    identity = here.town.new_id("mailbox", PROOFPOINT)
    here.town.add(Mailbox(identity, account.id, address, given, family, here.at), at=here.at)
    here.follow("PFP-ESS", 1)
    return True


def _somebody(here: Happening) -> User | None:
    """A licensed member who can sign in, of a tenant that keeps others."""
    members = [
        user
        for account in here.accounts(M365)
        for user in here.town.index.users.of(account.id)
        if user.kind == "member" and user.is_enabled and user.licences
    ]
    return here.rng.choice(members) if len(members) > 1 else None


def _follow(here: Happening, part: str, by: int) -> None:
    if part in CODE_BY_SKU:
        here.follow(CODE_BY_SKU[part], by)


def _taken(here: Happening, tenant: Account) -> set[str]:
    return {user.upn.partition("@")[0] for user in here.town.index.users.of(tenant.id)}


def _free_local(here: Happening, tenant: Account, given: str, family: str) -> str:
    """The local part of a new address, in the style of the house, with a number where it is taken."""
    taken = _taken(here, tenant)
    wanted = local_parts(given, family)[_style(here.rng, here, tenant)]
    choices = chain((wanted,), (f"{wanted}{number}" for number in count(2)))
    return next(choice for choice in choices if choice not in taken)


def _style(rng: Random, here: Happening, tenant: Account) -> int:
    for user in here.town.index.users.of(tenant.id):
        if user.kind == "member" and user.last_name:
            local = user.upn.partition("@")[0]
            found = [spot for spot, text in enumerate(local_parts(user.first_name, user.last_name)) if text == local]
            if found:
                return found[0]
    return rng.randrange(3)
