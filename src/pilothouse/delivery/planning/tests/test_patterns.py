# SPDX-License-Identifier: Apache-2.0
"""Templates: kept by the office from a plan that went well, used by those who plan."""

from __future__ import annotations

from datetime import date

import pytest

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import PlanResource, PlanTemplate, ProjectPlan, Task
from pilothouse.delivery.planning.tests.test_editing import begin, edit, put
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.services import save_custom_field


@pytest.fixture
def kept(cast):
    """Works with Dig 2 d by Tess and Pour 3 d after it, due a week after the start."""
    begin(cast, ("Works", "1d", 1), ("Dig", "2d", 2), ("Pour", "3d", 2), ("Open", "0d", 1))
    services.add_person(
        actor=cast.piet.actor(), project=cast.harbour, person=cast.tess, version=None
    )
    edit(
        cast,
        put(3, "predecessors", "2"),
        put(3, "deadline", "2026-03-09"),
        {"do": "assign", "uid": 2, "resource": 1},
    )
    return keep(cast)


def keep(cast, name="Quay works", **more):
    return services.keep_template(
        actor=cast.ada.actor(),
        project=cast.harbour,
        name=name,
        kind="Construction",
        roles={1: "Digger"},
        **more,
    )


@pytest.fixture
def crane(cast):
    project = make_project(cast.portfolio, "CRANE", "Crane", pm=cast.piet)
    scopes = project_scopes(project)
    appoint(cast.piet, Role.PM, ("project", project.pk), cast.office.pk, scopes)
    return project


def rows(project):
    tasks = Task.objects.filter(plan__project=project).order_by("position")
    return [(t.name, t.outline_level, f"{t.start:%d %b}", f"{t.finish:%d %b}") for t in tasks]


def test_a_template_keeps_what_a_plan_is_made_of(cast, kept):
    told = services.read_template(kept)

    assert (kept.number, kept.tasks, kept.roles, kept.kind) == (1, 3, 1, "Construction")
    assert kept.length_minutes == 5 * 480
    assert told.roles == {1: "Digger"}
    assert [(row.name, row.waits_for, row.roles, row.deadline_days) for row in told.rows] == [
        ("Works", "", "", None),
        ("Dig", "", "Digger", None),
        ("Pour", "2", "", 6),
        ("Open", "", "", None),
    ]


def test_a_plan_is_begun_from_a_template_with_people_in_its_roles(cast, kept, crane):
    plan = services.begin_from_template(
        actor=cast.piet.actor(),
        project=crane,
        template=kept,
        start=date(2026, 8, 1),
        people={1: cast.tess},
    )

    assert plan.name == "Crane"
    assert rows(crane) == [
        ("Works", 1, "03 Aug", "07 Aug"),
        ("Dig", 2, "03 Aug", "04 Aug"),
        ("Pour", 2, "05 Aug", "07 Aug"),
        ("Open", 1, "03 Aug", "03 Aug"),
    ]
    assert f"{Task.objects.get(plan=plan, name='Pour').deadline:%d %b %H}" == "10 Aug 17"
    who = PlanResource.objects.get(plan=plan)
    assert (who.name, who.user) == ("Tess Example", cast.tess)
    with pytest.raises(Invalid) as refused:
        services.begin_from_template(
            actor=cast.piet.actor(), project=crane, template=kept, start=date(2026, 8, 1), people={}
        )
    assert refused.value.code == "planning.plan_there"


def test_rows_of_a_template_go_below_a_row_and_are_taken_back(cast, kept):
    branch = keep(cast, "Digging", root=1)
    before = rows(cast.harbour)

    outcome = services.insert_template(
        actor=cast.piet.actor(),
        project=cast.harbour,
        template=branch,
        start=date(2026, 8, 1),
        after=3,
        people={},
    )

    assert outcome.words == "Template ‘Digging’ inserted"
    assert len(outcome.added) == 3
    assert [row[:3] for row in rows(cast.harbour)[3:6]] == [
        ("Works", 2, "03 Aug"),
        ("Dig", 3, "03 Aug"),
        ("Pour", 3, "05 Aug"),
    ]
    names = PlanResource.objects.filter(plan__project=cast.harbour).values_list("name", flat=True)
    assert sorted(names) == ["Digger", "Tess Example"]
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert rows(cast.harbour) == before


def test_the_same_name_makes_the_next_version_and_retires_the_one_before(cast, kept, crane):
    again = keep(cast)

    kept.refresh_from_db()
    assert (again.number, kept.retired) == (2, True)
    with pytest.raises(Invalid) as refused:
        services.begin_from_template(
            actor=cast.piet.actor(), project=crane, template=kept, start=date(2026, 8, 1), people={}
        )
    assert refused.value.code == "planning.template_retired"
    assert not ProjectPlan.objects.filter(project=crane).exists()


def test_a_template_is_renamed_and_retired_by_who_may(cast, kept):
    here = {"project": cast.harbour, "template": kept, "kind": "", "purpose": "", "version": 1}
    with pytest.raises(NotAllowed):
        services.change_template(actor=cast.piet.actor(), name="Mine", retired=False, **here)
    services.change_template(actor=cast.ada.actor(), name="Quays", retired=True, **here)

    with pytest.raises(Conflict):
        services.change_template(actor=cast.ada.actor(), name="Stale", retired=True, **here)
    keep(cast, "Quays two")
    with pytest.raises(Invalid) as refused:
        services.change_template(
            actor=cast.ada.actor(), name="Quays two", retired=True, **here | {"version": 2}
        )
    assert refused.value.fields.keys() == {"name"}
    assert PlanTemplate.objects.get(pk=kept.pk).name == "Quays"


def test_managers_keep_no_templates_and_strangers_use_none(cast, kept, crane):
    with pytest.raises(NotAllowed):
        services.keep_template(actor=cast.piet.actor(), project=cast.harbour, name="Mine")
    for person in (cast.tess, cast.otto):
        with pytest.raises(NotAllowed):
            services.insert_template(
                actor=person.actor(),
                project=cast.harbour,
                template=kept,
                start=date(2026, 8, 1),
                after=None,
                people={},
            )
    with pytest.raises(Invalid):
        services.begin_from_template(
            actor=SYSTEM, project=crane, template=kept, start=date(2026, 8, 1), people={1: cast.nia}
        )


@pytest.mark.parametrize(("name", "root"), [("", None), ("x" * 121, None), ("Part", 99)])
def test_nonsense_is_refused(cast, kept, name, root):
    with pytest.raises(Invalid):
        keep(cast, name, root=root)
    assert PlanTemplate.objects.count() == 1


@pytest.fixture
def soil(cast):
    values = {"field": None, "label": "Soil", "kind": "text", "choices": []}
    return save_custom_field(
        actor=cast.ada.actor(), office=cast.office, of=CustomField.Of.TASK, **values
    )


@pytest.mark.parametrize("active", [True, False])
def test_own_fields_come_along_as_long_as_the_office_has_them(cast, kept, crane, soil, active):
    edit(
        cast,
        {"do": "custom", "uid": 2, "key": soil.key, "value": "clay"},
        put(2, "steps", [{"name": "Lay out", "weight": "3", "done": True}, {"name": "Dig"}]),
        put(2, "percent_type", "steps"),
    )
    template = keep(cast, "Own")
    CustomField.objects.filter(pk=soil.pk).update(is_active=active)

    begun = services.begin_from_template(
        actor=cast.piet.actor(), project=crane, template=template, start=date(2026, 8, 1), people={}
    )

    row = Task.objects.get(plan=begun, name="Dig")
    assert row.custom == ({soil.key: "clay"} if active else {})
    assert [step[2] for step in row.steps] == [False, False]
    assert (row.percent_type, row.physical_percent) == ("steps", 0)


def test_fixed_days_survive_being_kept(cast, kept, crane):
    edit(cast, put(3, "constraint", {"type": "snet", "date": "2026-03-11"}))
    template = keep(cast, "Fixed")

    told = services.read_template(template)
    services.begin_from_template(
        actor=cast.piet.actor(), project=crane, template=template, start=date(2026, 8, 1), people={}
    )

    assert [row.offset_days for row in told.rows] == [None, None, 7, None]
    assert rows(crane)[2] == ("Pour", 2, "12 Aug", "14 Aug")


def test_who_fills_two_roles_is_one_resource_of_the_plan(cast, kept, crane):
    plan = ProjectPlan.objects.get(project=cast.harbour)
    PlanResource.objects.create(plan=plan, uid=2, name="Crane driver")
    plan.save()  # so that it is read again
    edit(cast, {"do": "assign", "uid": 2, "resource": 2})
    template = keep(cast, "Two")
    roles = services.read_template(template).roles

    plan = services.begin_from_template(
        actor=cast.piet.actor(),
        project=crane,
        template=template,
        start=date(2026, 8, 1),
        people=dict.fromkeys(roles, cast.tess),
    )

    assert sorted(roles.values()) == ["Crane driver", "Digger"]
    assert [row.user for row in PlanResource.objects.filter(plan=plan)] == [cast.tess]


def test_a_role_that_is_none_is_refused(cast, kept, crane):
    with pytest.raises(Invalid) as refused:
        services.begin_from_template(
            actor=cast.piet.actor(),
            project=crane,
            template=kept,
            start=date(2026, 8, 1),
            people={7: cast.tess},
        )
    assert refused.value.code == "planning.template_role"
    assert not ProjectPlan.objects.filter(project=crane).exists()


def test_the_name_of_a_person_is_no_name_of_a_role(cast, kept):
    cast.tess.job_title = "Site engineer"
    cast.tess.save()

    made = services.keep_template(actor=cast.ada.actor(), project=cast.harbour, name="Plain")

    assert services.read_template(made).roles == {1: "Site engineer"}
