# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.core.models import AuditEvent

HTMX = {"HX-Request": "true"}


def typed(project, **values):
    return {
        "version": project.version,
        "stated_colour": "amber",
        "stated_comment": "The pier is late.",
        "planned_start": "2026-01-05",
        "planned_finish": "2027-01-31",
        "forecast_cost": "1,300,000.50",
        "benefits_forecast": "",
        **values,
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("ada", 200),
        ("piet", 200),
        ("rosa", 403),
        ("femi", 403),
        ("sam", 403),
        ("tess", 403),
        ("otto", 404),
        ("nia", 404),
    ],
)
def test_who_may_state_what_a_row_says(client, cast, who, status):
    client.force_login(cast.people[who])
    address = f"/projects/{cast.harbour.pk}/stated/"

    assert client.get(address).status_code == status
    sent = client.post(address, typed(cast.harbour), headers=HTMX)

    assert sent.status_code == (204 if status == 200 else status)
    assert (address in client.get("/").content.decode()) is (status == 200)
    cast.harbour.refresh_from_db()
    assert cast.harbour.stated_colour == ("amber" if status == 200 else "green")


def test_what_is_stated_is_saved_shown_and_kept_in_the_trail(client, cast):
    client.force_login(cast.piet)

    response = client.post(
        f"/projects/{cast.harbour.pk}/stated/", typed(cast.harbour), headers=HTMX
    )

    assert response.headers["HX-Refresh"] == "true"
    row = Project.objects.get(pk=cast.harbour.pk)
    assert (row.stated_colour, row.stated_comment) == ("amber", "The pier is late.")
    assert (row.planned_finish, row.forecast_cost) == (date(2027, 1, 31), Decimal("1300000.50"))
    assert (row.benefits_forecast, row.stated_on) == (None, timezone.localdate())
    snapshot = PerformanceSnapshot.objects.get(project=row, valid_to=None)
    assert (snapshot.stated, snapshot.forecast_finish) == ("amber", date(2027, 1, 31))
    event = AuditEvent.objects.filter(action="project.update").first()
    assert event.before["stated_colour"] == "green"
    assert event.after["stated_colour"] == "amber"


def test_without_script_the_form_is_a_page_and_leads_back(client, cast):
    client.force_login(cast.piet)
    address = f"/projects/{cast.harbour.pk}/stated/"

    assert "<html" in client.get(address).content.decode()
    assert "<html" not in client.get(address, headers=HTMX).content.decode()
    assert client.post(address, typed(cast.harbour)).headers["Location"] == "/?view=0"


def test_a_row_changed_meanwhile_is_not_overwritten(client, cast):
    client.force_login(cast.ada)
    address = f"/projects/{cast.harbour.pk}/stated/"
    client.post(address, typed(cast.harbour, stated_comment="Ada was here."), headers=HTMX)
    client.force_login(cast.piet)

    response = client.post(
        address, typed(cast.harbour, stated_comment="Piet too.", stated_colour="red"), headers=HTMX
    )

    text = response.content.decode()
    assert response.status_code == 409
    assert "was changed by Ada Example in the meantime" in text
    assert "Saved now: Ada was here." in text
    assert "Saved now: Amber." in text
    assert 'value="red" selected' in text
    assert "Piet too.</textarea>" in text
    row = Project.objects.get(pk=cast.harbour.pk)
    assert (row.stated_comment, row.stated_colour) == ("Ada was here.", "amber")
    assert f'name="version" value="{row.version}"' in text

    mine = typed(row, stated_comment="Piet too.", stated_colour="red")
    client.post(address, mine, headers=HTMX)

    row.refresh_from_db()
    assert (row.stated_comment, row.stated_colour) == ("Piet too.", "red")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("stated_colour", "purple", "Choose green, amber, red or nothing."),
        ("planned_start", "5.1.2026", "Planned start is no date"),
        ("planned_finish", "2026-02-30", "Planned finish is no date"),
        ("planned_finish", "2025-01-01", "before"),
        ("forecast_cost", "a lot", "Forecast cost is no amount"),
        ("forecast_cost", "NaN", "Forecast cost is no amount"),
        ("forecast_cost", "1e99", "Forecast cost is no amount"),
        ("benefits_forecast", "Infinity", "Forecast benefits is no amount"),
        ("version", "", "Reload the page"),
        ("version", "x", "Reload the page"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(client, cast, field, value, sentence):
    client.force_login(cast.piet)

    response = client.post(
        f"/projects/{cast.harbour.pk}/stated/",
        typed(cast.harbour, **{field: value}),
        headers=HTMX,
    )

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "The pier is late." in response.content.decode()
    row = Project.objects.get(pk=cast.harbour.pk)
    assert (row.version, row.stated_colour) == (cast.harbour.version, "green")


def test_fields_that_are_not_sent_stay_as_they_are(client, cast):
    client.force_login(cast.piet)

    client.post(
        f"/projects/{cast.harbour.pk}/stated/",
        {"version": cast.harbour.version, "stated_colour": "red"},
    )

    row = Project.objects.get(pk=cast.harbour.pk)
    assert (row.stated_colour, row.forecast_cost) == ("red", Decimal("1260000.00"))
