"""Why a mapping makes no sense any more: what has changed since somebody decided it, with both values.

Pure: facts in, alarms out. A person's "keep" remembers exactly these values; the alarm returns only with others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

from matching.domains import own_domains
from matching.normalise import variants
from matching.types import Party, Suggestion
from rcx_app.domain.mapping.matcher.evidence import shared_domain

# Names as like as this are the same name written otherwise (measured on nothing: a judgement).
_STILL_ALIKE = 80.0
_LEAST_PEOPLE = 3
# How much surer another client must be than the mapped one: half of all certainty.
_CLEARLY = 0.5

Alarm = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapped account as it is now. `basis`: what was noted when it was mapped (`basis_of`)."""

    account: Party
    client: Party
    basis: Mapping[str, Any]
    people_domains: Mapping[str, int] = field(default_factory=dict)
    suggestion: Suggestion | None = None


def basis_of(account: tuple[str, str], client: tuple[str, str], offered: Iterable[int]) -> dict[str, Any]:
    """What a mapping rests on: (name, domain) of both sides, and the clients that were suggested at that moment."""
    return {
        "account_name": account[0],
        "account_domain": account[1],
        "client_name": client[0],
        "client_domain": client[1],
        "offered": sorted(offered),
    }


def looked_at(mapped: Mapped) -> dict[str, Any]:
    """The basis with what only the matcher knows, filled in at its first look after the decision."""
    people = {} if "people_domain" in mapped.basis else {"people_domain": shared_domain(mapped.people_domains)[0]}
    if "account_name" in mapped.basis:
        return {**mapped.basis, **people}
    account, client = mapped.account, mapped.client
    offered = {int(each.right_id) for each in _offered(mapped.suggestion)}
    return {**basis_of((account.name, account.domain), (client.name, client.domain), offered), **people}


def alarms(mapped: Mapped, names: Mapping[str, str], owners: Mapping[str, str]) -> list[Alarm]:
    """All that speaks against the mapping now and did not when it was decided.

    `names`: clients by id. `owners`: client id by domain, of domains that only one client has.
    """
    found = (
        *_account_renamed(mapped),
        *_client_renamed(mapped),
        *_domain_moved(mapped, names, owners),
        *_people_elsewhere(mapped, names, owners),
        *_better_client(mapped, names),
    )
    return list(found)


def without_kept(found: Sequence[Alarm], kept: Iterable[Mapping[str, Any]]) -> list[Alarm]:
    """The alarms whose values nobody has let stand."""
    known = {_values(each) for each in kept}
    return [each for each in found if _values(each) not in known]


def kept(found: Iterable[Mapping[str, Any]]) -> list[Alarm]:
    """Code and values of alarms, as "keep" remembers them."""
    return [{"code": each["code"], "left": each["left"], "right": each["right"]} for each in found]


def _values(alarm: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(alarm["code"]), str(alarm["left"]), str(alarm["right"])


def _alarm(code: str, text: str, left: str, right: str) -> Alarm:
    return {"code": code, "text": text, "left": left, "right": right}


def _account_renamed(mapped: Mapped) -> Iterator[Alarm]:
    before, now = str(mapped.basis["account_name"]), mapped.account.name
    if not (_alike(before, now) or _alike(now, mapped.client.name)):
        yield _alarm("account_renamed", "The account was renamed", now, f"was {before}")


def _client_renamed(mapped: Mapped) -> Iterator[Alarm]:
    before, now = str(mapped.basis["client_name"]), mapped.client.name
    if not (_alike(before, now) or _alike(now, mapped.account.name)):
        yield _alarm("client_renamed", "The client was renamed", f"was {before}", now)


def _domain_moved(mapped: Mapped, names: Mapping[str, str], owners: Mapping[str, str]) -> Iterator[Alarm]:
    before = set(own_domains(str(mapped.basis["account_domain"]), ()))
    now = set(own_domains(mapped.account.domain, ()))
    clients = set(own_domains(mapped.client.domain, mapped.client.emails))
    if before and now and not now & (before | clients):
        owner = next((owners[domain] for domain in sorted(now) if domain in owners), "")
        right = (
            f"{names[owner]} has it" if owner and owner != mapped.client.id else f"was {mapped.basis['account_domain']}"
        )
        yield _alarm("domain_moved", "The account's domain changed", mapped.account.domain, right)


def _people_elsewhere(mapped: Mapped, names: Mapping[str, str], owners: Mapping[str, str]) -> Iterator[Alarm]:
    domain, people, _ = shared_domain(mapped.people_domains)
    owner = owners.get(domain, "")
    if not domain or people < _LEAST_PEOPLE or owner in ("", mapped.client.id):
        return
    if domain != mapped.basis.get("people_domain", ""):
        # Without the numbers: a person who lets it stand must not be asked again at every new user.
        yield _alarm("people_elsewhere", "Most users have another client's domain", domain, f"{names[owner]} has it")


def _better_client(mapped: Mapped, names: Mapping[str, str]) -> Iterator[Alarm]:
    candidates = mapped.suggestion.candidates if mapped.suggestion is not None else ()
    best = next(iter(candidates), None)
    if best is None or best.verdict != "preselect" or best.right_id == mapped.client.id:
        return
    if int(best.right_id) in mapped.basis.get("offered", ()):
        return  # the person saw it and chose otherwise
    mine = next((each.confidence for each in candidates if each.right_id == mapped.client.id), 0.0)
    if best.confidence - mine >= _CLEARLY:
        yield _alarm(
            "better_client", "Another client fits clearly better now", mapped.account.name, names[best.right_id]
        )


def _offered(suggestion: Suggestion | None) -> Iterator[Any]:
    return (each for each in suggestion.candidates if each.verdict != "compare") if suggestion else iter(())


def _alike(one: str, other: str) -> bool:
    """Whether two names are one name written otherwise: legal forms, case, abbreviations and word order aside."""
    ours, theirs = variants(one), variants(other)
    if not ours or not theirs:
        return one.strip().casefold() == other.strip().casefold()
    return any(fuzz.token_set_ratio(a.core, b.core) >= _STILL_ALIKE for a in ours for b in theirs)
