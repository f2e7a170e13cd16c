# SPDX-License-Identifier: Apache-2.0
"""The team reports, the manager confirms, and only then the plan has it (R-PRG-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from cast import SYSTEM, appoint
from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan, Task
from pilothouse.delivery.planning.tests.test_editing import everything
from pilothouse.delivery.progress import services
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import updates_page, week_of
from pilothouse.delivery.progress.services import Report
from pilothouse.delivery.progress.tests.harbour import WEDNESDAY
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.services import end_assignment
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent


def rows(cast, who="tess", today=WEDNESDAY):
    return {row.name: row for row in week_of(getattr(cast, who).actor(), today).rows}


def send(cast, *reports, who="tess", person=None, today=WEDNESDAY, only=None):
    by = getattr(cast, who)
    return services.report(
        actor=by.actor(),
        person=person or by,
        reports=reports,
        door=TaskUpdate.Door.PAGE,
        today=today,
        only=only,
    )


def says(cast, uids, name, **said):
    if "percent" in said:
        said["percent"] = Decimal(said["percent"])
    return Report(cast.harbour.pk, uids[name], **said)


def typed(cast, name, **texts):
    row = rows(cast)[name]
    return services.read_row(row, {**row.shown, **texts}, row.shown, WEDNESDAY)


def confirm(cast, who="piet", marks=None):
    waiting = TaskUpdate.objects.filter(state="submitted").values_list("pk", flat=True)
    return services.confirm_updates(
        actor=getattr(cast, who).actor(),
        project=cast.harbour,
        chosen=dict.fromkeys(waiting, marks),
    )


def set_rhythm(cast, **values):
    usual = {"by_mail": False, "weekday": 3, "hour": 9, "at_once": False, "site": "https://x"}
    return services.set_rhythm(
        actor=cast.piet.actor(), project=cast.harbour, version=None, **usual | values
    )


def test_a_week_holds_what_is_due_within_two_weeks(cast, uids):
    week = week_of(cast.tess.actor(), WEDNESDAY)

    assert [(row.name, row.path, row.late) for row in week.rows] == [
        ("Dredge", "Quay", True),
        ("Pour", "Quay", False),
        ("Cure", "Quay", False),
    ]
    assert week.rows[0].shown == {
        "percent": "0",
        "remaining": "5d",
        "started": "",
        "finish": "",
        "remark": "",
        "help": "",
    }


def test_a_week_without_tasks_says_until_when(cast, uids):
    week = week_of(cast.tess.actor(), date(2026, 1, 12))

    assert (week.rows, week.last_day, week.next_task, week.next_start) == (
        [],
        date(2026, 1, 26),
        "Dredge",
        date(2026, 3, 2),
    )


def test_who_is_in_no_plan_is_told_apart(cast, uids):
    assert week_of(cast.rosa.actor(), WEDNESDAY).has_projects is False


def test_a_week_costs_as_many_queries_for_one_task_as_for_many(
    cast, uids, django_assert_num_queries
):
    actor = cast.tess.actor()
    for today in (WEDNESDAY, date(2026, 5, 6)):
        with django_assert_num_queries(7):
            week_of(actor, today)


def test_what_is_reported_waits_and_changes_nothing(cast, uids):
    before = everything()

    done = send(cast, says(cast, uids, "Dredge", percent=60, remark="Rock", need_help=True))

    assert (done.updates, done.counted, done.managers) == (1, 0, ("Piet Example",))
    assert everything() == before
    row = TaskUpdate.objects.get()
    assert (row.state, row.percent, row.task_name, row.day) == (
        "submitted",
        Decimal(60),
        "Dredge",
        WEDNESDAY,
    )
    assert row.seen == {"name": "Dredge", "percent": "0", "left": "5d"}
    told = AuditEvent.objects.latest("pk")
    assert (told.action, told.actor, told.after) == (
        "progress.report",
        cast.tess,
        {
            f"{uids['Dredge']} ‘Dredge’": "60 %, needs help, Rock",
            "person": "Tess Example",
            "door": "page",
        },
    )
    shown = rows(cast)["Dredge"]
    assert (shown.waits, shown.shown["percent"], shown.shown["help"]) == (True, "60", "on")


def test_a_confirmed_update_is_in_the_plan(cast, uids):
    send(
        cast,
        says(cast, uids, "Dredge", percent=100),
        says(cast, uids, "Pour", remaining_minutes=480),
    )

    outcome = confirm(cast)

    assert outcome.plan.plan_version == ProjectPlan.objects.get().plan_version
    assert PlanEdit.objects.count() == 4
    dredge = Task.objects.get(name="Dredge")
    assert (dredge.percent_complete, f"{dredge.actual_finish:%d %b}") == (Decimal(100), "06 Mar")
    assert Task.objects.get(name="Pour").duration_minutes == 480
    assert set(TaskUpdate.objects.values_list("state", "decided_by_label")) == {
        ("confirmed", "Piet Example")
    }
    assert "Dredge" not in rows(cast)


def test_an_update_that_says_no_figure_changes_no_plan(cast, uids):
    send(cast, says(cast, uids, "Dredge", remark="All well", expected_finish=date(2026, 3, 20)))
    before = everything()

    assert confirm(cast) is None

    assert everything() == before
    assert TaskUpdate.objects.get().state == "confirmed"


def test_an_update_that_is_not_taken_says_why(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    before = everything()

    services.reject_updates(
        actor=cast.piet.actor(),
        project=cast.harbour,
        updates=[TaskUpdate.objects.get().pk],
        reason="The survey says 40 %",
    )

    shown = rows(cast)["Dredge"]
    assert (shown.waits, shown.refused, shown.shown["percent"]) == (
        False,
        "The survey says 40 %",
        "0",
    )
    assert everything() == before


def test_not_taking_needs_a_reason(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))

    with pytest.raises(Invalid) as refused:
        services.reject_updates(
            actor=cast.piet.actor(),
            project=cast.harbour,
            updates=[TaskUpdate.objects.get().pk],
            reason=" ",
        )

    assert (refused.value.code, TaskUpdate.objects.get().state) == (
        "progress.reason",
        "submitted",
    )


def test_a_later_update_replaces_one_that_waits_and_keeps_what_it_said(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    report, _ = typed(cast, "Dredge", remark="Rock")

    send(cast, report)

    assert list(TaskUpdate.objects.values_list("percent", "remark", "state")) == [
        (Decimal(60), "", "superseded"),
        (Decimal(60), "Rock", "submitted"),
    ]


def test_what_the_manager_reports_counts_at_once(cast, uids):
    done = send(cast, says(cast, uids, "Survey", percent=40), who="piet")

    assert (done.counted, Task.objects.get(name="Survey").percent_complete) == (1, Decimal(40))
    assert TaskUpdate.objects.get().state == "confirmed"


def test_a_project_may_let_the_team_count_at_once(cast, uids):
    set_rhythm(cast, at_once=True)

    done = send(cast, says(cast, uids, "Dredge", percent=40))

    assert (done.counted, Task.objects.get(name="Dredge").percent_complete) == (1, Decimal(40))
    assert PlanEdit.objects.first().by == cast.tess


def test_the_manager_enters_what_somebody_else_says(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=40), who="piet", person=cast.tess)

    row = TaskUpdate.objects.get()
    assert (row.person, row.entered_by, row.state) == (cast.tess, cast.piet, "confirmed")


def test_one_bad_row_keeps_all_out(cast, uids):
    before = everything()

    with pytest.raises(Invalid) as refused:
        send(
            cast,
            says(cast, uids, "Dredge", percent=60),
            says(cast, uids, "Pour", percent=100, remaining_minutes=60),
            says(cast, uids, "Paint", percent=100),
        )

    assert set(refused.value.fields) == {
        f"{cast.harbour.pk}.{uids['Pour']}.remaining",
        f"{cast.harbour.pk}.{uids['Paint']}.started",
    }
    assert (TaskUpdate.objects.count(), everything()) == (0, before)


@pytest.mark.parametrize(
    ("name", "who"), [("Survey", "tess"), ("Quay", "tess"), ("Dredge", "sam"), ("Dredge", "nia")]
)
def test_nobody_reports_on_a_task_of_somebody_else(cast, uids, name, who):
    with pytest.raises(Invalid) as refused:
        send(cast, says(cast, uids, name, percent=60), who=who)

    assert list(refused.value.fields) == [f"{cast.harbour.pk}.{uids[name]}.task"]
    assert TaskUpdate.objects.count() == 0


def test_a_stranger_reports_nothing_for_somebody_else(cast, uids):
    for who in ("ada", "sam", "otto", "nia"):
        with pytest.raises(Invalid):
            send(cast, says(cast, uids, "Dredge", percent=60), who=who, person=cast.tess)

    assert TaskUpdate.objects.count() == 0


def test_only_the_tasks_that_were_asked_about_are_taken(cast, uids):
    asked = {(cast.harbour.pk, uids["Dredge"])}

    with pytest.raises(Invalid):
        send(cast, says(cast, uids, "Pour", percent=10), only=asked)
    assert TaskUpdate.objects.count() == 0
    send(cast, says(cast, uids, "Dredge", percent=10), only=asked)

    assert TaskUpdate.objects.count() == 1


def test_who_left_the_team_reports_no_more(cast, uids):
    role = RoleAssignment.objects.get(person=cast.tess)
    end_assignment(
        actor=SYSTEM,
        assignment=role,
        last_day=date(2026, 3, 1),
        reason="Left",
        version=role.version,
        within=project_scopes(cast.harbour),
    )

    with pytest.raises(Invalid):
        send(cast, says(cast, uids, "Dredge", percent=60))
    assert TaskUpdate.objects.count() == 0


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_a_closed_project_takes_no_updates(cast, uids, state):
    send(cast, says(cast, uids, "Dredge", percent=60))
    Project.objects.filter(pk=cast.harbour.pk).update(state=state)
    cast.harbour.refresh_from_db()

    with pytest.raises(Invalid):
        send(cast, says(cast, uids, "Pour", percent=60))
    with pytest.raises(Invalid) as refused:
        confirm(cast)

    assert refused.value.code == "progress.project_not_open"
    assert list(TaskUpdate.objects.values_list("state", flat=True)) == ["submitted"]


def test_on_a_confidential_project_the_team_reports_and_a_viewer_above_does_not(cast, uids):
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")
    appoint(
        cast.rosa,
        Role.TEM,
        ("portfolio", cast.portfolio.pk),
        cast.office.pk,
        [("portfolio", cast.portfolio.pk), *project_scopes(cast.harbour)],
    )
    planning.link_person(
        actor=cast.piet.actor(), project=cast.harbour, uid=2, person=cast.rosa, version=None
    )

    with pytest.raises(Invalid):
        send(cast, says(cast, uids, "Survey", percent=10), who="rosa")
    send(cast, says(cast, uids, "Dredge", percent=10))

    assert TaskUpdate.objects.get().person == cast.tess


@pytest.mark.parametrize("who", ["ada", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_who_manages_confirms(cast, uids, who):
    send(cast, says(cast, uids, "Dredge", percent=60))
    before = everything()

    with pytest.raises(NotAllowed):
        confirm(cast, who)

    assert (everything(), TaskUpdate.objects.get().state) == (before, "submitted")


def test_the_team_sees_the_own_updates_only(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    send(cast, says(cast, uids, "Survey", percent=40), who="piet")

    mine = updates_page(cast.tess.actor(), cast.harbour.pk)

    assert [row.update.task_name for row in mine.rows] == ["Dredge"]
    assert (mine.decided, mine.may_confirm, mine.own_only) == ([], False, True)
    planning.link_person(
        actor=cast.piet.actor(), project=cast.harbour, uid=1, person=None, version=None
    )
    with pytest.raises(NotAllowed):
        updates_page(cast.tess.actor(), cast.harbour.pk)


def test_an_update_is_decided_once(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    pk = TaskUpdate.objects.get().pk
    confirm(cast)

    with pytest.raises(Conflict) as refused:
        services.confirm_updates(actor=cast.piet.actor(), project=cast.harbour, chosen={pk: None})

    assert refused.value.code == "progress.decided"


def test_a_task_that_changed_since_it_was_looked_at_is_not_confirmed(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    (seen,) = updates_page(cast.piet.actor(), cast.harbour.pk).rows
    planning.edit_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        steps=[{"do": "set", "uid": uids["Dredge"], "field": "percent_complete", "value": "20"}],
    )
    before = everything()

    with pytest.raises(Conflict) as refused:
        confirm(cast, marks=seen.mark)

    assert (refused.value.code, everything()) == ("progress.changed", before)
    (now,) = updates_page(cast.piet.actor(), cast.harbour.pk).rows
    assert (seen.changed_since, now.changed_since) == (False, True)


def test_a_plan_that_does_not_take_one_takes_none(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60), says(cast, uids, "Pour", percent=10))
    planning.edit_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        steps=[{"do": "delete", "uids": [uids["Pour"]]}],
    )
    before = everything()

    with pytest.raises(Invalid) as refused:
        confirm(cast)

    gone = TaskUpdate.objects.get(task_name="Pour")
    assert list(refused.value.fields) == [f"update.{gone.pk}"]
    assert everything() == before
    assert TaskUpdate.objects.filter(state="submitted").count() == 2


def test_of_two_people_on_a_task_the_later_counts(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    first = TaskUpdate.objects.get()
    TaskUpdate.objects.create(
        project=cast.harbour,
        task_uid=uids["Dredge"],
        task_name="Dredge",
        person=cast.sam,
        entered_by=cast.sam,
        day=WEDNESDAY,
        door="page",
        percent=Decimal(40),
    )

    page = updates_page(cast.piet.actor(), cast.harbour.pk)
    confirm(cast)

    assert [(row.update.pk == first.pk, row.replaced) for row in page.rows] == [
        (True, True),
        (False, False),
    ]
    assert Task.objects.get(name="Dredge").percent_complete == Decimal(40)


def test_work_under_way_of_which_nobody_speaks_is_stale(cast, uids):
    send(cast, says(cast, uids, "Dredge", percent=60))
    confirm(cast)

    assert rows(cast, today=WEDNESDAY + timedelta(days=6))["Dredge"].stale is False
    assert rows(cast, today=WEDNESDAY + timedelta(days=7))["Dredge"].stale is True


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"percent": "40"}, {"percent": Decimal(40)}),
        ({"percent": "62.5 %"}, {"percent": Decimal("62.5")}),
        ({"remaining": "6h"}, {"remaining_minutes": 360}),
        ({"remaining": "1,5d"}, {"remaining_minutes": 720}),
        (
            {"percent": "50", "remaining": "2d"},
            {"percent": Decimal(50), "remaining_minutes": 960},
        ),
        ({"finish": "2026-03-20"}, {"expected_finish": date(2026, 3, 20)}),
        (
            {"percent": "100", "finish": "2026-03-10"},
            {"percent": Decimal(100), "finished": date(2026, 3, 10)},
        ),
        ({"started": "2026-03-03"}, {"started": date(2026, 3, 3)}),
        ({"remark": " Rock "}, {"remark": "Rock"}),
        ({"help": "on"}, {"need_help": True}),
    ],
    ids=str,
)
def test_a_row_is_read_as_it_is_typed(cast, uids, texts, said):
    report, wrong = typed(cast, "Dredge", **texts)

    assert (report, wrong) == (replace(says(cast, uids, "Dredge"), **said), {})


def test_a_row_that_was_not_touched_is_not_sent(cast, uids):
    assert typed(cast, "Dredge") == (None, {})
    assert typed(cast, "Dredge", percent=" 0 ", remark="  ") == (None, {})
    assert typed(cast, "Dredge", remaining="") == (None, {})


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"percent": "most"}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": "-1"}, "percent"),
        ({"percent": "33.333"}, "percent"),
        ({"percent": ""}, "percent"),
        ({"percent": "NaN"}, "percent"),
        ({"remaining": "soon"}, "remaining"),
        ({"remaining": "-2d"}, "remaining"),
        ({"remaining": "2ed"}, "remaining"),
        ({"remaining": "9999999999w"}, "remaining"),
        ({"finish": "20.3.2026"}, "finish"),
        ({"finish": "1983-12-31"}, "finish"),
        ({"finish": "2101-01-01"}, "finish"),
        ({"finish": "2026-03-10"}, "finish"),
        ({"started": "0001-01-01"}, "started"),
        ({"remark": "x" * 2001}, "remark"),
    ],
    ids=str,
)
def test_a_mistake_names_its_field(cast, uids, texts, field):
    _, wrong = typed(cast, "Dredge", **texts)

    assert list(wrong) == [field]


def test_less_of_a_physical_percentage_asks_why(cast, uids):
    Task.objects.filter(name="Dredge").update(percent_type="physical", physical_percent=50)
    ProjectPlan.objects.update(version=F("version") + 1)

    with pytest.raises(Invalid) as refused:
        send(cast, says(cast, uids, "Dredge", percent=40))
    assert list(refused.value.fields) == [f"{cast.harbour.pk}.{uids['Dredge']}.remark"]
    send(cast, says(cast, uids, "Dredge", percent=40, remark="Measured anew"))
    confirm(cast)

    assert Task.objects.get(name="Dredge").physical_percent == Decimal(40)


def test_the_offices_day_is_the_offices_to_say(cast):
    def set_day(who, version=None):
        return services.set_rhythm_of_office(
            actor=getattr(cast, who).actor(),
            office=cast.office,
            weekday=1,
            hour=7,
            version=version,
        )

    for who in ("piet", "tess", "otto"):
        with pytest.raises((NotAllowed, NotFound)):
            set_day(who)
    row = set_day("ada", 1)
    with pytest.raises(Conflict):
        set_day("ada", 1)

    assert (row.weekday, row.hour, row.version) == (1, 7, 2)
    assert AuditEvent.objects.filter(action="officerhythm.create").count() == 1


def test_how_people_are_asked_is_the_managers_to_say(cast, uids):
    row = set_rhythm(cast, by_mail=True, hour=14)

    assert (row.by_mail, row.weekday, row.hour, row.site) == (True, 3, 14, "https://x")
    for who in ("ada", "tess", "otto"):
        with pytest.raises(NotAllowed):
            services.set_rhythm(
                actor=getattr(cast, who).actor(),
                project=cast.harbour,
                by_mail=False,
                weekday=1,
                hour=1,
                at_once=True,
                site="",
                version=None,
            )
    with pytest.raises(Conflict):
        services.set_rhythm(
            actor=cast.piet.actor(),
            project=cast.harbour,
            by_mail=False,
            weekday=1,
            hour=1,
            at_once=True,
            site="",
            version=7,
        )
    row.refresh_from_db()
    assert (row.by_mail, row.at_once) == (True, False)
