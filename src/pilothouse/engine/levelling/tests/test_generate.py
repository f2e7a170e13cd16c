# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.errors import Infeasible, InvalidInput
from pilothouse.engine.levelling import Rule, Scheme, decode, generate, make_instance
from pilothouse.engine.levelling.generation import ranked
from pilothouse.engine.levelling.lags import times_of
from pilothouse.engine.levelling.tests.checking import broken, makespan, over_capacity
from pilothouse.engine.levelling.tests.examples import NAMES, instances, oracle

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")


def test_the_oracle_is_levelled_as_the_rule_says():
    found = generate(oracle())

    assert dict(zip(NAMES, found.starts.tolist())) == {
        "B": 0, "A": 4, "E": 4, "D": 7, "C": 7, "F": 9,
    }  # fmt: skip
    assert found.makespan == 12
    assert broken(oracle(), found.starts) == []


def test_the_oracle_has_a_critical_path_of_nine():
    assert times_of(oracle()).least_makespan() == 9


def test_the_oracle_decoded_from_another_list_takes_fourteen():
    found = decode(oracle(), [NAMES.index(name) for name in "ABCEDF"])

    assert found.makespan == 14
    assert broken(oracle(), found.starts) == []


def test_the_parallel_scheme_takes_at_each_time_the_first_by_rank():
    urgent = make_instance(
        oracle().durations,
        oracle().links,
        oracle().demand,
        [4],
        priority=[900, 800, 700, 500, 600, 400],
    )

    found = generate(urgent, rule=Rule.PRIORITY, scheme=Scheme.PARALLEL)

    # At 3 B comes before C, which would leave it no room; D fits beside B.
    assert found.starts.tolist() == [0, 3, 7, 3, 8, 11]
    assert found.makespan == 13


def forward_in_time(instance, ranking):
    """The parallel scheme by trying each task in each period, the first of the ranking first."""
    starts: dict[int, int] = {}
    now = 0
    while len(starts) < instance.tasks:
        for task in ranking:
            if task not in starts and ready(instance, starts, task, now):
                starts[task] = now
                break
        else:
            now += 1
    return [starts[task] for task in range(instance.tasks)]


def ready(instance, starts, task, now):
    before = [(first, lag) for first, second, lag in instance.links.tolist() if second == task]
    if now < instance.release[task]:
        return False
    if any(first not in starts or starts[first] + lag > now for first, lag in before):
        return False
    known = [starts.get(other, now) for other in range(instance.tasks)]
    spans = [
        int(instance.durations[o]) if o in starts or o == task else 0 for o in range(len(known))
    ]
    return not any(
        over_capacity(instance, resource, steps.tolist(), known, spans)
        for resource, steps in enumerate(instance.capacity)
    )


@settings(max_examples=150, deadline=None)
@given(instances(leads=False), st.sampled_from(Rule))
def test_the_parallel_scheme_is_that_of_every_period_looked_at(instance, rule):
    times = times_of(instance)

    found = generate(instance, rule=rule, scheme=Scheme.PARALLEL)

    assert found.starts.tolist() == forward_in_time(
        instance, ranked(instance, times, rule).tolist()
    )


@settings(max_examples=150, deadline=None)
@given(instances(), st.sampled_from(Rule), st.sampled_from(Scheme))
def test_every_rule_keeps_lags_and_capacities(instance, rule, scheme):
    found = generate(instance, rule=rule, scheme=scheme)

    assert broken(instance, found.starts) == []
    assert found.makespan == makespan(instance, found.starts)
    assert generate(instance, rule=rule, scheme=scheme).starts.tolist() == found.starts.tolist()


@settings(max_examples=60, deadline=None)
@given(instances())
def test_no_task_of_a_serial_schedule_could_start_earlier_alone(instance):
    starts = generate(instance).starts

    for task in np.flatnonzero(starts):
        earlier = starts.copy()
        earlier[task] -= 1
        assert broken(instance, earlier) != []


def test_a_project_of_greater_priority_comes_first():
    two = make_instance(
        [4, 1], demand=[[1], [1]], capacity=[1], project=[0, 1], project_priority=[1, 2]
    )

    assert generate(two).starts.tolist() == [1, 0]


def test_priority_decides_between_tasks_that_are_equally_late():
    two = make_instance([2, 2], demand=[[1], [1]], capacity=[1], priority=[500, 600])

    assert generate(two).starts.tolist() == [2, 0]


def test_a_fixed_task_keeps_its_start_and_its_resources():
    two = make_instance([3, 2], demand=[[1], [1]], capacity=[1], fixed=[-1, 1])

    assert generate(two).starts.tolist() == [3, 1]


def test_capacity_that_grows_lets_more_run():
    steps = [[0, 1], [3, 2]]
    three = make_instance([2, 3, 3], demand=[[1], [1], [2]], capacity=[steps])

    found = generate(three)

    assert broken(three, found.starts) == []
    assert found.starts.tolist() == [6, 0, 3]


def test_large_capacities_share_no_word():
    count = 40
    wide = make_instance(
        [1] * count, demand=[[10**9 // 2 + row] * 3 for row in range(count)], capacity=[10**9] * 3
    )

    found = generate(wide)

    assert found.makespan == count
    assert broken(wide, found.starts) == []


def test_many_resources_are_packed_without_touching_each_other():
    count = 30
    demand = np.eye(count, dtype=int)
    apart = make_instance([2] * count, demand=demand, capacity=[1] * count)

    assert generate(apart).makespan == 2


def test_an_empty_problem_has_an_empty_schedule():
    assert generate(make_instance([])).makespan == 0


def test_a_circle_of_lags_that_grows_is_named():
    with pytest.raises(Infeasible) as caught:
        generate(make_instance([1, 1, 1], [(0, 1, 4), (1, 2, 1), (2, 1, 0)], names=["a", "b", "c"]))

    assert caught.value.code == "levelling.circle"
    assert caught.value.places == ("b", "c")


def test_maximum_lags_need_a_search():
    with pytest.raises(InvalidInput) as caught:
        generate(make_instance([1, 1], [(0, 1, 1), (1, 0, -5)]))

    assert caught.value.code == "levelling.maximum_lags"


def test_a_due_date_that_the_lags_pass_is_infeasible():
    with pytest.raises(Infeasible) as caught:
        generate(make_instance([3, 2], [(0, 1, 3)], due=[-1, 4]))

    assert caught.value.code == "levelling.dates"


def test_a_due_date_that_the_order_passes_says_so():
    with pytest.raises(Infeasible) as caught:
        generate(
            make_instance([5, 2], demand=[[1], [1]], capacity=[1], due=[-1, 2], priority=[9, 1])
        )

    assert caught.value.code == "levelling.late"


def test_a_demand_beyond_all_capacity_is_infeasible():
    with pytest.raises(Infeasible) as caught:
        generate(make_instance([1], demand=[[3]], capacity=[2]))

    assert caught.value.code == "levelling.demand"


@pytest.mark.parametrize("order", [[1, 0], [0], [0, 0], [0, 2]])
def test_a_list_that_is_none_is_refused(order):
    with pytest.raises(InvalidInput) as caught:
        decode(make_instance([1, 1], [(0, 1, 1)]), order)

    assert caught.value.code == "levelling.order"


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"durations": [-1]}, "levelling.number"),
        ({"durations": [float("nan")]}, "levelling.number"),
        ({"durations": [1.5]}, "levelling.number"),
        ({"durations": ["two"]}, "levelling.number"),
        ({"durations": [10**12]}, "levelling.number"),
        ({"durations": [1], "links": [(0, 0, 1)]}, "levelling.link"),
        ({"durations": [1], "links": [(0, 3, 1)]}, "levelling.link"),
        ({"durations": [1], "links": [(0, 1)]}, "levelling.shape"),
        ({"durations": [1], "demand": [[1], [2]], "capacity": [3]}, "levelling.shape"),
        ({"durations": [1], "release": [1, 2]}, "levelling.shape"),
        ({"durations": [1], "names": ["a", "b"]}, "levelling.shape"),
        ({"durations": [1], "capacity": [-2]}, "levelling.number"),
        ({"durations": [1], "capacity": [[[3, 1]]]}, "levelling.capacity"),
        ({"durations": [1], "capacity": [[[0, 1], [0, 2]]]}, "levelling.capacity"),
        ({"durations": [0] * 100_001}, "levelling.too_large"),
    ],
)  # fmt: skip
def test_columns_that_make_no_problem_are_refused(given_, code):
    with pytest.raises(InvalidInput) as caught:
        make_instance(**given_)

    assert caught.value.code == code


def test_a_profile_beyond_memory_is_refused_at_once():
    with pytest.raises(InvalidInput) as caught:
        generate(make_instance([10**9, 10**9], demand=[[1], [1]], capacity=[1]))

    assert caught.value.code == "levelling.too_large"
