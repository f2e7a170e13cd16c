# SPDX-License-Identifier: Apache-2.0
"""The people of plans, and what they report on their tasks each week."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.planning.models import PlanResource
from pilothouse.delivery.planning.queries import PlanPerson, open_project, people_page
from pilothouse.delivery.planning.rules import Verb
from pilothouse.delivery.planning.services import add_person, link_person
from pilothouse.delivery.progress import services
from pilothouse.delivery.progress.models import OfficeRhythm, Rhythm, TaskUpdate
from pilothouse.delivery.progress.queries import (
    WeekRow,
    asks_on,
    rhythm_of,
    rhythm_of_office,
    updates_page,
    week_of,
)
from pilothouse.delivery.progress.rules import require_confirm
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.faces.api.auth import actor_of, user_of
from pilothouse.faces.api.endpoints.common import (
    IfMatch,
    creates,
    person_ref,
    read,
    ref,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, page_of, reply, version_of, whole
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import PersonRef
from pilothouse.faces.api.schemas_weekly import (
    AskPeople,
    ChosenUpdates,
    DecidedOut,
    LinksEnded,
    LinksOf,
    MailsOut,
    OfficeRhythmOut,
    OfficeRhythmPatch,
    PlanPersonLink,
    PlanPersonNew,
    PlanPersonOut,
    ReportedOut,
    RhythmOut,
    RhythmPatch,
    TaskReports,
    TaskUpdateOut,
    UpdatesNotTaken,
    WeekTaskOut,
)
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.pages import site_of
from pilothouse.foundation.organisation.queries import visible_people
from pilothouse.foundation.organisation.services import kept_office

router = Router(tags=["Weekly updates"])


def _present(row: PlanPerson) -> PlanPersonOut:
    return PlanPersonOut(
        resource_uid=row.uid,
        name=row.name,
        open_tasks=row.open_tasks,
        person=person_ref(row.user),
        suggested=person_ref(row.suggested),
        reports=row.reports,
    )


@router.get("/projects/{int:project_id}/plan/people", response=read(Page[PlanPersonOut]))
def list_plan_people(request: HttpRequest, project_id: int) -> HttpResponse:
    """Resources of the plan that work, and which account each is."""
    found = people_page(actor_of(request), project_id)
    return whole([_present(row) for row in found.people])


@router.put(
    "/projects/{int:project_id}/plan/people/{int:resource_uid}", response=updates(PlanPersonOut)
)
def link_plan_person(
    request: HttpRequest,
    project_id: int,
    resource_uid: int,
    payload: PlanPersonLink,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Say which account a resource is. If-Match: the ETag of the plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    person = None if payload.person_id is None else _person(actor, payload.person_id)
    made = link_person(
        actor=actor,
        project=project,
        uid=resource_uid,
        person=person,
        version=version_of(if_match),
    )
    return _linked(actor, project_id, made)


@router.post("/projects/{int:project_id}/plan/people", response=updates(PlanPersonOut))
def add_plan_person(
    request: HttpRequest, project_id: int, payload: PlanPersonNew, if_match: IfMatch = None
) -> HttpResponse:
    """Give the plan a resource that is somebody of the office. If-Match: the ETag of the plan."""
    actor = actor_of(request)
    project, _ = open_project(actor, project_id, Verb.CHANGE)
    person = _person(actor, payload.person_id)
    made = add_person(actor=actor, project=project, person=person, version=version_of(if_match))
    return _linked(actor, project_id, made)


def _person(actor: Actor, person_id: int) -> User:
    row = visible_people(actor).filter(pk=person_id).first()
    if row is None:
        raise unknown("person_id", "There is no such person in your organisation.")
    return row


def _linked(actor: Actor, project_id: int, made: PlanResource) -> HttpResponse:
    page = people_page(actor, project_id)
    row = next(row for row in page.people if row.uid == made.uid)
    return reply(_present(row), version=page.plan.version)


def _update(row: TaskUpdate) -> TaskUpdateOut:
    return TaskUpdateOut(
        id=row.pk,
        task_uid=row.task_uid,
        task_name=row.task_name,
        person=PersonRef(id=row.person_id, name=row.person.full_name),
        entered_by=PersonRef(id=row.entered_by_id, name=row.entered_by.full_name),
        at=row.at,
        door=row.door,
        percent=row.percent,
        remaining_minutes=row.remaining_minutes,
        started=row.started,
        finished=row.finished,
        expected_finish=row.expected_finish,
        remark=row.remark,
        need_help=row.need_help,
        state=row.state,
        decided_at=row.decided_at,
        decided_by=row.decided_by_label,
        reason=row.reason,
    )


def _task(project: Project, row: WeekRow) -> WeekTaskOut:
    return WeekTaskOut(
        project=ref(project),
        task_uid=row.uid,
        name=row.name,
        path=row.path,
        milestone=row.milestone,
        start=row.start,
        finish=row.finish,
        started=row.begun,
        percent=row.percent,
        remaining_minutes=row.left_minutes,
        late=row.late,
        stale=row.stale,
        waiting=_update(row.said) if row.waits else None,
        not_taken=row.refused,
    )


@router.get("/me/week", response=read(Page[WeekTaskOut]))
def read_my_week(request: HttpRequest) -> HttpResponse:
    """Own tasks that are due within two weeks, under way or late."""
    week = week_of(actor_of(request), clock.today())
    return whole([_task(group.project, row) for group in week.groups for row in group.rows])


@router.post("/me/week", response=creates(ReportedOut))
def report_my_week(request: HttpRequest, payload: TaskReports) -> HttpResponse:
    """Report on own tasks, all or none.

    What a manager reports, and on projects that say so what the team does, counts at once; the
    rest once it is confirmed. A later update of a task replaces one that waits.
    """
    done = services.report(
        actor=actor_of(request),
        person=user_of(request),
        reports=[
            services.Report(
                project_id=row.project_id,
                uid=row.task_uid,
                percent=row.percent,
                remaining_minutes=row.remaining_minutes,
                started=row.started,
                finished=row.finished,
                expected_finish=row.expected_finish,
                remark=row.remark,
                need_help=row.need_help,
            )
            for row in payload.updates
        ],
        door=TaskUpdate.Door.API,
        today=clock.today(),
    )
    return reply(ReportedOut(updates=done.updates, counted=done.counted), status=201)


@router.post("/me/week/links/end", response=read(LinksEnded))
def end_my_links(request: HttpRequest) -> LinksEnded:
    """End the links in mails to oneself that open own tasks without sign-in."""
    return LinksEnded(links=services.end_links(actor=actor_of(request), person=user_of(request)))


@router.get("/projects/{int:project_id}/updates", response=read(Page[TaskUpdateOut]))
def list_updates(
    request: HttpRequest,
    project_id: int,
    paging: Query[Paging],
    state: Annotated[
        Literal["", "submitted", "confirmed", "rejected", "superseded"],
        Query(description="Narrow the list."),
    ] = "",
) -> HttpResponse:
    """What people reported on tasks of a project, the latest first; the team sees the own ones."""
    actor = actor_of(request)
    seen = updates_page(actor, project_id)
    rows = TaskUpdate.objects.filter(project=seen.project).select_related("person", "entered_by")
    if seen.own_only:
        rows = rows.filter(person_id=actor.user_id)
    if state:
        rows = rows.filter(state=state)
    return page_of(request, rows.order_by("-pk"), paging, _update)


@router.post("/projects/{int:project_id}/updates/confirm", response=creates(DecidedOut))
def confirm_updates(request: HttpRequest, project_id: int, payload: ChosenUpdates) -> HttpResponse:
    """Enter updates into the plan, all or none, with one new schedule."""
    actor = actor_of(request)
    outcome = services.confirm_updates(
        actor=actor,
        project=get_project(actor, project_id),
        chosen=dict.fromkeys(payload.update_ids),
    )
    made = DecidedOut(
        updates=len(set(payload.update_ids)),
        finish_before=outcome.finish_before if outcome else None,
        finish_after=outcome.finish_after if outcome else None,
    )
    return reply(made, status=201)


@router.post("/projects/{int:project_id}/updates/reject", response=creates(DecidedOut))
def reject_updates(request: HttpRequest, project_id: int, payload: UpdatesNotTaken) -> HttpResponse:
    """Do not take updates; whoever sent them reads why."""
    actor = actor_of(request)
    count = services.reject_updates(
        actor=actor,
        project=get_project(actor, project_id),
        updates=payload.update_ids,
        reason=payload.reason,
    )
    return reply(DecidedOut(updates=count), status=201)


@router.get("/projects/{int:project_id}/rhythm", response=read(RhythmOut))
def read_rhythm(request: HttpRequest, project_id: int) -> HttpResponse:
    """How the people of a project are asked for their updates."""
    return _rhythm(updates_page(actor_of(request), project_id).rhythm)


@router.patch("/projects/{int:project_id}/rhythm", response=updates(RhythmOut))
def update_rhythm(
    request: HttpRequest, project_id: int, payload: RhythmPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Say how they are asked, and whether what they say counts at once.

    Links of mails lead to the address under which this is asked.
    """
    actor = actor_of(request)
    project = _for_confirm(actor, project_id)
    now = rhythm_of(project)
    asked = payload.model_dump(exclude_unset=True)
    row = services.set_rhythm(
        actor=actor,
        project=project,
        by_mail=now.by_mail if payload.by_mail is None else payload.by_mail,
        weekday=asked.get("weekday", now.weekday),
        hour=asked.get("hour", now.hour),
        at_once=now.at_once if payload.at_once is None else payload.at_once,
        site=site_of(request),
        version=version_of(if_match),
    )
    return _rhythm(row)


def _rhythm(row: Rhythm) -> HttpResponse:
    day, hour = asks_on(row)
    told = RhythmOut(
        version=row.version,
        by_mail=row.by_mail,
        weekday=row.weekday,
        hour=row.hour,
        asks_on=day,
        asks_from=hour,
        at_once=row.at_once,
    )
    return reply(told, version=row.version)


@router.get("/offices/{int:office_id}/rhythm", response=read(OfficeRhythmOut))
def read_office_rhythm(request: HttpRequest, office_id: int) -> HttpResponse:
    """When the projects of an organisation ask that say no other; for those who may set it."""
    return _office_rhythm(rhythm_of_office(kept_office(actor_of(request), office_id).pk))


@router.patch("/offices/{int:office_id}/rhythm", response=updates(OfficeRhythmOut))
def update_office_rhythm(
    request: HttpRequest, office_id: int, payload: OfficeRhythmPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Say when they ask; what is not named stays."""
    actor = actor_of(request)
    office = kept_office(actor, office_id)
    now = rhythm_of_office(office.pk)
    row = services.set_rhythm_of_office(
        actor=actor,
        office=office,
        weekday=now.weekday if payload.weekday is None else payload.weekday,
        hour=now.hour if payload.hour is None else payload.hour,
        version=version_of(if_match),
    )
    return _office_rhythm(row)


def _office_rhythm(row: OfficeRhythm) -> HttpResponse:
    told = OfficeRhythmOut(version=row.version, weekday=row.weekday, hour=row.hour)
    return reply(told, version=row.version)


@router.post("/projects/{int:project_id}/updates/ask", response=creates(MailsOut))
def ask_for_updates(request: HttpRequest, project_id: int, payload: AskPeople) -> HttpResponse:
    """Mail people of the plan their tasks with a link that needs no sign-in; once a day at most."""
    actor = actor_of(request)
    mails = services.ask_now(
        actor=actor,
        project=get_project(actor, project_id),
        people=payload.person_ids,
        site=site_of(request),
    )
    return reply(MailsOut(mails=mails), status=201)


@router.post("/projects/{int:project_id}/updates/links/end", response=read(LinksEnded))
def end_links_of_person(request: HttpRequest, project_id: int, payload: LinksOf) -> LinksEnded:
    """End the links in mails to somebody of the plan."""
    actor = actor_of(request)
    project = _for_confirm(actor, project_id)
    page = updates_page(actor, project_id)
    person = next((row for row in page.people if row.pk == payload.person_id), None)
    if person is None:
        raise unknown("person_id", "There is no such person in this plan.")
    return LinksEnded(links=services.end_links(actor=actor, person=person, project=project))


def _for_confirm(actor: Actor, project_id: int) -> Project:
    project = get_project(actor, project_id)
    require_confirm(actor, project)
    return project
