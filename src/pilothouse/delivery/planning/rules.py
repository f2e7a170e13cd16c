# SPDX-License-Identifier: Apache-2.0
"""Who may see, bring in, change and delete the plan of a project."""

from __future__ import annotations

from enum import StrEnum

from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import (
    OPEN_STATES,
    FieldRights,
    approving_roles,
    can_on_project,
    classified,
    project_scopes,
)
from pilothouse.foundation.access.queries import Grants, allowed_as, grants_of, in_place_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes


class Verb(StrEnum):
    """What can be done to a plan; the value is the letter of the access matrix."""

    READ = "R"
    IMPORT = "C"
    CHANGE = "U"
    DELETE = "V"


_WORDS = {
    Verb.READ: "see the plan",
    Verb.IMPORT: "import a plan",
    Verb.CHANGE: "change the plan",
    Verb.DELETE: "delete or restore the plan",
}


def can_on_plan(actor: Actor, project: Project, verb: Verb, grants: Grants | None = None) -> bool:
    """Whether the matrix gives the letter on the tasks of this project (DOMAIN 1.4)."""
    return can_on_project(actor, project, verb.value, "task", grants)


def verbs_on_plan(actor: Actor, project: Project, grants: Grants | None = None) -> frozenset[Verb]:
    """What the actor may do, for the buttons of a page."""
    if project.state not in OPEN_STATES:
        return frozenset(verb for verb in (Verb.READ,) if can_on_plan(actor, project, verb, grants))
    return frozenset(verb for verb in Verb if can_on_plan(actor, project, verb, grants))


def require_on_plan(
    actor: Actor, project: Project, verb: Verb, grants: Grants | None = None
) -> Actor:
    """As ``can_on_plan``; raises NotAllowed with the reason, else as ``allowed_as``."""
    held = classified(grants or grants_of(actor), project)
    allowed = allowed_as(actor, "task", verb.value, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "planning.not_allowed",
            f"Your roles do not allow you to {_WORDS[verb]} of project {project.code}. "
            "Its project manager may; the roles are listed on the project's page.",
        )
    return allowed


def require_open(project: Project) -> None:
    """A plan changes only while its project is open (DOMAIN 2.2)."""
    if project.state not in OPEN_STATES:
        raise Invalid(
            "planning.project_not_open",
            f"Project {project.code} is {project.get_state_display().lower()}; its plan no longer "
            "changes.",
        )


def may_enter_progress(
    actor: Actor, project: Project, own: bool, grants: Grants | None = None
) -> bool:
    """Whether the matrix lets the actor say how far a task is: any, or an ``own`` one (R-PRG-05).

    A role that reaches own tasks alone counts on the project, or the workstream, that it is held
    on.
    """
    held = classified(grants or grants_of(actor), project)
    if held.everything or held.allows("task_progress", "U", project_scopes(project)):
        return True
    if not own:
        return False
    within = set(project_scopes(project))
    streams = {grant.scope_id for grant in held.grants if grant.scope_type == "workstream"}
    if streams:
        inside = project.workstreams.filter(pk__in=streams, voided=False)
        within |= {("workstream", number) for number in inside.values_list("pk", flat=True)}
    here = held.only(lambda grant: (grant.scope_type, grant.scope_id) in within)
    return here.reach("task_progress", "U").own


def can_confirm_progress(actor: Actor, project: Project, grants: Grants | None = None) -> bool:
    """Whether the matrix lets the actor confirm what others say of their tasks (R-PRG-05)."""
    return can_on_project(actor, project, "A", "task_progress", grants)


def sees_dependencies(actor: Actor, project: Project, grants: Grants | None = None) -> bool:
    """Whether the matrix lets the actor see what the project gives to others and gets of them."""
    return can_on_project(actor, project, "R", "cross_project_dependency", grants)


class BaselineVerb(StrEnum):
    """What can be done to the baselines of a project; the value is the letter of the matrix."""

    READ = "R"
    TAKE = "C"
    DECIDE = "A"


_DECIDED = "baseline_finish"
"""Whoever may change the approved finish of a project decides on its baselines."""
_BASELINE_WORDS = {
    BaselineVerb.READ: "see the baselines",
    BaselineVerb.TAKE: "take, name or withdraw baselines",
}


def can_on_baselines(
    actor: Actor, project: Project, verb: BaselineVerb, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on baselines of this project."""
    return can_on_project(actor, project, verb.value, "baseline", grants)


def require_on_baselines(
    actor: Actor, project: Project, verb: BaselineVerb, grants: Grants | None = None
) -> Actor:
    """Raises NotAllowed without the letter, else says as whom the actor may."""
    held = classified(grants or grants_of(actor), project)
    allowed = allowed_as(actor, "baseline", verb.value, project_scopes(project), held)
    if allowed is None:
        raise NotAllowed(
            "planning.baseline_not_allowed",
            f"Your roles do not allow you to {_BASELINE_WORDS[verb]} of project {project.code}. "
            "Its project manager may; the roles are listed on the project's page.",
        )
    return allowed


def may_decide(actor: Actor, baseline: PlanBaseline, grants: Grants | None = None) -> bool:
    """Whether the actor may approve or reject a baseline (R-GEN-08).

    Who approves the dates of the project does; never its manager, never who took the baseline,
    and nobody in the place of one of them.
    """
    held = (grants or grants_of(actor)).eligible(baseline.taken_by_id)
    return FieldRights(actor, held).may(baseline.project, _DECIDED)


def require_decide(actor: Actor, baseline: PlanBaseline) -> Actor:
    """Raises NotAllowed naming who decides, else says as whom the actor does."""
    project = baseline.project
    if not may_decide(actor, baseline):
        who = approving_roles(_DECIDED)
        raise NotAllowed(
            "planning.baseline_role",
            f"‘{baseline}’ of project {project.code} is decided on by those who approve its dates, "
            f"never by its own manager nor by who took it: {who}.",
        )
    held = grants_of(actor).eligible(baseline.taken_by_id)
    return in_place_of(actor, FieldRights(actor, held).givers(project, {_DECIDED: None}))


_TEMPLATES = {"R": "see the templates", "C": "make templates", "U": "change templates"}


def can_on_templates(
    actor: Actor, project: Project, letter: str, grants: Grants | None = None
) -> bool:
    """Whether the matrix gives the letter on templates of the office of a project."""
    held = grants or grants_of(actor)
    scopes = unit_scopes(OrgUnit.objects.get(pk=project.office_id))
    return allowed_as(actor, "template", letter, scopes, held) is not None


def require_templates(actor: Actor, project: Project, letter: str) -> Actor:
    """Raises NotAllowed without the letter, else says as whom the actor may."""
    scopes = unit_scopes(OrgUnit.objects.get(pk=project.office_id))
    allowed = allowed_as(actor, "template", letter, scopes, grants_of(actor))
    if allowed is None:
        raise NotAllowed(
            "planning.templates_not_allowed",
            f"Your roles do not allow you to {_TEMPLATES[letter]} of this office. "
            "Who directs it may, and its analysts.",
        )
    return allowed
