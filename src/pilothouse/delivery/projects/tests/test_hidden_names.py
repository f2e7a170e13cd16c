# SPDX-License-Identifier: Apache-2.0
"""A project that may not be seen is not told by the roles held on it (R-GEN-10)."""

import pytest

from cast import SYSTEM
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.people import visible_assignments
from pilothouse.delivery.projects.services import save_workstream


@pytest.fixture
def secret(cast):
    save_workstream(
        actor=SYSTEM,
        project=cast.harbour,
        workstream=None,
        values={"name": "Secret stream", "lead": cast.tess},
    )
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")
    return cast


@pytest.mark.parametrize("name", ["rosa", "femi"])
def test_pages_of_people_do_not_name_a_confidential_project(client, secret, name):
    client.force_login(secret.people[name])

    for address in ("/register/people/", f"/register/people/{secret.tess.pk}/"):
        text = client.get(address).content.decode()
        assert "Harbour" not in text
        assert "Secret stream" not in text


def test_the_own_roles_and_those_of_the_director_stay_readable(secret):
    def on_project(who):
        rows = visible_assignments(who.actor())
        return set(rows.filter(scope_type="project").values_list("person__full_name", flat=True))

    assert on_project(secret.tess) >= {"Tess Example"}
    assert on_project(secret.ada) == {"Piet Example", "Sam Example", "Tess Example"}
