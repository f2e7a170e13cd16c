# SPDX-License-Identifier: Apache-2.0
"""Many projects at once obey the rules of one, all or none."""

from decimal import Decimal

import pytest

from cast import SYSTEM, make_project
from pilothouse.delivery.projects.models import Placement, Project
from pilothouse.delivery.projects.queries import custom_in_use
from pilothouse.delivery.projects.services import update_project
from pilothouse.delivery.projects.services.many import (
    Entry,
    Revision,
    enter_projects,
    revise_projects,
    withdraw_projects,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.services import save_custom_field


def entry(cast, code, **values):
    return Entry(
        values.pop("portfolio", cast.portfolio),
        {"code": code, "name": code, "currency": cast.portfolio.currency, **values},
    )


def enter(cast, *entries, by=None):
    return enter_projects(actor=by or cast.ada.actor(), entries=entries, reason="The list.")


def test_entered_projects_have_a_place_a_history_and_health(cast):
    rows = enter(cast, entry(cast, "A"), entry(cast, "B", budget=Decimal(5)))

    assert [row.code for row in rows] == ["A", "B"]
    assert Placement.objects.filter(project__in=rows, valid_to=None).count() == 2
    assert AuditEvent.objects.filter(action="project.create", reason="The list.").count() == 2
    assert PerformanceSnapshot.objects.filter(project__in=rows, valid_to=None).count() == 2


def test_every_wrong_row_is_named_and_none_is_entered(cast):
    with pytest.raises(Invalid) as refused:
        enter(cast, entry(cast, "A"), entry(cast, "HARB"), entry(cast, "B"), entry(cast, "B"))

    assert sorted(refused.value.fields) == ["1.code", "2.code", "3.code"]
    assert Project.objects.filter(office_id=cast.office.pk).count() == 1


@pytest.mark.parametrize("who", ["piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_who_may_not_enter_one_may_not_enter_many(cast, who):
    with pytest.raises(NotAllowed):
        enter(cast, entry(cast, "A"), by=cast.people[who].actor())

    assert not Project.objects.filter(code="A").exists()


def test_a_revision_changes_what_differs_and_nothing_else(cast):
    other = make_project(cast.portfolio, "OTHER", "Other")

    changed = revise_projects(
        actor=cast.ada.actor(),
        revisions=[
            Revision(cast.harbour, {"name": "Harbour two"}),
            Revision(other, {"name": "Other"}),
        ],
    )

    assert [row.code for row in changed] == ["HARB"]
    assert Project.objects.get(pk=cast.harbour.pk).version == cast.harbour.version + 1
    assert Project.objects.get(pk=other.pk).version == other.version
    event = AuditEvent.objects.filter(action="project.update").latest("pk")
    assert (event.before, event.after) == ({"name": "Harbour"}, {"name": "Harbour two"})


def test_a_value_of_a_field_out_of_use_stays_and_stops_nothing(cast):
    field = save_custom_field(
        actor=SYSTEM, office=cast.office, field=None, label="Berth", kind="text", choices=[]
    )
    depth = save_custom_field(
        actor=SYSTEM, office=cast.office, field=None, label="Depth", kind="number", choices=[]
    )
    update_project(
        actor=SYSTEM,
        project=cast.harbour,
        values={"custom": {field.key: "7", depth.key: "12"}},
        version=None,
    )
    retire(field)
    project = Project.objects.get(pk=cast.harbour.pk)

    revise_projects(
        actor=cast.ada.actor(),
        revisions=[Revision(project, {"custom": {**project.custom, depth.key: "13"}})],
    )

    assert Project.objects.get(pk=project.pk).custom == {field.key: "7", depth.key: 13}
    assert custom_in_use(Project.objects.get(pk=project.pk)) == {depth.key: 13}
    with pytest.raises(Invalid, match="There is no such field"):
        revise_projects(
            actor=cast.ada.actor(), revisions=[Revision(project, {"custom": {field.key: "8"}})]
        )


def retire(field):
    save_custom_field(
        actor=SYSTEM,
        office=field.office,
        field=field,
        label=field.label,
        kind=field.kind,
        choices=[],
        is_active=False,
    )


def test_one_stale_row_stops_all(cast):
    other = make_project(cast.portfolio, "OTHER", "Other")

    with pytest.raises(Conflict, match="Harbour"):
        revise_projects(
            actor=cast.ada.actor(),
            revisions=[
                Revision(other, {"name": "New"}),
                Revision(cast.harbour, {"name": "New"}, version=99),
            ],
        )

    assert not Project.objects.filter(name="New").exists()


@pytest.mark.parametrize("values", [{"state": "closed"}, {"version": 9}, {"pm": "sponsor"}])
def test_a_revision_that_cannot_be_changes_nothing(cast, values):
    if values.get("pm"):
        values = {"pm": cast.sam}

    with pytest.raises(Invalid):
        revise_projects(actor=cast.ada.actor(), revisions=[Revision(cast.harbour, values)])

    saved = Project.objects.get(pk=cast.harbour.pk)
    assert (saved.state, saved.pm, saved.version) == (
        "executing",
        cast.piet,
        cast.harbour.version,
    )


@pytest.mark.parametrize("who", ["rosa", "femi", "sam", "tess", "otto", "nia"])
def test_who_may_not_change_one_may_not_change_many(cast, who):
    with pytest.raises(NotAllowed):
        revise_projects(
            actor=cast.people[who].actor(), revisions=[Revision(cast.harbour, {"name": "Mine"})]
        )

    assert Project.objects.get(pk=cast.harbour.pk).name == "Harbour"


def test_what_was_entered_can_be_taken_back_and_leaves_a_trace(cast):
    rows = enter(cast, entry(cast, "A"), entry(cast, "B"))

    count = withdraw_projects(
        actor=cast.ada.actor(),
        projects=[(row.pk, row.version) for row in rows],
        reason="Wrong file.",
    )

    assert count == 2
    assert not Project.objects.filter(code__in=["A", "B"]).exists()
    assert AuditEvent.objects.filter(action="project.withdraw", reason="Wrong file.").count() == 2


def test_a_project_that_changed_since_is_not_taken_back(cast):
    rows = enter(cast, entry(cast, "A"), entry(cast, "B"))
    revise_projects(actor=cast.ada.actor(), revisions=[Revision(rows[0], {"name": "New"})])

    with pytest.raises(Conflict, match="A"):
        withdraw_projects(
            actor=cast.ada.actor(), projects=[(row.pk, 1) for row in rows], reason="Wrong file."
        )

    assert Project.objects.filter(code__in=["A", "B"]).count() == 2


def test_a_project_on_which_somebody_has_a_role_is_not_taken_back(cast):
    with pytest.raises(Conflict, match="role assignment"):
        withdraw_projects(
            actor=cast.ada.actor(),
            projects=[(cast.harbour.pk, cast.harbour.version)],
            reason="Wrong file.",
        )

    assert Project.objects.filter(pk=cast.harbour.pk).exists()
