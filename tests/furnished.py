# SPDX-License-Identifier: Apache-2.0
"""The cast's offices with something of everything in them, for whoever walks through all pages."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from cast import PASSWORD, SYSTEM, Cast, appoint, assemble, make_project, person
from furnished_budgets import Budgets, budgets_of
from furnished_ledger import Books, books_of
from furnished_money import Desk, desk_of
from furnished_registers import Raid, registers_of
from furnished_value import value_of
from pilothouse.delivery.agile import services as agile
from pilothouse.delivery.agile.lines import read_lines
from pilothouse.delivery.agile.models import BacklogItem, Release, Sprint
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side
from pilothouse.delivery.dependencies.services import Proposal, propose_dependency
from pilothouse.delivery.estimates import services as estimates
from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models import FinancialCase, Forecast
from pilothouse.delivery.finance.services import cases
from pilothouse.delivery.planning.models import PlanBaseline, PlanTemplate, Sandbox, Task
from pilothouse.delivery.planning.services import (
    Asked,
    approve_baseline,
    begin_plan,
    edit_plan,
    import_plan,
    keep_template,
    link_person,
    make_sandbox,
    receive_plan,
    take_baseline,
)
from pilothouse.delivery.planning.tests.files import QUAY, TASKS
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.services import Report, mail_week, report
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Project, StrategicObjective, Workstream
from pilothouse.delivery.projects.rules import portfolio_scopes, project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import facts_of, publish_snapshot
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.services import save_view
from pilothouse.exchange.models import ImportJob, PublishedFile
from pilothouse.exchange.services import (
    Reading,
    SourceFile,
    apply_import,
    check_import,
    load_years,
    receive_backlog,
    start_import,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.accounts import codes
from pilothouse.foundation.accounts.models import User, UserSession
from pilothouse.foundation.accounts.services import (
    begin_session,
    create_token,
    create_user,
    switch_on_second_factor,
)
from pilothouse.foundation.accounts.sessions import SessionStore
from pilothouse.foundation.organisation.models import Calendar, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import save_calendar, save_custom_field
from pilothouse.foundation.scanning.models import IncomingContent, IncomingFile
from pilothouse.retention.models import Kind, LegalHold, RetentionRun
from pilothouse.retention.services import place_hold, release_hold, set_rule

PUBLISHED = (
    "project_name,department,colour_rating,start_date,end_date,wlc_baseline (£m),year\n"
    "Harbour,MOD,Amber,01/02/2020,31/12/2025,120.5,2022\nPier,HO,Blue,,,,2022\n"
)
HALF_IN = "sam"
"""Has a second factor; who walks as him has given the password, and is asked for the code."""

WEEK = [[[480, 720], [780, 1020]]] * 5 + [[], []]


@dataclass
class Furnished:
    """The cast and one row of each kind."""

    cast: Cast
    root: User
    objective: StrategicObjective
    workstream: Workstream
    snapshot: PerformanceSnapshot
    waiting: PlanBaseline
    sandbox: Sandbox
    template: PlanTemplate
    bond: PlanDependency
    item: BacklogItem
    sprint: Sprint
    over: Sprint
    release: Release
    estimate: Estimate
    case: FinancialCase
    unplanned: Project
    unpromised: Project
    view: SavedView
    field: CustomField
    calendar: Calendar
    assignment: RoleAssignment
    delegation: Delegation
    week_link: str
    password_link: tuple[str, str]
    mapping: ImportJob
    checked: ImportJob
    applied: ImportJob
    published: PublishedFile
    session: UserSession
    files: dict[str, IncomingFile]
    hold: LegalHold
    desk: Desk
    forecast: Forecast
    budgets: Budgets
    books: Books
    raid: Raid


def _projects(cast: Cast, day: date) -> None:
    """A list with every colour, a late one, one without figures and one that is over."""
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("CRANE", "Cranes of berth four", {"stated_colour": "red", "state": "executing"}),
        ("LIGHT", "Harbour lights", {"stated_colour": "amber", "state": "planning"}),
        ("RAIL", "Rail sidings", {"state": "authorised"}),
        ("DONE", "Customs hall", {"state": "closed", "stated_colour": "green"}),
    ]
    for number, (code, name, values) in enumerate(rows):
        make_project(
            cast.portfolio,
            code,
            name,
            pm=cast.piet,
            stated_comment="As the manager sees it." if number < 2 else "",
            planned_start=day - timedelta(days=200),
            planned_finish=day + timedelta(days=30 * number - 20),
            baseline_start=day - timedelta(days=200),
            baseline_finish=day - timedelta(days=90 - 40 * number),
            **values,
        )


def _published(cast: Cast, day: date) -> PerformanceSnapshot:
    return publish_snapshot(
        actor=SYSTEM,
        project=cast.harbour,
        facts=facts_of(cast.harbour, day, None),
        status_date=day,
        source="Quarterly report",
        values={"stated_colour": "amber", "stated_comment": "The dredger is late."},
    )


def _promised(cast: Cast) -> PlanBaseline:
    """What the file promised, what replaced it, and one that waits for Vera or Sam."""
    taken = []
    vera = person("Vera Example")
    here = cast.office.pk, portfolio_scopes(cast.portfolio)
    appoint(vera, Role.PFM, ("portfolio", cast.portfolio.pk), *here)
    for name, change in (("After the survey of old piles", "CR-7"), ("Winter works", "CR-9")):
        asked = Asked("replan", name, "The bed is softer than the borings said.", change)
        row = take_baseline(actor=cast.piet.actor(), project=cast.harbour, asked=asked)
        taken.append(row)
        if len(taken) == 1:
            approve_baseline(actor=vera.actor(), baseline=row, version=1, note="As discussed")
    return taken[-1]


def _tried(cast: Cast) -> Sandbox:
    """A sandbox in which a task is shorter, while the plan changed the same and another task."""
    here = {"actor": cast.piet.actor(), "project": cast.harbour}
    made = make_sandbox(**here, name="Second dredger <from May>", purpose="Gain a week")
    rows = list(Task.objects.filter(plan__project=cast.harbour, summary=False)[:2])
    put = [{"do": "set", "uid": row.uid, "field": "priority", "value": 600} for row in rows]
    edit_plan(**here, sandbox=made, steps=put)
    edit_plan(**here, steps=[put[0] | {"value": 700}])
    return made


def _bond(cast: Cast) -> PlanDependency:
    """What the quay gives to another project of Piet's, whose only task waits for it."""
    today = timezone.localdate()
    receiver = make_project(cast.portfolio, "LAMPS", "Lamps <rev. B>", pm=cast.piet)
    appoint(cast.piet, Role.PM, ("project", receiver.pk), cast.office.pk, project_scopes(receiver))
    begin_plan(actor=SYSTEM, project=receiver, start=today)
    step = {"do": "add", "after": None, "tasks": [{"name": "Hang the lamps", "duration": "3d"}]}
    edit_plan(actor=SYSTEM, project=receiver, steps=[step])
    needed = today + timedelta(days=40)
    proposal = Proposal(cast.harbour, 2, receiver, 1, "Quay lights <rev. B>", needed)
    return propose_dependency(actor=SYSTEM, proposal=proposal, side=Side.GIVER)


def _sprints(cast: Cast, today: date) -> dict[str, Any]:
    """Three sprints that are over, one that runs, one that is planned, and a release."""
    actor, project = cast.piet.actor(), cast.harbour
    agile.begin_backlog(actor=actor, project=project, values={"sprint_days": 14})
    release = agile.save_release(
        actor=actor,
        project=project,
        release=None,
        values={
            "name": "Spring <tide>",
            "start": today - timedelta(days=60),
            "milestone_uid": 2,
            "planned_points": 20,
        },
    )
    text = "epic: Lights <north>\n" + "\n".join(f"Work of sprint {n} (5)" for n in range(5))
    drafts = read_lines(f"{text}\nbug: It flickers (3)\nLater\nMuch later (21)").drafts
    epic, *rest = agile.add_items(
        actor=actor,
        project=project,
        drafts=drafts,
        today=today - timedelta(days=60),
        common={"release": release},
    )
    sprints = []
    for number in range(5):
        first = today - timedelta(days=46 - 14 * number)
        days = {"start": first, "finish": first + timedelta(days=11)}
        sprint = agile.plan_sprint(
            actor=actor, project=project, values={"name": "", "goal": "Light", **days}
        )
        sprints.append(sprint)
        items = rest[number : number + 1] + rest[5:6] * (number == 3)
        agile.change_items(
            actor=actor,
            project=project,
            ids=[row.pk for row in items],
            values={"sprint": sprint, "epic": epic, "owner": cast.tess},
            today=first,
        )
        if number == 4:
            break
        agile.start_sprint(actor=actor, sprint=sprint, version=None, today=first)
        agile.move_on_board(actor=actor, item=rest[number], state="done", version=None, today=first)
        if number < 3:
            done = {"actor": actor, "version": None, "today": days["finish"]}
            agile.close_sprint(sprint=sprint, **done)
    return {"item": rest[5], "sprint": sprints[3], "over": sprints[2], "release": release}


def _cases(cast: Cast) -> FinancialCase:
    """An approved financial case of Harbour with what is expected now; returns one that waits."""

    def submitted(costs: int) -> FinancialCase:
        flows = {2026: Flows(Decimal(costs), Decimal(0))}
        flows |= {year: Flows(Decimal(0), Decimal(300_000)) for year in range(2027, 2031)}
        case = cases.draft_case(
            actor=cast.piet.actor(),
            project=cast.harbour,
            first_year=2026,
            rate_pct=Decimal(8),
            flows=flows,
            reason="Deeper <water> & larger ships",
        )
        return cases.submit_case(actor=cast.sam.actor(), case=case, version=None)

    cases.approve_case(actor=SYSTEM, case=submitted(900_000), version=None)
    cases.expect_benefits(
        actor=cast.piet.actor(),
        project=cast.harbour,
        benefits=dict.fromkeys(range(2027, 2030), Decimal(280_000)),
        reason="One <line> less",
        version=None,
    )
    return submitted(950_000)


def _estimates(cast: Cast, today: date) -> Estimate:
    """Two estimates of the dredging, one of the whole project; returns the one that waits."""
    actor = cast.piet.actor()
    points = {"least": Decimal(3), "likely": Decimal(6), "most": Decimal(12)}
    quantity = {
        "quantity": Decimal(340),
        "rate": Decimal("0.02"),
        "factors": [Decimal("1.1")],
        "source": "Handbook <of quays>",
    }
    made = [
        estimates.make_estimate(
            actor=actor,
            project=cast.harbour,
            asked=estimates.Asked(*what, "Borings of <last> year"),
            today=today - timedelta(days=9),
        )
        for what in (
            (2, "days", "parametric", "rough", quantity),
            (2, "days", "three_point", "budget", points),
            (None, "cost", "triangular", "budget", points),
        )
    ]
    return made[1]


def _kept(cast: Cast) -> LegalHold:
    """Rules of two kinds, a hold that stands and one that was released, and what a run removed."""
    here = {"actor": cast.ada.actor(), "office": cast.office}
    for kind, months in ((Kind.TRAIL, 120), (Kind.IMPORTS, 18)):
        set_rule(**here, kind=kind, keep_months=months, version=None, reason="As the board decided")
    over = place_hold(
        **here, scope_type="portfolio", scope_id=cast.portfolio.pk, reason="An inquiry"
    )
    release_hold(actor=cast.ada.actor(), hold=over, version=1, reason="It has ended")
    RetentionRun.objects.create(
        office=cast.office,
        finished_at=timezone.now(),
        removed={Kind.TRAIL: 1204, Kind.IMPORTS: 3},
        kept_from={Kind.TRAIL: "2016-11-26", Kind.IMPORTS: "2025-05-26"},
    )
    RetentionRun.objects.create(office=cast.office, removed={Kind.TRAIL: 2000})
    return place_hold(
        **here, scope_type="project", scope_id=cast.harbour.pk, reason="The court asked for it"
    )


def _uploaded(cast: Cast, name: str, text: str) -> ImportJob:
    return start_import(
        actor=cast.ada.actor(),
        office=cast.office,
        file_name=name,
        data=text.encode(),
        portfolio=cast.portfolio,
    )


def _checked(cast: Cast, name: str, text: str) -> ImportJob:
    job = _uploaded(cast, name, text)
    return check_import(
        actor=cast.ada.actor(),
        job_id=job.pk,
        version=job.version,
        reading=Reading(
            mapping={int(column): field for column, field in job.mapping.items()},
            encoding=job.encoding,
            delimiter=job.delimiter,
            portfolio=job.portfolio,
        ),
    )


def _applied(cast: Cast) -> ImportJob:
    job = _checked(cast, "pier.csv", "Code,Name\nPIER,New pier\n")
    return apply_import(actor=cast.ada.actor(), job_id=job.pk, version=job.version)


def _year(today: date) -> PublishedFile:
    """A published year in an office of its own, which Grace heads."""
    load_years(actor=SYSTEM, files=[SourceFile("gmpp_2022.csv", PUBLISHED.encode())], today=today)
    file = PublishedFile.objects.get()
    grace = person("Grace Example")
    scopes = unit_scopes(OrgUnit.objects.get(pk=file.office_id))
    appoint(grace, Role.DIR, ("org_unit", file.office_id), file.office_id, scopes)
    return file


def _elsewhere(user: User) -> UserSession:
    """Somebody is signed in on a phone, too."""
    store = SessionStore()
    store.create()
    return begin_session(
        user=user, key=store.session_key or "", client="Safari, iPhone", now=timezone.now()
    )


def give_second_factor(user: User) -> list[str]:
    """Ask this person for a code after the password; the codes of an hour ago are used up.

    Returns the recovery codes.
    """
    now, seed = timezone.now() - timedelta(hours=1), codes.new_seed()
    step = int(now.timestamp()) // codes.STEP_SECONDS
    return switch_on_second_factor(
        actor=user.actor(),
        user=user,
        seed=seed,
        code=codes.code_at(codes.key_of(seed), step),
        password=PASSWORD,
        now=now,
    )


def _incoming(cast: Cast) -> dict[str, IncomingFile]:
    """A plan for each state that a file can have which the scanner did not find clean at once."""
    said = {
        "held": "The scanner cannot be reached (Connection refused).",
        "released": "",
        "found": "The scanner found Win.Test.EICAR_HDB-1.",
        "refused": "Your roles do not allow you to import a plan of project HARB.",
        "withdrawn": "Withdrawn before the scanner had answered.",
    }
    found = {}
    for state, reason in said.items():
        found[state] = IncomingFile.objects.create(
            office=cast.office,
            door="plan",
            object_id=cast.harbour.pk,
            place="HARB Harbour",
            file_name=f"quay-{state}.xml",
            sha256="0123456789abcdef" * 4,
            size_bytes=48_213,
            state=state,
            reason=reason,
            signature="Win.Test.EICAR_HDB-1" if state == "found" else "",
            tries=2,
            next_try_at=timezone.now() if state == "held" else None,
            ended_at=None if state == "held" else timezone.now(),
            result_id=cast.harbour.pk if state == "released" else None,
            created_by=cast.piet,
        )
    IncomingContent.objects.create(file=found["held"], content=zlib.compress(QUAY.encode()))
    return found


def _week(cast: Cast, today: date) -> str:
    """Tess is on a task of the plan and has reported on it; the link of a mail to her."""
    actor = cast.piet.actor()
    link_person(actor=actor, project=cast.harbour, uid=1, person=cast.tess, version=None)
    said = Report(
        cast.harbour.pk, 2, percent=Decimal(40), remark="Rock below the silt", need_help=True
    )
    report(
        actor=cast.tess.actor(),
        person=cast.tess,
        reports=[said],
        door=TaskUpdate.Door.PAGE,
        today=today,
    )
    projects = [cast.harbour.pk]
    mail_week(person_id=cast.tess.pk, projects=projects, site="http://pmo", today=today)
    found = re.search(r"http://pmo/week/(\S+)/", mail.outbox[-1].body)
    assert found
    return found[1]


def furnish() -> Furnished:
    """Put something of everything into the first office of the cast."""
    cast, today = assemble(), timezone.localdate()
    director, office = cast.ada.actor(), cast.office
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    snapshot = _published(cast, today - timedelta(days=100))
    _projects(cast, today)
    import_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        source=BytesIO(QUAY.encode()),
        file_name="quay.xml",
    )
    receive_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        source=BytesIO(TASKS.encode()),
        file_name="quay.csv",
    )
    receive_backlog(
        actor=cast.piet.actor(),
        project=cast.harbour,
        file_name="list.csv",
        data=b"Title,Points,State\nLight the quay,3,To do\nPaint it,many,\n",
    )
    week_link = _week(cast, today)
    create_token(actor=cast.ada.actor(), user=cast.ada, name="Warehouse", may_write=False)
    unpromised = Project.objects.get(code="LIGHT")
    begin_plan(actor=SYSTEM, project=unpromised, start=today)
    give_second_factor(cast.people[HALF_IN])
    return Furnished(
        cast=cast,
        files=_incoming(cast),
        root=create_user(
            actor=SYSTEM,
            email="root@example.org",
            full_name="Root Example",
            password="a-quay-with-no-name",
            is_system_admin=True,
        ),
        hold=_kept(cast),
        desk=desk_of(cast, today),
        forecast=value_of(cast, today),
        budgets=budgets_of(cast, today),
        books=books_of(cast, today),
        raid=registers_of(cast, today),
        objective=projects.save_objective(
            actor=director,
            office=office,
            objective=None,
            values={"code": "O1", "title": "Ships wait less"},
        ),
        workstream=projects.save_workstream(
            actor=cast.piet.actor(),
            project=cast.harbour,
            workstream=None,
            values={"name": "Ground works", "lead": cast.tess},
        ),
        snapshot=snapshot,
        waiting=_promised(cast),
        sandbox=_tried(cast),
        template=keep_template(
            actor=director, project=cast.harbour, name="Quay works <rev. B>", kind="Construction"
        ),
        bond=_bond(cast),
        **_sprints(cast, today),
        estimate=_estimates(cast, today),
        case=_cases(cast),
        unplanned=Project.objects.get(code="RAIL"),
        unpromised=unpromised,
        view=save_view(
            actor=director,
            name="Late ones",
            query="?attention=late&group=phase",
            shared_office_id=office.pk,
            today=today,
        ),
        field=save_custom_field(
            actor=director,
            office=office,
            field=None,
            label="Berth",
            kind="choice",
            choices=["North", "South"],
        ),
        calendar=save_calendar(
            actor=director,
            office=office,
            calendar=None,
            name="Tides",
            week=WEEK,
            exceptions=[],
            is_default=True,
        ),
        assignment=RoleAssignment.objects.get(person=cast.tess),
        delegation=delegate(
            actor=director,
            from_person=cast.ada,
            to_person=cast.rosa,
            actions="R",
            valid_from=today,
            valid_to=today + timedelta(days=20),
            reason="Holiday",
        ),
        week_link=week_link,
        password_link=(
            urlsafe_base64_encode(force_bytes(cast.otto.pk)),
            default_token_generator.make_token(cast.otto),
        ),
        mapping=_uploaded(cast, "later.csv", "Code,Name,Finish\nLATE,Later,2028-06-30\n"),
        checked=_checked(cast, "mixed.csv", "Code,Name,Budget\nNEW,New one,5\nHARB,Harbour,much\n"),
        applied=_applied(cast),
        published=_year(today),
        session=_elsewhere(cast.ada),
    )
