"""What a check says, and what it is told about the installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import redis
from sqlalchemy.exc import SQLAlchemyError

from rcx_app.core.errors import RcxError

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check: what was found, and what to do where that is not well. Never holds a secret."""

    part: str
    state: State
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is looked at. `redis_url` is empty where no Redis runs; `workspace_id` None: all workspaces."""

    redis_url: str
    workspace_id: int | None


Check = Callable[[Place], Iterator[Finding]]


def look(part: str, check: Check, place: Place) -> list[Finding]:
    """All that a check finds; an error that it ends with is a finding too."""
    found: list[Finding] = []
    try:
        found.extend(check(place))
    except RcxError as error:
        found.append(Finding(part, "failed", error.message, error.remedy))
    except (SQLAlchemyError, redis.RedisError, OSError) as error:
        found.append(
            Finding(part, "failed", f"It broke off ({type(error).__name__}).", "Look at the parts above first.")
        )
    return found
