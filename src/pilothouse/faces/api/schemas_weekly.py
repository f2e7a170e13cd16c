# SPDX-License-Identifier: Apache-2.0
"""What goes in and comes out of the people of plans and their weekly updates."""

from __future__ import annotations

from ninja import Schema

from pilothouse.faces.api.schemas import Id, In, PersonRef


class PlanPersonOut(Schema):
    """A resource of a plan; ``suggested`` bears its name, and nobody said that it is it."""

    resource_uid: int
    name: str
    open_tasks: int
    person: PersonRef | None
    suggested: PersonRef | None
    reports: bool


class PlanPersonLink(In):
    """Which account a resource is; null: nobody's."""

    person_id: Id | None


class PlanPersonNew(In):
    """Somebody of the office who joins the plan."""

    person_id: Id
