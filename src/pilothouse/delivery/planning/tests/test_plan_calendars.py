# SPDX-License-Identifier: Apache-2.0
"""Calendars and options of a plan, edited: what moves, what is refused, and the way back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import bridge, services
from pilothouse.delivery.planning.models import (
    PlanCalendar,
    PlanEdit,
    PlanResource,
    ProjectPlan,
    Task,
)
from pilothouse.delivery.planning.tests.files import upload
from pilothouse.engine.formats.mspdi import read_mspdi, write_mspdi
from pilothouse.engine.formats.plan_json.reader import read_plan_json
from pilothouse.engine.formats.plan_json.writer import write_plan_json
from pilothouse.engine.network.plan import ProgressMode
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

WEEK = ("08:00-12:00, 13:00-17:00",) * 5 + ("", "")


@pytest.fixture
def plan(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(), file_name="quay.xml"
    )
    return ProjectPlan.objects.get()


def save(
    cast, name="Standard", week=WEEK, lines="", base=None, uid=1, by=None, version=None, weeks=""
):
    return services.save_calendar(
        actor=(by or cast.piet).actor(),
        project=cast.harbour,
        spec=services.typed_calendar(name, base, week, lines, weeks),
        uid=uid,
        version=version,
    )


def finish():
    return ProjectPlan.objects.get().finish


def undo(cast):
    return services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)


def redo(cast):
    return services.redo_edit(actor=cast.piet.actor(), project=cast.harbour)


def options(cast, **values):
    return services.set_options(
        actor=cast.piet.actor(), project=cast.harbour, values=values, version=None
    )


def test_a_holiday_moves_what_follows_and_says_so(cast, plan):
    assert finish() == datetime(2026, 3, 12, 17, tzinfo=UTC)

    outcome = save(cast, lines="2026-03-04 to 2026-03-05 Storm")

    assert finish() == datetime(2026, 3, 16, 17, tzinfo=UTC)
    assert [moved.name for moved in outcome.moved] == [
        "Quay wall",
        "Dredge",
        "Drive piles",
        "Quay ready",
    ]
    assert outcome.words == "1 calendars"
    assert AuditEvent.objects.filter(action="plan.edit").count() == 1


def test_a_work_week_is_scheduled_by_and_goes_out_and_in_again_equal(cast, plan):
    save(cast, weeks="2026-03-02 to 2026-03-06 Short days: Mon-Thu 08:00-12:00; Fri off")

    assert finish() == datetime(2026, 3, 17, 17, tzinfo=UTC)
    kept = bridge.load_plan(ProjectPlan.objects.get())
    assert [week.name for week in kept.calendars[0].work_weeks] == ["Short days"]
    assert read_mspdi(BytesIO(write_mspdi(kept))).calendars == kept.calendars
    assert read_plan_json(BytesIO(write_plan_json(kept))).calendars == kept.calendars


def test_a_calendar_worked_in_its_work_weeks_alone_is_one(cast, plan):
    night = "2026-03-02 to 2026-03-31: Mon-Sun 00:00-06:00"

    save(cast, "Night", ("",) * 7, uid=None, weeks=night)

    assert PlanCalendar.objects.get(uid=2).data["work_weeks"][0]["week"][6] == [[0, 360]]


def test_a_change_of_a_calendar_is_taken_back_and_made_again(cast, plan):
    before = list(Task.objects.order_by("pk").values("uid", "start", "finish"))
    data = PlanCalendar.objects.get().data
    save(cast, lines="2026-03-04 Storm")
    after = finish()

    undo(cast)
    assert list(Task.objects.order_by("pk").values("uid", "start", "finish")) == before
    assert PlanCalendar.objects.get().data == data

    redo(cast)
    assert finish() == after
    assert PlanCalendar.objects.get().data["exceptions"][0]["name"] == "Storm"


def test_a_calendar_is_made_on_a_base_used_by_a_task_and_then_not_deleted(cast, plan):
    save(cast, "No Mondays", ("", *("base",) * 6), base=1, uid=None)
    made = PlanCalendar.objects.get(uid=2)
    assert (made.base_uid, made.data["week"][:2]) == (1, [[], None])
    step = {"do": "set", "uid": 2, "field": "calendar_uid", "value": 2}
    services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=[step])
    assert Task.objects.get(uid=2).finish == datetime(2026, 3, 10, 17, tzinfo=UTC)

    with pytest.raises(Invalid, match="used by tasks"):
        services.delete_calendar(actor=cast.piet.actor(), project=cast.harbour, uid=2, version=None)
    with pytest.raises(Invalid, match="the plan itself, other calendars"):
        services.delete_calendar(actor=cast.piet.actor(), project=cast.harbour, uid=1, version=None)


def test_an_unused_calendar_is_deleted_and_comes_back(cast, plan):
    save(cast, "Night", uid=None)
    services.delete_calendar(actor=cast.piet.actor(), project=cast.harbour, uid=2, version=None)
    assert PlanCalendar.objects.count() == 1

    undo(cast)

    assert PlanCalendar.objects.get(uid=2).name == "Night"


def test_what_others_took_into_use_is_not_taken_back(cast, plan):
    save(cast, "Night", uid=None)
    Task.objects.filter(uid=2).update(calendar_uid=2)
    ProjectPlan.objects.update(version=99)

    with pytest.raises(Conflict, match="taken into use"):
        undo(cast)


def test_a_resource_works_on_a_calendar_of_its_own(cast, plan):
    save(cast, "Short", ("08:00-12:00",) * 5 + ("", ""), uid=None)

    services.set_resource_calendar(
        actor=cast.piet.actor(), project=cast.harbour, resource=1, calendar=2, version=None
    )

    assert PlanResource.objects.get().calendar_uid == 2
    assert Task.objects.get(uid=2).finish == datetime(2026, 3, 13, 12, tzinfo=UTC)
    undo(cast)
    assert PlanResource.objects.get().calendar_uid is None


def test_options_are_edits_too(cast, plan):
    save(cast, "Short", ("08:00-12:00",) * 5 + ("", ""), uid=None)
    options(
        cast,
        default_calendar_uid=2,
        critical_threshold_minutes=480,
        progress_mode=ProgressMode.PROGRESS_OVERRIDE,
    )

    row = ProjectPlan.objects.get()
    assert (row.default_calendar_uid, row.critical_threshold_minutes) == (2, 480)
    assert row.rules["progress_mode"] == "progress_override"
    undo(cast)
    row.refresh_from_db()
    assert (row.default_calendar_uid, row.critical_threshold_minutes, row.rules) == (1, 0, {})


def test_an_imposed_finish_shows_in_the_float(cast, plan):
    options(cast, imposed_finish=datetime(2026, 3, 11, 17))

    assert Task.objects.get(uid=5).total_float_minutes == -480
    with pytest.raises(Invalid, match="before the start"):
        options(cast, imposed_finish=datetime(2026, 1, 1, 17))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"week": ("",) * 7}, "calendar"),
        ({"week": ("08:00-12:00, 11:00-17:00", *WEEK[1:])}, "day.0"),
        ({"week": ("12:00-08:00", *WEEK[1:])}, "day.0"),
        ({"week": ("morning", *WEEK[1:])}, "day.0"),
        ({"week": ("08:00-25:00", *WEEK[1:])}, "day.0"),
        ({"lines": "1983-12-24 Too early"}, "exceptions"),
        ({"lines": "2101-01-01 Too late"}, "exceptions"),
        ({"lines": "2026-12-26 to 2026-12-24 Backwards"}, "exceptions"),
        ({"lines": "2026-02-30 No day"}, "exceptions"),
        ({"lines": "Christmas"}, "exceptions"),
        ({"lines": "2026-12-24 yearly until 2020 Past"}, "exceptions"),
        ({"weeks": "2026-12-24 Nothing"}, "work_weeks"),
        ({"week": ("",) * 7, "weeks": "2026-03-02: Mon off"}, "calendar"),
        ({"name": "Standard", "uid": None}, "name"),
        ({"base": 1}, "calendar"),
    ],
)
def test_what_is_no_calendar_is_refused_and_nothing_is_written(cast, plan, more, field):
    with pytest.raises(Invalid) as caught:
        save(cast, **more)

    assert list(caught.value.fields) == [field]
    assert (PlanEdit.objects.count(), PlanCalendar.objects.count()) == (0, 1)


def test_a_yearly_line_is_a_day_of_each_year(cast, plan):
    save(cast, lines="2024-02-29 yearly until 2026 Leap day\n2026-12-24 08:00-12:00 Eve")

    assert [
        (item["first"], item["intervals"]) for item in PlanCalendar.objects.get().data["exceptions"]
    ] == [
        ("2024-02-29", []),
        ("2025-02-28", []),
        ("2026-02-28", []),
        ("2026-12-24", [[480, 720]]),
    ]


def test_who_may_not_change_the_plan_changes_no_calendar(cast, plan):
    with pytest.raises(NotAllowed):
        save(cast, lines="2026-03-04 Storm", by=cast.tess)
    with pytest.raises(Conflict):
        save(cast, lines="2026-03-04 Storm", version=7)
    with pytest.raises(NotFound):
        services.set_resource_calendar(
            actor=cast.piet.actor(), project=cast.harbour, resource=1, calendar=9, version=None
        )


def test_a_change_that_changes_nothing_writes_nothing(cast, plan):
    assert save(cast).words == ""
    assert PlanEdit.objects.count() == 0


# Pages


def at(cast, page, *more):
    return reverse(f"planning:{page}", args=[cast.harbour.pk, *more])


@pytest.fixture
def piet(client, cast, plan):
    client.force_login(cast.piet)
    return client


def form(**more):
    days = {f"day.{number}": text for number, text in enumerate(WEEK)}
    return {
        "version": "1",
        "name": "Standard",
        "base": "",
        "exceptions": "",
        "work_weeks": "",
        **days,
        **more,
    }


def test_the_list_tells_what_runs_on_each(piet, cast):
    page = piet.get(at(cast, "calendars")).content.decode()

    assert "Standard" in page
    assert "40" in page
    assert at(cast, "calendar-edit", 1) in page


def test_a_calendar_is_edited_on_its_page_and_the_answer_tells_what_moved(piet, cast):
    page = piet.post(
        at(cast, "calendar-edit", 1), form(exceptions="2026-03-04 Storm"), follow=True
    ).content.decode()

    assert "4 tasks moved; the plan finishes on 13 Mar 2026." in page
    month = piet.get(at(cast, "calendar-edit", 1) + "?month=2026-03").content.decode()
    assert "Storm" in month


def test_the_work_weeks_of_a_calendar_stand_on_its_page_and_are_edited_there(piet, cast):
    line = "2026-03-02 to 2026-03-06 Short days: Mon-Thu 08:00-12:00"
    assert piet.post(at(cast, "calendar-edit", 1), form(work_weeks=line)).status_code == 302

    page = piet.get(at(cast, "calendar-edit", 1) + "?month=2026-03").content.decode()
    assert line in page
    assert "4 h · Short days" in page
    wrong = piet.post(at(cast, "calendar-edit", 1), form(work_weeks="Summer"))
    assert wrong.status_code == 422
    assert "Line 1, ‘Summer’" in wrong.content.decode()


def test_a_mistake_stands_at_its_day(piet, cast):
    answer = piet.post(at(cast, "calendar-edit", 1), form(**{"day.2": "8-12"}))

    assert answer.status_code == 422
    assert "‘8-12’ is no span of time" in answer.content.decode()


def test_a_calendar_is_copied_and_deleted(piet, cast):
    page = piet.get(at(cast, "calendar-new") + "?copy=1").content.decode()
    assert "Standard (copy)" in page
    assert piet.post(at(cast, "calendar-new"), form(name="Night")).status_code == 302
    assert piet.post(at(cast, "calendar-delete", 2), {"version": "2"}).status_code == 302
    assert PlanCalendar.objects.count() == 1
    assert piet.post(at(cast, "calendar-delete", 1), {"version": "3"}).status_code == 422


def test_options_are_changed_on_their_page(piet, cast):
    sent = {
        "version": "1",
        "default_calendar_uid": "1",
        "critical_threshold": "2",
        "imposed_finish": "2026-03-20",
        "progress_mode": "progress_override",
        "critical_by": "longest_path",
        "total_float": "finish",
        "lag_calendar": "project",
        "open_ends_critical": "on",
    }

    assert piet.post(at(cast, "options"), sent).status_code == 302

    row = ProjectPlan.objects.get()
    assert row.critical_threshold_minutes == 960
    assert row.imposed_finish == datetime(2026, 3, 20, 17, tzinfo=UTC)
    assert row.rules["critical_by"] == "longest_path"
    assert row.lag_calendar == "project"
    wrong = piet.post(at(cast, "options"), sent | {"version": "2", "progress_mode": "x"})
    assert wrong.status_code == 422


def test_a_resource_is_given_a_calendar_on_its_page(piet, cast):
    assert piet.post(at(cast, "calendar-new"), form(name="Night")).status_code == 302

    sent = {"version": "2", "calendar": "2"}
    assert piet.post(at(cast, "resource-calendar", 1), sent).status_code == 302

    assert PlanResource.objects.get().calendar_uid == 2
    assert "Night" in piet.get(at(cast, "people")).content.decode()
    assert date(2026, 3, 2) < finish().date()
