# SPDX-License-Identifier: Apache-2.0
"""Search, bounds and proof. Limits are schedules and deterministic effort, never seconds."""

import io
import zipfile
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.errors import Infeasible, NotConverged
from pilothouse.engine.formats.progen import read_progen
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling import (
    Effort,
    Limit,
    Prover,
    Status,
    evolution,
    generate,
    level,
    make_instance,
)
from pilothouse.engine.levelling.bounds import Bounds, lower_bounds
from pilothouse.engine.levelling.generation import laid_out
from pilothouse.engine.levelling.lags import times_of
from pilothouse.engine.levelling.search import Search
from pilothouse.engine.levelling.solver_child import Question
from pilothouse.engine.levelling.tests.checking import broken, makespan
from pilothouse.engine.levelling.tests.examples import instances, oracle

QUICK = (
    "j301_2.sm",
    "j304_8.sm",
    "j305_6.sm",
    "j3010_1.sm",
    "j3022_6.sm",
    "j3038_6.sm",
    "j3046_4.sm",
)
"""Problems of thirty tasks whose proof takes no long search."""
SEARCH = Limit(schedules=400)
PROOF = Limit(schedules=400, proof=Effort(deterministic=5))


@pytest.fixture(scope="module")
def prover():
    with Prover() as warm:
        yield warm


def shortest(instance) -> int:
    """The makespan of the best schedule, by trying starts one task after another."""
    horizon = generate(instance).makespan
    order = sorted(range(instance.tasks), key=lambda task: times_of(instance).earliest[task])
    best = horizon

    def place(position, starts):
        nonlocal best
        if position == len(order):
            if not broken(instance, starts):
                best = min(best, makespan(instance, starts))
            return
        task = order[position]
        for start in range(best - int(instance.durations[task])):
            place(position + 1, [*starts[:task], start, *starts[task + 1 :]])

    place(0, [0] * instance.tasks)
    return best


def test_the_oracle_is_optimal_at_twelve(prover):
    found = level(oracle(), PROOF, prover=prover)

    assert found.status is Status.OPTIMAL
    assert (found.schedule.makespan, found.bound) == (12, 12)
    assert broken(oracle(), found.schedule.starts) == []


def test_the_oracle_has_bounds_nine_and_ten():
    assert lower_bounds(oracle(), times_of(oracle()), 12) == Bounds(9, 10, 10)


def test_without_proof_the_gap_stays_open():
    found = level(oracle(), SEARCH)

    assert (found.status, found.schedule.makespan, found.bound) == (Status.GAP, 12, 10)
    assert found.gap == pytest.approx(0.2)
    assert found.generated >= 400


@settings(max_examples=50, deadline=None)
@given(instances(most=12), st.integers(0, 5))
def test_a_search_keeps_all_and_is_repeatable(instance, seed):
    found = level(instance, SEARCH, seed=seed)

    assert broken(instance, found.schedule.starts) == []
    assert found.schedule.makespan == makespan(instance, found.schedule.starts)
    assert found.bound <= found.schedule.makespan <= generate(instance).makespan
    again = level(instance, SEARCH, seed=seed)
    assert again.schedule.starts.tolist() == found.schedule.starts.tolist()


@settings(max_examples=12, deadline=None)
@given(instances(most=3))
def test_bounds_lie_below_and_searches_above_the_shortest(instance):
    found = level(instance, SEARCH)

    assert found.bound <= shortest(instance) <= found.schedule.makespan


@settings(max_examples=12, deadline=None)
@given(instances(most=3))
def test_a_proof_says_the_shortest(prover, instance):
    found = level(instance, PROOF, prover=prover)

    assert found.status is Status.OPTIMAL
    assert found.schedule.makespan == found.bound == shortest(instance)


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(0, 2**32), st.data())
def test_a_search_of_several_projects_keeps_all_and_is_repeatable(instance, seed, data):
    numbers = st.lists(st.sampled_from([0, 2, 3]), min_size=instance.tasks, max_size=instance.tasks)
    several = replace(
        instance,
        project=np.array(data.draw(numbers), dtype=np.int64),
        project_priority=np.array([500, 500, 400, 600]),
    )

    found = level(several, SEARCH, seed=seed)

    assert broken(several, found.schedule.starts) == []
    assert found.schedule.makespan == makespan(several, found.schedule.starts)
    again = level(several, SEARCH, seed=seed)
    assert again.schedule.starts.tolist() == found.schedule.starts.tolist()


def test_a_search_cut_into_pieces_is_the_same_search():
    whole, pieces = (search_of(oracle()) for _ in range(2))

    whole.run(600, 0)
    for until in range(0, 601, 60):
        pieces.run(until, 0)

    assert pieces.best.starts.tolist() == whole.best.starts.tolist()


@settings(max_examples=15, deadline=None)
@given(instances(most=12))
def test_schedules_that_evolve_apart_are_kept_and_repeatable_too(instance):
    with mock.patch.multiple(evolution, PATIENCE=3, MOST=200):
        whole, pieces = (search_of(instance) for _ in range(2))
        whole.run(6000, 0)
        for until in range(0, 6001, 500):
            pieces.run(until, 0)

    assert whole.generated >= 6000 or whole.best.makespan == 0
    assert broken(instance, whole.best.starts) == []
    assert pieces.best.starts.tolist() == whole.best.starts.tolist()


def search_of(instance):
    times = times_of(instance)
    return Search(instance, times, laid_out(instance, times), 7)


def test_due_dates_are_kept_where_the_rule_breaks_them():
    two = make_instance([5, 2], demand=[[1], [1]], capacity=[1], due=[-1, 2], priority=[9, 1])

    found = level(two)

    assert found.schedule.starts.tolist() == [2, 0]
    assert found.status is Status.OPTIMAL


def test_due_dates_that_no_order_keeps_leave_no_schedule(prover):
    two = make_instance([2, 2], demand=[[1], [1]], capacity=[1], due=[3, 3])

    assert level(two, SEARCH).status is Status.LIMIT
    with pytest.raises(Infeasible) as caught:
        level(two, PROOF, prover=prover)
    assert caught.value.code == "levelling.none"


def test_a_fixed_task_and_steps_of_capacity_bind_the_solver_too(prover):
    instance = make_instance(
        [3, 2, 2], demand=[[1], [1], [2]], capacity=[[[0, 1], [4, 2]]], fixed=[-1, 1, -1]
    )

    found = level(instance, PROOF, prover=prover)

    assert broken(instance, found.schedule.starts) == []
    assert found.schedule.makespan == 8 == shortest(instance)


def test_a_maximum_lag_keeps_two_tasks_together(prover):
    instance = make_instance([2, 2, 4], [(0, 1, 2), (1, 0, -3)], [[1], [1], [1]], [1])

    assert level(instance, SEARCH).status is Status.LIMIT
    found = level(instance, PROOF, prover=prover)

    assert found.status is Status.OPTIMAL
    assert found.schedule.makespan == 8
    assert broken(instance, found.schedule.starts) == []


def test_maximum_lags_that_resources_break_are_proved_infeasible(prover):
    instance = make_instance([2, 2], [(0, 1, 0), (1, 0, -1)], [[1], [1]], [1])

    with pytest.raises(Infeasible) as caught:
        level(instance, PROOF, prover=prover)

    assert caught.value.code == "levelling.none"


def test_where_nothing_shorter_is_decided_the_bound_climbs_period_by_period():
    asked = []

    class Told(Question):
        """Cannot say whether 11 or more is reached."""

        def _decide(self, most, *lefts):
            asked.append((most, len(lefts)))
            if most >= 11:
                return False
            self._least = most + 1
            return True

    question = {"least": 9, "most": 13, "hint": [0, 4], "durations": [4, 10]}
    limits = {"effort": 1.0, "seconds": 0.0, "cpu_seconds": 0.0}

    answer = Told(None, {**question, **limits}).answer()

    assert asked == [(13, 2), (9, 1), (10, 1), (11, 1)]
    assert answer == {"proved": False, "starts": None, "makespan": None, "bound": 11}


def test_what_is_found_is_asked_for_again_until_nothing_is_shorter(prover):
    instance = oracle()
    fourteen = [0, 3, 7, 9, 7, 10]

    answer = prover.ask(instance, times_of(instance), 9, 13, Effort(5), hint=np.array(fourteen))

    assert (answer.makespan, answer.bound, answer.proved) == (12, 12, True)
    assert broken(instance, answer.starts) == []


def test_a_makespan_that_leaves_a_task_no_room_is_refused_unasked(prover):
    instance = make_instance([3, 2], [(0, 1, 3)])
    late = np.array([0, 4])

    answer = prover.ask(instance, times_of(instance), 4, 4, Effort(5), hint=late)

    assert (answer.starts, answer.bound, answer.proved) == (None, 5, True)


def test_a_solver_that_dies_is_told_and_started_again():
    with Prover() as prover:
        prover.start()
        prover._child.kill()
        prover._child.wait()
        assert level(oracle(), PROOF, prover=prover).status is Status.OPTIMAL
        prover._child.stdin.close()
        with pytest.raises(NotConverged) as caught:
            level(oracle(), PROOF, prover=prover)

    assert caught.value.code == "levelling.solver"


def test_a_late_answer_kills_the_solver_and_leaves_what_was_known(monkeypatch):
    monkeypatch.setattr("pilothouse.engine.levelling.proof._patience", lambda effort: 0.0)
    with Prover() as prover:
        prover.start()
        child = prover._child
        found = level(oracle(), PROOF, prover=prover)

    assert (found.status, found.schedule.makespan, found.bound) == (Status.GAP, 12, 10)
    assert child.poll() is not None


@pytest.mark.shared_data
def test_instances_of_thirty_tasks_are_solved_and_proved(shared_data, prover):
    rows = (shared_data / "rcpsp/best_known_J30.csv").read_text(encoding="latin-1").splitlines()
    known = {row.split(";")[1]: int(row.split(";")[7]) for row in rows[5:] if row.count(";") > 9}
    limit = Limit(schedules=2000, proof=Effort(deterministic=20))
    with zipfile.ZipFile(shared_data / "rcpsp/psplib_j30.sm.zip") as archive:
        for name in QUICK:
            instance = read_psplib(io.BytesIO(archive.read(name)))
            found = level(instance, limit, prover=prover)
            assert broken(instance, found.schedule.starts) == []
            assert (found.status, found.schedule.makespan) == (Status.OPTIMAL, known[name])


@pytest.mark.shared_data
def test_maximum_lags_are_solved_or_refused_as_published(shared_data, prover):
    text = (shared_data / "rcpsp_max/sm_j10_optimum.csv").read_text().split()[1:]
    known = dict(line.split(",") for line in text)
    with zipfile.ZipFile(shared_data / "rcpsp_max/sm_j10.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".SCH")]
        for name in names[::8]:
            try:
                instance = read_progen(io.BytesIO(archive.read(name)))
                found = level(instance, PROOF, prover=prover)
            except Infeasible:
                assert known[name] == "unsat", name
                continue
            assert broken(instance, found.schedule.starts) == []
            assert (found.status, str(found.schedule.makespan)) == (Status.OPTIMAL, known[name])


def test_tasks_that_take_much_of_what_is_scarce_come_sooner_in_some_of_the_first_schedules():
    # By late start and the like alone, forty schedules of these four projects lead to 42.
    spans = [4, 3, 1, 4, 5, 6, 3, 1, 2, 1, 4, 2, 1, 3, 5, 4, 3, 5, 2, 4, 6, 1, 1, 4]
    units = [1, 6, 6, 4, 6, 7, 4, 7, 4, 1, 5, 1, 5, 6, 5, 4, 7, 3, 7, 7, 6, 5, 3, 4]
    back = [1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 1, 2, 1, 2, 1]
    tasks = [task for task in range(24) if task % 6]
    links = [(task - steps, task, spans[task - steps]) for task, steps in zip(tasks, back)]
    project = [task // 6 for task in range(24)]

    found = level(
        make_instance(spans, links, [[each] for each in units], [10], project=project),
        Limit(schedules=40),
        seed=1,
    )

    assert found.schedule.makespan <= 40
