# SPDX-License-Identifier: Apache-2.0
"""Baselines of a project: the list, taking and deciding, two side by side."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import queries, rules, services
from pilothouse.delivery.planning.models import PlanBaseline
from pilothouse.delivery.planning.views import page_over_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.numbers import signed
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    attachment,
    form_page,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.core.tables import TYPES, write_csv

KIND_WORDS = {
    PlanBaseline.Kind.FIRST: gettext_lazy("First: the plan as it stands, nothing before it"),
    PlanBaseline.Kind.REPLAN: gettext_lazy("Replan: what is left to do; past variances stay"),
    PlanBaseline.Kind.REBASELINE: gettext_lazy("Rebaseline: everything anew; the old one is kept"),
    PlanBaseline.Kind.OVER_TARGET: gettext_lazy(
        "Over target: as a replan, at a cost above the approved one; marked for good"
    ),
}
ONLY_WORDS = {
    "all": gettext_lazy("All tasks"),
    "changed": gettext_lazy("Changed"),
    "late": gettext_lazy("Later"),
    "new": gettext_lazy("New"),
    "gone": gettext_lazy("Gone"),
}


@require_GET
def baselines(request: HttpRequest, project_id: int) -> HttpResponse:
    """All baselines, and how the plan lies to what was promised."""
    page = queries.baselines_page(actor_of(request), project_id)
    return render(request, "planning/baselines.html", {"page": page})


@require_GET
def compare(request: HttpRequest, project_id: int) -> HttpResponse:
    """Two baselines side by side, or one with the plan as it stands."""
    found = _compared(request, project_id)
    number, pages, lines = found.page(page_number(request.GET))
    context = {
        "found": found,
        "page": number,
        "pages": pages,
        "lines": lines,
        "per_page": services.LINES_SHOWN,
        "filters": [(name, ONLY_WORDS[name], found.counts[name]) for name in services.ONLY],
        "address": address_of(request),
    }
    return render(request, "planning/compare.html", context)


@require_GET
def compare_file(request: HttpRequest, project_id: int) -> HttpResponse:
    """The comparison that is asked for as CSV."""
    found = _compared(request, project_id)
    head, rows = found.table()
    return attachment(found.file_name, TYPES["csv"], write_csv(rows, head))


def _compared(request: HttpRequest, project_id: int) -> services.Compared:
    actor = actor_of(request)
    return services.compare_baselines(
        actor=actor,
        project=queries.open_baselines(actor, project_id),
        left=request.GET.get("left", ""),
        right=request.GET.get("right", ""),
        only=request.GET.get("only", "all"),
    )


@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, project_id: int) -> HttpResponse:
    """Keep the plan as it stands as a baseline that waits for approval."""
    actor = actor_of(request)
    project = queries.open_baselines(actor, project_id, rules.BaselineVerb.TAKE)
    queries.existing_plan(project)
    known = list(queries.baselines_of(project))
    page = page_over_plan(
        project,
        _("Take a baseline"),
        Section("", _fields_of(known)),
        lead=_("The plan as it stands is kept and waits for those who approve its dates."),
        notices=_waiting_of(project, known),
        inside=_list_of(project),
    )

    def save() -> str:
        reader = Reader(request.POST)
        asked = services.Asked(
            kind=reader.text("kind", 20),
            name=reader.text("name", services.NAME_LENGTH),
            reason=reader.text("reason", services.REASON_LENGTH),
            reference=reader.text("reference", services.REFERENCE_LENGTH),
        )
        reader.check("planning.baseline")
        baseline = services.take_baseline(actor=actor, project=project, asked=asked)
        messages.success(
            request, _("‘%(name)s’ is kept and waits for approval.") % {"name": baseline.name}
        )
        return reverse("planning:baselines", args=[project.pk])

    return form_page(request, page, save)


def _fields_of(known: list[PlanBaseline]) -> list[Field]:
    promised = any(row.is_pmb for row in known)
    kinds = [kind for kind in services.KINDS if (kind == PlanBaseline.Kind.FIRST) is not promised]
    again = _("Needed where a promise is replaced.") if promised else _("May stay empty.")
    name = _("What people will call it: the gate, the stage, the change.")
    return [
        Field(
            "kind",
            _("Kind"),
            "select",
            True,
            options=[(kind.value, str(KIND_WORDS[kind])) for kind in kinds],
            wide=True,
        ),
        Field("name", _("Name"), required=True, hint=name),
        Field(
            "reference",
            _("Change request or exception plan"),
            required=promised,
            hint=_("Its number or name.") + " " + again,
        ),
        Field("reason", _("Why"), "textarea", promised, again, wide=True),
    ]


def _waiting_of(project: Project, known: list[PlanBaseline]) -> list[Notice]:
    return [
        Notice(
            "warning",
            _("‘%(name)s’ waits for approval already; have it decided or withdraw it first.")
            % {"name": row.name},
            reverse("planning:baselines", args=[project.pk]),
            _("To the baselines"),
        )
        for row in known
        if row.state == PlanBaseline.State.PROPOSED
    ]


@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, project_id: int, baseline_id: int) -> HttpResponse:
    """Approve a baseline, with what it changes before one's eyes."""
    actor = actor_of(request)
    baseline = queries.baseline_of(actor, project_id, baseline_id)
    rules.require_decide(actor, baseline)
    project = baseline.project
    title = _("Approve ‘%(name)s’") % {"name": baseline.name}
    fields = [
        Field("on", _("Decided on"), "date", True, _("The day on which it was decided.")),
        Field("note", _("Note"), "textarea", False, _("Kept with the baseline."), wide=True),
    ]
    page = page_over_plan(
        project,
        title,
        Section("", fields),
        submit=_("Approve"),
        lead=_said_of(baseline),
        notices=[
            *([_effect_of(request, baseline)] if baseline.state == "proposed" else []),
            Notice("info", _("The approved start and finish of the project follow it.")),
        ],
        initial={"on": clock.today().isoformat()},
        version=baseline.version,
        inside=_list_of(project),
    )

    def decide(reader: Reader) -> str:
        on, note = reader.day("on", required=True), reader.text("note", services.REASON_LENGTH)
        version = reader.version()
        reader.check("planning.baseline_day")
        row = services.approve_baseline(
            actor=actor, baseline=baseline, version=version, note=note, on=on
        )
        return _("‘%(name)s’ counts from now on.") % {"name": row.name}

    return _decided(request, page, project, decide)


@require_http_methods(["GET", "POST"])
def reject(request: HttpRequest, project_id: int, baseline_id: int) -> HttpResponse:
    """Turn down a baseline that waits."""
    actor = actor_of(request)
    baseline = queries.baseline_of(actor, project_id, baseline_id)
    rules.require_decide(actor, baseline)
    page = page_over_plan(
        baseline.project,
        _("Reject ‘%(name)s’") % {"name": baseline.name},
        Section("", [Field("note", _("Why"), "textarea", True, wide=True)]),
        submit=_("Reject"),
        lead=_said_of(baseline),
        version=baseline.version,
        danger=True,
        inside=_list_of(baseline.project),
    )

    def decide(reader: Reader) -> str:
        note, version = reader.text("note", services.REASON_LENGTH), reader.version()
        reader.check("planning.baseline_note")
        services.reject_baseline(actor=actor, baseline=baseline, version=version, note=note)
        return _("‘%(name)s’ is rejected.") % {"name": baseline.name}

    return _decided(request, page, baseline.project, decide)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, project_id: int, baseline_id: int) -> HttpResponse:
    """Take back a baseline that waits."""
    actor = actor_of(request)
    baseline = queries.baseline_of(actor, project_id, baseline_id)
    rules.require_on_baselines(actor, baseline.project, rules.BaselineVerb.TAKE)
    page = page_over_plan(
        baseline.project,
        _("Withdraw ‘%(name)s’") % {"name": baseline.name},
        Section("", [], _("It stays in the list as withdrawn; another one can then be taken.")),
        submit=_("Withdraw"),
        lead=_said_of(baseline),
        version=baseline.version,
        danger=True,
        inside=_list_of(baseline.project),
    )

    def decide(reader: Reader) -> str:
        version = reader.version()
        reader.check("planning.version")
        services.withdraw_baseline(actor=actor, baseline=baseline, version=version)
        return _("‘%(name)s’ is withdrawn.") % {"name": baseline.name}

    return _decided(request, page, baseline.project, decide)


@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, project_id: int, baseline_id: int) -> HttpResponse:
    """Give a baseline another name."""
    actor = actor_of(request)
    baseline = queries.baseline_of(actor, project_id, baseline_id)
    rules.require_on_baselines(actor, baseline.project, rules.BaselineVerb.TAKE)
    page = page_over_plan(
        baseline.project,
        _("Rename ‘%(name)s’") % {"name": baseline.name},
        Section("", [Field("name", _("Name"), required=True, wide=True)]),
        submit=_("Rename"),
        initial={"name": baseline.name},
        version=baseline.version,
        inside=_list_of(baseline.project),
    )

    def decide(reader: Reader) -> str:
        name, version = reader.text("name", services.NAME_LENGTH), reader.version()
        reader.check("planning.baseline")
        services.rename_baseline(actor=actor, baseline=baseline, name=name, version=version)
        return _("It is called ‘%(name)s’ now.") % {"name": name}

    return _decided(request, page, baseline.project, decide)


def _decided(
    request: HttpRequest, page: FormPage, project: Project, decide: Callable[[Reader], str]
) -> HttpResponse:
    """Show the form, or do what it asks and go back to the list."""

    def save() -> str:
        messages.success(request, decide(Reader(request.POST)))
        return reverse("planning:baselines", args=[project.pk])

    return form_page(request, page, save)


def _list_of(project: Project) -> tuple[str, str]:
    """The list of baselines, to which their forms lead back."""
    return _("Baselines"), reverse("planning:baselines", args=[project.pk])


def _said_of(baseline: PlanBaseline) -> str:
    """Kind, day and taker, reason and reference of a baseline, in a line."""
    taken = _("%(kind)s, taken on %(day)s by %(who)s.") % {
        "kind": baseline.get_kind_display(),
        "day": written(baseline.taken_on),
        "who": baseline.taken_label,
    }
    return " ".join(part for part in (taken, baseline.reason, baseline.reference) if part)


def _effect_of(request: HttpRequest, baseline: PlanBaseline) -> Notice:
    """What approving would change against the promise that counts now."""
    project = baseline.project
    key = str(baseline.pk)
    if not any(row.is_pmb for row in queries.baselines_of(project)):
        return Notice("info", _("Nothing was promised before; it becomes number 0."))
    found = services.compare_baselines(
        actor=actor_of(request), project=project, left="pmb", right=key
    )
    text = _(
        "Against ‘%(before)s’ the finish moves by %(days)s working days; %(late)s tasks later, "
        "of these %(milestones)s milestones; %(new)s new, %(gone)s gone."
    ) % {
        "before": found.left.label,
        "days": signed(found.finish_days, 1),
        "late": found.sums.late,
        "milestones": found.sums.milestones_late,
        "new": found.sums.unbaselined,
        "gone": found.sums.gone,
    }
    href = reverse("planning:baseline-compare", args=[project.pk]) + f"?right={key}"
    return Notice("info", text, href, _("Compare them"))
