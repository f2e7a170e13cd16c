# SPDX-License-Identifier: Apache-2.0
"""A value that cannot be is refused with one sentence, whichever door it comes in by."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cast import appoint
from pilothouse.delivery.projects.forms.projects import project_initial
from pilothouse.delivery.projects.models import Portfolio, Project, StrategicObjective
from pilothouse.delivery.projects.services import STATED_FIELDS
from pilothouse.exchange.services import check_import, reading_of, start_import
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.organisation.queries import unit_scopes

REASON = {"reason": "Trial"}
TOO_LONG = "x" * (LONG_TEXT + 1)
NEVER = [
    ("budget", "-5", "At least 0."),
    ("forecast_cost", "-0.01", "At least 0."),
    ("forecast_cost", "1000000000000001", "out of range|Out of range|too large|no amount"),
    ("benefits_forecast", "-1000000000000001", "out of range|Out of range|too large|no amount"),
    ("planned_start", "1949-12-31", "The year 1949 is out of range|lies outside 1950 to 2199"),
    ("planned_start", "1901-01-01", "The year 1901 is out of range|lies outside 1950 to 2199"),
    ("planned_finish", "2025-01-01", "lies before the"),
    ("baseline_finish", "2025-01-01", "lies before the"),
    ("stated_comment", TOO_LONG, "At most|at most"),
    ("purpose", TOO_LONG, "At most|at most"),
]
IDS = [f"{name} {value[:12]}" for name, value, _ in NEVER]


@pytest.fixture
def ada(cast):
    """Ada directs the office and approves money, so that rights never stand in the way."""
    scope = ("org_unit", cast.office.pk)
    for role in (Role.FIN, Role.SCM):
        appoint(cast.ada, role, scope, cast.office.pk, unit_scopes(cast.office))
    return cast.ada


def require_refused(cast, text, sentence):
    assert any(part in text for part in sentence.split("|")), text[:3000]
    assert Project.objects.get(pk=cast.harbour.pk).version == cast.harbour.version


@pytest.mark.parametrize(("name", "value", "sentence"), NEVER, ids=IDS)
def test_the_api_refuses_it(cast, ada, call, name, value, sentence):
    answer = call(ada)(
        "patch",
        f"/projects/{cast.harbour.pk}",
        {name: value, **REASON},
        version=cast.harbour.version,
    )

    assert answer.status_code == 422
    require_refused(cast, str(answer.json()["fields"][name]), sentence)


@pytest.mark.parametrize(("name", "value", "sentence"), NEVER, ids=IDS)
def test_the_form_refuses_it(cast, ada, client, name, value, sentence):
    client.force_login(ada)
    sent = {**project_initial(cast.harbour, []), "version": str(cast.harbour.version), **REASON}

    answer = client.post(
        reverse("projects:project-edit", args=[cast.harbour.pk]), {**sent, name: value}
    )

    assert answer.status_code == 422
    require_refused(cast, answer.content.decode().replace("This lies", "lies"), sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [row for row in NEVER if row[0] in STATED_FIELDS],
    ids=[label for label, row in zip(IDS, NEVER, strict=True) if row[0] in STATED_FIELDS],
)
def test_the_dialog_of_the_list_refuses_it(cast, ada, client, name, value, sentence):
    client.force_login(ada)

    answer = client.post(
        reverse("portfolio:stated", args=[cast.harbour.pk]),
        {"version": cast.harbour.version, name: value},
    )

    assert answer.status_code == 422
    require_refused(cast, answer.content.decode(), sentence)


@pytest.mark.parametrize(("name", "value", "sentence"), NEVER, ids=IDS)
def test_the_import_refuses_it(cast, ada, name, value, sentence):
    text = f"code,{name}\n{cast.harbour.code},{value}\n"
    job = start_import(actor=ada.actor(), office=cast.office, file_name="a.csv", data=text.encode())

    checked = check_import(
        actor=ada.actor(), job_id=job.pk, version=job.version, reading=reading_of(job)
    )

    ((field, why),) = checked.rows.get().problems
    assert field == name
    require_refused(cast, why, sentence)


def test_losses_may_outweigh_gains_by_every_door(cast, ada, call, client):
    client.force_login(ada)
    for benefits in ("benefits_approved", "benefits_forecast"):
        row = Project.objects.get(pk=cast.harbour.pk)
        path = f"/projects/{row.pk}"
        answer = call(ada)("patch", path, {benefits: "-5", **REASON}, version=row.version)
        assert answer.status_code == 200, answer.content
        row.refresh_from_db()
        sent = {**project_initial(row, []), "version": str(row.version), **REASON}
        sent[benefits] = "-6"
        form = client.post(reverse("projects:project-edit", args=[row.pk]), sent)
        assert form.status_code == 302
        row.refresh_from_db()
        assert getattr(row, benefits) == Decimal("-6.00")


@pytest.mark.django_db
def test_the_database_holds_no_cost_below_0(cast):
    for rows, name in (
        (Project.objects.filter(pk=cast.harbour.pk), "budget"),
        (Project.objects.filter(pk=cast.harbour.pk), "forecast_cost"),
        (Portfolio.objects.filter(pk=cast.portfolio.pk), "budget_envelope"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**{name: Decimal("-0.01")})


def test_an_envelope_below_0_and_a_horizon_that_ends_first_are_refused_at_their_field(
    cast, ada, call
):
    director = call(ada)

    envelope = director(
        "patch",
        f"/portfolios/{cast.portfolio.pk}",
        {"budget_envelope": "-1"},
        version=cast.portfolio.version,
    )
    new = {
        "title": "Ships",
        "code": "O-1",
        "weight_pct": 1,
        "horizon_from": "2030-01-01",
        "horizon_to": "2029-01-01",
    }
    horizon = director("post", "/objectives", {**new, "office_id": cast.office.pk})
    early = director(
        "post",
        "/objectives",
        {**new, "office_id": cast.office.pk, "horizon_from": "1901-01-01"},
    )

    assert (envelope.status_code, envelope.json()["fields"]) == (
        422,
        {"budget_envelope": "At least 0."},
    )
    assert (horizon.status_code, horizon.json()["fields"]) == (
        422,
        {"horizon_to": "The last day lies before the first."},
    )
    assert early.json()["fields"] == {
        "horizon_from": "The year 1901 is out of range (1950 to 2199)."
    }
    assert not StrategicObjective.objects.filter(code="O-1").exists()
    assert Portfolio.objects.get(pk=cast.portfolio.pk).version == cast.portfolio.version


def test_a_long_published_comment_can_be_saved_by_the_form(cast, ada, client):
    client.force_login(ada)
    sent = {**project_initial(cast.harbour, []), "version": str(cast.harbour.version), **REASON}

    answer = client.post(
        reverse("projects:project-edit", args=[cast.harbour.pk]),
        {**sent, "stated_comment": "x" * 10_013, "planned_finish": "2026-12-31"},
    )

    assert answer.status_code == 302
    row = Project.objects.get(pk=cast.harbour.pk)
    assert (len(row.stated_comment), row.planned_finish) == (10_013, date(2026, 12, 31))
