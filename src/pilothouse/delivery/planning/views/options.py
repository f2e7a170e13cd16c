# SPDX-License-Identifier: Apache-2.0
"""Quick options over a plan or a sandbox: a proposal, then accept it or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.models import Sandbox
from pilothouse.delivery.planning.views import may_do
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.parsing import Reader

MOST = 2**31 - 1
SHARE = Decimal(30)
"""Per cent by which tasks overlap unless somebody says otherwise."""
_COST = re.compile(r"cost-(\d{1,9})")
Refused = Invalid | Conflict | None


@require_http_methods(["GET", "POST"])
def level(request: HttpRequest, project_id: int) -> HttpResponse:
    """Level the resources of the plan itself."""
    project, _grants = queries.open_project(actor_of(request), project_id, rules.Verb.CHANGE)
    return _level(request, project, None)


@require_http_methods(["GET", "POST"])
def sandbox_level(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Level the resources of a sandbox."""
    return _level(request, *_sandbox(request, project_id, sandbox_id))


def _sandbox(request: HttpRequest, project_id: int, sandbox_id: int) -> tuple[Project, Sandbox]:
    return queries.open_sandbox(actor_of(request), project_id, sandbox_id, rules.Verb.CHANGE)


def _level(request: HttpRequest, project: Project, sandbox: Sandbox | None) -> HttpResponse:
    actor, asked = actor_of(request), request.POST or request.GET
    within = asked.get("within") == "float"
    keep = asked.get("keep", "dates") == "dates"

    def save(seen: int) -> services.EditOutcome:
        if request.POST.get("do") == "clear":
            return services.clear_levelling(
                actor=actor, project=project, sandbox=sandbox, seen=seen
            )
        return services.accept_levelling(
            actor=actor,
            project=project,
            sandbox=sandbox,
            seen=seen,
            within_float=within,
            keep_dates=keep,
        )

    answer, error = _accepted(request, project, sandbox, save)
    if answer is not None:
        return answer
    found: services.Levelling | None = None
    try:
        found = services.level_proposal(
            actor=actor,
            project=project,
            sandbox=sandbox,
            within_float=within,
            keep_dates=keep,
        )
    except Invalid as refused:
        error = error or refused
    context = {"found": found, "within": within, "keep": keep}
    return _shown(request, "planning/level.html", project, sandbox, error, context)


@require_http_methods(["GET", "POST"])
def crash(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Shorten tasks of a sandbox at the least cost."""
    project, sandbox = _sandbox(request, project_id, sandbox_id)
    actor, asked = actor_of(request), request.POST or request.GET
    slopes: services.Slopes = {}
    gain: Decimal | None = None
    problem: Refused = None
    try:
        slopes, gain = _terms(asked, sandbox)
    except Invalid as refused:
        problem = refused

    def save(seen: int) -> services.EditOutcome:
        if problem is not None:
            raise problem
        return services.apply_crash(
            actor=actor,
            project=project,
            sandbox=sandbox,
            slopes=slopes,
            gain_days=gain or Decimal(0),
            seen=seen,
        )

    answer, error = _accepted(request, project, sandbox, save)
    if answer is not None:
        return answer
    error = error or problem
    try:
        found = services.crash_proposal(
            actor=actor,
            project=project,
            sandbox=sandbox,
            slopes=slopes,
            gain_days=None if error else gain,
        )
    except Invalid as refused:
        error = refused
        found = services.crash_proposal(
            actor=actor, project=project, sandbox=sandbox, slopes=slopes, gain_days=None
        )
    context = {"found": found, "asked": asked}
    return _shown(request, "planning/crash.html", project, sandbox, error, context)


def _terms(asked: QueryDict, sandbox: Sandbox) -> tuple[services.Slopes, Decimal | None]:
    """What a day less of each task costs, how many it can lose, and how many are to be gained."""
    if "gain" not in asked:
        kept = sandbox.slopes.items()
        return {int(uid): (Decimal(cost), Decimal(days)) for uid, (cost, days) in kept}, None
    reader = Reader(asked)
    gain = reader.decimal("gain", places=1, low=Decimal(0), high=Decimal(9999))
    slopes = {}
    for name in asked:
        found = _COST.fullmatch(name)
        if found is None:
            continue
        cost = reader.decimal(name, places=2, low=Decimal(0), high=Decimal(10**10))
        days = reader.decimal(f"days-{found[1]}", places=1, low=Decimal(0), high=Decimal(9999))
        if cost is not None and days:
            slopes[int(found[1])] = cost, days
    reader.check("planning.crash")
    return slopes, gain


@require_http_methods(["GET", "POST"])
def fast_track(request: HttpRequest, project_id: int, sandbox_id: int) -> HttpResponse:
    """Let critical tasks of a sandbox overlap."""
    project, sandbox = _sandbox(request, project_id, sandbox_id)
    actor, asked = actor_of(request), request.POST or request.GET
    reader = Reader(asked)
    share = reader.decimal("share", places=0, low=Decimal(1), high=Decimal(99)) or SHARE
    problem: Refused = None
    try:
        reader.check("planning.share")
    except Invalid as refused:
        problem = refused
    keys = request.POST.getlist("way")

    def save(seen: int) -> services.EditOutcome:
        if problem is not None:
            raise problem
        return services.apply_overlaps(
            actor=actor,
            project=project,
            sandbox=sandbox,
            share_pct=share,
            keys=keys,
            seen=seen,
        )

    answer, error = _accepted(request, project, sandbox, save)
    if answer is not None:
        return answer
    row, ways = services.overlap_ways(
        actor=actor, project=project, sandbox=sandbox, share_pct=share
    )
    context = {"plan": row, "ways": ways, "share": share, "chosen": set(keys)}
    return _shown(request, "planning/fast_track.html", project, sandbox, error or problem, context)


def _accepted(
    request: HttpRequest,
    project: Project,
    sandbox: Sandbox | None,
    save: Callable[[int], services.EditOutcome],
) -> tuple[HttpResponse | None, Refused]:
    """The answer where something was accepted, or why it was not."""
    if request.method != "POST":
        return None, None
    try:
        reader = Reader(request.POST)
        seen = reader.whole("plan_version", 0, MOST)
        reader.check("planning.version")
        outcome = save(seen)
    except (Invalid, Conflict) as refused:
        return None, refused
    told = _("%(words)s: %(moved)d tasks moved. Undo takes it back.")
    messages.success(request, told % {"words": outcome.words, "moved": outcome.tasks_moved})
    if sandbox is None:
        return redirect("planning:schedule", project.pk), None
    return redirect("planning:sandbox-compare", project.pk, sandbox.pk), None


def _shown(
    request: HttpRequest,
    template: str,
    project: Project,
    sandbox: Sandbox | None,
    error: Refused,
    context: Mapping[str, object],
) -> HttpResponse:
    back = (
        reverse("planning:schedule", args=[project.pk])
        if sandbox is None
        else reverse("planning:sandbox", args=[project.pk, sandbox.pk])
    )
    whole = {
        "project": project,
        "sandbox": sandbox,
        "plan": queries.existing_plan(project, sandbox),
        "error": error,
        "back": back,
        "may": may_do(actor_of(request), project),
        **context,
    }
    return render(request, template, whole, status=error.status if error else 200)
