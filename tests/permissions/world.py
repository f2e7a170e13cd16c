# SPDX-License-Identifier: Apache-2.0
"""One of everything in both offices, so that every address has something to point at."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

from django.utils import timezone
from world_budgets import budgets_of

from cast import SYSTEM, Cast, appoint, assemble, make_project
from pilothouse.delivery.agile import services as agile
from pilothouse.delivery.agile.lines import Draft
from pilothouse.delivery.agile.models import BacklogItem, Release, Sprint
from pilothouse.delivery.dependencies.rules import Side
from pilothouse.delivery.dependencies.services import Proposal, propose_dependency
from pilothouse.delivery.estimates.services import Asked, make_estimate
from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.ledger_effect import Posting
from pilothouse.delivery.finance.ledger_rows import Form
from pilothouse.delivery.finance.models import (
    AccountRule,
    Actual,
    CodeRule,
    FinancialCase,
    FiscalPeriod,
    FundingRelease,
)
from pilothouse.delivery.finance.services.accruals import NewAccrual, propose_accrual
from pilothouse.delivery.finance.services.cases import (
    approve_case,
    draft_case,
    expect_benefits,
    submit_case,
)
from pilothouse.delivery.finance.services.corrections import Rightly, propose_correction
from pilothouse.delivery.finance.services.cost_rates import NewCost, enter_cost_rate
from pilothouse.delivery.finance.services.exchange import NewRate, enter_rate
from pilothouse.delivery.finance.services.forecasts import begin_forecast
from pilothouse.delivery.finance.services.ledger import post_rows
from pilothouse.delivery.finance.services.ledger_uploads import receive_file
from pilothouse.delivery.finance.services.orders import NewLine, NewOrder, place_order
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.finance.services.reconciliation import reconcile
from pilothouse.delivery.finance.services.tellings import save_account_rule
from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.planning.models import PlanResource
from pilothouse.delivery.planning.tests.files import NIGHT, QUAY, TASKS
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.delivery.raid import models as raid
from pilothouse.delivery.raid.services import registering as raising
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.direction.performance.services.measures import set_measure
from pilothouse.direction.portfolio.services import save_view
from pilothouse.exchange.models import PublishedFile
from pilothouse.exchange.services import receive_backlog, start_import
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import begin_session, create_token
from pilothouse.foundation.accounts.sessions import SessionStore
from pilothouse.foundation.notifications.models import Notice
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.services import save_calendar, save_custom_field
from pilothouse.foundation.scanning.models import IncomingContent, IncomingFile
from pilothouse.retention.services import place_hold

WEEK = [[[480, 720], [780, 1020]]] * 5 + [[], []]
TABLE = "Code,Project,Portfolio\nNEW1,New crane,QUAY\n"

Places = dict[str, int | str]


def _day(days: int) -> date:
    """The services compare with today, so the days that are sent follow it."""
    return timezone.localdate() + timedelta(days=days)


def build() -> tuple[Cast, Places, Places]:
    """The cast with the numbers of everything in its office, and of the same in the other."""
    cast = assemble()
    abroad = projects.create_programme(
        actor=SYSTEM, portfolio=cast.other_portfolio, values={"code": "LAND", "name": "Landing"}
    )
    own = _furnish(cast.office, cast.portfolio, cast.programme, cast.harbour, cast.ada, cast.tess)
    foreign = _furnish(
        cast.other_office, cast.other_portfolio, abroad, cast.foreign, cast.nia, cast.nia
    )
    given = delegate(
        actor=cast.piet.actor(),
        from_person=cast.piet,
        to_person=cast.tess,
        actions="R",
        valid_from=_day(0),
        valid_to=_day(30),
        reason="Absent",
    )
    appoint(
        cast.piet,
        Role.TEM,
        ("project", int(own["partner_id"])),
        cast.office.pk,
        [("project", int(own["partner_id"])), *portfolio_scopes(cast.portfolio)],
    )
    planning.receive_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        source=BytesIO(TASKS.encode()),
        file_name="again.csv",
    )
    receive_backlog(
        actor=cast.piet.actor(),
        project=cast.harbour,
        file_name="list.csv",
        data=b"Title,Points\nNew,3\n",
    )
    feed, _ = planning.make_feed(
        actor=cast.piet.actor(), project=cast.harbour, kinds=["milestones"]
    )
    own |= {
        "aspect": "current",
        "link_id": own["raid_link_id"],
        "unit_id": cast.unit.pk,
        "delegation_id": given.pk,
        "other_person_id": cast.otto.pk,
        "rosa_id": cast.rosa.pk,
        "feed_id": feed.pk,
        "arrival_seen": planning.seen_of(planning.arrival_of(cast.piet.actor(), cast.harbour)),
    }
    foreign |= {
        "delegation_id": given.pk + 1000,
        "other_person_id": cast.otto.pk,
        "rosa_id": cast.rosa.pk,
        "feed_id": feed.pk + 1000,
    }
    return cast, own, foreign


def _sprints(project: Project, owner: User) -> tuple[BacklogItem, Sprint, Release]:
    """A backlog with one item in a sprint that is planned, and a release without items."""
    agile.begin_backlog(actor=SYSTEM, project=project, values={})
    days = {"start": _day(0), "finish": _day(11)}
    sprint = agile.plan_sprint(actor=SYSTEM, project=project, values={"name": "", **days})
    release = agile.save_release(
        actor=SYSTEM,
        project=project,
        release=None,
        values={"name": "Spring", "start": _day(0), "milestone_uid": 2},
    )
    common = {"sprint": sprint, "owner": owner}
    (item,) = agile.add_items(
        actor=SYSTEM,
        project=project,
        drafts=[Draft("Look", points=5)],
        common=common,
        today=_day(0),
    )
    return item, sprint, release


def _cases(project: Project, partner: Project) -> Places:
    """One approved with what is expected now, one that is written, and one that waits elsewhere."""
    flows = {2030: Flows(Decimal(400), Decimal(0)), 2031: Flows(Decimal(0), Decimal(500))}
    asked = {"first_year": 2030, "rate_pct": Decimal(8), "flows": flows, "reason": "Gate 1"}

    def submitted(of: Project) -> FinancialCase:
        written = draft_case(actor=SYSTEM, project=of, **asked)
        return submit_case(actor=SYSTEM, case=written, version=None)

    approve_case(actor=SYSTEM, case=submitted(project), version=None)
    benefits = {2031: Decimal(450)}
    expect_benefits(actor=SYSTEM, project=project, benefits=benefits, reason="News", version=None)
    draft = draft_case(actor=SYSTEM, project=project, **asked)
    waiting = submitted(partner)
    # Not by the service: all that has a version is in its first one here.
    FinancialCase.objects.filter(pk=waiting.pk).update(version=1)
    return {"case_id": draft.pk, "waiting_case_id": waiting.pk}


def _registers(project: Project, portfolio: Portfolio) -> dict[str, int]:
    """A risk in draft, an issue that waits for the board and belongs to it, one that was lifted."""

    def added(kind: raid.Kind, title: str) -> raid.Entry:
        new = raising.Asked(kind, {"title": title})
        return raising.raise_entry(actor=SYSTEM, place=project, asked=new)

    risk = added(raid.Kind.RISK, "Crane late")
    asked, lifted = added(raid.Kind.ISSUE, "Pump broken"), added(raid.Kind.RISK, "New law")
    # Not by the services: all that has a version is in its first one here.
    raid.Entry.objects.filter(pk=lifted.pk).update(
        level="portfolio", lifted_portfolio=portfolio, owner=None
    )
    now = timezone.now()
    raid.Escalation.objects.create(
        entry=asked,
        from_level="project",
        to_level="board",
        portfolio=portfolio,
        reason="Too big",
        asked_label="Somebody",
        asked_at=now,
        answer_by=now + timedelta(days=2),
    )
    link = raid.EntryLink.objects.create(source=risk, target=asked, kind="relates")
    return {
        "entry_id": risk.pk,
        "raised_entry_id": asked.pk,
        "lifted_entry_id": lifted.pk,
        "raid_link_id": link.pk,
    }


def _desk(office: OrgUnit, project: Project) -> Places:
    """The tables of the finance desk: last year, this one and the next; a rate, a rule of each."""
    this = _day(0).year
    years = [
        open_year(actor=SYSTEM, office=office, year=year) for year in (this - 1, this, this + 1)
    ]
    first, second = years[0][:2]
    # Not by the service: all that has a version is in its first one here.
    FiscalPeriod.objects.filter(pk=first.pk).update(state="closed")
    dollar, _ = Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    day = date(this, 1, 1)
    rate = enter_rate(
        actor=SYSTEM,
        office=office,
        new=NewRate("budget", dollar.pk, "EUR", Decimal("0.9"), day),
    )
    euro = Currency.objects.get(code="EUR")
    cost = enter_cost_rate(
        actor=SYSTEM,
        office=office,
        new=NewCost(None, "Diver", "standard", Decimal(75), euro, day, None),
    )
    account = save_account_rule(
        actor=SYSTEM,
        office=office,
        rule=None,
        values={"account": "6*", "category": "services", "nature": "opex"},
    )
    code = CodeRule.objects.create(office=office, code="P-77", project=project)
    FundingRelease.objects.create(
        project=project,
        number=1,
        gate="Gate 2",
        amount=Decimal(10_000),
        first=_day(0),
        last=_day(90),
        state="released",
    )
    line = NewLine("", "services", "opex", "Piles", Decimal(100), _day(30))
    order = place_order(
        actor=SYSTEM,
        project=project,
        new=NewOrder("PO-1", "Dredgers Ltd", "Piles", euro, _day(0), True, [line]),
        today=_day(0),
    )
    work = "Divers of last month"
    accrual = propose_accrual(
        actor=SYSTEM,
        project=project,
        new=NewAccrual(years[1][0], "1.1", "services", "opex", euro, Decimal(50), work),
    )
    forecast = begin_forecast(actor=SYSTEM, project=project)
    return {
        "order_id": order.pk,
        "accrual_id": accrual.pk,
        "forecast_id": forecast.pk,
        "period_name": second.name,
        **budgets_of(project, years[1][0], _day(0)),
        "period_id": second.pk,
        "closed_period_id": first.pk,
        "next_year": this + 2,
        "rate_id": rate.pk,
        "cost_rate_id": cost.pk,
        "account_rule_id": account.pk,
        "code_rule_id": code.pk,
    }


def _ledger(office: OrgUnit, project: Project) -> dict[str, int]:
    """Rows of the ledger: one that counts, one in suspense, one held, one under correction."""
    this = _day(0).year
    periods = FiscalPeriod.objects.filter(office=office, year=this).order_by("number")[:2]
    AccountRule.objects.create(office=office, account="9910", category="travel", nature="opex")
    plain = {
        "source_system": "SAP",
        "line_no": "1",
        "posting_date": f"{this}-01-15",
        "account": "9910",
        "project_code": project.code,
        "amount": "10.00",
        "currency": project.currency_id,
    }
    rows = [
        plain | {"document_no": "1"},
        plain | {"document_no": "2", "account": "9999"},
        plain | {"document_no": "3", "nature": "capex"},
    ]
    told = {"actor": SYSTEM, "office": office}
    first = post_rows(rows=enumerate(rows), posting=Posting("January"), **told).batch
    other = [plain | {"document_no": "4"}]
    post_rows(rows=enumerate(other), posting=Posting("Late"), **told)
    actual, wrong = (Actual.objects.get(office_id=office.pk, document_no=n) for n in "14")
    correction = propose_correction(
        actor=SYSTEM, actual=wrong, rightly=Rightly(date(this, 1, 20)), reason="Entered twice"
    )
    extract = [(project.code, project.currency_id, "20.00")]
    reconciliation = reconcile(
        period=periods[0], source="SAP", extract=extract, form=Form(), **told
    )
    head = ",".join(plain | {"document_no": ""}) + "\n"
    line = ",".join((plain | {"document_no": "5"}).values()) + "\n"
    upload = receive_file(name="ledger.csv", data=(head + line).encode(), **told)
    assert first is not None
    return {
        "batch_id": first.pk,
        "actual_id": actual.pk,
        "held_id": Actual.objects.get(office_id=office.pk, document_no="3").pk,
        "correction_id": correction.pk,
        "reconciliation_id": reconciliation.pk,
        "reconciled_id": reconciliation.lines.get().pk,
        "upload_id": upload.pk,
        "ledger_period_id": periods[1].pk,
    }


def _furnish(
    office: OrgUnit,
    portfolio: Portfolio,
    programme: Programme,
    project: Project,
    director: User,
    member: User,
) -> Places:
    stream = projects.save_workstream(
        actor=SYSTEM, project=project, workstream=None, values={"name": "Civil works"}
    )
    objective = projects.save_objective(
        actor=SYSTEM, office=office, objective=None, values={"code": "O1", "title": "Grow"}
    )
    calendar = save_calendar(
        actor=SYSTEM,
        office=office,
        calendar=None,
        name="Weekdays",
        week=WEEK,
        exceptions=[],
        is_default=True,
    )
    field = save_custom_field(
        actor=SYSTEM, office=office, field=None, label="Berth", kind="text", choices=[]
    )
    planning.import_plan(
        actor=SYSTEM,
        project=project,
        source=BytesIO(QUAY.replace("</Calendars>", f"{NIGHT}</Calendars>").encode()),
        file_name="quay.xml",
    )
    baseline = planning.take_baseline(
        actor=SYSTEM,
        project=project,
        asked=planning.Asked("replan", "After the survey", "Old piles", "CR-1"),
    )
    sandbox = planning.make_sandbox(actor=SYSTEM, project=project, name="Second crane")
    tried = planning.edit_plan(
        actor=SYSTEM,
        project=project,
        sandbox=sandbox,
        steps=[{"do": "set", "uid": 2, "field": "duration", "value": "1d"}],
    )
    template = planning.keep_template(actor=SYSTEM, project=project, name="Quay works")
    # Not by the service: all that has a version is in its first one here.
    PlanResource.objects.filter(plan__project=project).update(user=member)
    update = TaskUpdate.objects.create(
        project=project,
        task_uid=2,
        task_name="Dredge",
        person=member,
        entered_by=member,
        day=_day(0),
        door="page",
        percent=10,
        seen={"name": "Dredge", "percent": "0", "left": "5d"},
    )
    partner = make_project(portfolio, "CRANE", "Crane")
    planning.import_plan(
        actor=SYSTEM, project=partner, source=BytesIO(QUAY.encode()), file_name="crane.xml"
    )
    dependency = propose_dependency(
        actor=SYSTEM,
        proposal=Proposal(partner, 2, project, 2, "Crane rails", _day(20), _day(10)),
        side=Side.GIVER,
    )
    item, sprint, release = _sprints(project, director)
    points = {name: Decimal(n) for name, n in (("least", 2), ("likely", 4), ("most", 9))}
    estimate = make_estimate(
        actor=SYSTEM,
        project=project,
        asked=Asked(2, "days", "three_point", "budget", points, "The foreman"),
        today=_day(0),
    )
    desk = _desk(office, project)
    registers = _registers(project, portfolio)
    ledger = _ledger(office, project)
    measure = set_measure(
        actor=SYSTEM, project=project, wbs="", values={"percent": Decimal(10), "accepted": True}
    )
    refresh_performance(project_id=project.pk, today=_day(0))
    snapshot = PerformanceSnapshot.objects.filter(project=project).latest("pk")
    job = start_import(actor=SYSTEM, office=office, file_name="a.csv", data=TABLE.encode())
    published = PublishedFile.objects.create(
        office=office, year=2025, status_date=date(2025, 3, 31), file_name="a.csv", sha256="0" * 64
    )
    token, _ = create_token(actor=director.actor(), user=director, name="Reports", may_write=False)
    store = SessionStore()
    store.create()
    session = begin_session(
        user=director, key=store.session_key or "", client="Firefox, Linux", now=timezone.now()
    )
    view = save_view(
        actor=director.actor(), name="Mine", query="sort=code", shared_office_id=None, today=_day(0)
    )
    incoming = IncomingFile.objects.create(
        office=office,
        door="table",
        object_id=office.pk,
        place=office.name,
        file_name="held.csv",
        sha256="0" * 64,
        size_bytes=4,
        state="held",
        reason="The scanner cannot be reached.",
        asked={"portfolio_id": None},
        created_by=director,
    )
    IncomingContent.objects.create(file=incoming, content=zlib.compress(b"Code"))
    role = RoleAssignment.objects.filter(person=member).latest("pk")
    notice = Notice.objects.create(
        person=director, topic="dependencies.ask", title="Crane rails", path="/", way="product"
    )
    hold = place_hold(
        actor=SYSTEM,
        office=office,
        scope_type="project",
        scope_id=project.pk,
        reason="The court asked",
    )
    return (
        desk
        | _cases(project, partner)
        | {
            "office_id": office.pk,
            "unit_id": office.pk,
            "portfolio_id": portfolio.pk,
            "programme_id": programme.pk,
            "project_id": project.pk,
            "workstream_id": stream.pk,
            "objective_id": objective.pk,
            "calendar_id": calendar.pk,
            "field_id": field.pk,
            "baseline_id": baseline.pk,
            "sandbox_id": sandbox.pk,
            "template_id": template.pk,
            "plan_version": sandbox.base_version,
            "aside_version": tried.plan.plan_version,
            "partner_id": partner.pk,
            "dependency_id": dependency.pk,
            "item_id": item.pk,
            "estimate_id": estimate.pk,
            "measure_id": measure.pk,
            **ledger,
            **registers,
            "sprint_id": sprint.pk,
            "release_id": release.pk,
            "step": "cancel",
            "snapshot_id": snapshot.pk,
            "job_id": job.pk,
            "import_id": job.pk,
            "file_id": published.pk,
            "incoming_id": incoming.pk,
            "token_id": token.pk,
            "session_id": session.pk,
            "view_id": view.pk,
            "assignment_id": role.pk,
            "hold_id": hold.pk,
            "notice_id": notice.pk,
            "name": "20260101-000000-1",
            "person_id": member.pk,
            "uid": 2,
            "resource_uid": 1,
            "calendar_uid": 2,
            "update_id": update.pk,
            "today": _day(0).isoformat(),
            "soon": _day(7).isoformat(),
            "later": _day(30).isoformat(),
            "code": "EUR",
            "kind": "csv",
            "data": "trail",
            "target": "closed",
            "rest": "nowhere",
            "uidb64": "MQ",
            "token": "none",
        }
    )
