# SPDX-License-Identifier: Apache-2.0
"""A project that may not be seen is not told by the roles held on it (R-GEN-10)."""

from datetime import date

import pytest

from cast import SYSTEM
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.people import visible_assignments
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.delivery.projects.services import save_workstream
from pilothouse.foundation.access.models import RoleAssignment


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


def test_a_former_role_of_another_kind_does_not_hide_the_project_from_its_manager(cast):
    RoleAssignment.objects.filter(person=cast.piet).update(
        role="team_member", valid_to=date(2021, 1, 1)
    )

    assert visible_projects(cast.piet.actor()).filter(pk=cast.harbour.pk).exists()


def test_an_ended_role_of_the_same_kind_still_ends_the_reading(cast):
    RoleAssignment.objects.filter(person=cast.piet).update(valid_to=date(2021, 1, 1))

    assert not visible_projects(cast.piet.actor()).filter(pk=cast.harbour.pk).exists()
