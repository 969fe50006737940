"""What the integrations page shows of a connector: its card in the catalogue, and what it asks for; pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rcx_app.core.text import fold
from rcx_app.domain.integrations.catalogue import CatalogueEntry, StreamView
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.integrations.rows import stream_name

PROOFS = {
    "specification": "Held against the vendor's own specification",
    "examples": "Held against the vendor's example answers",
    "facts": "Built from the vendor's documentation; never yet held against a specification",
}
_BRIEF_PROOFS = {
    "specification": "Held against the vendor's specification",
    "examples": "Held against the vendor's examples",
    "facts": "From the vendor's documentation only",
}


@dataclass
class CardRow:
    """A connector in the catalogue. `connected`: how many connections of it there are, in words."""

    id: str = ""
    href: str = ""
    name: str = ""
    category: str = ""
    summary: str = ""
    reads: str = ""
    writes: str = ""
    proof: str = ""
    proof_title: str = ""
    connected: str = ""


@dataclass
class RightRow:
    """A right that the API user needs."""

    name: str = ""
    why: str = ""
    is_optional: bool = False


@dataclass
class StreamRow:
    """A kind of record that is read, and how."""

    name: str = ""
    how: str = ""
    is_optional: bool = False


@dataclass
class About:
    """A connector in full."""

    id: str = ""
    name: str = ""
    category: str = ""
    summary: str = ""
    rights: list[RightRow] = field(default_factory=list)
    write_rights: list[RightRow] = field(default_factory=list)
    streams: list[StreamRow] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    writes: str = ""
    can_write: bool = False
    proof: str = ""
    guide: str = ""


def card(entry: CatalogueEntry, connected: Mapping[str, int]) -> CardRow:
    """`connected`: connector -> number of connections."""
    number = connected.get(entry.id, 0)
    return CardRow(
        id=entry.id,
        href=addresses.address(addresses.INTEGRATIONS, add=entry.id),
        name=entry.name,
        category=entry.category,
        summary=entry.summary,
        reads=reads(entry.streams),
        writes="Can write quantities" if entry.can_write else "Only reads",
        proof=_BRIEF_PROOFS[entry.proof],
        proof_title=PROOFS[entry.proof] + ".",
        connected=words.count(number, "connection") if number else "",
    )


def reads(streams: Sequence[StreamView]) -> str:
    """``Clients, products, lines; later only changes in 2 of 3``."""
    names = [stream_name(each.name) for each in streams]
    listed = ", ".join([*names[:1], *(name if name == "SKUs" else name.lower() for name in names[1:])])
    changing = sum(each.is_incremental for each in streams)
    if not changing:
        return f"{listed}; read whole each time"
    return f"{listed}; later only changes" + ("" if changing == len(streams) else f" in {changing} of {len(streams)}")


def about(entry: CatalogueEntry) -> About:
    rights = [
        (RightRow(name=each.name, why=each.why, is_optional=each.is_optional), each.for_writing)
        for each in entry.privileges
    ]
    return About(
        id=entry.id,
        name=entry.name,
        category=entry.category,
        summary=entry.summary,
        rights=[row for row, for_writing in rights if not for_writing],
        write_rights=[row for row, for_writing in rights if for_writing],
        streams=[
            StreamRow(
                name=stream_name(each.name),
                how="only what changed" if each.is_incremental else "whole each time",
                is_optional=each.is_optional,
            )
            for each in entry.streams
        ],
        limits=list(entry.limits),
        writes=entry.writes,
        can_write=entry.can_write,
        proof=PROOFS[entry.proof] + ".",
        guide=addresses.guide(entry.id),
    )


def fits(entry: CatalogueEntry, text: str) -> bool:
    """Whether every word that was typed stands in the connector's name, category or summary."""
    held = fold(f"{entry.name} {entry.category} {entry.id} {entry.summary}")
    return all(word in held for word in fold(text).split())
