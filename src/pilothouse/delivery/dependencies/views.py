# SPDX-License-Identifier: Apache-2.0
"""Pages of dependencies between projects: lists, one of them, and its steps."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.dependencies import queries, rules, services
from pilothouse.delivery.dependencies.models import TEXT_LENGTH, TITLE_LENGTH, PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.delivery.dependencies.words import (
    DRIVE_WORDS,
    EMPTY_WORDS,
    FILTER_WORDS,
    STEP_LEADS,
    STEP_WORDS,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    form_page,
    site_of,
)
from pilothouse.foundation.core.parsing import Reader, page_number

LARGEST_UID = 2_147_483_647


@require_GET
def every(request: HttpRequest) -> HttpResponse:
    """All dependencies in sight, the least slack first."""
    page = queries.dependency_list(
        actor_of(request),
        only=request.GET.get("only", "open"),
        page=page_number(request.GET),
    )
    context = {
        "page": page,
        "filters": [(name, FILTER_WORDS[name], page.counts[name]) for name in queries.FILTERS],
        "nothing": EMPTY_WORDS[page.only],
        "address": address_of(request),
        "step_words": STEP_WORDS,
    }
    return render(request, "dependencies/list.html", context)


@require_GET
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """What a project gives and gets."""
    page = queries.project_dependencies(actor_of(request), project_id)
    return render(request, "dependencies/project.html", {"page": page, "step_words": STEP_WORDS})


@require_GET
def one(request: HttpRequest, dependency_id: int) -> HttpResponse:
    """One dependency with the history of its dates."""
    page = queries.dependency_page(actor_of(request), dependency_id)
    return render(
        request,
        "dependencies/one.html",
        {"page": page, "step_words": STEP_WORDS, "drive_words": DRIVE_WORDS},
    )


@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, project_id: int) -> HttpResponse:
    """Propose a dependency: first with which project, then of which tasks."""
    actor = actor_of(request)
    project = queries.proposing_project(actor, project_id)
    other_id = request.GET.get("other", "")
    if not other_id.isdecimal() or len(other_id) > 15:
        return _choose_partner(request, project)
    other = queries.partner_project(actor, int(other_id))
    side = Side.RECEIVER if request.GET.get("side") == Side.RECEIVER else Side.GIVER
    giver, receiver = (project, other) if side is Side.GIVER else (other, project)

    def save() -> str:
        reader = Reader(request.POST)
        uid = reader.whole("giver_uid", 1, LARGEST_UID)
        waits = reader.whole("receiver_uid", 0, LARGEST_UID, default=0)
        proposal = services.Proposal(
            giver=giver,
            giver_uid=uid,
            receiver=receiver,
            receiver_uid=waits or None,
            deliverable=reader.text("deliverable", TITLE_LENGTH, required=True),
            need_date=reader.day("need_date"),
            promised_date=reader.day("promised_date"),
            note=reader.text("note", TEXT_LENGTH),
        )
        reader.check("dependencies.entry")
        row = services.propose_dependency(
            actor=actor, proposal=proposal, side=side, site=site_of(request)
        )
        messages.success(request, _("‘%(name)s’ is proposed.") % {"name": row.deliverable})
        return reverse("dependencies:one", args=[row.pk])

    lead = _("%(giver)s delivers to %(receiver)s.") % {
        "giver": f"{giver.code} {giver.name}",
        "receiver": f"{receiver.code} {receiver.name}",
    }
    page = _of_project_page(
        project,
        _("Propose a dependency"),
        [Section("", _proposal_fields(giver, receiver))],
        lead=lead,
        submit=_("Propose"),
    )
    return form_page(request, page, save)


def _choose_partner(request: HttpRequest, project: Project) -> HttpResponse:
    partners = queries.partners_of(actor_of(request), project)
    fields = [
        Field(
            "side",
            _("Who delivers"),
            "select",
            True,
            options=[
                (Side.GIVER.value, _("%(code)s gives") % {"code": project.code}),
                (Side.RECEIVER.value, _("%(code)s gets") % {"code": project.code}),
            ],
        ),
        Field(
            "other",
            _("The other project"),
            "select",
            True,
            _("Projects of this office that you see and that have a plan."),
            options=[("", "")] + [(str(row.pk), str(row)) for row in partners],
        ),
    ]
    nobody = [Notice("warning", _("No other project with a plan is in your sight."))]

    def go_on() -> str:
        reader = Reader(request.POST)
        side = reader.choice("side", [item.value for item in Side])
        other = reader.choice("other", [str(row.pk) for row in partners])
        reader.check("dependencies.entry")
        return request.path + "?" + urlencode({"side": side, "other": other})

    page = _of_project_page(
        project,
        _("Propose a dependency"),
        [Section("", fields)],
        lead=_("Choose the project at the other end; its tasks follow."),
        submit=_("Go on"),
        notices=[] if partners else nobody,
    )
    return form_page(request, page, go_on)


def _task_field(name: str, label: str, project: Project, hint: str, required: bool) -> Field:
    tasks = queries.tasks_offered(project)
    if tasks is None:
        by_number = _("Its ID in the plan, which has too many tasks for a list.")
        return Field(name, label, "number", required, f"{by_number} {hint}".strip())
    options = [("", "")] + [(str(uid), text) for uid, text in tasks]
    return Field(name, label, "select", required, hint, options=options, wide=True)


def _proposal_fields(giver: Project, receiver: Project) -> list[Field]:
    return [
        Field("deliverable", _("What is delivered"), required=True, wide=True),
        _task_field(
            "giver_uid", _("Task of %(code)s that makes it") % {"code": giver.code}, giver, "", True
        ),
        _task_field(
            "receiver_uid",
            _("Task of %(code)s that waits for it") % {"code": receiver.code},
            receiver,
            _("May stay empty, where no task waits yet."),
            False,
        ),
        Field(
            "need_date",
            _("Needed on"),
            "date",
            hint=_("The start of the task that waits, if left empty."),
        ),
        Field(
            "promised_date",
            _("Promised for"),
            "date",
            hint=_("The finish of the task that makes it, if left empty."),
        ),
        Field("note", _("Note"), "textarea", wide=True),
    ]


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, dependency_id: int, step: str) -> HttpResponse:
    """Take one step of a dependency, with its consequence before one's eyes."""
    actor = actor_of(request)
    row = queries.dependency_of(actor, dependency_id)
    if step not in STEP_LEADS:
        raise NotFound("dependencies.step", "There is no such step of a dependency.")
    taken = Step(step)
    if request.method == "GET":
        rules.require_step(actor, row, taken)
    reasoned = rules.WAYS[taken].reasoned
    fields = [Field("reason", _("Why"), "textarea", True, wide=True)] if reasoned else []
    page = _of_one_page(
        row,
        str(STEP_WORDS[taken]),
        Section("", fields, "" if fields else str(STEP_LEADS[taken])),
        lead=str(STEP_LEADS[taken]) if fields else "",
        danger=taken is Step.CANCEL,
    )

    def save() -> str:
        reader = Reader(request.POST)
        version, reason = reader.version(), reader.text("reason", TEXT_LENGTH)
        reader.check("dependencies.entry")
        done = services.take_step(
            actor=actor,
            dependency=row,
            step=taken,
            version=version,
            reason=reason,
            site=site_of(request),
        )
        state = done.get_state_display().lower()
        messages.success(
            request, _("‘%(name)s’ is %(state)s.") % {"name": done.deliverable, "state": state}
        )
        return reverse("dependencies:one", args=[done.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def dates(request: HttpRequest, dependency_id: int) -> HttpResponse:
    """Put other dates; the other side must agree again."""
    actor = actor_of(request)
    row = queries.dependency_of(actor, dependency_id)
    settles = rules.may_arbitrate(grants_of(actor), row, clock.today())
    if request.method == "GET" and not settles:
        rules.require_step(actor, row, Step.DATES)
    lead = (
        _("What you put settles it: the dates are agreed for both sides.")
        if settles
        else _("Whoever does not put them must agree again.")
    )
    fields = [
        Field("need_date", _("Needed on"), "date", True),
        Field("promised_date", _("Promised for"), "date", True),
        Field("reason", _("Why"), "textarea", True, wide=True),
    ]
    page = _of_one_page(
        row,
        _("Settle the dates") if settles else str(STEP_WORDS[Step.DATES]),
        Section("", fields),
        lead=lead,
        initial={
            "need_date": row.need_date.isoformat(),
            "promised_date": row.promised_date.isoformat(),
        },
    )

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        need = reader.day("need_date", required=True)
        promised = reader.day("promised_date", required=True)
        reason = reader.text("reason", TEXT_LENGTH)
        reader.check("dependencies.entry")
        done = services.change_dates(
            actor=actor,
            dependency=row,
            need_date=need,
            promised_date=promised,
            reason=reason,
            version=version,
            site=site_of(request),
        )
        messages.success(request, _("The dates of ‘%(name)s’ are kept.") % {"name": done})
        return reverse("dependencies:one", args=[done.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def drive(request: HttpRequest, dependency_id: int) -> HttpResponse:
    """Say what keeps the task that waits from an earlier start."""
    actor = actor_of(request)
    row = queries.dependency_of(actor, dependency_id)
    if request.method == "GET" and not queries.may_drive(actor, row, grants_of(actor)):
        raise NotAllowed(
            "dependencies.not_driven",
            "Who may change the plan that waits says what drives it, once both sides agreed.",
        )
    options = [(value, str(DRIVE_WORDS[value])) for value in PlanDependency.Drive]
    page = _of_one_page(
        row,
        _("What drives the task that waits"),
        Section("", [Field("drive", _("It starts no earlier than"), "select", True, "", options)]),
        lead=_(
            "The plan is told by itself, now and with every change; it shows the reason. "
            "With nothing chosen the dependency is only watched."
        ),
        submit=_("Keep"),
        initial={"drive": row.drive},
    )

    def save() -> str:
        reader = Reader(request.POST)
        version, chosen = reader.version(), reader.choice("drive", list(PlanDependency.Drive))
        reader.check("dependencies.entry")
        services.drive_receiver(
            actor=actor,
            dependency=row,
            drive=PlanDependency.Drive(chosen),
            version=version,
            site=site_of(request),
        )
        messages.success(request, _("Kept; the plan is told within seconds."))
        return reverse("dependencies:one", args=[row.pk])

    return form_page(request, page, save)


def _of_project_page(
    project: Project,
    title: str,
    sections: Sequence[Section],
    *,
    lead: str,
    submit: str,
    notices: Sequence[Notice] = (),
) -> FormPage:
    back = reverse("dependencies:project", args=[project.pk])
    return FormPage(
        title=title,
        crumbs=[
            (project.code, reverse("portfolio:project", args=[project.pk])),
            (_("Plan"), reverse("planning:plan", args=[project.pk])),
            (_("Dependencies"), back),
            (title, ""),
        ],
        sections=sections,
        submit=submit,
        cancel=back,
        lead=lead,
        notices=notices,
    )


def _of_one_page(
    row: PlanDependency,
    title: str,
    section: Section,
    *,
    lead: str,
    submit: str = "",
    initial: dict[str, str] | None = None,
    danger: bool = False,
) -> FormPage:
    back = reverse("dependencies:one", args=[row.pk])
    return FormPage(
        title=title,
        crumbs=[
            (_("Dependencies"), reverse("dependencies:list")),
            (row.deliverable, back),
            (title, ""),
        ],
        sections=[section],
        submit=submit or title,
        cancel=back,
        lead=lead,
        initial=initial or {},
        version=row.version,
        danger=danger,
    )
