# SPDX-License-Identifier: Apache-2.0
"""Every page of the register and the office: who may open it, and that it opens."""

import pytest
from django.urls import reverse

from pilothouse.delivery.projects.models import Project, StrategicObjective, Workstream
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.organisation.models import Calendar, CustomField

NAMES = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia")


@pytest.fixture
def places(cast):
    """Ids of one of each thing, all of Ada's office."""
    stream = Workstream.objects.create(project=cast.harbour, name="Dredging")
    goal = StrategicObjective.objects.create(office=cast.office, code="O1", title="Deeper")
    calendar = Calendar.objects.create(office=cast.office, name="Port", week=[[[480, 960]]] * 7)
    field = CustomField.objects.create(office=cast.office, key="lot", label="Lot", kind="text")
    role = RoleAssignment.objects.get(person=cast.tess)
    return {
        "portfolio": cast.portfolio.pk,
        "programme": cast.programme.pk,
        "project": cast.harbour.pk,
        "stream": stream.pk,
        "goal": goal.pk,
        "calendar": calendar.pk,
        "field": field.pk,
        "role": role.pk,
        "office": cast.office.pk,
        "unit": cast.unit.pk,
        "tess": cast.tess.pk,
    }


# name, arguments, query, then the status for each of NAMES.
TABLE = [
    ("projects:register", [], "", "200 200 200 200 200 200 200 200"),
    ("projects:register", [], "?as_of=2026-01-01&ended=on", "200 200 200 200 200 200 200 200"),
    ("projects:register", [], "?as_of=nonsense", "422 422 422 422 422 422 422 422"),
    ("projects:portfolio", ["portfolio"], "", "200 404 200 200 404 404 404 404"),
    ("projects:portfolio-new", [], "", "200 403 403 403 403 403 403 200"),
    ("projects:portfolio-edit", ["portfolio"], "", "200 404 403 403 404 404 404 404"),
    ("projects:portfolio-move", ["portfolio"], "", "200 404 403 403 404 404 404 404"),
    ("projects:portfolio-state", ["portfolio", "closed"], "", "200 404 403 403 404 404 404 404"),
    ("projects:portfolio-state", ["portfolio", "draft"], "", "404 404 404 404 404 404 404 404"),
    ("projects:programme", ["programme"], "", "200 404 200 200 404 404 404 404"),
    ("projects:programme-new", [], "", "200 403 403 403 403 403 403 200"),
    ("projects:programme-edit", ["programme"], "", "200 404 403 403 404 404 404 404"),
    ("projects:programme-move", ["programme"], "", "200 404 403 403 404 404 404 404"),
    ("projects:programme-state", ["programme", "defined"], "", "200 404 403 403 404 404 404 404"),
    ("projects:project", ["project"], "", "200 200 200 200 200 200 404 404"),
    ("projects:project-new", [], "", "200 403 403 403 403 403 403 200"),
    ("projects:project-edit", ["project"], "", "200 200 403 200 200 403 404 404"),
    ("projects:project-move", ["project"], "", "200 403 403 403 403 403 404 404"),
    ("projects:project-state", ["project", "on_hold"], "", "200 403 403 403 403 403 404 404"),
    ("projects:project-state", ["project", "closed"], "", "404 404 404 404 404 404 404 404"),
    ("projects:workstream-new", ["project"], "", "200 200 403 403 403 403 404 404"),
    ("projects:workstream-edit", ["stream"], "", "200 200 403 403 403 403 404 404"),
    ("projects:workstream-void", ["stream"], "", "200 200 403 403 403 403 404 404"),
    ("projects:objectives", [], "", "200 200 200 200 200 200 200 200"),
    ("projects:objective-new", ["office"], "", "200 403 403 403 403 403 404 404"),
    ("projects:objective-edit", ["goal"], "", "200 403 403 403 403 403 404 404"),
    ("projects:objective-void", ["goal"], "", "200 403 403 403 403 403 404 404"),
    ("projects:people", [], "", "200 200 200 200 200 200 200 200"),
    ("projects:person", ["tess"], "", "200 200 200 200 200 200 404 404"),
    ("projects:person-edit", ["tess"], "", "200 403 403 403 403 403 404 404"),
    ("projects:person-active", ["tess"], "", "403 403 403 403 403 403 404 404"),
    ("projects:person-second-factor", ["tess"], "", "403 403 403 403 403 403 404 404"),
    ("projects:person-invite", [], "", "200 403 403 403 403 403 403 200"),
    ("projects:role-new", [], "", "200 200 403 403 403 403 403 200"),
    ("projects:role-new", [], "?scope=project:{project}", "200 200 403 403 403 403 404 404"),
    ("projects:role-new", [], "?scope=portfolio:{portfolio}", "200 404 403 403 404 404 404 404"),
    ("projects:role-new", [], "?scope=planet:1", "404 404 404 404 404 404 404 404"),
    ("projects:role-end", ["role"], "", "200 200 403 403 403 403 404 404"),
    ("projects:matrix", [], "", "200 200 200 200 200 200 200 200"),
    ("projects:delegation-new", [], "", "200 200 200 200 200 403 403 200"),
    ("projects:start", [], "", "200 403 403 403 403 403 403 200"),
    ("projects:start-organisation", [], "", "403 403 403 403 403 403 403 403"),
    ("projects:start-director", ["office"], "", "403 403 403 403 403 403 403 403"),
    ("organisation:units", [], "", "200 200 200 200 200 200 200 200"),
    ("organisation:units", [], "?as_of=2026-01-01", "200 200 200 200 200 200 200 200"),
    ("organisation:unit", ["unit"], "", "200 200 200 200 200 200 404 404"),
    ("organisation:unit-new", [], "", "200 403 403 403 403 403 403 200"),
    ("organisation:unit-edit", ["unit"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:unit-move", ["unit"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:unit-move", ["office"], "", "403 403 403 403 403 403 404 404"),
    ("organisation:settings", [], "", "200 200 200 200 200 200 200 200"),
    ("organisation:calendar-new", ["office"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:calendar-edit", ["calendar"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:currency-new", [], "", "403 403 403 200 403 403 403 403"),
    ("organisation:currency-edit", ["EUR"], "", "403 403 403 200 403 403 403 403"),
    ("organisation:field-new", ["office"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:field-edit", ["office", "field"], "", "200 403 403 403 403 403 404 404"),
    ("organisation:attribution", ["office"], "", "200 403 403 403 403 403 404 404"),
    ("performance:portfolio", ["portfolio"], "", "200 404 200 200 404 404 404 404"),
    ("performance:programme", ["programme"], "", "200 404 200 200 404 404 404 404"),
    ("performance:thresholds", ["office"], "", "200 200 200 200 200 200 404 404"),
    ("performance:thresholds-new", ["office"], "", "200 403 403 403 403 403 404 404"),
]


@pytest.mark.parametrize(
    ("name", "arguments", "query", "expected"),
    TABLE,
    ids=[f"{row[0]} {' '.join(row[1])}{row[2]}" for row in TABLE],
)
def test_each_page_opens_for_whom_it_may(client, cast, places, name, arguments, query, expected):
    address = reverse(name, args=[places.get(word, word) for word in arguments])
    address += query.format(**places)

    found = []
    for person in NAMES:
        client.force_login(cast.people[person])
        found.append(str(client.get(address).status_code))

    assert dict(zip(NAMES, found)) == dict(zip(NAMES, expected.split()))


def test_a_stranger_is_told_what_to_do_and_sees_no_name(client, cast):
    client.force_login(cast.otto)

    text = client.get("/register/").content.decode()

    assert "Nothing is in your sight yet." in text
    assert "Quayside" not in text
    assert "Harbour" not in text


def test_a_project_manager_sees_the_frame_of_the_own_project_without_a_link(client, cast):
    client.force_login(cast.piet)

    text = client.get("/register/").content.decode()

    assert f'href="/register/projects/{cast.harbour.pk}/"' in text
    assert "Quayside" in text
    assert f'href="/register/portfolios/{cast.portfolio.pk}/"' not in text
    assert "Foreign runway" not in text


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("projects:register", []),
        ("projects:portfolio", ["portfolio"]),
        ("projects:programme", ["programme"]),
        ("projects:project", ["project"]),
    ],
)
def test_source_and_licence_stand_below_what_is_shown(client, cast, places, name, wanted):
    cast.office.attribution = "Open Port Licence 1.0"
    cast.office.save(update_fields=["attribution"])
    address = reverse(name, args=[places[key] for key in wanted])

    client.force_login(cast.ada)
    told = client.get(address).content.decode()
    client.force_login(cast.nia)

    assert '<p class="ph-source">Open Port Licence 1.0</p>' in told
    assert "Open Port Licence" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("forecast", "approved", "words"),
    [
        (None, None, "–"),
        (None, "40", "€40.00 approved, no forecast"),
        ("50", None, "€50.00 forecast, none approved"),
        ("50", "40", "€50.00 of €40.00 approved"),
    ],
)
def test_what_is_not_known_of_benefits_and_approved_days_is_no_row_of_dashes(
    client, cast, forecast, approved, words
):
    Project.objects.filter(pk=cast.harbour.pk).update(
        benefits_forecast=forecast,
        benefits_approved=approved,
        baseline_start=None,
        baseline_finish=None,
    )
    client.force_login(cast.ada)

    html = client.get(reverse("projects:project", args=[cast.harbour.pk])).content.decode()

    assert f"<dt>Benefits</dt><dd>{words}</dd>" in html
    assert "<dt>Approved</dt><dd>–</dd>" in html
