"""Sign-up, sign-in and sessions: what the web routes and the handler guard call.

These functions work across workspaces, so they take no context: run them in `transaction(None)`.
"""

from __future__ import annotations

from rcx_app.domain.identity.accounts import (
    find,
    find_by_link,
    rescue_path,
    sign_in,
    sign_in_failed,
    sign_out,
    sign_up,
    verify,
    verify_path,
)
from rcx_app.domain.identity.entering import (
    code_failed,
    enter,
    finish,
    knows_address,
    sign_in_by_link,
    whose_step,
)
from rcx_app.domain.identity.links import is_good, one_time_link, redeem
from rcx_app.domain.identity.schemas import (
    Device,
    Entered,
    Identity,
    LinkPurpose,
    Method,
    NewSession,
    SecondStep,
    WorkspaceChoice,
)
from rcx_app.domain.identity.sessions import (
    begin,
    resolve,
    resolve_id,
    revoke,
    revoke_all,
    rotate,
    switch_workspace,
    touch,
    workspaces,
)

__all__ = [
    "Device",
    "Entered",
    "Identity",
    "LinkPurpose",
    "Method",
    "NewSession",
    "SecondStep",
    "WorkspaceChoice",
    "begin",
    "code_failed",
    "enter",
    "find",
    "find_by_link",
    "finish",
    "is_good",
    "knows_address",
    "one_time_link",
    "redeem",
    "rescue_path",
    "resolve",
    "resolve_id",
    "revoke",
    "revoke_all",
    "rotate",
    "sign_in",
    "sign_in_by_link",
    "sign_in_failed",
    "sign_out",
    "sign_up",
    "switch_workspace",
    "touch",
    "verify",
    "verify_path",
    "whose_step",
    "workspaces",
]
