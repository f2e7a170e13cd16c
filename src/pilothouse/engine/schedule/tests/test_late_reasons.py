# SPDX-License-Identifier: Apache-2.0
"""Why late dates and floats are what they are: worked examples, and every named bound redone.

The reference of ``reference.py`` works each bound out once more from what the reason says of it.
"""

from collections import Counter
from random import Random

import pytest
from hypothesis import given

from pilothouse.engine.network.plan import LinkType
from pilothouse.engine.schedule import BoundKind, Dialect, ScheduleOptions, explain, schedule_plan
from pilothouse.engine.schedule.tests.random_plans import random_plan
from pilothouse.engine.schedule.tests.reference import (
    FNLT,
    FROM_FINISH,
    MFO,
    MSO,
    SNLT,
    TO_START,
    Reference,
    last_that,
    position,
)
from pilothouse.engine.schedule.tests.test_against_reference import anything, quietly
from pilothouse.engine.schedule.tests.test_critical_path import n1
from pilothouse.engine.testing import plan_chart

STANDARD = ScheduleOptions(dialect=Dialect.STANDARD)


def n2(q="", s="", r=""):
    return f"""
        P 3 | |
        Q 2 | | P{q}
        S 1 | | P{s}
        R 4 | | Q, S{r}
    """


def told(text, options=STANDARD):
    """By task: the chain behind its late dates, and what its total float is measured to."""
    chart = plan_chart(text)
    result = schedule_plan(chart.plan, options)
    names = {task.uid: task.name for task in chart.plan.tasks}
    found = {}
    for task in chart.plan.tasks:
        said = explain(result, task.uid)
        chain = "".join(names[step.uid] for step in said.late)
        total = said.total_float
        found[task.name] = chain, total.minutes / 480, total.kind.value, names[total.uid]
    return found


def test_o_cpm_1_late_dates_lead_on_to_the_finish_of_the_plan():
    assert told(n1()) == {
        "A": ("ACDEG", 0, "plan_finish", "G"),
        "B": ("BDEG", 1, "plan_finish", "G"),
        "C": ("CDEG", 0, "plan_finish", "G"),
        "D": ("DEG", 0, "plan_finish", "G"),
        "E": ("EG", 0, "plan_finish", "G"),
        "F": ("FG", 4, "plan_finish", "G"),
        "H": ("HG", 1, "plan_finish", "G"),
        "G": ("G", 0, "plan_finish", "G"),
    }


def test_o_cpm_2_negative_float_collides_with_the_imposed_finish():
    found = told(n1(settings="; imposed 13"))

    assert {name for name, (_, total, _, _) in found.items() if total < 0} == set("ACDEG")
    assert {kind for _, _, kind, _ in found.values()} == {"imposed_finish"}
    assert found["A"][0] == "ACDEG"


def test_o_cpm_3_negative_float_collides_with_the_deadline_of_another_task():
    found = told(n1(f=", deadline 9"))

    assert {name: row for name, row in found.items() if row[1] < 0} == {
        "A": ("ACF", -1, "deadline", "F"),
        "C": ("CF", -1, "deadline", "F"),
        "F": ("F", -1, "deadline", "F"),
    }
    assert {found[name][2] for name in "BDEGH"} == {"plan_finish"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"q": ", snet 5"}, ("PQR", 2, "plan_finish", "R")),
        ({"q": ", snlt 2"}, ("PQ", -1, "constraint", "Q")),
        ({"q": ", fnlt 4"}, ("PQ", -1, "constraint", "Q")),
        ({"q": ", mso 5"}, ("PQR", 2, "plan_finish", "R")),
        ({"q": ", mfo 4"}, ("PQ", -1, "constraint", "Q")),
        ({"q": ", mfo 4, hard"}, ("PQ", -1, "hard_constraint", "Q")),
        ({"r": ", deadline 8"}, ("PQR", -1, "deadline", "R")),
    ],
)
def test_o_cpm_4_the_float_of_p_names_what_bounds_it(more, expected):
    found = told(n2(**more))

    assert found["P"] == expected
    if expected[0] == "PQ":
        assert found["Q"] == ("Q", *expected[1:])


def test_the_float_that_a_hard_constraint_takes_names_it():
    assert told(n2(q=", snlt 2, hard"))["Q"][1:] == (-1, "hard_constraint", "Q")


def test_bounds_that_hold_late_dates_together_are_all_named_links_first():
    chart = plan_chart(n2(q=", mso 5"))

    [step, _] = explain(schedule_plan(chart.plan), chart.uid("Q")).late

    assert [bound.kind for bound in step.bounds] == [BoundKind.LINK, BoundKind.CONSTRAINT]
    assert step.driving == (chart.uid("R"),)


def test_the_words_of_n1_with_a_deadline():
    chart = plan_chart(n1(f=", deadline 9"))

    said = explain(schedule_plan(chart.plan), chart.uid("A"))

    assert [step.sentence for step in said.late] == [
        "Must start by Fri 28 Feb 2025 08:00 so that 3 ‘C’ can start by Tue 4 Mar 2025 08:00: "
        "SS + 2 days.",
        "Must finish by Tue 11 Mar 2025 17:00 so that 6 ‘F’ can start by Mon 10 Mar 2025 08:00: "
        "FS − 2 days.",
        "Must finish by Thu 13 Mar 2025 17:00: its deadline.",
    ]
    assert said.total_float.sentence == (
        "Total float −1 day: it can finish on Fri 7 Mar 2025 17:00 at the earliest and would have "
        "to by Thu 6 Mar 2025 17:00 to keep the deadline of 6 ‘F’, Thu 13 Mar 2025 17:00."
    )
    assert said.free_float.sentence == "Free float 0 days: it has no total float."
    assert said.text.splitlines()[1:3] == [
        "At the latest:",
        f"1 ‘A’, Fri 28 Feb 2025 08:00 to Thu 6 Mar 2025 17:00. {said.late[0].sentence}",
    ]


def test_a_bound_says_which_link_and_lag_and_whose_date_it_is():
    chart = plan_chart(n1())

    [bound] = explain(schedule_plan(chart.plan), chart.uid("A")).late[0].bounds

    assert (bound.kind, bound.uid, bound.holder) == (BoundKind.LINK, 3, 3)
    assert (bound.link.type, bound.lag_minutes, bound.at_start) == (LinkType.SS, 960, True)
    assert f"{bound.holder_date:%d %H}, {bound.date:%d %H}" == "05 08, 03 08"


def test_the_free_float_names_the_successor_that_would_move():
    chart = plan_chart(n1())
    result = schedule_plan(chart.plan, STANDARD)

    said = {name: explain(result, chart.uid(name)).free_float for name in "BG"}

    assert said["B"].sentence == "Free float 1 day: more would move 4 ‘D’ (FF + 1 day)."
    assert (said["B"].kind, said["B"].uid, said["B"].lag_minutes) == (BoundKind.LINK, 4, 480)
    assert said["G"].sentence == (
        "Free float 0 days: up to the finish of the plan, Fri 21 Mar 2025 17:00; nothing follows "
        "it."
    )


def test_late_dates_lead_through_summaries():
    text = """
        One     |
          A 2   | |
          B 1   | |
        Two     | | One
          C 3   | |
          D 5   | | , fnlt 6
    """
    chart = plan_chart(text)
    result = schedule_plan(chart.plan, STANDARD)

    a, one = explain(result, chart.uid("A")), explain(result, chart.uid("One"))

    assert [step.uid for step in a.late] == [chart.uid("A"), chart.uid("D")]
    assert a.late[0].sentence == (
        "Must finish by Mon 3 Mar 2025 17:00 so that 2.2 ‘D’ in 2 ‘Two’ can start by "
        "Tue 4 Mar 2025 08:00, through its summary 1 ‘One’: FS."
    )
    assert a.total_float.minutes == -480
    assert [step.uid for step in one.late][1:] == [chart.uid("A"), chart.uid("D")]
    assert one.late[0].sentence == "Its latest finish is that of 1.1 ‘A’."


def test_a_task_without_late_dates_of_its_own_says_so():
    chart = plan_chart("""
        status 2
        A 1 | | done 0-1
        B 2 | | A SS, loe
        C 1 | | A, inactive
    """)
    result = schedule_plan(chart.plan)

    said = [explain(result, task.uid) for task in chart.plan.tasks]

    assert [row.total_float.minutes for row in said] == [None, None, None]
    assert [row.total_float.sentence for row in said] == [
        "It is finished and has no float.",
        "Level of effort has no float.",
        "It is inactive and has no float.",
    ]
    assert said[0].late[0].sentence == "Finished on Mon 3 Mar 2025 17:00, as reported."


def test_what_precedes_a_levelling_delay_is_bounded_before_it():
    chart = plan_chart("""
        A 2 | |
        B 1 | | A, delay 2
    """)

    step, _ = explain(schedule_plan(chart.plan), chart.uid("A")).late

    assert [(bound.kind, f"{bound.date:%a %H}") for bound in step.bounds] == [
        (BoundKind.LINK, "Tue 17")
    ]


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [
        (Dialect.STANDARD, BoundKind.LINK),
        (Dialect.MICROSOFT_PROJECT, BoundKind.PLAN_FINISH),
    ],
)
def test_links_from_a_start_set_by_hand_bound_it_where_the_dialect_says_so(dialect, kind):
    chart = plan_chart("""
        A 1 | | manual 0-1
        B 1 | | A SS
        C 5 | |
        D 4 | | B
    """)

    said = explain(schedule_plan(chart.plan, ScheduleOptions(dialect=dialect)), chart.uid("A"))

    assert said.late[0].bounds[0].kind is kind


# ---- every bound once more ----


def redone(reference, row, bound):
    """The late span that one bound leaves a task, from what is said of it and nothing else."""
    at = None
    task = reference.tasks[reference.row[bound.uid]]
    match bound.kind:
        case BoundKind.LINK | BoundKind.SUMMARY_LINK:
            return redone_from_link(reference, row, bound.link, bound.holder)
        case BoundKind.CONSTRAINT if reference.held_to(row, SNLT, MSO):
            latest = reference.from_start(row, position(task.constraint_date)).start
            at = last_that(
                lambda at: reference.to_finish(row, at).start <= latest, position_of_end(reference)
            )
        case BoundKind.CONSTRAINT | BoundKind.SUMMARY_CONSTRAINT:
            assert task.constraint in (FNLT, MFO)
            at = position(task.constraint_date)
        case BoundKind.DEADLINE | BoundKind.SUMMARY_DEADLINE:
            at = position(task.deadline)
        case BoundKind.EXTERNAL:
            at = position(task.external_late_finish)
        case BoundKind.OPEN_END | BoundKind.HARD_CONSTRAINT:
            at = reference.early(row).finish
        case BoundKind.IMPOSED_FINISH:
            at = position(reference.plan.imposed_finish)
        case BoundKind.PROJECT_FINISH:
            at = position(reference.plan.finish)
        case BoundKind.PLAN_FINISH:
            at = reference.bound
    return reference.to_finish(row, at)


def position_of_end(reference):
    return reference.bound + 400 * 1440


def redone_from_link(reference, row, link, holder):
    """The last span of a task that one link allows with the holder at its late dates."""
    second = reference.row[holder]
    delay = reference.tasks[second].leveling_delay_minutes if reference.is_delayed(second) else 0

    def holds(at):
        end = reference.to_finish(row, at).end(link.type in FROM_FINISH)
        return reference.holds(link, end, second, reference.late(second), delay)

    return reference.to_finish(row, last_that(holds, 350 * 1440, 1440))


def wrong_reasons(plan, options):
    """What the reasons say that the reference does not find."""
    result, reference = schedule_plan(plan, options), Reference(plan, options)
    placed = reference.placed
    wrong, seen = [], Counter()
    for row, task in enumerate(plan.tasks):
        said = explain(result, task.uid)
        seen.update(bound.kind for bound in said.late[0].bounds)
        seen.update([said.free_float.kind])
        for bound in said.late[0].bounds:
            wrong += wrong_bound(reference, row, bound)
        wrong += not_named(reference, row, said.late[0])
        wrong += wrong_chain(task.uid, said)
        wrong += wrong_floats(placed, row, said)
    return wrong, seen


def wrong_bound(reference, row, bound):
    """A bound that does not lead to the late dates."""
    late = reference.late(row)
    if bound.kind in (BoundKind.ACTUAL, BoundKind.LEVEL_OF_EFFORT):
        return []
    if bound.kind is BoundKind.CHILDREN:
        late = reference.placed.late(row)
        child = reference.placed.late(reference.row[bound.uid])
        ends = (child.began, late.began) if bound.at_start else (child.finish, late.finish)
        return [bound] * (ends[0] != ends[1])
    span = redone(reference, row, bound)
    if (span.start, span.finish) != (late.start, late.finish):
        return [(bound, span, late)]
    return [] if bound.link is None else wrong_data(reference, bound)


def wrong_data(reference, bound):
    holder = reference.late(reference.row[bound.holder])
    date = holder.start if bound.link.type in TO_START else holder.finish
    said = position(bound.holder_date), bound.lag_minutes, bound.at_start
    if said != (date, reference.lag(bound.link), bound.link.type not in FROM_FINISH):
        return [bound]
    return []


def not_named(reference, row, step):
    """Links that hold late dates as well and are not named."""
    fixed = (BoundKind.ACTUAL, BoundKind.LEVEL_OF_EFFORT, BoundKind.HARD_CONSTRAINT)
    if reference.children[row] or step.bounds[0].kind in fixed:
        return []
    named = {bound.link for bound in step.bounds}
    return [
        (step.uid, link)
        for link in reference.links_out_of(row)
        if reference.is_bound_by(link, row) and link not in named
        for second in reference.below(reference.row[link.successor])
        if not (reference.silent(second) or reference.complete(second))
        and reference.binds(link, second)
        and redone_from_link(reference, row, link, reference.tasks[second].uid).finish
        <= reference.late(row).finish
    ]


def wrong_chain(uid, said):
    """A chain whose tasks do not follow from each other, or that does not end."""
    wrong = []
    for step, following in zip(said.late, said.late[1:], strict=False):
        holders = {bound.holder for bound in step.bounds}
        if following.uid not in holders:
            wrong.append((uid, step.uid, following.uid))
    if said.late[0].uid != uid or said.late[-1].bounds[0].holder is not None:
        wrong.append((uid, "open chain"))
    return wrong


def wrong_floats(reference, row, said):
    """Floats that are not what their reasons say."""
    total, free, wrong = said.total_float, said.free_float, []
    if (total.minutes, free.minutes) != (reference.total_float(row), reference.free_float(row)):
        wrong.append((total, free))
    if total.minutes is not None and total.kind is not BoundKind.HARD_CONSTRAINT:
        last = said.late[-1].bounds[0]
        wrong += [total] * ((total.kind, total.uid) != (last.kind, last.uid))
    broken = bool(reference.broken(row)) and not reference.primavera
    if total.minutes is not None and broken and total.kind is not BoundKind.HARD_CONSTRAINT:
        wrong.append(total)
    if free.link is not None and free_by_link(reference, row, free.link) != free.minutes:
        wrong.append(free)
    if free.kind is BoundKind.TOTAL_FLOAT and free.minutes != max(0, total.minutes):
        wrong.append(free)
    return wrong


def free_by_link(reference, row, link):
    """How far a task may move while the successors of one link stay."""
    slack = reference.slack(row, link)
    return max(0, slack) if reference.microsoft else slack


def test_every_bound_that_is_named_gives_the_late_dates_and_none_is_left_out():
    wrong, seen = {}, Counter()
    for seed in range(120):
        found, kinds = wrong_reasons(*random_plan(Random(seed)))
        seen += kinds
        if found:
            wrong[seed] = found

    assert wrong == {}
    assert all(seen[kind] for kind in BoundKind)


@quietly
@given(anything)
def test_reasons_of_plans_that_hypothesis_finds_give_their_dates_and_floats(random):
    assert wrong_reasons(*random_plan(random))[0] == []
