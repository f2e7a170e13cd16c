# SPDX-License-Identifier: Apache-2.0
"""Fields that an office adds to tasks: typed, kept with the plan, taken back like any edit."""

from __future__ import annotations

from datetime import date

import pytest

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.tests.test_editing import tess
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.services import save_custom_field

__all__ = ["tess"]

Of = CustomField.Of


@pytest.fixture
def field(cast):
    def make(label, kind, choices=(), of=Of.TASK, **values):
        return save_custom_field(
            actor=cast.ada.actor(),
            office=cast.office,
            field=None,
            label=label,
            kind=kind,
            choices=list(choices),
            of=of,
            **values,
        )

    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))
    step = {"do": "add", "after": None, "tasks": [{"name": "Dredge", "duration": "5d"}]}
    services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=[step])
    return make


def put(cast, key, value, **seen):
    step = {"do": "custom", "uid": 1, "key": key, "value": value, **seen}
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=[step])


def held():
    return Task.objects.get(uid=1).custom


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", " Night crew ", "Night crew"),
        ("number", "1,250.50", "1250.5"),
        ("date", "2026-11-30", "2026-11-30"),
        ("yes_no", "Yes", "yes"),
        ("yes_no", "0", "no"),
        ("choice", "asked", "asked"),
    ],
)
def test_a_value_is_kept_as_its_kind_is_written(cast, field, kind, typed, kept):
    field("Permit", kind, ["asked", "granted"])

    outcome = put(cast, "permit", typed)

    assert held() == {"permit": kept}
    assert "custom" in outcome.words
    put(cast, "permit", "", was=kept)
    assert held() == {}


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("number", "many", "is no number"),
        ("date", "soon", "is no date"),
        ("yes_no", "perhaps", "write yes or no"),
        ("choice", "lost", "is not in the list (asked, granted)"),
        ("text", "x" * 501, "at most 500 characters"),
    ],
)
def test_a_value_of_another_kind_is_refused_at_its_step(cast, field, kind, typed, said):
    field("Permit", kind, ["asked", "granted"])

    with pytest.raises(Invalid) as refused:
        put(cast, "permit", typed)

    assert said in refused.value.fields["steps.0"]
    assert held() == {}


def test_fields_of_projects_and_those_out_of_use_are_none_of_a_task(cast, field):
    field("Lot", "text", of=Of.PROJECT)
    field("Crew", "text", is_active=False)

    for key in ("lot", "crew", "unknown"):
        with pytest.raises(Invalid, match="There is no such field"):
            put(cast, key, "x")


def test_the_same_name_serves_projects_and_tasks(cast, field):
    field("Lot", "text", of=Of.PROJECT)
    field("Lot", "number")

    put(cast, "lot", "7")

    assert held() == {"lot": "7"}


def test_two_people_overwrite_nothing_of_each_other_and_an_edit_goes_back(cast, field):
    field("Crew", "text")
    put(cast, "crew", "Night", was="")
    with pytest.raises(Conflict):
        put(cast, "crew", "Day", was="")

    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)

    assert held() == {}


def test_an_edit_of_one_field_goes_back_though_somebody_filled_another(cast, tess, field):
    field("Crew", "text")
    field("Lot", "text")
    put(cast, "crew", "Night")
    services.edit_plan(
        actor=tess.actor(),
        project=cast.harbour,
        steps=[{"do": "custom", "uid": 1, "key": "lot", "value": "7"}],
    )

    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)

    assert held() == {"lot": "7"}
    services.redo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert held() == {"crew": "Night", "lot": "7"}


def test_the_sheet_and_the_screen_hold_them(cast, field):
    field("Crew", "text")
    put(cast, "crew", "Night")

    _, sheet = queries.sheet_of(cast.piet.actor(), cast.harbour.pk)
    page = queries.schedule_page(cast.piet.actor(), cast.harbour.pk)

    assert sheet.tasks[0][queries.COLUMNS.index("custom")] == {"crew": "Night"}
    assert [row.label for row in page.own_fields] == ["Crew"]


def test_the_trail_of_an_edit_tells_fields_and_steps_in_words(cast, field):
    field("Crew", "text")
    put(cast, "crew", "Night")
    rows = [{"name": "Survey"}, {"name": "Dig", "weight": "3", "done": True}]
    step = {"do": "set", "uid": 1, "field": "steps", "value": rows}
    services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=[step])

    told = {}
    for event in AuditEvent.objects.filter(action="plan.edit").order_by("pk"):
        told |= event.after
    assert told["1 ‘Dredge’ custom"] == "crew: Night"
    assert told["1 ‘Dredge’ steps"] == "Survey; Dig (3), done"
