# SPDX-License-Identifier: Apache-2.0
"""How work packages are measured: chosen by the manager, claimed by those who lead the work."""

from decimal import Decimal

import pytest

from cast import appoint, person
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PackageMeasure, PackageValue
from pilothouse.direction.performance.services.measures import set_measure
from pilothouse.direction.performance.tests.worth import by_month
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent


@pytest.fixture
def harbour(cast):
    by_month(cast.harbour)
    return cast.harbour


def by_units(project, actor, done="4", **more):
    values = {"method": "units_done", "units": Decimal(15), "units_done": Decimal(done)}
    return set_measure(actor=actor, project=project, wbs="6", values=values, **more)


def test_the_manager_chooses_a_measure_and_the_figures_follow(cast, harbour):
    row = by_units(harbour, cast.piet.actor())

    assert PackageValue.objects.get(project=harbour, wbs="6").ev == 4000
    event = AuditEvent.objects.get(action="packagemeasure.create")
    assert (event.object_id, event.after["method"]) == (row.pk, "units_done")


@pytest.mark.parametrize("name", ["ada", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_nobody_else_chooses_one(cast, harbour, name):
    with pytest.raises(NotAllowed):
        by_units(harbour, cast.people[name].actor())

    assert not PackageMeasure.objects.exists()


def test_a_workstream_lead_claims_progress_but_chooses_no_first_measure(cast, harbour):
    wanda = person("Wanda Example")
    appoint(wanda, Role.WSL, ("project", harbour.pk), harbour.office_id, project_scopes(harbour))
    with pytest.raises(NotAllowed):
        by_units(harbour, wanda.actor())
    row = by_units(harbour, cast.piet.actor())

    by_units(harbour, wanda.actor(), "9", version=row.version)

    assert PackageValue.objects.get(project=harbour, wbs="6").ev == 9000


def test_less_than_was_claimed_needs_a_reason(cast, harbour):
    row = by_units(harbour, cast.piet.actor())

    with pytest.raises(Invalid) as refused:
        by_units(harbour, cast.piet.actor(), "3", version=row.version)
    assert refused.value.fields == {"reason": "Less is claimed than before; say why."}
    assert PackageMeasure.objects.get().units_done == 4

    by_units(harbour, cast.piet.actor(), "3", version=row.version, reason="One pile broke.")

    assert PackageValue.objects.get(project=harbour, wbs="6").ev == 3000
    assert AuditEvent.objects.latest("pk").reason == "One pile broke."


def test_a_stale_version_is_refused(cast, harbour):
    by_units(harbour, cast.piet.actor())
    by_units(harbour, cast.piet.actor(), "5", version=1)

    with pytest.raises(Conflict):
        by_units(harbour, cast.piet.actor(), "6", version=1)

    assert PackageMeasure.objects.get().units_done == 5


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"method": "guess"}, "method"),
        ({"contour": "wave"}, "contour"),
        ({"method": "units_done", "units": Decimal(0)}, "units"),
        ({"method": "weighted_milestones", "milestones": []}, "milestones"),
        (
            {
                "method": "weighted_milestones",
                "milestones": [{"name": "Drawn", "weight": "0", "done": True}],
            },
            "milestones",
        ),
        ({"method": "apportioned", "follows": "77"}, "follows"),
        ({"method": "apportioned", "follows": "6"}, "follows"),
        ({"method": "points"}, "method"),
    ],
)
def test_what_cannot_be_measured_is_refused_at_its_field(cast, harbour, values, field):
    with pytest.raises(Invalid) as refused:
        set_measure(actor=cast.piet.actor(), project=harbour, wbs="6", values=values)

    assert list(refused.value.fields) == [field]
    assert not PackageMeasure.objects.exists()


def test_two_packages_do_not_follow_each_other(cast, harbour):
    follow = {"method": "apportioned", "follows": "7"}
    set_measure(actor=cast.piet.actor(), project=harbour, wbs="6", values=follow)

    with pytest.raises(Invalid, match="follows this one already"):
        set_measure(
            actor=cast.piet.actor(),
            project=harbour,
            wbs="7",
            values={"method": "apportioned", "follows": "6"},
        )


def test_an_unknown_package_and_an_ended_project_are_refused(cast, harbour):
    with pytest.raises(Invalid) as refused:
        set_measure(actor=cast.piet.actor(), project=harbour, wbs="6.6", values={})
    assert refused.value.code == "performance.no_package"

    Project.objects.filter(pk=harbour.pk).update(state="completed")
    harbour.refresh_from_db()
    with pytest.raises(Invalid) as refused:
        by_units(harbour, cast.piet.actor())
    assert refused.value.code == "performance.project_ended"
