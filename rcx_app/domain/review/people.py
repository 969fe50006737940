"""Whom a comment mentions, and who may be given a finding: members of the workspace only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission, Role, may
from rcx_app.core.text import fold

Member = tuple[int, str, str, str]
# An address such as ann@msp.example holds an @ that mentions nobody.
_MENTION = re.compile(r"(?<![\w.+-])@")
_WORD = re.compile(r"[\w.+-]+(?:@[\w.-]+\w)?")


def mentioned(text: str, members: Sequence[Member]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """(ids of members, words that are nobody here): ``@`` and a whole name, an address, or what stands before its @.

    A name that several members bear mentions none of them.
    """
    names: dict[str, set[int]] = {}
    for user_id, name, address, _ in members:
        for each in {fold(name), address, address.partition("@")[0]} - {""}:
            names.setdefault(each, set()).add(user_id)
    found: dict[int, None] = {}
    unknown: dict[str, None] = {}
    folded = fold(text)
    for match in _MENTION.finditer(folded):
        rest = folded[match.end() :]
        fitting = [each for each in names if rest.startswith(each) and not re.match(r"\w", rest[len(each) :])]
        best = max(fitting, key=len, default="")
        if best and len(names[best]) == 1:
            found[next(iter(names[best]))] = None
        elif word := _WORD.match(rest):
            unknown[word.group().rstrip(".")] = None
    return tuple(found), tuple(unknown)


def checked_assignee(user_id: int | None, members: Sequence[Member]) -> int | None:
    """The person a finding is given to. Raises Invalid where he is no member or may not review."""
    if user_id is None:
        return None
    role = next((each[3] for each in members if each[0] == user_id), None)
    if role is None:
        raise Invalid("This person is no member of the workspace.", remedy="Choose one of its members.")
    if not may(Role(role), Permission.REVIEW):
        raise Invalid("This person may only look at findings.", remedy="Choose somebody who reviews.")
    return user_id
