# SPDX-License-Identifier: Apache-2.0
"""Thresholds are versioned data, previewed before they are set; many projects make one colour."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot, ThresholdPolicy
from pilothouse.direction.performance.queries import checked_policy, preview_policy, roll_up_of
from pilothouse.direction.performance.services import (
    publish_history,
    refresh_performance,
    set_policy,
)
from pilothouse.engine.health import DEFAULT_POLICY, policy_to_data
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent


def limits(**changed):
    """The built-in limits with some others: metric → (green, amber)."""
    data = policy_to_data(DEFAULT_POLICY)
    for row in data:
        if row["metric"] in changed:
            row["green"], row["amber"] = changed[row["metric"]]
    return data


def latest(project):
    return PerformanceSnapshot.objects.get(project=project, valid_to=None)


def set_limits(cast, by=None, reason="The board asked.", **changed):
    return set_policy(
        actor=by or cast.ada.actor(),
        office=cast.office,
        data=limits(**changed),
        valid_from=timezone.localdate(),
        reason=reason,
    )


def test_a_preview_names_what_would_change_and_changes_nothing(cast):
    policy = checked_policy(limits(slip_pct=("1", "2"), milestone_slip_days=("5", "15")))

    found = preview_policy(cast.ada.actor(), cast.office, policy)

    assert [(row.code, row.dimensions) for row in found] == [
        ("HARB", [("schedule", "amber", "red")])
    ]
    assert latest(cast.harbour).schedule == "amber"
    assert not ThresholdPolicy.objects.exists()


def test_a_preview_shows_no_project_out_of_sight(cast):
    policy = checked_policy(limits(slip_pct=("1", "2")))

    assert preview_policy(cast.otto.actor(), cast.office, policy) == []


def test_new_thresholds_recolour_the_present_as_the_preview_said(cast):
    said = preview_policy(
        cast.ada.actor(), cast.office, checked_policy(limits(slip_pct=("1", "2")))
    )

    row = set_limits(cast, slip_pct=("1", "2"))

    snapshot = latest(cast.harbour)
    assert (snapshot.schedule, snapshot.overall) == ("red", said[0].after)
    assert (row.number, snapshot.policy_number) == (1, 1)
    audit = AuditEvent.objects.get(object_type="thresholdpolicy")
    assert (audit.actor_id, audit.reason) == (cast.ada.pk, "The board asked.")


def test_an_earlier_snapshot_keeps_its_thresholds(cast):
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 1))
    old = latest(cast.harbour)

    set_limits(cast, slip_pct=("1", "2"))

    kept = PerformanceSnapshot.objects.get(pk=old.pk)
    assert (kept.schedule, kept.policy_number) == ("amber", 0)


@pytest.mark.parametrize("name", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_the_pmo_sets_thresholds(cast, name):
    with pytest.raises(NotAllowed):
        set_limits(cast, by=cast.people[name].actor(), slip_pct=("1", "2"))

    assert not ThresholdPolicy.objects.exists()
    assert latest(cast.harbour).schedule == "amber"


@pytest.mark.parametrize(
    ("reason", "changed"),
    [(" ", {}), ("Why", {"slip_pct": ("10", "5")}), ("Why", {"vac_pct": ("-10", "-5")})],
)
def test_thresholds_without_reason_or_in_the_wrong_order_are_refused(cast, reason, changed):
    with pytest.raises(Invalid):
        set_limits(cast, reason=reason, **changed)

    assert not ThresholdPolicy.objects.exists()


def typed(**changed):
    values = {"number": "0", "reason": "The board asked.", "valid_from": str(timezone.localdate())}
    for row in limits():
        values[f"green.{row['metric']}"] = str(row["green"])
        values[f"amber.{row['metric']}"] = "" if row["amber"] is None else str(row["amber"])
    return values | changed


def test_the_page_previews_first_and_sets_then(client, cast):
    client.force_login(cast.ada)
    address = f"/performance/thresholds/{cast.office.pk}/new/"
    changed = {"green.slip_pct": "1", "amber.slip_pct": "2"}

    preview = client.post(address, typed(**changed))
    assert preview.status_code == 200
    assert "1 project would change a colour" in preview.content.decode()
    assert not ThresholdPolicy.objects.exists()
    answer = client.post(address, typed(**changed, step="set"))

    assert answer.status_code == 302
    assert ThresholdPolicy.objects.get().number == 1


def test_the_page_names_the_wrong_field(client, cast):
    client.force_login(cast.ada)

    answer = client.post(
        f"/performance/thresholds/{cast.office.pk}/new/", typed(**{"green.slip_pct": "much"})
    )

    assert answer.status_code == 422
    assert 'id="note-green-slip_pct"' in answer.content.decode()
    assert not ThresholdPolicy.objects.exists()


def test_a_page_made_from_older_thresholds_is_stale(client, cast):
    set_limits(cast)
    client.force_login(cast.ada)

    answer = client.post(f"/performance/thresholds/{cast.office.pk}/new/", typed(step="set"))

    assert answer.status_code == 409
    assert "Ada Example: The board asked." in answer.content.decode()
    assert ThresholdPolicy.objects.count() == 1


def portfolio_of(cast, *rows):
    """Snapshots of the worked example: budget in thousands, colour, strategically critical."""
    Project.objects.filter(pk=cast.harbour.pk).update(state="cancelled")
    PerformanceSnapshot.objects.filter(project=cast.harbour).update(state="cancelled")
    for number, (budget, colour, critical) in enumerate(rows):
        project = make_project(
            cast.portfolio, f"R{number}", f"Row {number}", strategic_critical=critical
        )
        PerformanceSnapshot.objects.filter(project=project).update(
            budget=Decimal(budget), overall=colour, currency_code="EUR"
        )
    return roll_up_of(cast.ada.actor(), cast.portfolio)


@pytest.mark.parametrize(
    ("a", "c", "critical", "colour", "red_pct"),
    [
        (400, 200, False, "amber", 20),
        (400, 200, True, "red", 20),
        (300, 300, False, "red", 30),
    ],
)
def test_the_roll_up_of_the_worked_example(cast, a, c, critical, colour, red_pct):
    """O-RUP-1."""
    health = portfolio_of(
        cast,
        (a, "green", False),
        (300, "amber", False),
        (c, "red", critical),
        (100, "green", False),
    )

    whole = health.rolled[0]
    assert (whole.name, whole.colour) == ("overall", colour)
    assert [(part.colour, part.share_pct) for part in whole.parts if part.colour == "red"] == [
        ("red", red_pct)
    ]
    assert (health.active, health.ended) == (4, 1)


def test_a_snapshot_computed_twice_is_the_same(cast):
    day = timezone.localdate()
    first = refresh_performance(project_id=cast.harbour.pk, today=day)

    again = refresh_performance(project_id=cast.harbour.pk, today=day)

    assert again.pk == first.pk
    assert again.reasons == first.reasons
    assert PerformanceSnapshot.objects.filter(project=cast.harbour).count() == 1


def test_the_system_alone_publishes(cast):
    with pytest.raises(Invalid):
        publish_history(actor=cast.ada.actor(), publications=[])

    assert publish_history(actor=SYSTEM, publications=[]) == 0


def test_thresholds_of_the_past_are_refused_whoever_calls(cast):
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        set_policy(
            actor=cast.ada.actor(),
            office=cast.office,
            data=limits(),
            valid_from=yesterday,
            reason="To look better.",
        )

    assert list(refused.value.fields) == ["valid_from"]
    assert not ThresholdPolicy.objects.exists()

    row = set_policy(
        actor=SYSTEM, office=cast.office, data=limits(), valid_from=yesterday, reason="Loaded."
    )

    assert row.valid_from == yesterday


def test_the_page_refuses_thresholds_of_the_past_before_the_preview(client, cast):
    client.force_login(cast.ada)
    values = {"number": "0", "reason": "To look better.", "valid_from": "2020-01-01"}
    for row in limits():
        values[f"green.{row['metric']}"] = row["green"]
        values[f"amber.{row['metric']}"] = row["amber"] or ""

    answer = client.post(f"/performance/thresholds/{cast.office.pk}/new/", values)

    assert answer.status_code == 422
    assert "the past keeps its" in answer.content.decode()
    assert not ThresholdPolicy.objects.exists()
