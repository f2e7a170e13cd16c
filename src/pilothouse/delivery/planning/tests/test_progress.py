# SPDX-License-Identifier: Apache-2.0
"""Progress as people report it becomes steps of one edit (R-PRG-01, R-PRG-02, R-PRG-04)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan, Task
from pilothouse.delivery.planning.services import Progress
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.delivery.planning.tests.test_editing import everything, stored_as_scheduled
from pilothouse.foundation.core.errors import Invalid, NotAllowed

MONDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 4)


@pytest.fixture
def quay(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(QUAY), file_name="quay.xml"
    )
    return cast


def enter(cast, *reports, by=None):
    return services.enter_progress(
        actor=(by or cast.piet).actor(), project=cast.harbour, reports=reports
    )


def how(uid):
    task = Task.objects.get(uid=uid)
    return (
        task.percent_complete,
        task.remaining_minutes,
        task.actual_start and f"{task.actual_start:%d %H:%M}",
        task.actual_finish and f"{task.actual_finish:%d %H:%M}",
    )


def test_a_percentage_begins_the_task_as_scheduled(quay):
    outcome = enter(quay, Progress(2, WEDNESDAY, percent=Decimal(40)))

    assert how(2) == (Decimal(40), 1440, "02 08:00", None)
    assert outcome.words == ("‘Dredge’: percent complete, actual start, actual duration, remaining")
    stored_as_scheduled()


def test_work_that_the_plan_has_later_begins_on_the_day_of_the_report(quay):
    enter(quay, Progress(3, WEDNESDAY, percent=Decimal(10)))

    assert how(3)[2] == "04 08:00"


def test_what_is_left_says_how_far_it_is(quay):
    enter(quay, Progress(2, WEDNESDAY, percent=Decimal(40)))
    enter(quay, Progress(2, WEDNESDAY, remaining_minutes=960))

    assert how(2) == (Decimal(50), 960, "02 08:00", None)


def test_percent_and_what_is_left_estimate_the_task_anew(quay):
    enter(quay, Progress(2, WEDNESDAY, percent=Decimal(25), remaining_minutes=1440))

    assert how(2) == (Decimal(25), 1440, "02 08:00", None)
    assert Task.objects.get(uid=2).duration_minutes == 1920


def test_what_is_left_of_work_not_begun_is_its_duration(quay):
    enter(quay, Progress(2, WEDNESDAY, remaining_minutes=960))

    assert how(2) == (Decimal(0), None, None, None)
    assert Task.objects.get(uid=2).duration_minutes == 960


def test_done_is_done_as_scheduled_where_that_has_passed(quay):
    enter(quay, Progress(4, WEDNESDAY, percent=Decimal(100)))

    assert how(4) == (Decimal(100), 0, "02 08:00", "02 17:00")


def test_done_before_its_time_is_done_on_the_day_of_the_report(quay):
    enter(quay, Progress(2, WEDNESDAY, percent=Decimal(100)))

    assert how(2) == (Decimal(100), 0, "02 08:00", "04 17:00")
    assert Task.objects.get(uid=2).duration_minutes == 1440
    stored_as_scheduled()


def test_real_days_of_start_and_finish_count(quay):
    enter(quay, Progress(2, WEDNESDAY, started=date(2026, 3, 3), finished=WEDNESDAY))

    assert how(2) == (Decimal(100), 0, "03 08:00", "04 17:00")


def test_a_milestone_lies_where_it_was_reached(quay):
    enter(quay, Progress(5, WEDNESDAY, finished=WEDNESDAY))

    assert how(5) == (Decimal(100), 0, "04 17:00", "04 17:00")
    assert Task.objects.get(uid=5).duration_minutes == 0


def test_done_without_a_start_asks_for_it(quay):
    with pytest.raises(Invalid) as refused:
        enter(quay, Progress(3, WEDNESDAY, percent=Decimal(100)))

    assert refused.value.fields["task.3"].endswith("say on which day it really began.")
    assert how(3) == (Decimal(0), None, None, None)


@pytest.mark.parametrize(
    "said",
    [
        {"percent": Decimal(100), "remaining_minutes": 60},
        {"percent": Decimal(50), "remaining_minutes": 0},
        {"percent": Decimal(50), "finished": WEDNESDAY},
        {"finished": date(2026, 3, 5)},
        {"started": date(2026, 3, 5)},
    ],
    ids=str,
)
def test_what_contradicts_itself_is_refused(quay, said):
    before = everything()

    reports = [Progress(2, WEDNESDAY, **said)]
    who = {"actor": quay.piet.actor(), "project": quay.harbour}
    with pytest.raises(Invalid):
        services.enter_progress(**who, reports=reports)

    assert services.refusals(**who, reports=reports)[2].code == "planning.contradiction"
    assert everything() == before


def test_one_bad_report_keeps_all_out(quay):
    before = everything()

    with pytest.raises(Invalid) as refused:
        enter(
            quay,
            Progress(2, WEDNESDAY, percent=Decimal(40)),
            Progress(1, WEDNESDAY, percent=Decimal(40)),
            Progress(9, WEDNESDAY, percent=Decimal(40)),
        )

    assert set(refused.value.fields) == {"task.1", "task.9"}
    assert (everything(), PlanEdit.objects.count()) == (before, 0)


def test_many_reports_are_one_edit(quay):
    enter(
        quay,
        Progress(2, WEDNESDAY, percent=Decimal(40)),
        Progress(4, WEDNESDAY, percent=Decimal(100)),
    )

    assert PlanEdit.objects.get().words == "2 changed"
    assert ProjectPlan.objects.get().plan_version == 2


def test_what_is_so_already_is_no_edit(quay):
    enter(quay, Progress(4, WEDNESDAY, percent=Decimal(100)))

    assert enter(quay, Progress(4, WEDNESDAY, percent=Decimal(100))) is None
    assert PlanEdit.objects.count() == 1


def test_the_status_date_moves_on_with_the_reports(quay):
    services.reschedule(
        actor=quay.piet.actor(),
        project=quay.harbour,
        status_date=services.evening_of(MONDAY),
        version=None,
    )

    effect = services.effect_of(
        actor=quay.piet.actor(),
        project=quay.harbour,
        reports=[Progress(2, WEDNESDAY, percent=Decimal(20))],
    )
    enter(quay, Progress(2, WEDNESDAY, percent=Decimal(20)))

    assert (effect.status_before, effect.status_after) == (MONDAY, WEDNESDAY)
    assert ProjectPlan.objects.get().status_date == datetime(2026, 3, 4, 17, tzinfo=UTC)
    assert (effect.finish_before, effect.finish_after) == (date(2026, 3, 13), date(2026, 3, 16))
    stored_as_scheduled()


def test_a_plan_without_a_status_date_stays_so(quay):
    enter(quay, Progress(2, WEDNESDAY, percent=Decimal(20)))

    assert ProjectPlan.objects.get().status_date is None


def test_the_team_reports_on_own_tasks_only(quay):
    report = Progress(2, WEDNESDAY, percent=Decimal(20))
    with pytest.raises(NotAllowed):
        enter(quay, report, by=quay.tess)
    services.link_person(
        actor=quay.piet.actor(), project=quay.harbour, uid=1, person=quay.tess, version=None
    )

    with pytest.raises(NotAllowed):
        enter(quay, report, Progress(4, WEDNESDAY, percent=Decimal(20)), by=quay.tess)
    assert how(2)[0] == 0
    enter(quay, report, by=quay.tess)

    assert how(2)[0] == 20


@pytest.mark.parametrize("name", ["ada", "sam", "rosa", "femi", "otto"])
def test_others_report_on_nothing(quay, name):
    services.link_person(
        actor=quay.piet.actor(), project=quay.harbour, uid=1, person=quay.sam, version=None
    )

    with pytest.raises(NotAllowed):
        enter(quay, Progress(2, WEDNESDAY, percent=Decimal(20)), by=getattr(quay, name))

    assert how(2)[0] == 0


def test_an_effect_writes_nothing(quay):
    before = everything()

    effect = services.effect_of(
        actor=quay.piet.actor(),
        project=quay.harbour,
        reports=[Progress(2, WEDNESDAY, remaining_minutes=4800), Progress(9, WEDNESDAY)],
    )

    assert (effect.finish_before, effect.finish_after) == (date(2026, 3, 12), date(2026, 3, 19))
    assert set(effect.refused) == {9}
    assert everything() == before
