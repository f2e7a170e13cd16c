# SPDX-License-Identifier: Apache-2.0
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.projects.models import Project, StateChange
from pilothouse.delivery.projects.rules import portfolio_scopes, project_scopes
from pilothouse.delivery.projects.services import update_project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import (
    facts_of,
    publish_snapshot,
    refresh_performance,
)
from pilothouse.direction.portfolio.cockpit import Asked, cockpit
from pilothouse.direction.portfolio.cockpit_checks import KINDS, rhythm_of
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.core.clock import start_of
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.models import AuditEvent

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def sound(cast, code="SOUND", name="Sound project", **values):
    """A project of size S that breaks no rule, unless ``values`` make it break one."""
    ready = {
        "size_class": "S",
        "pm": cast.piet,
        "sponsor": cast.sam,
        "functional_owner": cast.ada,
        "technology_owner": cast.ada,
        "finance_contact": cast.femi,
        "planned_start": date(2026, 1, 1),
        "planned_finish": date(2027, 1, 1),
        "baseline_start": date(2026, 1, 1),
        "baseline_finish": date(2027, 1, 1),
        "budget": Decimal("1000000"),
        "forecast_cost": Decimal("1000000"),
        "benefits_approved": Decimal("10"),
        "benefits_forecast": Decimal("10"),
        "stated_colour": "green",
        "stated_on": TODAY,
        "state": "executing",
    }
    project = make_project(cast.portfolio, code, name, **{**ready, **values})
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")
    return project


def lines(cast, who="ada", **asked):
    page = cockpit(cast.people[who].actor(), Asked(since=YESTERDAY, **asked), TODAY)
    return [(line.kind, line.severity, line.sentence, line.since) for line in page.lines]


def tamper(project, **values):
    """Set columns of the latest snapshot, as a plan or an earlier day would have."""
    PerformanceSnapshot.objects.filter(project=project, valid_to=None).update(**values)


def test_a_sound_project_gives_no_line_and_the_page_says_what_was_checked(client, cast):
    sound(cast)
    client.force_login(cast.ada)

    text = client.get("/cockpit/").text

    assert lines(cast) == []
    assert "Nothing is in breach." in text
    assert "1 open project was checked for:" in text
    for label in KINDS.values():
        assert label.lower() in text


def test_a_red_dimension_is_named_with_the_sentence_of_its_metric(cast):
    sound(cast, forecast_cost=Decimal("1150000"), stated_colour="red")

    assert lines(cast) == [
        (
            "red",
            3,
            "Cost is red: Variance at completion is −15 % "
            "(green at least −5, amber at least −10, else red).",
            TODAY,
        )
    ]


def test_a_slip_short_of_red_is_beyond_tolerance(cast):
    sound(cast, planned_finish=date(2027, 1, 31), stated_colour="amber")

    assert lines(cast) == [
        ("slip", 2, "The forecast finish is 30 days after the approved one.", TODAY)
    ]


def test_a_slip_within_tolerance_is_no_line(cast):
    sound(cast, planned_finish=date(2027, 1, 19))

    assert lines(cast) == []


@pytest.mark.parametrize(
    ("forecast", "stated", "severity", "sentence"),
    [
        ("1000001", "green", 1, "The forecast is EUR 1 above the budget (0.0 %)."),
        ("1080000", "amber", 2, "The forecast is EUR 80,000 above the budget (8.0 %)."),
    ],
)
def test_a_forecast_above_budget_is_a_line(cast, forecast, stated, severity, sentence):
    sound(cast, forecast_cost=Decimal(forecast), stated_colour=stated)

    assert lines(cast) == [("over_budget", severity, sentence, TODAY)]


@pytest.mark.parametrize(
    ("forecast", "colour", "severity"), [("1150000", "red", 3), ("1080000", "amber", 1)]
)
def test_a_colour_stated_better_than_computed_is_listed(cast, forecast, colour, severity):
    sound(cast, forecast_cost=Decimal(forecast))

    found = [line for line in lines(cast) if line[0] == "watermelon"]

    assert found == [
        ("watermelon", severity, f"Stated green, but the figures say {colour}.", TODAY)
    ]


@pytest.mark.parametrize(
    ("values", "severity", "sentence"),
    [
        ({"late_tasks": 2}, 1, "The plan has 2 late tasks."),
        ({"missed_deadlines": 1}, 2, "The plan has 1 task beyond its deadline."),
        ({"negative_float": 3}, 2, "The plan has 3 tasks with negative float."),
    ],
)
def test_a_late_plan_is_a_line(cast, values, severity, sentence):
    tamper(sound(cast), **values)

    assert lines(cast) == [("plan", severity, sentence, TODAY)]


def test_dates_that_differ_from_the_imported_file_are_a_line(cast):
    tamper(sound(cast), import_differences=4)

    assert lines(cast) == [
        ("differences", 1, "4 tasks have other dates than the imported file.", TODAY)
    ]


def test_a_hold_beyond_its_review_is_a_line(cast):
    project = sound(cast)
    rows = Project.objects.filter(pk=project.pk)

    rows.update(state="on_hold", hold_review_on=TODAY)
    assert lines(cast) == []

    rows.update(hold_review_on=YESTERDAY)
    assert lines(cast) == [
        ("hold", 2, f"On hold; it was to be reviewed on {written(YESTERDAY)}.", YESTERDAY)
    ]

    rows.update(hold_review_on=None)
    assert lines(cast) == [("hold", 2, "On hold; it has no review date.", None)]


def test_what_does_not_run_is_not_chased(cast):
    project = sound(
        cast, forecast_cost=Decimal("1150000"), baseline_start=None, baseline_finish=None
    )
    tamper(project, missed_deadlines=1)
    assert {line[0] for line in lines(cast)} == {"red", "watermelon", "plan", "baseline"}

    Project.objects.filter(pk=project.pk).update(state="on_hold", hold_review_on=TODAY)
    begun = TODAY - timedelta(days=45)
    StateChange.objects.create(
        project=project, from_state="executing", to_state="on_hold", at=start_of(begun)
    )

    assert lines(cast) == [
        (
            "hold",
            1,
            f"On hold since {written(begun)}; it is to be reviewed on {written(TODAY)}; "
            "until it is released 3 findings on its figures are not chased.",
            begun,
        )
    ]


def test_of_a_project_on_hold_roles_and_old_data_are_still_minded(cast):
    project = sound(cast, finance_contact=None, state="on_hold", hold_review_on=TODAY)
    tamper(project, data_as_of=TODAY - timedelta(days=36))

    assert {line[0] for line in lines(cast)} == {"roles", "stale"}


def test_missing_mandatory_roles_are_one_line_for_a_project(cast):
    sound(cast, finance_contact=None, technology_owner=None, size_class="M")

    assert lines(cast) == [
        (
            "roles",
            2,
            "Nobody is named as finance contact, technology owner, steering committee.",
            None,
        )
    ]


def test_three_steering_members_above_the_project_fill_the_committee(cast):
    project = sound(cast, size_class="M")
    within = (project.office_id, project_scopes(project))
    for number, name in enumerate(("Una", "Vera", "Wim")):
        member = person(f"{name} Example")
        if number == 0:
            appoint(
                member,
                Role.SCM,
                ("portfolio", cast.portfolio.pk),
                project.office_id,
                portfolio_scopes(cast.portfolio),
            )
        else:
            assert [line[0] for line in lines(cast)] == ["roles"]
            appoint(member, Role.SCM, ("project", project.pk), *within)

    assert lines(cast) == []


def test_execution_without_an_approved_finish_is_a_line(cast):
    sound(cast, baseline_start=None, baseline_finish=None)

    assert ("baseline", 2, "There is no approved finish to measure against.", TODAY) in lines(cast)


def test_a_project_in_planning_needs_no_baseline_yet(cast):
    sound(cast, baseline_start=None, baseline_finish=None, state="planning")

    assert [line[0] for line in lines(cast)] == []


def test_no_forecast_is_a_line(cast):
    sound(cast, planned_start=None, planned_finish=None, forecast_cost=None)

    assert ("forecast", 2, "There is no forecast of finish and cost.", TODAY) in lines(cast)


@pytest.mark.parametrize(("age", "severity"), [(35, None), (36, 1), (70, 1), (71, 2), (1336, 2)])
def test_data_older_than_the_limit_are_stale(cast, age, severity):
    tamper(sound(cast), data_as_of=TODAY - timedelta(days=age))

    expected = (
        []
        if severity is None
        else [
            (
                "stale",
                severity,
                f"The data are {age:,} days old; 35 are allowed.",
                TODAY - timedelta(days=age - 35),
            )
        ]
    )
    assert lines(cast) == expected


def ways(cast, who="ada"):
    """Kind of each line → what is done to mend it, and where."""
    page = cockpit(cast.people[who].actor(), Asked(since=YESTERDAY), TODAY)
    return {line.kind: line.mend and (line.mend.label, *line.mend.place) for line in page.lines}


def test_each_line_leads_to_where_it_is_mended(cast):
    project = sound(
        cast,
        stated_colour="green",
        forecast_cost=Decimal("1150000"),
        baseline_start=None,
        baseline_finish=None,
        planned_finish=None,
        finance_contact=None,
    )
    tamper(
        project,
        plan_version=1,
        schedule="red",
        late_tasks=2,
        import_differences=4,
        data_as_of=TODAY - timedelta(days=99),
    )

    here = (project.pk,)
    assert ways(cast) == {
        "red": ("Critical path", "planning:plan", here, "?only=critical"),
        "watermelon": ("State it anew", "portfolio:stated", here, ""),
        "plan": ("Late tasks", "planning:plan", here, "?only=late"),
        "differences": ("Compare the dates", "planning:reconciliation", here, ""),
        "roles": ("Name them", "projects:project-edit", here, ""),
        "baseline": ("Enter the approved dates", "projects:project-edit", here, ""),
        "forecast": ("Update the forecast", "portfolio:stated", here, ""),
        "stale": ("State it anew", "portfolio:stated", here, ""),
    }


def test_whoever_may_not_mend_a_line_is_not_sent_there(cast):
    tamper(sound(cast, forecast_cost=Decimal("1080000")), plan_version=1, late_tasks=2)

    assert ways(cast)["over_budget"] == (
        "Update the forecast",
        "portfolio:stated",
        (Project.objects.get(code="SOUND").pk,),
        "",
    )
    assert ways(cast, "femi")["over_budget"] is None


def test_the_way_of_a_line_stands_on_the_page_and_opens(client, cast):
    project = sound(cast, forecast_cost=Decimal("1080000"))
    client.force_login(cast.ada)
    address = f"/projects/{project.pk}/stated/"

    assert f'href="{address}"' in client.get("/cockpit/").text
    assert client.get(address).status_code == 200


def end_of_role(cast, last):
    row = RoleAssignment.objects.get(person=cast.rosa, role=Role.RMG)
    RoleAssignment.objects.filter(pk=row.pk).update(valid_to=last)
    return row


@pytest.mark.parametrize(
    ("days", "words", "severity"),
    [
        (-1, "was resource manager of Operations until", 2),
        (0, "is resource manager", 1),
        (30, "is resource manager", 1),
    ],
)
def test_a_role_that_ends_with_nobody_to_follow_is_a_line(cast, days, words, severity):
    sound(cast)
    last = TODAY + timedelta(days=days)
    end_of_role(cast, last)

    ((kind, found, sentence, since),) = lines(cast)

    assert (kind, found, since) == ("expiring", severity, last)
    assert "Rosa Example" in sentence
    assert words in sentence
    assert "Operations" in sentence


@pytest.mark.parametrize("days", [-31, 31])
def test_a_role_that_ended_long_ago_or_ends_far_ahead_is_no_line(cast, days):
    sound(cast)
    end_of_role(cast, TODAY + timedelta(days=days))

    assert lines(cast) == []


def test_a_role_that_somebody_follows_is_no_line(cast):
    sound(cast)
    end_of_role(cast, TODAY)
    appoint(
        cast.tess,
        Role.RMG,
        ("org_unit", cast.unit.pk),
        cast.office.pk,
        [("office", cast.office.pk), ("org_unit", cast.office.pk), ("org_unit", cast.unit.pk)],
    )

    assert lines(cast) == []


@pytest.mark.parametrize("days", [-1, -400])
def test_a_manager_whose_role_has_ended_is_missing_and_acts_no_more(cast, days):
    project = sound(cast)
    last = TODAY + timedelta(days=days)
    place = ("project", project.pk)
    appoint(cast.piet, Role.PM, place, cast.office.pk, project_scopes(project))
    RoleAssignment.objects.filter(scope_type="project", scope_id=project.pk).update(valid_to=last)

    page = cockpit(cast.ada.actor(), Asked(since=YESTERDAY), TODAY)

    (line,) = page.lines
    said = f"Piet Example was project manager until {written(last)}."
    assert (line.kind, line.sentence, line.since) == ("roles", said, last)
    assert line.owner == "Sam Example"


def test_a_manager_in_the_last_days_is_no_gap_yet(cast):
    project = sound(cast)
    place = ("project", project.pk)
    appoint(cast.piet, Role.PM, place, cast.office.pk, project_scopes(project))
    RoleAssignment.objects.filter(scope_type="project", scope_id=project.pk).update(valid_to=TODAY)

    assert [line[0] for line in lines(cast)] == ["expiring"]


def test_a_sponsor_whose_role_has_ended_stands_beside_who_is_not_named(cast):
    project = sound(cast, finance_contact=None, pm=None)
    place = ("project", project.pk)
    appoint(cast.sam, Role.SPO, place, cast.office.pk, project_scopes(project))
    RoleAssignment.objects.filter(scope_type="project", scope_id=project.pk).update(
        valid_to=YESTERDAY
    )

    page = cockpit(cast.ada.actor(), Asked(since=YESTERDAY), TODAY)

    (line,) = page.lines
    assert line.sentence == (
        "Nobody is named as project manager, finance contact. "
        f"Sam Example was sponsor until {written(YESTERDAY)}."
    )
    assert line.owner == ""


def publish(project, day, **values):
    return publish_snapshot(
        actor=SYSTEM,
        project=project,
        facts=facts_of(project, day, None),
        status_date=day,
        source="Annual report",
        values={"stated": "green", "stated_label": "Green", **values},
    )


def by_publication(cast, *days):
    project = sound(cast, pm=None, finance_contact=None, baseline_finish=None, baseline_start=None)
    PerformanceSnapshot.objects.filter(project=project).delete()
    for day in days:
        publish(project, day)
    return project


def test_a_published_project_is_judged_by_the_rhythm_of_its_office(cast):
    by_publication(cast, TODAY - timedelta(days=720), TODAY - timedelta(days=360))

    assert lines(cast) == []


def test_an_office_that_stopped_publishing_gives_one_line(cast):
    by_publication(cast, TODAY - timedelta(days=900), TODAY - timedelta(days=500))
    other = sound(cast, code="SECOND", name="Second", pm=None)
    PerformanceSnapshot.objects.filter(project=other).delete()
    publish(other, TODAY - timedelta(days=500))

    last, due = TODAY - timedelta(days=500), TODAY - timedelta(days=65)
    assert lines(cast) == [
        (
            "stale",
            2,
            f"Nothing has been published since {written(last)}; until then at most 400 days lay between "
            "two reports. 2 projects are shown as of that report.",
            due,
        )
    ]


def test_an_office_that_published_once_is_expected_within_a_year():
    rhythm = rhythm_of("Port", 1, [date(2025, 9, 30)])

    assert (rhythm.longest_days, rhythm.due) == (366, date(2026, 11, 5))


def test_the_worst_stands_first_then_the_strategic_then_the_oldest(cast):
    sound(cast, code="A", name="Late", planned_finish=date(2027, 1, 31), stated_colour="amber")
    sound(cast, code="B", name="Red", forecast_cost=Decimal("1150000"), stated_colour="red")
    sound(
        cast,
        code="C",
        name="Red and strategic",
        forecast_cost=Decimal("1150000"),
        stated_colour="red",
        strategic_critical=True,
    )
    old = sound(cast, code="D", name="Old", forecast_cost=Decimal("1150000"), stated_colour="red")
    reasons = PerformanceSnapshot.objects.get(project=old).reasons
    reasons["since"]["red_cost"] = "2026-02-03"
    tamper(old, reasons=reasons)

    page = cockpit(cast.ada.actor(), Asked(since=YESTERDAY), TODAY)

    assert [line.project for line in page.lines] == ["Red and strategic", "Old", "Red", "Late"]
    assert page.lines[1].since == date(2026, 2, 3)


def test_lines_can_be_narrowed_by_kind_portfolio_and_owner(cast):
    sound(cast, code="A", name="Late", planned_finish=date(2027, 1, 31), stated_colour="amber")
    sound(cast, code="B", name="Unled", pm=None, forecast_cost=Decimal("1010000"))

    assert {line[0] for line in lines(cast)} == {"slip", "over_budget", "roles"}
    assert {line[0] for line in lines(cast, kind="slip")} == {"slip"}
    assert {line[0] for line in lines(cast, owner="Sam Example")} == {"over_budget", "roles"}
    assert lines(cast, portfolio=cast.other_portfolio.pk) == []
    page = cockpit(cast.ada.actor(), Asked(since=YESTERDAY), TODAY)
    assert [(owner.name, owner.lines) for owner in page.owners] == [
        ("Sam Example", 2),
        ("Piet Example", 1),
    ]


def test_closed_projects_give_no_lines(cast):
    project = sound(cast, forecast_cost=Decimal("1150000"))
    assert lines(cast) != []

    Project.objects.filter(pk=project.pk).update(state="closed")

    assert lines(cast) == []


def test_amounts_are_only_for_those_who_may_read_budgets(client, cast):
    project = sound(cast, forecast_cost=Decimal("1150000"), stated_colour="red")
    appoint(
        cast.tess,
        Role.TEM,
        ("project", project.pk),
        project.office_id,
        project_scopes(project),
    )

    assert [line[2] for line in lines(cast, who="tess")] == [
        "Cost is red; your roles do not include the figures."
    ]
    client.force_login(cast.tess)
    text = client.get("/cockpit/").text
    assert "-15%" not in text
    assert "150,000" not in text


def test_nothing_of_another_office_appears(client, cast):
    update_project(
        actor=cast.nia.actor(),
        project=cast.foreign,
        values={"name": "Foreign canary", "budget": Decimal("7654321")},
        version=1,
    )

    for name in ("ada", "piet", "rosa", "femi", "sam", "tess", "otto"):
        client.force_login(cast.people[name])
        text = client.get("/cockpit/").text
        assert "canary" not in text
        assert "7,654,321" not in text
        assert "Runways" not in text
    client.force_login(cast.nia)
    text = client.get("/cockpit/").text
    assert "Foreign canary" in text
    assert "Harbour" not in text


def test_a_stranger_is_told_that_nothing_was_checked(client, cast):
    client.force_login(cast.otto)

    response = client.get("/cockpit/")

    assert response.status_code == 200
    assert "no open project that you may see, so nothing was checked" in response.text


def entered_earlier(project):
    """Move the entry of a project to before the window."""
    earlier = timezone.now() - timedelta(days=3)
    AuditEvent.objects.filter(object_type="project", object_id=project.pk).update(at=earlier)


def changes(cast):
    return cockpit(cast.ada.actor(), Asked(since=YESTERDAY), TODAY).changes


def update(cast, project, version, **values):
    return update_project(actor=cast.ada.actor(), project=project, values=values, version=version)


def test_changes_since_a_day_say_what_moved_and_who_moved_it(cast):
    project = sound(cast)
    entered_earlier(project)
    tamper(project, status_date=YESTERDAY, valid_to=TODAY)
    refresh_performance(project_id=project.pk, today=TODAY)
    moved, cost = date(2027, 3, 1), Decimal("1200000")
    update(cast, project, 1, planned_finish=moved, forecast_cost=cost)

    (change,) = changes(cast)
    assert change.figures == (
        "Computed amber → red",
        "Forecast finish 1 Jan 2027 → 1 Mar 2027 (+59 days)",
        "Forecast cost 1,000,000 → 1,200,000 EUR",
    )
    assert change.worse == 1
    assert [(hand.who, hand.what) for hand in change.hands] == [
        ("Ada Example", "Changed: forecast cost, planned finish"),
    ]
    assert change.more_hands == 0


def test_of_a_project_entered_since_the_day_only_that_is_told(client, cast):
    project = sound(cast)
    tamper(project, status_date=YESTERDAY, valid_to=TODAY)
    refresh_performance(project_id=project.pk, today=TODAY)
    for version in range(1, 6):
        update(cast, project, version, forecast_cost=Decimal(1200000 + version))

    (change,) = changes(cast)
    client.force_login(cast.ada)

    assert (change.figures, change.more_hands, change.worse) == ((), 0, 0)
    assert [(hand.who, hand.what) for hand in change.hands] == [("system: tests", "Entered")]
    assert "more change" not in client.get("/cockpit/").text


@pytest.mark.parametrize(
    ("number", "more", "words"),
    [(3, 0, ""), (4, 1, "and 1 more change<"), (5, 2, "and 2 more changes<")],
)
def test_the_latest_three_hands_are_shown_and_the_others_counted(client, cast, number, more, words):
    project = sound(cast)
    entered_earlier(project)
    names = [("purpose", "Safer quays"), ("project_type", "Quay"), ("size_class", "M")]
    names += [("name", "Other name"), ("stated_comment", "On the way")]
    for version, (name, value) in enumerate(names[:number], start=1):
        update(cast, project, version, **{name: value})

    (change,) = changes(cast)
    client.force_login(cast.ada)
    text = client.get("/cockpit/").text

    assert len(change.hands) == 3
    assert change.hands[0].what.startswith("Changed: ")
    assert [hand.at for hand in change.hands] == sorted(
        (hand.at for hand in change.hands), reverse=True
    )
    assert change.more_hands == more
    assert words in text
    assert ("more change" in text) == bool(words)


@pytest.mark.parametrize(
    "query", ["since=yesterday", f"since={TODAY}", "portfolio=x", "page=²", "page=-1"]
)
def test_a_filter_that_cannot_be_is_refused(client, cast, query):
    client.force_login(cast.ada)

    assert client.get(f"/cockpit/?{query}").status_code == 422


def test_the_number_of_queries_does_not_grow_with_the_projects(
    client, cast, django_assert_num_queries
):
    sound(cast)
    client.force_login(cast.ada)
    client.get("/cockpit/")

    with django_assert_num_queries(9):
        client.get("/cockpit/")
    for number in range(12):
        sound(cast, code=f"M{number}", name=f"More {number}", pm=None)
    client.get("/cockpit/")
    with django_assert_num_queries(9):
        client.get("/cockpit/")
