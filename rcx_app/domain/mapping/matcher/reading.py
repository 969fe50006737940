"""Reads a workspace into a comparison: both sides, what people decided, thresholds, model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from matching import score
from matching.types import Decided as PairVerdict
from matching.types import Own, Party, Thresholds
from rcx_app.core.context import Context
from rcx_app.domain.learning.schemas import InUse
from rcx_app.domain.mapping.matcher import evidence, identifiers
from rcx_app.domain.mapping.matcher.evidence import Given, Used
from rcx_app.domain.mapping.matcher.fingerprint import Fingerprint
from rcx_app.domain.mapping.matcher.repository import MatcherRepository, Source

# Decided accounts keep the candidates they were decided on. An account whose client is gone needs new ones.
OPEN_STATES = ("unmapped", "suggested", "unsure", "snoozed", "client_gone")
_DECIDED_STATES = ("mapped", "no_match", "excluded")
# Only what people decided is evidence for others; what the model mapped by itself would confirm itself.
_BY_PEOPLE = ("person", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands."""

    state: str
    client_id: str | None
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides as matching sees them, with what people decided before. `connections`: account -> its connection.

    `changed` are the connections whose accounts are to be matched anew, with the hash of what they are matched from.
    `auto_confirm` are those whose sure suggestions are mapped without a person, from `auto_from` on.
    """

    accounts: tuple[Party, ...]
    connections: Mapping[str, int]
    clients: tuple[Party, ...]
    decided: tuple[PairVerdict, ...]
    thresholds: Thresholds
    standing: Mapping[str, Standing] = field(default_factory=dict)
    people_domains: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    given: tuple[Given, ...] = ()
    own: Own = field(default_factory=Own)
    model: score.Model | None = None
    model_version: str = ""
    changed: Mapping[int, str] = field(default_factory=dict)
    auto_confirm: frozenset[int] = frozenset()
    auto_from: float = 1.0


def read(session: Session, context: Context, model: InUse) -> Comparison:
    """Everything the matcher compares, in a few grouped queries, whatever the number of accounts and seats."""
    repository = MatcherRepository(session, context)
    workspace, sources = repository.workspace(), repository.sources()
    clients = _clients(repository)
    known = {party.id for party in clients}
    used = evidence.read_used(repository)
    accounts, connections = _accounts(repository, sources, used, clients)
    standing = {
        str(account_id): Standing(state=state, client_id=None if client is None else str(client), how=how)
        for account_id, state, client, how in repository.standing()
    }
    read = Comparison(
        accounts=accounts,
        connections=connections,
        clients=clients,
        decided=tuple(_verdicts(standing, known)),
        thresholds=Thresholds(
            suggest=float(workspace.suggest_threshold), preselect=float(workspace.preselect_threshold)
        ),
        standing=standing,
        people_domains={str(account_id): dict(each.domains) for account_id, each in used.items()},
        given=tuple(_given(accounts, connections, standing, known)),
        own=evidence.own_of(repository),
        model=model.model,
        model_version=model.version,
        auto_confirm=frozenset(key for key, source in sources.items() if source.auto_confirm),
        auto_from=float(workspace.auto_confirm_threshold),
    )
    before = {key: source.matched_from for key, source in sources.items()}
    return _with_changed(read, before)


def _clients(repository: MatcherRepository) -> tuple[Party, ...]:
    rows = list(repository.clients())
    psa = identifiers.known_psa_ids((row.external_id, row.name) for row in rows)
    return tuple(
        evidence.client_party(row, identifiers.of_client(row.external_id, row.attributes, psa)) for row in rows
    )


def _accounts(
    repository: MatcherRepository, sources: Mapping[int, Source], used: Mapping[int, Used], clients: tuple[Party, ...]
) -> tuple[tuple[Party, ...], dict[str, int]]:
    rows = list(repository.accounts())
    seats = repository.seat_counts()
    psa = identifiers.Known(
        {party.identifiers[identifiers.PSA]: party.name for party in clients if identifiers.PSA in party.identifiers}
    )
    by_connection: dict[int, list[tuple[int, str, Mapping[str, object]]]] = {}
    for row in rows:
        by_connection.setdefault(row.connection_id, []).append((row.id, row.name, row.attributes))
    psa_ids: dict[int, str] = {}
    for connection_id, theirs in by_connection.items():
        if connection_id in sources:
            psa_ids |= identifiers.trusted_psa_ids(sources[connection_id].vendor, theirs, psa)
    nothing = Used()
    parties = tuple(
        evidence.account_party(
            row,
            used.get(row.id, nothing),
            seats.get(row.id, 0),
            identifiers.of_account(
                sources[row.connection_id].vendor if row.connection_id in sources else "",
                row.external_id,
                row.attributes,
                psa_ids.get(row.id, ""),
            ),
        )
        for row in rows
    )
    return parties, {str(row.id): row.connection_id for row in rows}


def _verdicts(standing: Mapping[str, Standing], known: set[str]) -> list[PairVerdict]:
    return [
        PairVerdict(left_id=account_id, right_id=each.client_id, verdict="confirmed")
        for account_id, each in standing.items()
        if each.state in _DECIDED_STATES and (each.client_id is None or each.client_id in known)
    ]


def _given(
    accounts: tuple[Party, ...], connections: Mapping[str, int], standing: Mapping[str, Standing], known: set[str]
) -> list[Given]:
    found = []
    for party in accounts:
        stands = standing.get(party.id)
        if stands is None or stands.state != "mapped" or stands.how not in _BY_PEOPLE or stands.client_id not in known:
            continue
        found.append(Given(connection_id=connections[party.id], client_id=stands.client_id or "", account=party))
    return found


def _decision(stands: Standing | None) -> object:
    """What of an account's standing matters for matching. What matching itself writes is not in it."""
    if stands is None or stands.state in OPEN_STATES:
        return "open"
    return stands.state, stands.client_id, stands.how


def _with_changed(read: Comparison, before: Mapping[int, str]) -> Comparison:
    """Find the connections of which anything that matching depends on is not as it was."""
    shared = Fingerprint(read.model_version, read.thresholds, read.own, *read.clients).text
    given: dict[int, Fingerprint] = {}
    for each in read.given:
        given.setdefault(each.connection_id, Fingerprint()).take([each])
    theirs: dict[int, Fingerprint] = {}
    for party in read.accounts:
        stands, connection_id = read.standing.get(party.id), read.connections[party.id]
        about = (party, sorted(read.people_domains.get(party.id, {}).items()), _decision(stands))
        theirs.setdefault(connection_id, Fingerprint()).take(about)
    changed = {}
    for connection_id, accounts in sorted(theirs.items()):
        others = [(key, each.text) for key, each in sorted(given.items()) if key != connection_id]
        automatic = read.auto_from if connection_id in read.auto_confirm else None
        found = Fingerprint(shared, accounts.text, others, automatic).text
        if found != before.get(connection_id, ""):
            changed[connection_id] = found
    return replace(read, changed=changed)
