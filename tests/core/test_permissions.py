"""What a role, a stage and being staff open, and what none of them ever does."""

from __future__ import annotations

import pytest

from rcx_app.core.context import Context
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import GRANTS, STAFF_GRANTS, STAGE_OPENS, Permission, Role, Staff, Stage


def asking(role: Role = Role.OWNER, stage: Stage = Stage.ACTIVE, staff: Staff = Staff.NONE) -> Context:
    return Context(workspace_id=1, user_id=1, role=role, stage=stage, staff=staff)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("stage", Stage)
def test_no_role_at_any_stage_is_ever_staff(role: Role, stage: Stage) -> None:
    for permission in STAFF_GRANTS[Staff.PLATFORM_ADMIN]:
        assert not asking(role, stage).allows(permission)


def test_being_staff_opens_nothing_inside_a_workspace() -> None:
    staff = asking(Role.VIEWER, staff=Staff.PLATFORM_ADMIN)
    assert staff.allows(Permission.PLATFORM)
    assert not staff.allows(Permission.REVIEW)
    assert not asking(staff=Staff.AGENT).allows(Permission.PLATFORM)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_only_takes_away(stage: Stage) -> None:
    for role in Role:
        granted = {each for each in Permission if asking(role, stage).allows(each)}
        assert granted == GRANTS[role] & STAGE_OPENS[stage]


def test_until_full_access_nothing_reaches_the_psa_and_before_setup_no_data_is_shown() -> None:
    assert not asking(stage=Stage.SETUP).allows(Permission.APPROVE)
    assert not asking(stage=Stage.QUESTIONNAIRE).allows(Permission.READ)
    assert asking(stage=Stage.SUSPENDED).allows(Permission.READ)
    assert not asking(stage=Stage.SUSPENDED).allows(Permission.REVIEW)


def test_the_refusal_says_whether_role_or_stage_is_in_the_way() -> None:
    with pytest.raises(NotPermitted, match="opens later"):
        asking(stage=Stage.BOOKING).require(Permission.REVIEW)
    with pytest.raises(NotPermitted, match="suspended"):
        asking(stage=Stage.SUSPENDED).require(Permission.REVIEW)
    with pytest.raises(NotPermitted, match="role"):
        asking(Role.VIEWER, Stage.BOOKING).require(Permission.REVIEW)
