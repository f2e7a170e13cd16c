# SPDX-License-Identifier: Apache-2.0
"""A schedule after an edit, made from the one before: the same as one made anew, in every word."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import Link, LinkType, Plan, PlanTask
from pilothouse.engine.schedule import explain, schedule_plan, stand, stand_again
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.tests.random_plans import random_plan

START = datetime(2025, 3, 3, 8)
CELLS = [
    name
    for name in PlanTask.__dataclass_fields__
    if name not in ("uid", "outline_level", "baselines", "summary")
]


def house(*tasks, links=()):
    return Plan(
        "House", START, (CalendarSpec(1, "Standard", STANDARD_WEEK),), 1, tuple(tasks), tuple(links)
    )


def result_of(make, *given):
    """What a calculation gives, or how it is refused."""
    try:
        return make(*given)
    except EngineError as error:
        return error.code, error.message, error.places


def said(result):
    """All that a result says."""
    return (
        result.start,
        result.finish,
        dict(result.tasks),
        result.critical_paths,
        result.logic_conflicts,
        result.out_of_sequence,
        result.missed_deadlines,
        result.notices,
        result.labels,
    )


def edited(random, plan, other):
    """The plan with cells, links or resources of another one, often in another outline."""
    tasks, rows = list(plan.tasks), range(len(plan.tasks))
    for row in random.sample(rows, random.choice((0, 1, 1, 1, 2, min(4, len(rows))))):
        donor = random.choice(other.tasks)
        if random.random() < 0.3:
            tasks[row] = replace(
                donor,
                uid=tasks[row].uid,
                outline_level=tasks[row].outline_level,
                name=tasks[row].name,
            )
            continue
        names = random.sample(CELLS, random.choice((1, 1, 2, 5)))
        tasks[row] = replace(tasks[row], **{name: getattr(donor, name) for name in names})
        if random.random() < 0.2:
            tasks[row] = replace(tasks[row], name=f"Renamed {random.randrange(100)}")
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        random.choice((_put_deeper, _insert, _delete, _move))(random, tasks, other)
    there = {task.uid for task in tasks}
    # Seldom a link stays to a row that is no more.
    links = [
        link
        for link in plan.links
        if {link.predecessor, link.successor} <= there or random.random() < 0.1
    ]
    if random.random() < 0.4:
        random.choice((_unlink, _link, _relink, _swap))(random, plan, links)
    assignments = plan.assignments
    if random.random() < 0.2 and assignments:
        assignments = tuple(random.sample(assignments, random.randrange(len(assignments))))
    elif random.random() < 0.2:
        assignments = tuple(
            replace(item, work_minutes=item.work_minutes + 60) for item in assignments
        )
    return replace(plan, tasks=tuple(tasks), links=tuple(links), assignments=assignments)


def _put_deeper(random, tasks, other):
    row = random.randrange(len(tasks))
    tasks[row] = replace(tasks[row], outline_level=random.randint(1, 3))


def _insert(random, tasks, other):
    uid = random.choice((900, 901, 902, 903))
    if random.random() < 0.1 or all(task.uid != uid for task in tasks):
        row = replace(random.choice(other.tasks), uid=uid)
        tasks.insert(random.randrange(len(tasks) + 1), row)


def _delete(random, tasks, other):
    if len(tasks) > 2:
        del tasks[random.randrange(len(tasks))]


def _move(random, tasks, other):
    task = tasks.pop(random.randrange(len(tasks)))
    tasks.insert(random.randrange(len(tasks) + 1), task)


def _unlink(random, plan, links):
    if links:
        del links[random.randrange(len(links))]


def _link(random, plan, links):
    first, second = random.sample(plan.tasks, 2)
    links.insert(
        random.choice((len(links), 0)),
        Link(first.uid, second.uid, random.choice(tuple(LinkType)), random.choice((0, 60, -480))),
    )


def _relink(random, plan, links):
    if links:
        at = random.randrange(len(links))
        links[at] = replace(links[at], type=random.choice(tuple(LinkType)), lag_minutes=480)


def _swap(random, plan, links):
    random.shuffle(links)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_any_plan_after_any_edits_is_scheduled_as_if_anew(seed):
    random = Random(seed)
    plan, options = random_plan(random)
    standing = result_of(stand, plan, options)
    if isinstance(standing, tuple):
        return
    for _ in range(random.choice((1, 2, 3))):
        if random.random() < 0.5:
            dict(standing.result.tasks)
        after = edited(random, plan, random_plan(random)[0])
        anew = result_of(stand, after, options)
        found = result_of(stand_again, standing, after, options)
        if isinstance(anew, tuple):
            assert found == anew
            return
        assert said(found.result) == said(anew.result)
        then = standing.result.tasks
        assert set(found.differing) == {
            uid for uid, dates in anew.result.tasks.items() if then.get(uid) != dates
        }
        for uid in anew.result.tasks:
            assert explain(found.result, uid) == explain(anew.result, uid)
        plan, standing = after, found


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_a_kept_schedule_says_what_a_plain_one_says_without_its_critical_paths(seed):
    plan, options = random_plan(Random(seed))
    plain = result_of(schedule_plan, plan, replace(options, path_limit=0))
    kept = result_of(stand, plan, options)
    if isinstance(kept, tuple):
        assert kept == plain
    else:
        assert said(kept.result) == said(plain)


def test_rows_that_an_edit_does_not_touch_are_not_put_into_words_again():
    dig, pour, apart = (PlanTask(uid, f"Task {uid}", duration_minutes=480) for uid in (1, 2, 3))
    before = stand(house(dig, pour, apart, links=[Link(1, 2)]))
    told = dict(before.result.tasks)

    after = stand_again(
        before, house(replace(dig, duration_minutes=960), pour, apart, links=[Link(1, 2)])
    )

    assert after.differing == (1, 2, 3)
    assert after.result.tasks[2].start == datetime(2025, 3, 5, 8)
    assert after.result.tasks[3].total_float_minutes == 960
    same = stand_again(before, house(dig, replace(pour, notes="Ask."), apart, links=[Link(1, 2)]))
    assert same.differing == ()
    assert same.result.tasks[1] is told[1]


def test_another_name_changes_the_reasons_of_what_follows():
    dig, pour = (PlanTask(uid, f"Task {uid}", duration_minutes=480) for uid in (1, 2))
    before = stand(house(dig, pour, links=[Link(1, 2)]))

    after = stand_again(before, house(replace(dig, name="Dig"), pour, links=[Link(1, 2)]))

    assert after.differing == (2,)
    assert "Dig" in after.result.tasks[2].reason


def test_a_plan_without_tasks_stands_on_nothing():
    assert stand(house()) is None


@pytest.mark.parametrize("days", [1, 400])
def test_dates_beyond_the_calendar_days_laid_out_before_are_found(days):
    dig, pour = (PlanTask(uid, f"Task {uid}", duration_minutes=480) for uid in (1, 2))
    before = stand(house(dig, pour, links=[Link(1, 2)]))
    far = house(replace(dig, duration_minutes=480 * days * 20), pour, links=[Link(1, 2)])

    after = stand_again(before, far)

    assert said(after.result) == said(schedule_plan(far, ScheduleOptions(path_limit=0)))
    assert after.result.finish - before.result.finish > timedelta(days=days)
