# SPDX-License-Identifier: Apache-2.0
"""The two offices of the demo, loaded through the services that users call."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.test import TestCase

from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import colour_of
from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.queries import baselines_page
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import PHASES, phase_of, visible_projects
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.faces.cli.demo import living, real
from pilothouse.faces.cli.demo.course import drawn, last_friday
from pilothouse.faces.cli.demo.people import LOG_INS, PASSWORD
from pilothouse.foundation.accounts.models import User

TODAY = date(2026, 11, 25)
CALENDAR = CalendarSpec(1, "Standard", STANDARD_WEEK)
BRIDGE = """
    Works
      Dig       10>15 |                    | Crew
      Pour       5    | Dig                | Crew @50%, Mixer
      Open       0    | Pour, deadline 16
"""


def visible(name):
    return set(visible_projects(User.objects.get(email=f"{name}@demo.example").actor()))


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        with TestCase.captureOnCommitCallbacks(execute=True):
            living.load(TODAY)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def port(loaded, db):
    """The living office, loaded once; what a test adds is taken back."""


def test_the_port_shows_projects_in_every_phase_across_portfolios_and_programmes(port):
    phases = {phase_of(state) for state in Project.objects.values_list("state", flat=True)}

    assert phases == {*(label for _, label, _ in PHASES), "Cancelled"}
    assert Portfolio.objects.count() == 4
    assert Portfolio.objects.filter(parent=None).count() == 3
    assert Programme.objects.count() == 2
    assert Project.objects.count() == 16


def test_the_plans_of_the_port_come_in_without_a_difference(port):
    assert ProjectPlan.objects.filter(project__isnull=False).count() == 9
    assert Task.objects.exclude(difference="").count() == 0
    harbour = Project.objects.get(code="HARB")
    assert Task.objects.filter(plan__project=harbour, summary=False, critical=True).exists()


def test_projects_of_the_port_wait_for_each_other_in_every_way(port):
    found = PlanDependency.objects.order_by("pk")

    assert [(row.state, colour_of(row.slack_days)) for row in found] == [
        ("agreed", "green"),
        ("in_progress", "red"),
        ("disputed", "amber"),
        ("proposed", "amber"),
    ]
    assert [row.giver_agreed_label for row in found][-1] == ""


def test_every_manager_of_a_plan_has_brought_it_up_to_date_last_friday(port):
    open_plans = ProjectPlan.objects.exclude(project__code="GATE")

    assert {plan.status_date.date() for plan in open_plans} == {date(2026, 11, 20)}


def test_months_of_published_reports_lead_to_the_live_status(port):
    rows = PerformanceSnapshot.objects.filter(project__code="DREDGE")
    *months, live = rows.order_by("status_date")

    assert {row.kind for row in months} == {"published"}
    assert {b.status_date - a.status_date for a, b in pairwise(months)} == {timedelta(weeks=4)}
    assert live.kind == "live"
    assert months[0].slip_days < live.slip_days


def test_the_offices_are_kept_apart(port, shared_office):
    here = set(Project.objects.filter(office_id=Project.objects.get(code="HARB").office_id))
    there = set(Project.objects.all()) - here

    assert visible("ada") == here
    assert visible("grace") == there
    assert len(there) > 200
    assert visible("otto") == visible("una") == set()
    assert Project.objects.get(code="HARB") in visible("tess")
    assert visible("tess") < here


@pytest.fixture
def shared_office(db):
    real.load(TODAY)


def test_the_printed_log_ins_are_true(port, shared_office):
    for email, _ in LOG_INS:
        assert User.objects.get(email=email).check_password(PASSWORD)


def test_a_course_knows_what_was_planned_and_what_came():
    course = drawn(BRIDGE, name="Bridge", start=date(2026, 3, 2), calendar=CALENDAR)
    works, dig, pour, opening = course.on(date(2026, 3, 13)).tasks

    assert course.approved_finish == date(2026, 3, 20)
    assert (works.summary, works.stored.finish.date()) == (True, date(2026, 3, 27))
    assert (dig.percent_complete, dig.remaining_minutes) == (66, 5 * 480)
    assert dig.baselines[0].finish.date() == date(2026, 3, 13)
    assert (pour.actual_start, pour.stored.start.date()) == (None, date(2026, 3, 23))
    assert opening.deadline.date() == date(2026, 3, 23)


def test_a_course_refuses_a_link_to_no_task():
    with pytest.raises(ValueError, match="‘Hole’ names no task"):
        drawn("Dig  5 | Hole", name="Bridge", start=date(2026, 3, 2), calendar=CALENDAR)


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 11, 25), date(2026, 11, 27)])
def test_the_last_friday_lies_before_the_day(day):
    assert last_friday(day) == date(2026, 11, 20)


def test_the_harbour_has_an_original_a_replan_and_one_that_waits(port):
    harbour = Project.objects.get(code="HARB")

    told = PlanBaseline.objects.filter(project=harbour).order_by("pk")

    assert [(row.number, row.kind, row.state, row.decided_label) for row in told] == [
        (0, "first", "superseded", "Sam Okafor"),
        (1, "replan", "approved", "Sam Okafor"),
        (None, "replan", "proposed", ""),
    ]
    assert all(row.taken_on <= (row.decided_on or TODAY) for row in told)
    page = baselines_page(User.objects.get(email="sam@demo.example").actor(), harbour.pk)
    assert page.waiting.may_decide
    assert page.gaps == []
    assert 0 < page.plan_against_pmb_days < page.plan_against_original_days
    assert harbour.baseline_finish == page.pmb.finish.date()


def test_the_reports_of_the_harbour_measure_by_what_was_promised_on_their_day(port):
    first, second, _ = PlanBaseline.objects.filter(project__code="HARB").order_by("pk")
    *months, live = PerformanceSnapshot.objects.filter(project__code="HARB").order_by("status_date")

    before = [row for row in months if row.status_date < second.decided_on]
    after = [row for row in months if row.status_date >= second.decided_on]

    assert {row.baseline_finish for row in before} == {first.finish.date()}
    assert {row.baseline_finish for row in [*after, live]} == {second.finish.date()}
    assert after[0].slip_days == 0 < after[-1].slip_days == live.slip_days
    # docs/tutorials/first-hour.md shows a statement that the figures do not bear out.
    assert (live.stated, live.overall) == ("green", "red")
