# SPDX-License-Identifier: Apache-2.0
"""Steps on a plan: cells, outline, links, resources. All of them, or none."""

import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from pilothouse.engine.editing import (
    AddTasks,
    Amount,
    Assign,
    Constraint,
    DeleteTasks,
    Field,
    Indent,
    MoveTasks,
    PutLink,
    RemoveLink,
    SetCustom,
    SetField,
    SetPredecessors,
    SetUnits,
    SetWork,
    Stretch,
    Unassign,
    apply,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import (
    ConstraintType,
    Link,
    LinkType,
    PercentType,
    PlanResource,
    PlanTask,
    TaskStep,
    WorkType,
)
from pilothouse.engine.schedule import schedule_plan
from pilothouse.engine.testing import plan_chart

DAY = 480
PLAN = plan_chart("""
start 2025-03-03
Site     |            |
  Dredge 5 | #####      |
  Pour   3 | .....###   | Dredge
Deck   4 | ........#### | Pour
Open   0 | ............◆ | Deck
""").plan
RESOURCES = (PlanResource(1, "Ada"), PlanResource(2, "Piet"))
SITE, DREDGE, POUR, DECK, OPEN = (task.uid for task in PLAN.tasks)


def dates_of(plan):
    return {uid: (row.start, row.finish) for uid, row in schedule_plan(plan).tasks.items()}


def edit(*steps, plan=PLAN):
    return apply(plan, steps, dates_of(plan))


def task_of(plan, uid):
    return next(task for task in plan.tasks if task.uid == uid)


def cell(uid, field, value, plan=PLAN, **seen):
    return task_of(edit(SetField(uid, field, value, **seen), plan=plan), uid)


def rows(plan):
    return [(task.name, task.outline_level) for task in plan.tasks]


def march(day, hour=8):
    return datetime(2025, 3, day, hour)


def test_untouched_rows_and_links_stay_the_same_objects():
    after = edit(SetField(DREDGE, Field.NAME, "  Dredge the basin "))

    assert task_of(after, DREDGE).name == "Dredge the basin"
    assert all(
        new is old for new, old in zip(after.tasks, PLAN.tasks, strict=True) if new.uid != DREDGE
    )
    assert after.links is PLAN.links


def test_a_duration_moves_what_follows():
    after = edit(SetField(DREDGE, Field.DURATION, Amount(7 * DAY)))

    assert dates_of(after)[OPEN][1] == march(20, 17)
    assert dates_of(PLAN)[OPEN][1] == march(18, 17)


def test_a_duration_of_nothing_makes_a_milestone_and_back():
    point = cell(DECK, Field.DURATION, Amount(0))
    assert point.milestone and point.duration_minutes == 0

    span = cell(OPEN, Field.DURATION, Amount(DAY, elapsed=True, estimated=True))
    assert not span.milestone and span.elapsed_duration and span.estimated


def test_a_milestone_by_mark_lasts_no_time():
    assert cell(DECK, Field.MILESTONE, True).duration_minutes == 0
    assert not cell(OPEN, Field.MILESTONE, False).milestone


def test_a_typed_start_is_a_constraint_and_a_typed_finish_too():
    start = cell(DECK, Field.START, march(24))
    finish = cell(DECK, Field.FINISH, march(28, 17))

    assert (start.constraint, start.constraint_date) == (ConstraintType.SNET, march(24))
    assert (finish.constraint, finish.constraint_date) == (ConstraintType.FNET, march(28, 17))


def test_by_hand_a_task_stays_and_takes_typed_dates():
    held = edit(SetField(DECK, Field.MANUAL, True), SetField(DREDGE, Field.DURATION, Amount(DAY)))
    assert dates_of(held)[DECK] == dates_of(PLAN)[DECK]

    moved = edit(SetField(DECK, Field.START, march(24)), plan=held)
    assert dates_of(moved)[DECK] == (march(24), march(27, 17))
    longer = edit(SetField(DECK, Field.FINISH, march(28, 17)), plan=moved)
    assert task_of(longer, DECK).duration_minutes == 5 * DAY
    with pytest.raises(InvalidInput, match="not before the start"):
        edit(SetField(DECK, Field.FINISH, march(20)), plan=moved)


def test_constraints_are_set_whole():
    task = cell(DECK, Field.CONSTRAINT, Constraint(ConstraintType.MSO, march(24), hard=True))
    assert (task.constraint, task.constraint_date, task.constraint_hard) == (
        ConstraintType.MSO,
        march(24),
        True,
    )
    none = cell(DECK, Field.CONSTRAINT, Constraint(ConstraintType.ASAP, march(24)))
    assert none.constraint_date is None


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (Field.NAME, "  ", "cannot be empty"),
        (Field.NAME, "x" * 501, "500 characters"),
        (Field.NAME, "a\x00b", "cannot be shown"),
        (Field.NAME, 7, "cannot be 7"),
        (Field.START, datetime(1983, 12, 31), "from 1984 to 2100"),
        (Field.DEADLINE, datetime(2101, 1, 1), "from 1984 to 2100"),
        (Field.PRIORITY, 1001, "0 to 1,000"),
        (Field.PRIORITY, True, "whole number"),
        (Field.PERCENT, Decimal("NaN"), "between 0 and 100"),
        (Field.PERCENT, Decimal(101), "between 0 and 100"),
        (Field.PHYSICAL, Decimal(-1), "between 0 and 100"),
        (Field.DURATION, Amount(-1), "190 years"),
        (Field.DURATION, 480, "cannot be 480"),
        (Field.LEVELING_DELAY, -5, "0 to"),
        (Field.CONSTRAINT, Constraint(ConstraintType.SNET), "needs a date"),
        (Field.CONSTRAINT, Constraint(ConstraintType.SNET, march(3), True), "is hard only"),
        (Field.CALENDAR, 99, "calendar 99, which is not in the plan"),
        (Field.ACTUAL_FINISH, None, "say how much is done"),
        (Field.REMAINING, -1, "0 to"),
    ],
)
def test_a_value_that_a_cell_cannot_hold_is_refused_by_name(field, value, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        edit(SetField(DECK, field, value))
    assert refused.value.code in ("editing.value", "editing.work")
    assert "Deck" in refused.value.message or refused.value.code == "editing.work"


def test_a_summary_gets_its_figures_from_inside():
    assert cell(SITE, Field.NAME, "Basin").name == "Basin"
    for field, value in ((Field.DURATION, Amount(DAY)), (Field.PERCENT, Decimal(50))):
        with pytest.raises(InvalidInput, match="is a summary") as refused:
            edit(SetField(SITE, field, value))
        assert refused.value.code == "editing.summary"


def test_who_saw_another_value_overwrites_nothing():
    step = SetField(DECK, Field.NAME, "Deck, east", was="Deck")
    edit(step)
    others = edit(SetField(DECK, Field.NAME, "Deck 1"))

    with pytest.raises(InvalidInput, match="‘Deck’ became ‘Deck 1’") as refused:
        edit(step, plan=others)
    assert refused.value.code == "editing.changed"
    with pytest.raises(InvalidInput, match="duration of ‘Deck’ in the meantime: 3d became 4d"):
        edit(SetField(DECK, Field.DURATION, Amount(DAY), was=Amount(3 * DAY)))
    with pytest.raises(InvalidInput, match="‘SNET’ 2025-03-24 08:00 became ‘ASAP’"):
        was = Constraint(ConstraintType.SNET, march(24))
        edit(SetField(DECK, Field.CONSTRAINT, Constraint(), was=was))
    with pytest.raises(InvalidInput, match="yes became no"):
        edit(SetField(DECK, Field.MANUAL, False, was=True))
    edit(SetField(DECK, Field.START, march(24), was=dates_of(PLAN)[DECK][0]))
    with pytest.raises(InvalidInput, match="start of ‘Deck’"):
        edit(SetField(DECK, Field.START, march(24), was=march(1)))


def test_progress_keeps_percent_left_and_actual_dates_together():
    half = cell(DREDGE, Field.PERCENT, Decimal(40))
    assert (half.actual_start, half.remaining_minutes, half.actual_duration_minutes) == (
        march(3),
        3 * DAY,
        2 * DAY,
    )
    done = cell(DREDGE, Field.PERCENT, Decimal(100))
    assert (done.actual_finish, done.remaining_minutes) == (march(7, 17), 0)
    none = cell(
        DREDGE, Field.PERCENT, Decimal(0), plan=edit(SetField(DREDGE, Field.PERCENT, Decimal(40)))
    )
    assert (none.actual_start, none.remaining_minutes, none.percent_complete) == (None, None, 0)


def test_o_prg_3_what_is_left_is_estimated_again():
    """O-PRG-3: planned 10 d, done 4 d, left 9 d: 30.77 percent."""
    chart = plan_chart("""
    start 2025-03-03
    D 10 | ########## |
    """).plan
    done = edit(SetField(1, Field.PERCENT, Decimal(40)), plan=chart)

    again = cell(1, Field.REMAINING, 9 * DAY, plan=done)

    assert (again.percent_complete, again.duration_minutes) == (Decimal("30.77"), 13 * DAY)
    assert again.actual_duration_minutes == 4 * DAY


def test_nothing_left_is_a_finish_where_the_work_done_ends():
    begun = edit(SetField(DREDGE, Field.PERCENT, Decimal(40)))

    done = cell(DREDGE, Field.REMAINING, 0, plan=begun)

    assert (done.actual_finish, done.percent_complete) == (march(4, 17), 100)
    assert done.duration_minutes == 2 * DAY


def test_actual_dates_give_the_duration_that_was():
    begun = edit(SetField(DREDGE, Field.ACTUAL_START, march(4)))
    assert task_of(begun, DREDGE).remaining_minutes == 5 * DAY

    done = edit(SetField(DREDGE, Field.ACTUAL_FINISH, march(11, 17)), plan=begun)
    assert task_of(done, DREDGE).duration_minutes == 6 * DAY
    earlier = cell(DREDGE, Field.ACTUAL_START, march(3), plan=done)
    assert earlier.duration_minutes == 7 * DAY
    assert cell(DREDGE, Field.ACTUAL_START, None, plan=done).percent_complete == 0
    with pytest.raises(InvalidInput, match="finished before it started"):
        edit(SetField(DREDGE, Field.ACTUAL_START, march(12)), plan=done)


def test_nothing_has_happened_after_the_status_date():
    told = replace(PLAN, status_date=march(31, 17))
    with pytest.raises(InvalidInput, match="after the status date 2025-03-31") as refused:
        edit(SetField(DREDGE, Field.ACTUAL_START, datetime(2025, 4, 2, 8)), plan=told)
    assert refused.value.code == "editing.progress"


def test_the_duration_of_what_has_begun_changes_what_is_left():
    begun = edit(SetField(DREDGE, Field.PERCENT, Decimal(40)))

    longer = cell(DREDGE, Field.DURATION, Amount(8 * DAY), plan=begun)

    assert (longer.remaining_minutes, longer.percent_complete) == (6 * DAY, 25)
    with pytest.raises(InvalidInput, match="has 16 hours done"):
        edit(SetField(DREDGE, Field.DURATION, Amount(2 * DAY)), plan=begun)
    with pytest.raises(InvalidInput, match="change those"):
        edit(SetField(DREDGE, Field.START, march(5)), plan=begun)


def test_rows_come_in_behind_a_row_with_their_levels_and_numbers():
    new = (PlanTask(50, "Survey", 2, duration_minutes=DAY), PlanTask(51, "Report", 3))
    numbered = edit(
        Indent((DECK,), 0),
        plan=replace(
            PLAN,
            tasks=tuple(
                replace(task, wbs=number)
                for task, number in zip(PLAN.tasks, ("1", "1.1", "1.2", "2", "M"), strict=True)
            ),
        ),
    )

    after = edit(AddTasks(DREDGE, new), AddTasks(None, (PlanTask(52, "Ask"),)), plan=numbered)

    assert [(task.name, task.wbs, task.summary) for task in after.tasks] == [
        ("Ask", "1", False),
        ("Site", "2", True),
        ("Dredge", "2.1", False),
        ("Survey", "2.2", True),
        ("Report", "2.2.1", False),
        ("Pour", "2.3", False),
        ("Deck", "3", False),
        ("Open", "M", False),
    ]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (AddTasks(OPEN, (PlanTask(60, "Deep", 3),)), "no deeper than level 2"),
        (AddTasks(None, (PlanTask(60, "Deep", 2),)), "no deeper than level 1"),
        (AddTasks(OPEN, (PlanTask(DECK, "Twice"),)), "is there already"),
        (AddTasks(99, (PlanTask(60, "Lost"),)), "number 99 is no longer"),
        (AddTasks(OPEN, (PlanTask(60, ""),)), "cannot be empty"),
        (AddTasks(OPEN, (PlanTask(60, "Odd", calendar_uid=9),)), "not in the plan"),
        (Indent((SITE,), -1), "on the top level already"),
        (Indent((POUR,), 2), "no deeper than level 3"),
        (MoveTasks((SITE,), DREDGE, 1), "cannot move into itself"),
        (MoveTasks((OPEN,), DREDGE, 4), "no deeper than level 3"),
        (DeleteTasks((99,)), "no longer in the plan"),
    ],
)
def test_an_outline_that_cannot_be_is_refused(step, words):
    with pytest.raises(InvalidInput, match=words):
        edit(step)


def test_a_deleted_summary_takes_its_rows_links_and_resources_along():
    staffed = edit(Assign(POUR, 1), plan=replace(PLAN, resources=RESOURCES))

    after = edit(DeleteTasks((SITE, POUR)), plan=staffed)

    assert rows(after) == [("Deck", 1), ("Open", 1)]
    assert [(link.predecessor, link.successor) for link in after.links] == [(DECK, OPEN)]
    assert after.assignments == ()


def test_a_branch_moves_whole():
    after = edit(MoveTasks((SITE, DREDGE), OPEN, 1))
    assert rows(after) == [("Deck", 1), ("Open", 1), ("Site", 1), ("Dredge", 2), ("Pour", 2)]

    under = edit(RemoveLink(POUR, DECK), MoveTasks((SITE,), DECK, 2))
    assert rows(under) == [("Deck", 1), ("Site", 2), ("Dredge", 3), ("Pour", 3), ("Open", 1)]
    assert task_of(under, DECK).summary


def test_indenting_makes_summaries_and_outdenting_takes_them_back():
    inside = edit(
        Indent((DECK, OPEN), 1), plan=edit(RemoveLink(POUR, DECK), RemoveLink(DECK, OPEN))
    )
    assert rows(inside)[3:] == [("Deck", 2), ("Open", 2)]

    flat = edit(Indent((DREDGE, POUR), -1))
    assert not task_of(flat, SITE).summary


def test_a_link_into_the_own_branch_is_refused():
    with pytest.raises(InvalidInput, match="one lies inside the other"):
        edit(Indent((OPEN,), 1))


def test_links_are_put_changed_and_removed():
    lag = edit(PutLink(Link(DREDGE, POUR, lag_minutes=DAY)))
    assert [link.lag_minutes for link in lag.links if link.successor == POUR] == [DAY]
    assert len(lag.links) == len(PLAN.links)

    cell_of_deck = frozenset(link for link in PLAN.links if link.successor == DECK)
    other = edit(SetPredecessors(DECK, (Link(DREDGE, DECK, LinkType.SS),), was=cell_of_deck))
    assert [link for link in other.links if link.successor == DECK] == [
        Link(DREDGE, DECK, LinkType.SS)
    ]
    with pytest.raises(InvalidInput, match="1 links became 1 links"):
        edit(SetPredecessors(DECK, (), was=cell_of_deck), plan=other)
    with pytest.raises(InvalidInput, match="no longer linked as FF"):
        edit(RemoveLink(POUR, DECK, LinkType.FF))
    with pytest.raises(InvalidInput, match="waits for itself"):
        edit(PutLink(Link(DECK, DECK)))
    with pytest.raises(InvalidInput, match="190 years"):
        edit(PutLink(Link(DREDGE, DECK, lag_minutes=10**12)))


def test_resources_follow_the_work_equation():
    plan = replace(PLAN, resources=RESOURCES)
    one = edit(Assign(DREDGE, 1), SetField(DREDGE, Field.EFFORT_DRIVEN, True), plan=plan)
    assert task_of(one, DREDGE).work_minutes == 5 * DAY

    two = edit(Assign(DREDGE, 2), plan=one)
    assert task_of(two, DREDGE).duration_minutes == 2.5 * DAY
    assert [item.work_minutes for item in two.assignments] == [1200, 1200]

    half = edit(SetUnits(1, Decimal("0.5"), was=Decimal(1)), plan=two)
    assert task_of(half, DREDGE).duration_minutes == 5 * DAY
    more = edit(SetWork(2, 9 * DAY, was=1200), plan=two)
    assert task_of(more, DREDGE).duration_minutes == 9 * DAY
    assert task_of(edit(Unassign(2), plan=two), DREDGE).duration_minutes == 5 * DAY
    fixed = edit(SetField(DREDGE, Field.WORK_TYPE, WorkType.FIXED_WORK), plan=one)
    assert task_of(fixed, DREDGE).effort_driven
    wide = edit(SetField(DREDGE, Field.WORK, 10 * DAY), plan=one)
    assert task_of(wide, DREDGE).duration_minutes == 10 * DAY


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Assign(DREDGE, 9), "no resource 9"),
        (Assign(DREDGE, 1), "has this resource already"),
        (Assign(SITE, 2), "is a summary"),
        (SetUnits(7, Decimal(1)), "assignment 7 is no longer"),
        (SetUnits(1, Decimal(2), was=Decimal(3)), "Somebody changed units"),
        (SetWork(1, 60), "done already"),
        (Unassign(1), "Work was done"),
        (SetField(DREDGE, Field.DURATION, Amount(60)), "done already"),
    ],
)
def test_a_resource_that_cannot_be_is_refused(step, words):
    one = edit(Assign(DREDGE, 1), plan=replace(PLAN, resources=RESOURCES))
    worked = replace(one, assignments=(replace(one.assignments[0], actual_work_minutes=2 * DAY),))
    with pytest.raises(InvalidInput, match=words):
        edit(step, plan=worked)


def test_one_wrong_step_and_none_is_done():
    before = PLAN.tasks

    with pytest.raises(InvalidInput):
        edit(SetField(DREDGE, Field.NAME, "Other"), SetField(DECK, Field.NAME, ""))

    assert PLAN.tasks is before and task_of(PLAN, DREDGE).name == "Dredge"


def test_a_stretched_task_lasts_the_working_time_up_to_where_it_is_to_end():
    # Dredge starts on Monday 3 March 8:00; Wednesday of the next week is 7.5 working days later.
    plan = edit(Stretch(DREDGE, datetime(2025, 3, 12, 12, 0)))
    task = next(task for task in plan.tasks if task.uid == DREDGE)
    assert (task.duration_minutes, task.estimated, task.milestone) == (7.5 * DAY, False, False)


def test_a_task_scheduled_by_hand_is_stretched_to_the_finish_itself():
    plan = edit(SetField(POUR, Field.MANUAL, True), Stretch(POUR, datetime(2025, 3, 14, 17, 0)))
    task = next(task for task in plan.tasks if task.uid == POUR)
    assert task.stored.finish == datetime(2025, 3, 14, 17, 0)


@pytest.mark.parametrize(
    ("uid", "finish", "reason"),
    [
        (SITE, datetime(2025, 3, 20, 17, 0), "is a summary"),
        (DREDGE, datetime(2025, 3, 3, 8, 0), "is not after the start"),
        (DREDGE, datetime(2025, 3, 3, 8, 0).replace(year=1970), "is a date from 1984 to 2100"),
        (POUR, datetime(2025, 3, 9, 12, 0), "is not after the start"),
    ],
)
def test_a_task_is_not_stretched_to_before_its_beginning(uid, finish, reason):
    with pytest.raises(InvalidInput, match=reason):
        edit(Stretch(uid, finish))


def test_what_is_done_is_not_stretched():
    with pytest.raises(InvalidInput, match="follows from its actual dates"):
        edit(SetField(DREDGE, Field.PERCENT, Decimal(100)), Stretch(DREDGE, datetime(2025, 3, 12)))


def test_a_task_scheduled_by_hand_ends_its_new_duration_after_its_start():
    plan = edit(SetField(POUR, Field.MANUAL, True), SetField(POUR, Field.DURATION, Amount(5 * DAY)))
    task = next(task for task in plan.tasks if task.uid == POUR)
    # From Monday 10 March, five working days.
    assert task.stored.start == datetime(2025, 3, 10, 8, 0)
    assert task.stored.finish == datetime(2025, 3, 14, 17, 0)


def test_round_the_clock_means_so_in_every_edit():
    two_days = Amount(2 * 1440, elapsed=True)
    plan = edit(
        SetField(POUR, Field.DURATION, two_days),
        SetField(POUR, Field.MANUAL, True),
        SetField(POUR, Field.START, datetime(2025, 3, 14, 8, 0)),
    )
    task = next(task for task in plan.tasks if task.uid == POUR)
    assert task.stored.finish == datetime(2025, 3, 16, 8, 0)
    plan = edit(
        SetField(POUR, Field.DURATION, two_days),
        SetField(POUR, Field.ACTUAL_START, datetime(2025, 3, 14, 8, 0)),
        SetField(POUR, Field.ACTUAL_FINISH, datetime(2025, 3, 17, 8, 0)),
    )
    task = next(task for task in plan.tasks if task.uid == POUR)
    assert task.duration_minutes == 3 * 1440


def test_what_a_person_saw_is_compared_to_the_minute():
    late = datetime(2025, 3, 20, 17, 0, 59)
    step = SetField(POUR, Field.DEADLINE, datetime(2025, 3, 21), late.replace(second=0))
    plan = edit(SetField(POUR, Field.DEADLINE, late), step)
    assert next(task for task in plan.tasks if task.uid == POUR).deadline == datetime(2025, 3, 21)


SURVEY, PILES = TaskStep("Survey"), TaskStep("Drive piles", Decimal(3))


def test_steps_measure_a_task_by_their_weight():
    plan = edit(
        SetField(POUR, Field.STEPS, (SURVEY, PILES)),
        SetField(POUR, Field.PERCENT_TYPE, PercentType.STEPS),
    )
    before = next(task for task in plan.tasks if task.uid == POUR)
    assert (before.physical_percent, before.percent_complete) == (0, 0)

    plan = edit(
        SetField(POUR, Field.STEPS, (SURVEY, PILES)),
        SetField(POUR, Field.PERCENT_TYPE, PercentType.STEPS),
        SetField(POUR, Field.STEPS, (SURVEY, replace(PILES, done=True)), was=(SURVEY, PILES)),
    )
    after = next(task for task in plan.tasks if task.uid == POUR)
    assert after.physical_percent == 75
    assert (after.percent_complete, after.actual_start) == (0, None)


def test_steps_that_measure_nothing_leave_the_physical_percentage_alone():
    plan = edit(
        SetField(POUR, Field.PHYSICAL, Decimal(40)),
        SetField(POUR, Field.STEPS, (replace(SURVEY, done=True),)),
    )
    assert next(task for task in plan.tasks if task.uid == POUR).physical_percent == 40


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((TaskStep(" "),), "have a name each"),
        ((SURVEY, TaskStep("survey ")), "‘Survey’ stands there twice"),
        ((TaskStep("Test", Decimal(0)),), "weigh more than 0"),
        ((TaskStep("Test", Decimal("NaN")),), "weigh more than 0"),
        ((TaskStep("Test", Decimal(1_000_001)),), "at most 1,000,000"),
        (tuple(TaskStep(str(number)) for number in range(101)), "are at most 100"),
        ((TaskStep("x" * 201),), "at most 200 characters"),
        ((TaskStep("a; b"),), "hold no ; [ or ]"),
        ((TaskStep("Piles [3]"),), "hold no ; [ or ]"),
        ((TaskStep("X ray"),), "hold no ; [ or ]"),
    ],
)
def test_steps_that_cannot_be_are_refused(steps, said):
    with pytest.raises(InvalidInput, match=re.escape(said)):
        edit(SetField(POUR, Field.STEPS, steps))


def test_a_percentage_of_steps_is_not_typed():
    with pytest.raises(InvalidInput, match="follows from its steps"):
        edit(
            SetField(POUR, Field.PERCENT_TYPE, PercentType.STEPS),
            SetField(POUR, Field.PHYSICAL, Decimal(40)),
        )


def test_somebody_who_ticked_another_step_meanwhile_is_not_overwritten():
    with pytest.raises(InvalidInput) as refused:
        edit(
            SetField(POUR, Field.STEPS, (SURVEY, PILES)),
            SetField(POUR, Field.STEPS, (replace(SURVEY, done=True), PILES), was=(SURVEY, PILES)),
            SetField(POUR, Field.STEPS, (SURVEY, replace(PILES, done=True)), was=(SURVEY, PILES)),
        )
    assert refused.value.code == "editing.changed"


def test_added_fields_stand_beside_each_other_and_an_empty_value_goes():
    plan = edit(SetCustom(POUR, "permit", "asked"), SetCustom(POUR, "crew", "Night"))
    task = next(task for task in plan.tasks if task.uid == POUR)
    assert task.custom == (("crew", "Night"), ("permit", "asked"))

    plan = edit(
        SetCustom(POUR, "permit", "asked"),
        SetCustom(POUR, "crew", "Night"),
        SetCustom(POUR, "permit", "", was="asked"),
    )
    assert next(task for task in plan.tasks if task.uid == POUR).custom == (("crew", "Night"),)


def test_an_added_field_that_somebody_else_filled_is_not_overwritten():
    with pytest.raises(InvalidInput) as refused:
        edit(SetCustom(POUR, "permit", "granted"), SetCustom(POUR, "permit", "asked", was=""))
    assert refused.value.code == "editing.changed"


@pytest.mark.parametrize(
    ("key", "value"), [("k" * 41, "x"), ("crew", "x" * 501), ("crew", "a\nb"), ("", "x")]
)
def test_added_fields_have_their_bounds(key, value):
    with pytest.raises(InvalidInput):
        edit(SetCustom(POUR, key, value))
