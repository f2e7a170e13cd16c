# SPDX-License-Identifier: Apache-2.0
"""Making estimates by each method, accepting them, and adding them up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.estimates.queries import calculation_of, estimates_page, matches
from pilothouse.delivery.estimates.services import (
    accept_estimate,
    accuracy_of,
    effect_of,
    sum_of,
    withdraw_estimate,
)
from pilothouse.delivery.estimates.tests.conftest import MONDAY
from pilothouse.delivery.planning.models import PlanEdit, Task
from pilothouse.delivery.planning.services import edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

RATIOS = (0.95, 1, 1.05, 1.1, 1.2, 1.25, 1.4, 1.6, 1.8, 2.5)


def accept(cast, row, who="piet", version=1):
    actor = cast.people[who].actor()
    return accept_estimate(actor=actor, estimate=row, version=version, today=MONDAY)


def test_three_points_give_mean_spread_and_range(estimate):
    row = estimate(1, 2, 4, 9)

    assert (row.value, row.sd, row.low, row.high) == (
        Decimal("4.5"),
        Decimal("1.1667"),
        Decimal(2),
        Decimal(9),
    )
    assert calculation_of(row) == "(2 + 4 × 4 + 9) / 6 = 4.5; σ = (9 − 2) / 6"
    assert (row.author_label, row.made_on, row.state) == ("Piet Example", MONDAY, "proposed")
    assert AuditEvent.objects.get(action="estimate.create").after["basis"] == "As the foreman says"


def test_a_triangular_estimate_is_the_mean_of_the_three(estimate):
    assert estimate(1, 2, 4, 9, method="triangular").value == 5


def test_quantity_times_rate_times_factors(estimate):
    inputs = {
        "quantity": Decimal(340),
        "rate": Decimal("0.05"),
        "factors": [Decimal("1.2"), Decimal("0.5")],
        "source": "Handbook of quays",
    }
    row = estimate(2, method="parametric", inputs=inputs, accuracy="rough")

    assert (row.value, row.low, row.high) == (Decimal("10.2"), Decimal("7.65"), Decimal("17.85"))
    assert calculation_of(row) == "340 × 0.05 × 1.2 × 0.5 = 10.2; Handbook of quays"


def test_an_analogy_takes_its_class_of_accuracy_from_the_likeness(estimate):
    inputs = {
        "reference": "Quay 3",
        "actual": Decimal(80),
        "size": Decimal(30),
        "reference_size": Decimal(20),
        "similarity": "loose",
    }
    row = estimate(2, method="analogous", inputs=inputs, accuracy="definitive")

    assert (row.value, row.accuracy, row.low, row.high) == (120, "rough", 90, 210)


def test_a_reference_class_of_finished_projects_lifts_the_estimate(planned, estimate):
    """O-EST-2: an estimate of 500 000 is 820 000 at P80."""
    for number, ratio in enumerate(RATIOS):
        row = make_project(planned.portfolio, f"OLD{number}", "Old", state="executing")
        Project.objects.filter(pk=row.pk).update(
            state="closed", budget=100_000, forecast_cost=Decimal(str(ratio)) * 100_000
        )
    inputs = {"base": Decimal(500_000), "confidence": "80"}

    found = estimate(None, method="reference_class", unit="cost", inputs=inputs)

    assert found.value == 820_000
    assert calculation_of(found) == "500000 × 1.64 = 820000; P80 of 10 finished ones"
    Project.objects.filter(code="OLD0").update(classification="confidential")
    with pytest.raises(Invalid, match="9 finished pieces of work make no reference class"):
        estimate(None, method="reference_class", unit="cost", inputs=inputs)


def test_finished_projects_of_another_office_are_in_no_class(planned, estimate):
    for number in range(12):
        row = make_project(planned.other_portfolio, f"OLD{number}", "Old", state="executing")
        Project.objects.filter(pk=row.pk).update(state="closed", budget=1, forecast_cost=2)

    with pytest.raises(Invalid, match="0 finished"):
        estimate(
            None,
            method="reference_class",
            unit="cost",
            inputs={"base": Decimal(5), "confidence": "80"},
        )


@pytest.mark.parametrize(
    "uid, values, field",
    [
        (1, {"inputs": {"least": 5, "likely": 4, "most": 9}}, "likely"),
        (1, {"inputs": {"least": 0, "likely": 0, "most": 0}}, "likely"),
        (1, {"method": "guess"}, "method"),
        (1, {"unit": "cost"}, "unit"),
        (None, {"unit": "hours"}, "unit"),
        (1, {"basis": "  "}, "basis"),
        (1, {"accuracy": "exact"}, "accuracy"),
        (99, {}, "task_uid"),
        (4, {}, "task_uid"),
    ],
)
def test_what_cannot_be_an_estimate_is_refused_at_its_field(estimate, uid, values, field):
    if "inputs" in values:
        values["inputs"] = {name: Decimal(value) for name, value in values["inputs"].items()}
    with pytest.raises(Invalid) as caught:
        estimate(uid, 2, 4, 9, **values)

    assert list(caught.value.fields) == [field]
    assert Estimate.objects.count() == 0


def test_an_accepted_estimate_becomes_the_duration_of_its_task(planned, estimate):
    row = estimate(1, 2, 4, 9)
    effect = effect_of(actor=planned.piet.actor(), estimate=row)

    outcome = accept(planned, row)

    assert Task.objects.get(uid=1).duration_minutes == 4.5 * 480
    assert outcome.tasks_moved == effect.tasks_moved == 4
    row.refresh_from_db()
    assert (row.state, row.accepted_label) == ("accepted", "Piet Example")
    assert PlanEdit.objects.filter(by_label="Piet Example").count() == 1
    with pytest.raises(Invalid, match="only a proposed one"):
        accept(planned, row, version=2)


def test_a_better_estimate_supersedes_the_one_that_counted_and_both_stay(planned, estimate):
    first, second = estimate(1, 2, 4, 9), estimate(1, 4, 5, 6)
    accept(planned, first)

    accept(planned, second)

    states = Estimate.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["superseded", "accepted"]
    assert Task.objects.get(uid=1).duration_minutes == 5 * 480


def test_hours_become_the_work_of_the_task(planned, estimate):
    accept(planned, estimate(2, 20, 40, 60, unit="hours"))

    assert Task.objects.get(uid=2).work_minutes == 40 * 60


def test_a_stale_version_and_a_finished_task_are_refused(planned, estimate):
    row = estimate(1, 2, 4, 9)
    with pytest.raises(Conflict):
        accept(planned, row, version=7)
    step = {"do": "set", "uid": 1, "field": "percent_complete", "value": 100}
    edit_plan(actor=SYSTEM, project=planned.harbour, steps=[step])

    with pytest.raises(Invalid, match="is finished"):
        accept(planned, row)

    row.refresh_from_db()
    assert row.state == "proposed"


def test_the_team_estimates_and_the_manager_accepts(planned, estimate):
    row = estimate(1, 2, 4, 9, who="tess")

    assert row.author == planned.tess
    with pytest.raises(NotAllowed):
        accept(planned, row, who="tess")
    for who in ("sam", "rosa", "femi", "ada"):
        with pytest.raises(NotAllowed):
            estimate(1, 2, 4, 9, who=who)
    assert effect_of(actor=planned.tess.actor(), estimate=row) is None
    withdrawn = withdraw_estimate(actor=planned.tess.actor(), estimate=row, version=1)
    assert withdrawn.state == "withdrawn"


def test_an_estimate_of_somebody_else_is_withdrawn_by_the_manager_alone(planned, estimate):
    row = estimate(1, 2, 4, 9)

    with pytest.raises(NotAllowed):
        withdraw_estimate(actor=planned.tess.actor(), estimate=row, version=1)
    assert withdraw_estimate(actor=planned.piet.actor(), estimate=row, version=1)


def test_a_cost_is_estimated_by_those_who_see_the_budget_alone(planned, estimate):
    with pytest.raises(NotAllowed, match="may cost"):
        estimate(None, 2, 4, 9, unit="cost", who="tess")


def path(cast):
    page = estimates_page(cast.piet.actor(), cast.harbour.pk, "all")
    return [row for row in page.rows if matches(row, "critical")]


def test_the_critical_path_adds_up_as_the_rule_says(planned, estimate):
    """O-EST-1: E 12, σ 1.6833, P80 13.417, P90 14.157."""
    for uid, points in enumerate(((2, 4, 9), (3, 5, 10), (1, 2, 3)), 1):
        estimate(uid, *points)

    total = sum_of(path(planned))

    assert (total.chain.mean, round(total.chain.sd, 4)) == (12, Decimal("1.6833"))
    assert (round(total.chain.p80, 3), round(total.chain.p90, 3)) == (
        Decimal("13.417"),
        Decimal("14.157"),
    )
    assert (total.planned, total.kept_pct, total.unestimated) == (12, 50, 0)


def test_what_is_not_estimated_counts_as_planned_without_a_spread(planned, estimate):
    estimate(1, 2, 4, 9)

    total = sum_of(path(planned))

    assert (total.chain.mean, total.unestimated) == (Decimal("12.5"), 2)
    assert round(total.chain.sd, 4) == Decimal("1.1667")
    assert sum_of([]) is None


@pytest.fixture
def outcome(planned, estimate):
    """The survey was estimated at 4.5 days and took 9."""
    accept(planned, estimate(1, 2, 4, 9))
    steps = [
        {"do": "set", "uid": 1, "field": "duration", "value": "9d"},
        {"do": "set", "uid": 1, "field": "percent_complete", "value": 100},
    ]
    edit_plan(actor=SYSTEM, project=planned.harbour, steps=steps)
    return planned


def test_estimates_are_held_against_what_it_took_without_naming_anybody(outcome):
    found = accuracy_of(actor=outcome.piet.actor(), office_id=outcome.office.pk)

    (row,) = found.methods
    assert (row.method, row.count, row.median, row.within_pct) == ("three_point", 1, 2, 100)
    assert len(found.mine) == 1
    others = accuracy_of(actor=outcome.ada.actor(), office_id=outcome.office.pk)
    assert (len(others.methods), others.mine) == (1, [])
    assert accuracy_of(actor=outcome.otto.actor(), office_id=outcome.office.pk).methods == []


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_the_page_says_what_it_took_and_makes_few_queries(outcome, as_):
    client = as_("piet")
    address = reverse("estimates:project", args=[outcome.harbour.pk]) + "?show=finished"

    text = html(client.get(address))
    assert ">2.00<" in text
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    tasks = [{"name": f"More {n}", "duration": "1d"} for n in range(20)]
    edit_plan(
        actor=SYSTEM,
        project=outcome.harbour,
        steps=[{"do": "add", "after": None, "tasks": tasks}],
    )
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) == len(few) == 11


def test_many_tasks_come_in_pages_and_what_is_ticked_goes_along(planned, as_, monkeypatch):
    monkeypatch.setattr("pilothouse.delivery.estimates.queries.PAGE_SIZE", 2)
    client = as_("piet")
    address = reverse("estimates:project", args=[planned.harbour.pk])

    first = html(client.get(address, {"show": "all", "task": ["1", "2"]}))
    last = html(client.get(address, {"show": "all", "task": ["1", "2"], "page": "9"}))

    assert "Page 1 of 2 · 3 in all" in first
    assert 'href="?show=all&amp;task=1&amp;task=2&amp;page=2"' in first
    assert "Page 2 of 2 · 3 in all" in last
    assert '<input type="hidden" name="task" value="1">' in last
    assert "2 ticked ones are on other pages." in last
    assert 'The ticked tasks, one after the other <span class="ph-quiet ph-number">2' in last


def test_figures_of_a_chain_and_of_a_class_are_explained(planned, estimate, as_):
    estimate(1, 2, 4, 9)
    client = as_("piet")

    chain = html(client.get(reverse("estimates:project", args=[planned.harbour.pk])))
    classes = html(client.get(reverse("estimates:accuracy", args=[planned.office.pk])))

    assert "mean + 0.8416 × σ = 12.50 + 0.8416 × 1.17 = 13.5" in chain
    assert "mean + 1.2816 × σ = 12.50 + 1.2816 × 1.17 = 14.0" in chain
    assert "Φ((12.0 − 12.50) / 1.17) = 33 %" in chain
    assert "n = 0, and ten are needed." in classes


def test_the_page_of_an_office_shows_how_estimates_turned_out(outcome, as_):
    address = reverse("estimates:accuracy", args=[outcome.office.pk])

    text = html(as_("piet").get(address))

    assert "Within its range, %" in text
    assert "1 task: median 2.00, greatest 2.00, within 100 %." in text


def test_an_estimate_is_made_and_accepted_on_its_pages(planned, as_):
    client = as_("piet")
    new = reverse("estimates:make", args=[planned.harbour.pk])

    first = client.post(new, {"uid": "1", "method": "three_point"})
    assert first["Location"] == f"{new}?uid=1&method=three_point"
    sent = {"unit": "days", "least": "2", "likely": "4", "most": "9", "accuracy": "budget"}
    assert "Needed." in html(client.post(first["Location"], sent), 422)
    sent |= {"basis": "As the foreman says"}
    made = client.post(first["Location"], sent)
    text = html(client.get(made["Location"]))
    assert "(2 + 4 × 4 + 9) / 6 = 4.5" in text
    assert "4 tasks move" in text
    done = client.post(f"{made['Location']}accept/", {"version": "1"}, follow=True)
    assert "in the plan: 4 tasks moved." in html(done)
    assert "only a proposed one" in html(
        client.post(f"{made['Location']}accept/", {"version": "2"}), 422
    )


def api(client, method, path, body=None, version=None):
    headers = {"If-Match": f'"v{version}"'} if version else {}
    return client.generic(
        method,
        f"/api/v1{path}",
        json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def test_the_api_makes_accepts_and_adds_up(planned, as_):
    client = as_("piet")
    project = f"/projects/{planned.harbour.pk}/estimates"
    new = {
        "task_uid": 1,
        "method": "three_point",
        "inputs": {"least": 2, "likely": 4, "most": 9},
        "basis": "As the foreman says",
    }

    made = api(client, "POST", project, new).json()
    assert (made["value"], made["calculation"][:8]) == ("4.5000", "(2 + 4 ×")
    assert api(client, "GET", f"{project}/sum?tasks=1,2").json()["mean"] == "10.5000"
    one = f"/estimates/{made['id']}"
    assert api(client, "POST", f"{one}/accept").status_code == 428
    assert api(client, "POST", f"{one}/accept", version=9).status_code == 412
    done = api(client, "POST", f"{one}/accept", version=1).json()
    assert (done["state"], done["tasks_moved"]) == ("accepted", 4)
    del new["inputs"]["most"]
    refused = api(client, "POST", project, new)
    assert refused.status_code == 422
    assert list(refused.json()["fields"]) == ["inputs.most"]


def test_an_estimate_of_a_hidden_project_is_not_found(planned, estimate, as_):
    row = estimate(1, 2, 4, 9)

    assert as_("nia").get(reverse("estimates:one", args=[row.pk])).status_code == 404
    assert as_("otto").get(reverse("estimates:one", args=[row.pk])).status_code == 404
    assert as_("femi").get(reverse("estimates:one", args=[row.pk])).status_code == 403
    here = planned.office.pk, project_scopes(planned.harbour)
    appoint(planned.otto, Role.WSL, ("project", planned.harbour.pk), *here)
    assert as_("otto").get(reverse("estimates:one", args=[row.pk])).status_code == 200
