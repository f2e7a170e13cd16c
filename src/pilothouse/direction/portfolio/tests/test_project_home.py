# SPDX-License-Identifier: Apache-2.0
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import appoint
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.delivery.projects.services import update_project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import facts_of, publish_snapshot
from pilothouse.direction.portfolio.project_figures import verdict
from pilothouse.direction.portfolio.project_page import project_page
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.models import AuditEvent

SYSTEM = Actor.system("tests")
TODAY = timezone.localdate


def home(client, person, project, query=""):
    client.force_login(person)
    return client.get(f"/projects/{project.pk}/{query}")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ada", 200),
        ("piet", 200),
        ("rosa", 200),
        ("femi", 200),
        ("sam", 200),
        ("tess", 200),
        ("otto", 404),
        ("nia", 404),
    ],
)
@pytest.mark.parametrize("page", ["", "record/", "history/{snapshot}/"])
def test_who_may_open_the_pages_of_a_project(client, cast, name, status, page):
    snapshot = PerformanceSnapshot.objects.get(project=cast.harbour).pk
    client.force_login(cast.people[name])

    response = client.get(f"/projects/{cast.harbour.pk}/" + page.format(snapshot=snapshot))

    assert response.status_code == status


def test_a_confidential_project_is_not_there_for_those_without_a_role_on_it(client, cast):
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")

    assert home(client, cast.femi, cast.harbour).status_code == 404
    assert home(client, cast.rosa, cast.harbour).status_code == 404
    assert home(client, cast.piet, cast.harbour).status_code == 200
    assert home(client, cast.ada, cast.harbour).status_code == 200


def test_a_role_above_a_confidential_project_opens_nothing_inside_it(cast):
    """R-GEN-10: Femi's finance role on the portfolio counts for its other projects only."""
    scopes = project_scopes(cast.harbour)
    appoint(cast.femi, Role.TEM, ("project", cast.harbour.pk), cast.office.pk, scopes)
    actor = cast.femi.actor()
    assert project_page(actor, cast.harbour.pk, None, TODAY()).money

    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")

    page = project_page(actor, cast.harbour.pk, None, TODAY())
    assert page.project == cast.harbour and not page.money and not page.sight.money


def test_a_snapshot_of_another_project_is_not_found_under_this_one(client, cast):
    foreign = PerformanceSnapshot.objects.get(project=cast.foreign)
    client.force_login(cast.ada)

    response = client.get(f"/projects/{cast.harbour.pk}/history/{foreign.pk}/")

    assert response.status_code == 404
    assert "Foreign runway" not in response.text


def test_the_figures_of_harbour_are_exact_and_name_what_went_in(cast):
    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())

    dates = {figure.key: figure.value for figure in page.dates}
    assert dates == {
        "start": date(2026, 1, 5),
        "planned": date(2026, 12, 18),
        "baseline": date(2026, 11, 27),
        "forecast": date(2026, 12, 18),
        "slip": 21,
    }
    money = {figure.key: figure.value for figure in page.money}
    assert money == {
        "budget": Decimal("1200000"),
        "forecast_cost": Decimal("1260000"),
        "variance": Decimal("60000"),
        "variance_pct": Decimal("5"),
    }
    slip = next(figure for figure in page.dates if figure.key == "slip")
    assert [(item.label, item.value) for item in slip.inputs] == [
        ("Forecast finish", date(2026, 12, 18)),
        ("Approved finish", date(2026, 11, 27)),
    ]
    assert slip.bad


def test_reasons_on_the_page_are_those_of_the_snapshot(client, cast):
    row = PerformanceSnapshot.objects.get(project=cast.harbour)

    text = home(client, cast.ada, cast.harbour).text

    kept = [
        metric
        for name in ("schedule", "cost")
        for metric in row.reasons[name]["metrics"]
        if metric["value"] is not None
    ]
    assert [metric["metric"] for metric in kept] == ["slip_pct", "vac_pct"]
    for metric in kept:
        assert metric["sentence"] in text
        assert metric["formula"] in text
    assert "Forecast finish slip of baseline duration is 6.44 %" in text
    assert "Variance at completion is −5 %" in text
    assert "Thresholds number 0" in text


def test_who_may_not_read_budgets_sees_no_amount_anywhere_on_the_pages(client, cast):
    update_project(
        actor=cast.femi.actor(),
        project=cast.harbour,
        values={"budget": Decimal("1234567")},
        version=1,
        reason="Board",
    )
    snapshot = PerformanceSnapshot.objects.get(project=cast.harbour, valid_to=None).pk
    client.force_login(cast.tess)

    for page in ("", "record/", f"history/{snapshot}/"):
        text = client.get(f"/projects/{cast.harbour.pk}/{page}").text
        for amount in ("1,234,567", "1234567", "1,260,000", "1.2M", "1.3M", "-2.06"):
            assert amount not in text
    assert "1,234,567.00" in home(client, cast.femi, cast.harbour).text


@pytest.mark.parametrize(
    ("computed", "stated", "gap", "words"),
    [
        ("red", "green", 2, "A watermelon"),
        ("amber", "green", 1, "Suspect"),
        ("amber", "amber", 0, "agrees"),
        ("green", "red", -2, "more cautious"),
        ("grey", "green", None, "Too little is known"),
        ("red", "grey", None, "No colour has been stated"),
    ],
)
def test_the_verdict_compares_the_stated_with_the_computed_colour(computed, stated, gap, words):
    found, sentence = verdict(computed, stated, "", [computed])

    assert found == gap
    assert words in sentence


def test_a_colour_that_is_amber_for_want_of_data_is_no_disagreement():
    found, sentence = verdict("amber", "green", "", ["green", "grey"])

    assert found == 0
    assert "No figure speaks against the statement" in sentence


def test_the_phase_bar_marks_the_present_phase_of_six(cast):
    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())

    assert [(phase.label, phase.position) for phase in page.phases] == [
        ("Inception", "done"),
        ("Initiation", "done"),
        ("Planning", "done"),
        ("Execution", "now"),
        ("Closing", "ahead"),
        ("Benefits", "ahead"),
    ]
    entered = cast.harbour.placements.get().valid_from
    assert page.phases[3].states == (("Executing", (TODAY() - entered).days),)


def test_missing_roles_are_named_with_what_to_do(cast):
    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())

    assert [gap.label for gap in page.gaps] == [
        "Functional owner",
        "Finance contact",
        "Technology owner",
        "Steering committee",
    ]


def test_a_manager_whose_role_has_ended_is_missing_on_home_record_and_api(client, cast):
    last = TODAY() - timedelta(days=1)
    RoleAssignment.objects.filter(person=cast.piet, role=Role.PM).update(valid_to=last)
    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())
    said = f"Piet Example was named until {written(last)}."

    assert page.gaps[0].label == "Project manager"
    assert page.gaps[0].what_to_do.startswith(said)
    assert [person.until for person in page.people] == [None, last, None, None, None]
    assert "Project manager" not in {holder.role for holder in page.holders}
    assert f"until {written(last)}" in home(client, cast.ada, cast.harbour).text
    assert said in client.get(f"/register/projects/{cast.harbour.pk}/").text
    api = client.get(f"/api/v1/projects/{cast.harbour.pk}/role-gaps").json()["items"][0]
    assert (api["role"], api["named"], api["until"]) == (
        "pm",
        "Piet Example",
        last.isoformat(),
    )


@pytest.mark.parametrize(
    ("state", "number"),
    [
        ("on_hold", 4),
        ("closing", 4),
        ("benefits_tracking", 0),
        ("closed", 0),
        ("completed", 0),
        ("cancelled", 0),
    ],
)
def test_nobody_need_be_named_on_a_project_that_has_ended(client, cast, state, number):
    Project.objects.filter(pk=cast.harbour.pk).update(state=state)

    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())
    text = home(client, cast.ada, cast.harbour).text

    assert len(page.gaps) == number
    assert ("Name a functional owner" in text) == bool(number)


@pytest.mark.parametrize(("name", "may"), [("ada", True), ("piet", True), ("tess", False)])
def test_the_home_leads_to_the_register_and_to_editing_for_those_who_may(client, cast, name, may):
    text = home(client, cast.people[name], cast.harbour).text
    past = home(client, cast.people[name], cast.harbour, "?as_of=2020-01-01").text

    assert f'href="/register/projects/{cast.harbour.pk}/"' in text
    assert (f'href="/register/projects/{cast.harbour.pk}/edit/"' in text) == may
    assert "/edit/" not in past


def published(project, day, **values):
    for name in ("planned_finish", "budget"):
        if name in values:
            setattr(project, name, values.pop(name))
    return publish_snapshot(
        actor=SYSTEM,
        project=project,
        facts=facts_of(project, day, None),
        status_date=day,
        source="Annual report",
        values=values,
    )


def with_history(cast):
    project = Project.objects.get(pk=cast.harbour.pk)
    PerformanceSnapshot.objects.filter(project=project).delete()
    published(
        project,
        date(2024, 9, 30),
        planned_finish=date(2026, 3, 31),
        budget=Decimal("900000"),
        stated="green",
        stated_label="Green",
        comments={"rating": "All is well on the quay."},
    )
    published(
        project,
        date(2025, 9, 30),
        planned_finish=date(2026, 10, 31),
        budget=Decimal("1100000"),
        stated="amber",
        stated_label="Amber/Red",
        comments={"schedule": "Dredging is late."},
    )
    return project


def test_as_of_shows_the_project_as_it_was_known_on_that_day(client, cast):
    project = with_history(cast)

    then = project_page(cast.ada.actor(), project.pk, date(2025, 1, 1), TODAY())
    text = home(client, cast.ada, project, "?as_of=2025-01-01").text

    assert then.past
    assert then.row.status_date == date(2024, 9, 30)
    assert then.row.budget == Decimal("900000")
    assert [report.status_date for report in then.reports] == [date(2024, 9, 30)]
    assert "as it was known on 1 Jan 2025" in text
    assert "€900,000.00" in text
    assert "€1,100,000.00" not in text
    assert "Dredging is late" not in text


def test_before_the_first_snapshot_the_page_says_that_nothing_was_known(client, cast):
    project = with_history(cast)

    response = home(client, cast.ada, project, "?as_of=2020-01-01")

    assert response.status_code == 200
    assert "Nothing was known of this project on that day" in response.text
    assert "900,000" not in response.text


def test_a_day_that_is_none_is_refused_in_words(client, cast):
    response = home(client, cast.ada, cast.harbour, "?as_of=30.9.2019")

    assert response.status_code == 422
    assert "is no date; write it as 2019-09-30" in response.text


def test_history_lists_every_report_with_its_comments_and_draws_it(client, cast):
    project = with_history(cast)

    page = project_page(cast.ada.actor(), project.pk, None, TODAY())
    text = home(client, cast.ada, project).text

    assert [(r.status_date, r.stated, r.budget) for r in page.reports] == [
        (date(2025, 9, 30), "amber", Decimal("1100000")),
        (date(2024, 9, 30), "green", Decimal("900000")),
    ]
    assert [mark.colour for mark in page.chart.stated] == ["green", "amber"]
    assert [line.key for line in page.chart.costs] == ["budget", "forecast_cost"]
    assert "All is well on the quay." in text
    assert "Dredging is late." in text


def test_unchanged_days_are_no_reports(cast):
    row = PerformanceSnapshot.objects.get(project=cast.harbour)
    days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    for number, day in enumerate(days):
        row.pk = None
        row.status_date = day
        row.valid_to = date(2026, 1, 4)
        row.slip_days = 30 if number == 2 else 21
        row.save(force_insert=True)

    page = project_page(cast.ada.actor(), cast.harbour.pk, None, TODAY())

    assert [report.status_date for report in page.reports] == [
        TODAY(),
        date(2026, 1, 3),
        date(2026, 1, 1),
    ]


def test_a_frozen_snapshot_is_readable_with_all_that_was_said(client, cast):
    project = with_history(cast)
    first = PerformanceSnapshot.objects.get(project=project, status_date=date(2024, 9, 30))
    client.force_login(cast.ada)

    text = client.get(f"/projects/{project.pk}/history/{first.pk}/").text

    assert "Published snapshot of 30 Sep 2024, valid from that day to 30 Sep 2025" in text
    assert "All is well on the quay." in text
    assert "€900,000.00" in text
    assert "Annual report" in text
    assert "Dredging is late." not in text


def test_the_record_of_a_day_undoes_later_changes(client, cast):
    AuditEvent.objects.filter(object_type="project", object_id=cast.harbour.pk).update(
        at=timezone.make_aware(datetime(2026, 2, 1, 12))
    )
    update_project(
        actor=cast.piet.actor(),
        project=cast.harbour,
        values={"name": "Outer harbour", "pm": cast.rosa},
        version=1,
        reason="Renamed by the board",
    )
    client.force_login(cast.ada)

    then = client.get(f"/projects/{cast.harbour.pk}/record/?on=2026-02-01").text
    before = client.get(f"/projects/{cast.harbour.pk}/record/?on=2026-01-31").text
    now = client.get(f"/projects/{cast.harbour.pk}/record/").text

    assert "<td>Harbour</td><td><strong>Outer harbour</strong></td>" in then
    assert "<td>Piet Example</td><td><strong>Rosa Example</strong></td>" in then
    assert "Renamed by the board" not in then
    assert "had no entry for this project on 31 Jan 2026" in before
    assert "<del>Piet Example</del>" in now
    assert "Renamed by the board" in now


def test_the_home_of_a_project_needs_a_fixed_number_of_queries(
    client, cast, django_assert_num_queries
):
    with_history(cast)
    client.force_login(cast.ada)
    client.get(f"/projects/{cast.harbour.pk}/")

    with django_assert_num_queries(14):
        client.get(f"/projects/{cast.harbour.pk}/")


def test_a_page_asked_for_without_sight_raises_not_found(cast):
    with pytest.raises(NotFound):
        project_page(cast.nia.actor(), cast.harbour.pk, None, TODAY())
