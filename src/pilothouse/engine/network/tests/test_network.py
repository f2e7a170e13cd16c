# SPDX-License-Identifier: Apache-2.0
import pytest

from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network import build_outline, check_links
from pilothouse.engine.network.plan import Link, LinkType, PlanTask
from pilothouse.engine.network.topology import topological_order


def rows(*levels):
    return [PlanTask(uid, f"T{uid}", level) for uid, level in enumerate(levels, 1)]


def test_the_outline_is_read_from_the_levels():
    outline = build_outline(rows(1, 2, 3, 2, 1))

    assert outline.parent == (-1, 0, 1, 0, -1)
    assert outline.children == ((1, 3), (2,), (), (), ())
    assert outline.summary == (True, True, False, False, False)
    assert outline.numbers == ("1", "1.1", "1.1.1", "1.2", "2")
    assert list(outline.ancestors(2)) == [1, 0]


def test_a_level_that_is_jumped_hangs_under_the_nearest_row_above():
    assert build_outline(rows(1, 4, 2)).parent == (-1, 0, 0)


def test_tasks_are_called_by_their_own_code_where_they_have_one():
    outline = build_outline([PlanTask(1, "Pour slab", wbs="3.2"), PlanTask(2, "Cure")])

    assert outline.labels == ("3.2 ‘Pour slab’", "2 ‘Cure’")


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ([PlanTask(1, "A"), PlanTask(1, "B")], "network.duplicate_uid"),
        ([PlanTask(1, "A", 0)], "network.outline_level"),
    ],
)
def test_an_outline_that_cannot_be_is_refused(tasks, code):
    with pytest.raises(InvalidInput) as refused:
        build_outline(tasks)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("links", "code", "message"),
    [
        (
            [Link(9, 2)],
            "network.dangling_link",
            "Task 1.1 ‘T2’ names task 9 as its predecessor, which is not in the plan; "
            "remove the link or add the task.",
        ),
        (
            [Link(2, 9)],
            "network.dangling_link",
            "Task 1.1 ‘T2’ names task 9 as its successor, which is not in the plan; "
            "remove the link or add the task.",
        ),
        ([Link(2, 2)], "network.self_link", "Task 1.1 ‘T2’ waits for itself; remove the link."),
        (
            [Link(2, 3), Link(2, 3, lag_minutes=60)],
            "network.duplicate_link",
            "Tasks 1.1 ‘T2’ and 1.2 ‘T3’ are linked twice as FS; keep one of the links.",
        ),
        (
            [Link(1, 3)],
            "network.own_descendant",
            "Tasks 1 ‘T1’ and 1.2 ‘T3’ are linked, but one lies inside the other; "
            "link the tasks inside the summary instead.",
        ),
        (
            [Link(3, 1)],
            "network.own_descendant",
            "Tasks 1.2 ‘T3’ and 1 ‘T1’ are linked, but one lies inside the other; "
            "link the tasks inside the summary instead.",
        ),
    ],
)
def test_links_that_mean_nothing_are_refused_by_name(links, code, message):
    with pytest.raises(InvalidInput) as refused:
        check_links(links, build_outline(rows(1, 2, 2)))

    assert (refused.value.code, refused.value.message) == (code, message)


def test_two_links_of_different_types_between_the_same_tasks_are_allowed():
    check_links([Link(2, 3, LinkType.SS), Link(2, 3, LinkType.FF)], build_outline(rows(1, 2, 2)))


def test_the_order_puts_every_task_after_its_predecessors_and_summaries_around_children():
    outline = build_outline(rows(1, 1, 2, 1))
    order = topological_order(outline, [Link(4, 2), Link(2, 1)])
    gate, roll = 1, 4 + 1

    assert sorted(order) == [0, 1, 2, 3, roll]
    assert order.index(3) < order.index(gate) < order.index(2) < order.index(roll)
    assert order.index(roll) < order.index(0)


def test_two_tasks_that_wait_for_each_other_are_named():
    tasks = [PlanTask(1, "Pour slab", wbs="3.2"), PlanTask(2, "Cure", wbs="3.5")]

    with pytest.raises(CycleFound) as found:
        topological_order(build_outline(tasks), [Link(1, 2), Link(2, 1)])

    assert found.value.code == "schedule.cycle"
    assert found.value.message == (
        "Task 3.2 ‘Pour slab’ and 3.5 ‘Cure’ wait for each other; remove one of these links."
    )
    assert found.value.places == ("3.2 ‘Pour slab’", "3.5 ‘Cure’")


def test_a_longer_circle_is_named_in_the_order_of_its_links_and_without_what_hangs_on_it():
    links = [Link(5, 1), Link(1, 3), Link(3, 2), Link(2, 1), Link(2, 4)]

    with pytest.raises(CycleFound) as found:
        topological_order(build_outline(rows(1, 1, 1, 1, 1)), links)

    assert found.value.places == ("1 ‘T1’", "3 ‘T3’", "2 ‘T2’")
    assert found.value.message == (
        "Tasks 1 ‘T1’, 3 ‘T3’ and 2 ‘T2’ wait for each other in a circle; "
        "remove one of these links."
    )


def test_of_a_long_circle_the_first_tasks_are_named_and_the_others_counted():
    count = 5_000
    links = [Link(uid, uid % count + 1) for uid in range(1, count + 1)]

    with pytest.raises(CycleFound) as found:
        topological_order(build_outline(rows(*[1] * count)), links)

    assert found.value.message == (
        "Tasks 1 ‘T1’, 2 ‘T2’, 3 ‘T3’, 4 ‘T4’, 5 ‘T5’, 6 ‘T6’, 7 ‘T7’, 8 ‘T8’, 9 ‘T9’, 10 ‘T10’ "
        "and 4,990 more wait for each other in a circle; "
        "remove one of the links between those named."
    )
    assert found.value.places == tuple(f"{uid} ‘T{uid}’" for uid in range(1, 11))


def test_a_circle_through_a_summary_is_found():
    # 1 waits for the child 3 of summary 2, and summary 2 for 1.
    with pytest.raises(CycleFound) as found:
        topological_order(build_outline(rows(1, 1, 2)), [Link(3, 1), Link(1, 2)])

    assert found.value.places == ("1 ‘T1’", "2 ‘T2’", "2.1 ‘T3’")


def test_a_chain_of_a_hundred_thousand_tasks_is_ordered_without_recursion():
    tasks = rows(*[1] * 100_000)

    order = topological_order(
        build_outline(tasks), [Link(uid, uid + 1) for uid in range(1, 100_000)]
    )

    assert order == list(range(100_000))
