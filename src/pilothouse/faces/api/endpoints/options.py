# SPDX-License-Identifier: Apache-2.0
"""Level resources of a plan or a sandbox; crash and fast-track a sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.rules import Verb
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import read
from pilothouse.faces.api.endpoints.editing import EDITED, edit_reply
from pilothouse.faces.api.replies import reply
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_options import (
    CrashAccept,
    CrashAsk,
    CrashLineOut,
    CrashOut,
    DelayOut,
    LevelAccept,
    LevelClear,
    LevellingOut,
    OverlapsAccept,
    SlopeIn,
    WayOut,
    WaysOut,
)

router = Router(tags=["Sandboxes"])
PLAN = "/projects/{int:project_id}/plan/levelling"
ASIDE = "/projects/{int:project_id}/sandboxes/{int:sandbox_id}"
WithinFloat = Annotated[bool, Query(description="Tasks wait within their float only.")]
KeepDates = Annotated[bool, Query(description="No deadline and no fixed date is missed.")]


@router.get(PLAN, response=read(LevellingOut))
def propose_levelling(
    request: HttpRequest,
    project_id: int,
    within_float: WithinFloat = False,
    keep_dates: KeepDates = True,
) -> HttpResponse:
    """What levelling would delay in the plan; nothing is written."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    found = services.level_proposal(
        actor=actor, project=project, within_float=within_float, keep_dates=keep_dates
    )
    return _levelling(found)


@router.post(PLAN, response=EDITED)
def accept_levelling(request: HttpRequest, project_id: int, payload: LevelAccept) -> HttpResponse:
    """Write the delays of the proposal as one edit of the plan."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    outcome = services.accept_levelling(
        actor=actor,
        project=project,
        seen=payload.plan_version,
        within_float=payload.within_float,
        keep_dates=payload.keep_dates,
    )
    return edit_reply(actor, outcome, False)


@router.post(PLAN + "/clear", response=EDITED)
def clear_levelling(request: HttpRequest, project_id: int, payload: LevelClear) -> HttpResponse:
    """Take all delays of levelling back as one edit of the plan."""
    actor = actor_of(request)
    project, _ = queries.open_project(actor, project_id, Verb.READ)
    outcome = services.clear_levelling(actor=actor, project=project, seen=payload.plan_version)
    return edit_reply(actor, outcome, False)


@router.get(ASIDE + "/levelling", response=read(LevellingOut))
def propose_sandbox_levelling(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    within_float: WithinFloat = False,
    keep_dates: KeepDates = True,
) -> HttpResponse:
    """What levelling would delay in a sandbox; nothing is written."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    found = services.level_proposal(
        actor=actor,
        project=project,
        sandbox=sandbox,
        within_float=within_float,
        keep_dates=keep_dates,
    )
    return _levelling(found)


@router.post(ASIDE + "/levelling", response=EDITED)
def accept_sandbox_levelling(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: LevelAccept
) -> HttpResponse:
    """Write the delays of the proposal as one edit of the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.accept_levelling(
        actor=actor,
        project=project,
        sandbox=sandbox,
        seen=payload.plan_version,
        within_float=payload.within_float,
        keep_dates=payload.keep_dates,
    )
    return edit_reply(actor, outcome, False)


@router.post(ASIDE + "/levelling/clear", response=EDITED)
def clear_sandbox_levelling(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: LevelClear
) -> HttpResponse:
    """Take all delays of levelling back as one edit of the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.clear_levelling(
        actor=actor, project=project, sandbox=sandbox, seen=payload.plan_version
    )
    return edit_reply(actor, outcome, False)


@router.post(ASIDE + "/crash/propose", response=read(CrashOut))
def propose_crash(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: CrashAsk
) -> HttpResponse:
    """The cheapest set of days to end a sandbox earlier; nothing is written."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    found = services.crash_proposal(
        actor=actor,
        project=project,
        sandbox=sandbox,
        slopes=_slopes(payload.slopes),
        gain_days=payload.gain_days,
    )
    return reply(
        CrashOut(
            plan_version=found.plan.plan_version,
            gain_days=found.gain_days,
            cost=found.cost or Decimal(0),
            finish_before=found.finish_before,
            finish=found.finish,
            whole=found.whole,
            tasks=[
                CrashLineOut(
                    uid=line.uid,
                    name=line.name,
                    less_days=line.less_days,
                    cost=line.cost or Decimal(0),
                )
                for line in found.lines
                if line.less_days
            ],
        )
    )


@router.post(ASIDE + "/crash", response=EDITED)
def crash_sandbox(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: CrashAccept
) -> HttpResponse:
    """Shorten the tasks of the proposal as one edit of the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.apply_crash(
        actor=actor,
        project=project,
        sandbox=sandbox,
        slopes=_slopes(payload.slopes),
        gain_days=payload.gain_days,
        seen=payload.plan_version,
    )
    return edit_reply(actor, outcome, False)


@router.get(ASIDE + "/overlaps", response=read(WaysOut))
def list_overlaps(
    request: HttpRequest,
    project_id: int,
    sandbox_id: int,
    share: Annotated[int, Query(ge=1, le=99, description="Per cent that tasks overlap.")] = 30,
) -> HttpResponse:
    """Ways to let critical tasks overlap, the greatest gain first; nothing is written."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    row, ways = services.overlap_ways(
        actor=actor, project=project, sandbox=sandbox, share_pct=Decimal(share)
    )
    told = [WayOut.model_validate(way) for way in ways]
    return reply(WaysOut(plan_version=row.plan_version, ways=told))


@router.post(ASIDE + "/overlaps", response=EDITED)
def fast_track_sandbox(
    request: HttpRequest, project_id: int, sandbox_id: int, payload: OverlapsAccept
) -> HttpResponse:
    """Let tasks overlap as chosen, as one edit of the sandbox."""
    actor = actor_of(request)
    project, sandbox = queries.open_sandbox(actor, project_id, sandbox_id, Verb.READ)
    outcome = services.apply_overlaps(
        actor=actor,
        project=project,
        sandbox=sandbox,
        share_pct=Decimal(payload.share),
        keys=payload.ways,
        seen=payload.plan_version,
    )
    return edit_reply(actor, outcome, False)


def _slopes(sent: Sequence[SlopeIn]) -> services.Slopes:
    return {item.uid: (item.cost_per_day, item.most_days) for item in sent}


def _levelling(found: services.Levelling) -> HttpResponse:
    return reply(
        LevellingOut(
            plan_version=found.plan.plan_version,
            finish_before=found.finish_before,
            finish=found.finish,
            later_days=found.later_days,
            overloads_before=found.overloads_before,
            overloads=found.overloads,
            missed_deadlines=found.missed_deadlines,
            bound=found.bound,
            best=found.best,
            delays=[DelayOut.model_validate(row) for row in found.delays],
            held=found.held,
        )
    )
