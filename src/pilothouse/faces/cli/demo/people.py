# SPDX-License-Identifier: Apache-2.0
"""Accounts of the demo. A fresh installation has none; these are made by the demo alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import Scope
from pilothouse.foundation.access.services import assign_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.actor import Actor

PASSWORD = "pilothouse-demo"  # noqa: S105 - printed on purpose, for made-up people
DOMAIN = "demo.example"
SYSTEM = Actor.system("demo")
FIRST_DAY = date(2012, 1, 1)
"""Before anything the demo shows, so that every date can be looked at."""

LOG_INS: tuple[tuple[str, str], ...] = (
    (f"ada@{DOMAIN}", "the living office: heads the PMO of a port authority"),
    (f"piet@{DOMAIN}", "the living office: manages project Harbour and two others"),
    (f"kofi@{DOMAIN}", "the living office: manages the vessel traffic system, in sprints"),
    (f"sam@{DOMAIN}", "the living office: sponsors projects"),
    (f"femi@{DOMAIN}", "the living office: controls the money"),
    (f"tess@{DOMAIN}", "the living office: works on project Harbour"),
    (f"grace@{DOMAIN}", "the real office: the United Kingdom's major projects, 2014 to 2023"),
    (f"otto@{DOMAIN}", "has no role and sees nothing"),
    (f"una@{DOMAIN}", "administers the system, sees no project"),
)


def account(name: str, full_name: str, title: str, *, is_system_admin: bool = False) -> User:
    """A new account with the password of the demo."""
    return create_user(
        actor=SYSTEM,
        email=f"{name}@{DOMAIN}",
        full_name=full_name,
        password=PASSWORD,
        job_title=title,
        is_system_admin=is_system_admin,
    )


def appoint(
    user: User,
    role: Role,
    scope: Scope,
    *,
    office_id: int,
    within: Iterable[Scope],
    since: date = FIRST_DAY,
) -> None:
    """Give a role; somebody's appointment by the demo itself."""
    assign_role(
        actor=SYSTEM,
        person=user,
        role=role,
        scope=scope,
        office_id=office_id,
        within=within,
        valid_from=since,
    )
