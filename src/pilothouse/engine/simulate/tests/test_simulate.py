# SPDX-License-Identifier: Apache-2.0
"""What a simulation promises beyond its oracles: bits, independence, limits, errors."""

import math
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from pilothouse.engine.calendars import STANDARD_DAY, STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network.plan import Link, LinkType, Plan, PlanTask
from pilothouse.engine.schedule.options import ScheduleOptions
from pilothouse.engine.schedule.prepare import prepare
from pilothouse.engine.simulate import (
    Constant,
    CorrelationGroup,
    CorrelationMatrix,
    CostItem,
    Discrete,
    Estimate,
    Impact,
    Lognormal,
    PertBeta,
    Response,
    RiskEvent,
    RiskModel,
    SimulationOptions,
    Template,
    Triangular,
    Uniform,
    by_swing,
    simulate_before_and_after,
    simulate_plan,
)
from pilothouse.engine.simulate.course import lay_out
from pilothouse.engine.simulate.inputs import read_model
from pilothouse.engine.simulate.kernels_draw import LANES
from pilothouse.engine.simulate.runner import Runner
from pilothouse.engine.testing.chart import plan_chart

DAY = 480
CHART = """
    A 5 | |
    B 4 | | A
    C 6 | | A SS+2
    D 3 | | B FF+1, C
    E 2 | | D FS+1
    F 4 | | C FS-2
    G 0 | | E, F
"""


def house():
    """A plan and a model with every kind of input."""
    plan = plan_chart(CHART).plan
    model = RiskModel(
        (
            Estimate(1, Triangular(4 * DAY, 5 * DAY, 9 * DAY)),
            Estimate(2, PertBeta(3 * DAY, 4 * DAY, 9 * DAY)),
            Estimate(3, Lognormal(6 * DAY, 2 * DAY)),
            Estimate(4, Discrete((2.0 * DAY, 3.0 * DAY, 6.0 * DAY), (0.3, 0.5, 0.2))),
        ),
        Template(-10, 25),
        (
            RiskEvent(
                "wet", "Wet summer", 0.3, (Impact(1, Uniform(0, 5 * DAY)), Impact(2, Constant(DAY)))
            ),
            RiskEvent(
                "late",
                "Late steel",
                0.5,
                (Impact(4, Constant(3 * DAY)),),
                Uniform(10, 90),
                parallel=True,
            ),
            RiskEvent("luck", "Early permit", 0.2, (Impact(4, Constant(-DAY)),), parallel=True),
        ),
        (
            CostItem("crew", "Crew", Triangular(900, 1000, 1300), per_day=True),
            CostItem("crane", "Crane", Constant(200), per_day=True, task=3),
            CostItem("fee", "Fee", Uniform(500, 700)),
        ),
        (CorrelationGroup("ground", 0.6, (1, 2), ("fee",)),),
        (CorrelationMatrix("steel", ((1.0, -0.4), (-0.4, 1.0)), (3, 5)),),
    )
    return plan, model


def bits(result):
    return (
        result.ends.tobytes(),
        result.costs.tobytes(),
        result.tasks,
        result.schedule,
        result.budget,
        result.finish.mean,
        result.finish.sd,
        result.cost.mean,
        result.cost.sd,
    )


def test_the_same_bits_for_any_number_of_threads():
    plan, model = house()
    options = SimulationOptions(iterations=3000, seed=7)
    results = [simulate_plan(plan, model, replace(options, threads=n)) for n in (1, 2, 5)]

    assert bits(results[0]) == bits(results[1]) == bits(results[2])
    assert bits(simulate_plan(plan, model, replace(options, seed=8))) != bits(results[0])


def test_the_same_bits_for_split_ranges():
    plan, model = house()
    options = SimulationOptions(iterations=2000, seed=7)
    layout = lay_out(prepare(plan, options.schedule))
    drawing = read_model(layout, model, options)
    whole, split = Runner(layout, drawing, options), Runner(layout, drawing, options)
    whole.prepare()
    split.prepare()

    expected = whole.run(0, whole.blocks)
    found = split.run(20, split.blocks)
    for part in ((0, 3), (3, 4), (4, 20)):
        found.add(split.run(*part))

    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))
    assert np.array_equal(whole.ends, split.ends)
    assert np.array_equal(whole.costs, split.costs)


def test_the_same_bits_without_a_compiler():
    words = (
        "import hashlib\n"
        "from pilothouse.engine.simulate.tests.test_simulate import bits, house\n"
        "from pilothouse.engine.simulate import SimulationOptions, simulate_plan\n"
        "result = simulate_plan(*house(), SimulationOptions(iterations=70, threads=1))\n"
        "print(hashlib.sha256(repr(bits(result)).encode()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "ignore", "-c", words]

    found = [
        subprocess.run(
            command,
            env={**environment, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disabled in ("0", "1")
    ]

    assert found[0] == found[1]


def test_fewer_iterations_are_the_beginning_of_more():
    plan, model = house()
    few = simulate_plan(plan, model, SimulationOptions(iterations=100))
    many = simulate_plan(plan, model, SimulationOptions(iterations=1000))

    assert np.array_equal(few.ends, many.ends[:100])
    assert np.array_equal(few.costs, many.costs[:100])


def test_another_risk_does_not_reshuffle_the_rest():
    plan, model = house()
    options = SimulationOptions(iterations=500)
    never = RiskEvent("new", "Never", 0.0, (Impact(5, Constant(50 * DAY)),))
    more = replace(model, events=(never, *model.events))

    first, second = simulate_plan(plan, model, options), simulate_plan(plan, more, options)

    assert np.array_equal(first.ends, second.ends)
    assert np.array_equal(first.costs, second.costs)


def test_a_plain_implementation_of_its_own_agrees():
    plan = plan_chart(CHART).plan
    model = RiskModel(
        tuple(
            Estimate(uid, Triangular(d * 0.8 * DAY, d * DAY, d * 1.6 * DAY))
            for uid, d in enumerate((5, 4, 6, 3, 2, 4), 1)
        ),
        events=(
            RiskEvent(
                "r", "R", 0.3, (Impact(2, Uniform(DAY, 6 * DAY)), Impact(6, Uniform(DAY, 6 * DAY)))
            ),
        ),
    )
    n = 20_000
    result = simulate_plan(plan, model, SimulationOptions(iterations=n))
    chance = random.Random(99)
    finishes, critical = [], dict.fromkeys("ABCDEF", 0)
    for _ in range(n):
        a, b, c, d, e, f = (chance.triangular(x * 0.8, x * 1.6, x) for x in (5, 4, 6, 3, 2, 4))
        if chance.random() < 0.3:
            b += chance.uniform(1, 6)
            f += chance.uniform(1, 6)
        end_b = a + b
        end_c = 2 + c
        end_d = max(end_c + d, end_b + 1)
        end_e = end_d + 1 + e
        end_f = max(0, end_c - 2) + f
        end = max(end_e, end_f, a)
        finishes.append(end)
        by_e, by_f = end_e >= end - 1e-9, end_f >= end - 1e-9
        by_b = by_e and end_b + 1 >= end_d - 1e-9
        by_c = (by_e and end_c + d >= end_d - 1e-9) or (by_f and end_c - 2 > 0)
        for name, is_critical in zip(
            "ABCDEF", (by_b or by_c, by_b, by_c, by_e, by_e, by_f), strict=True
        ):
            critical[name] += is_critical

    mean = sum(finishes) / n
    sd = math.sqrt(sum((x - mean) ** 2 for x in finishes) / (n - 1))
    assert abs(result.finish.mean / DAY - mean) <= 4 * sd * math.sqrt(2 / n)
    assert result.finish.sd / DAY == pytest.approx(sd, rel=8 / math.sqrt(n))
    finishes.sort()
    for percent in (10, 50, 80, 90):
        q = percent / 100
        error = 4 * math.sqrt(2 * q * (1 - q) / n)
        low, high = (finishes[int((q + side) * n)] for side in (-error, error))
        assert low - 0.003 <= result.finish.percentile(percent) / DAY <= high + 0.003
    for uid, name in enumerate("BCDEF", 2):
        share = critical[name] / n
        error = 4 * math.sqrt(2 * max(share * (1 - share), 1e-4) / n)
        # Whole minutes make a tie out of what differs by less.
        assert result.tasks[uid].criticality_index == pytest.approx(share, abs=error + 0.002)


def ranks(values):
    order = np.argsort(values, kind="stable")
    ordered = np.asarray(values)[order]
    first = np.searchsorted(ordered, values, "left")
    last = np.searchsorted(ordered, values, "right")
    return (first + last) / 2


@pytest.mark.parametrize(("iterations", "tolerance"), [(1000, 0.01), (8000, 0.02)])
def test_correlations_are_spearmans(iterations, tolerance):
    plan, model = house()
    options = SimulationOptions(iterations=iterations)
    layout = lay_out(prepare(plan, options.schedule))
    drawing = read_model(layout, model, options)
    result = simulate_plan(plan, model, options)
    names = {row.uid: row for row in result.schedule}
    costs = {row.uid: row for row in result.budget}
    kept = minutes_of(layout, drawing, options)

    ends = lengths(result)
    finish, cost = ranks(ends), ranks(result.costs)
    for row in drawing.tasks:
        own = ranks(kept[layout.node_of[row]])
        uid = str(plan.tasks[row].uid)
        found = names[uid].correlation
        assert found == pytest.approx(np.corrcoef(own, finish)[0, 1], abs=tolerance)
        assert costs[uid].correlation == pytest.approx(np.corrcoef(own, cost)[0, 1], abs=tolerance)
        exact = np.cov(kept[layout.node_of[row]], ends)
        assert names[uid].variance_share == pytest.approx(exact[0, 1] / exact[1, 1], abs=1e-3)
        assert result.tasks[int(uid)].sd_minutes == pytest.approx(math.sqrt(exact[0, 0]))
        assert result.tasks[int(uid)].cruciality == abs(found)


def lengths(result):
    """Working minutes by which each iteration ends after the plan without risk."""
    calendar, last = result.dates.calendar, result.dates.time(result.deterministic_finish)
    return np.array([calendar.diff_at(last, int(end)) for end in result.ends])


def minutes_of(layout, drawing, options):
    """Durations of all iterations, kept block by block."""
    runner = Runner(layout, drawing, options)
    runner.prepare()
    blocks = []
    for block in range(runner.blocks):
        runner.run(block, block + 1)
        with runner._work() as work:
            blocks.append(work.dates.minutes.copy())
    return np.concatenate(blocks, axis=1)[:, : options.iterations]


def test_groups_and_matrices_have_the_rank_correlation_asked_for():
    plan, model = house()
    options = SimulationOptions(iterations=20_000)
    model = replace(model, events=())
    layout = lay_out(prepare(plan, options.schedule))
    kept = minutes_of(layout, read_model(layout, model, options), options)

    def found(first, second):
        rows = [ranks(kept[layout.node_of[row]]) for row in (first, second)]
        return np.corrcoef(*rows)[0, 1]

    assert found(0, 1) == pytest.approx(0.6, abs=0.03)
    assert found(2, 4) == pytest.approx(-0.4, abs=0.03)
    assert found(0, 2) == pytest.approx(0, abs=0.03)


def test_impacts_add_up_or_count_once():
    plan = plan_chart("A 10 | |").plan

    def finish(*impacts, parallel):
        events = tuple(
            RiskEvent(str(n), "R", 1.0, (Impact(1, Constant(days * DAY)),), parallel=parallel)
            for n, days in enumerate(impacts)
        )
        result = simulate_plan(plan, RiskModel(events=events), SimulationOptions(iterations=64))
        assert result.finish.sd == 0
        return result.finish.mean / DAY

    assert finish(3, 5, parallel=False) == 18
    assert finish(3, 5, parallel=True) == 15
    assert finish(3, 5, -2, parallel=True) == 13
    assert finish(-30, parallel=False) == 0


def test_what_is_done_stays_and_what_remains_varies():
    chart = "status 5\nA 10 | | started 0, left 5\nB 2 | | A\nC 3 | | done 0-3"
    plan = plan_chart(chart).plan
    model = RiskModel((Estimate(1, Uniform(4 * DAY, 8 * DAY)), Estimate(3, Uniform(1, 5))))
    result = simulate_plan(plan, model, SimulationOptions(iterations=4000))

    assert result.finish.mean / DAY == pytest.approx(5 + 6 + 2, abs=4 * 1.16 / math.sqrt(4000))
    assert result.finish.deterministic / DAY == 12
    assert set(result.tasks) == {1, 2}
    assert [notice.field for notice in result.notices] == ["estimate"]


def test_dates_round_up_to_the_end_of_the_working_day():
    plan = plan_chart("A 4 | |\nM 0 | | A").plan
    model = RiskModel((Estimate(1, Uniform(4 * DAY, 6 * DAY)),))
    result = simulate_plan(plan, model, SimulationOptions(iterations=1000, milestones=(2,)))

    assert result.deterministic_finish == datetime(2025, 3, 6, 17)
    assert result.dates.date(25) == datetime(2025, 3, 7, 17)
    assert result.dates.date(75) == datetime(2025, 3, 10, 17)
    assert result.milestones[2].percentiles == result.dates.percentiles
    assert result.schedule_contingency_days(50) == pytest.approx(1, abs=0.1)


def test_joint_confidence_counts_both():
    plan = plan_chart("A 10 | |").plan
    model = RiskModel(
        (Estimate(1, Uniform(8 * DAY, 12 * DAY)),),
        costs=(
            CostItem("c", "Crew", Constant(100), per_day=True),
            CostItem("f", "Fee", Uniform(0, 100)),
        ),
    )
    n = 8000
    result = simulate_plan(plan, model, SimulationOptions(iterations=n))
    in_time = result.ends <= result.dates.time(datetime(2025, 3, 14, 17))
    inside = np.mean(in_time & (result.costs <= 1000))

    half = result.joint(1e9, datetime(2025, 3, 14, 17))
    assert half == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(n))
    assert result.joint(1000, datetime(2025, 3, 14, 17)) == inside
    assert result.joint(0, datetime(2025, 3, 14, 17)) == 0
    # Of 4 days by a fee of 100, two days are in time, less the half day of a fee that is too high.
    assert inside == pytest.approx((2 * 100 - 100 * 1 / 2) / 400, abs=4 * 0.5 / math.sqrt(n))
    assert result.cost.deterministic == 1050


def test_responses_are_compared_with_one_seed():
    plan = plan_chart("A 10 | |").plan
    response = Response(0.1, (Impact(1, Constant(5 * DAY)),), response_cost=8000.0)
    event = RiskEvent(
        "r", "R", 0.3, (Impact(1, Constant(10 * DAY)),), Constant(100_000), response=response
    )
    before, after = simulate_before_and_after(
        plan, RiskModel(events=(event,)), SimulationOptions(iterations=5000)
    )

    assert before.cost.mean == pytest.approx(30_000, abs=4 * 45_826 / math.sqrt(5000))
    assert after.cost.mean == 8000
    due = before.dates.time(datetime(2025, 3, 14, 17))
    late_before, late_after = before.ends > due, after.ends > due
    # One draw decides both, so the event happens after only where it does before.
    assert np.all(late_before[late_after])
    assert late_after.mean() == pytest.approx(0.1, abs=0.02)


def test_the_tornado_can_be_sorted_by_swing():
    plan = plan_chart("A 6 | |\nB 9 | | A").plan
    model = RiskModel(
        (Estimate(1, Uniform(4 * DAY, 8 * DAY)), Estimate(2, Uniform(6 * DAY, 12 * DAY)))
    )
    result = simulate_plan(plan, model, SimulationOptions(iterations=20_000))

    rows = by_swing(result.schedule)
    assert [row.uid for row in rows] == ["2", "1"]
    # From P10 to P90 of the input the mean finish moves by 80 % of its width.
    assert [row.swing / DAY for row in rows] == pytest.approx([4.8, 3.2], abs=0.25)


def two_calendars():
    """A crew of five days and one of seven nights, with links of all types."""
    night = CalendarSpec(2, "Night", (((0, 360), (1320, 1440)),) * 7)
    saturday = CalendarSpec(3, "Six days", (STANDARD_DAY,) * 6 + ((),))
    tasks = tuple(
        PlanTask(uid, f"T{uid}", duration_minutes=DAY * (2 + uid % 5), calendar_uid=1 + uid % 3)
        for uid in range(1, 9)
    )
    links = (
        Link(1, 2),
        Link(1, 3, LinkType.SS, 240),
        Link(2, 4, LinkType.FF, 60),
        Link(3, 5, LinkType.SF, 120),
        Link(4, 6),
        Link(5, 6, LinkType.FS, -240),
        Link(6, 7),
        Link(4, 8, LinkType.SS),
    )
    week = CalendarSpec(1, "Standard", STANDARD_WEEK)
    return Plan("Two", datetime(2025, 3, 3, 8), (week, night, saturday), 1, tasks, links)


def test_an_iteration_over_calendars_is_the_schedule_of_its_durations():
    from_draws = two_calendars()
    model = RiskModel(template=Template(-30, 60))
    options = SimulationOptions(iterations=64)
    layout = lay_out(prepare(from_draws, options.schedule))
    drawing = read_model(layout, model, options)
    kept = minutes_of(layout, drawing, options)
    result = simulate_plan(from_draws, model, options)

    for iteration in range(0, 64, 7):
        tasks = tuple(
            replace(task, duration_minutes=int(kept[layout.node_of[row], iteration]))
            for row, task in enumerate(from_draws.tasks)
        )
        plain = simulate_plan(
            replace(from_draws, tasks=tasks), RiskModel(), SimulationOptions(iterations=1)
        )
        assert plain.ends[0] == result.ends[iteration]


def test_far_dates_make_longer_tables():
    plan = replace(two_calendars(), links=())
    model = RiskModel((Estimate(1, Uniform(400_000, 4_000_000)),))

    result = simulate_plan(plan, model, SimulationOptions(iterations=200))

    # Eight hours on each of seven nights, counted in a week of five days.
    assert result.finish.mean == pytest.approx(2_200_000 * 5 / 7, rel=0.2)
    with pytest.raises(InvalidInput) as caught:
        longest = RiskModel((Estimate(1, Uniform(60_000_000, 67_000_000)),))
        simulate_plan(plan, longest, SimulationOptions(iterations=64))
    assert caught.value.code == "calendar.out_of_range"


def test_progress_is_told_and_may_stop_the_run():
    plan, model = house()
    told = []

    def note(done, whole):
        told.append((done, whole))

    simulate_plan(plan, model, SimulationOptions(iterations=5000, progress=note))
    assert told[-1] == (5000, 5000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)

    class Stopped(Exception):
        pass

    def stop(done, whole):
        raise Stopped

    with pytest.raises(Stopped):
        simulate_plan(plan, model, SimulationOptions(iterations=100_000, progress=stop))


def a(**more):
    return RiskModel(**more)


EVENT = RiskEvent("r", "R", 0.5, (Impact(1, Constant(1.0)),))
REFUSED = [
    (a(estimates=(Estimate(9, Constant(1.0)),)), "simulate.unknown_task"),
    (a(estimates=(Estimate(1, Constant(1.0)),) * 2), "simulate.twice"),
    (a(estimates=(Estimate(1, Uniform(-1, 1)),)), "simulate.negative"),
    (a(estimates=(Estimate(1, Uniform(0, 1e9)),)), "simulate.too_long"),
    (a(estimates=(Estimate(1, Uniform(0, math.nan)),)), "simulate.not_a_number"),
    (a(template=Template(10, 25)), "simulate.template"),
    (a(template=Template(-10, math.nan)), "simulate.template"),
    (a(events=(replace(EVENT, probability=1.5),)), "simulate.probability"),
    (a(events=(replace(EVENT, probability=math.nan),)), "simulate.probability"),
    (a(events=(replace(EVENT, response=Response(-0.1)),)), "simulate.probability"),
    (a(events=(EVENT, EVENT)), "simulate.twice"),
    (a(events=(replace(EVENT, impacts=EVENT.impacts * 2),)), "simulate.twice"),
    (a(events=(replace(EVENT, impacts=(Impact(9, Constant(1.0)),)),)), "simulate.unknown_task"),
    (a(costs=(CostItem("c", "C", Constant(math.inf)),)), "simulate.not_a_number"),
    (a(costs=(CostItem("c", "C", Constant(1.0)),) * 2), "simulate.twice"),
    (a(costs=(CostItem("c", "C", Constant(1.0), True, 9),)), "simulate.unknown_task"),
    (a(groups=(CorrelationGroup("g", -0.2, (1, 2)),)), "simulate.rho"),
    (a(groups=(CorrelationGroup("g", 0.2, (1, 1)),)), "simulate.twice"),
    (a(groups=(CorrelationGroup("g", 0.2, (), ("c",)),)), "simulate.unknown_cost"),
    (
        a(
            template=Template(-10, 10),
            groups=(CorrelationGroup("g", 0.2, (1, 2)), CorrelationGroup("h", 0.2, (2, 3))),
        ),
        "simulate.two_groups",
    ),
    (a(matrices=(CorrelationMatrix("m", ((1.0, 0.2),), (1, 2)),)), "simulate.matrix"),
]


@pytest.mark.parametrize(("model", "code"), REFUSED)
def test_a_model_out_of_its_domain_is_refused(model, code):
    with pytest.raises(InvalidInput) as caught:
        simulate_plan(plan_chart(CHART).plan, model)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (SimulationOptions(iterations=0), "simulate.iterations"),
        (SimulationOptions(iterations=10**9), "simulate.iterations"),
        (SimulationOptions(seed=-1), "simulate.seed"),
        (SimulationOptions(threads=0), "simulate.threads"),
        (SimulationOptions(milestones=(99,)), "simulate.unknown_task"),
        (SimulationOptions(milestones=tuple(range(101))), "simulate.milestone"),
    ],
)
def test_options_out_of_their_domain_are_refused(options, code):
    with pytest.raises(InvalidInput) as caught:
        simulate_plan(plan_chart(CHART).plan, RiskModel(), options)

    assert caught.value.code == code


def test_plans_that_cannot_be_scheduled_are_refused_as_there():
    plan = plan_chart("A 1 | | \nB 1 | | A").plan

    with pytest.raises(CycleFound):
        simulate_plan(replace(plan, links=(Link(1, 2), Link(2, 1))), RiskModel())
    with pytest.raises(InvalidInput) as caught:
        simulate_plan(replace(plan, tasks=(), links=()), RiskModel())
    assert caught.value.code == "simulate.no_tasks"
    with pytest.raises(InvalidInput) as caught:
        simulate_plan(plan_chart("S | | \n  A 1 | |").plan, RiskModel((Estimate(1, Constant(1)),)))
    assert caught.value.code == "simulate.summary"


def test_a_plan_that_is_done_has_its_finish():
    plan = plan_chart("A 3 | | done 0-3").plan
    result = simulate_plan(
        plan, RiskModel(template=Template(-10, 25)), SimulationOptions(iterations=10)
    )

    assert result.finish.mean == 3 * DAY
    assert result.deterministic_finish == datetime(2025, 3, 5, 17)
    assert result.tasks == {}
    assert LANES == 64
    assert ScheduleOptions().zone is None


def test_histogram_and_s_curve():
    plan = plan_chart("A 10 | |").plan
    result = simulate_plan(
        plan, RiskModel((Estimate(1, Uniform(0, 1000)),)), SimulationOptions(iterations=999)
    )

    edges, numbers = result.finish.histogram(10)
    assert len(edges) == 11
    assert sum(numbers) == 999
    assert (edges[0], edges[-1]) == (result.finish.sample[0], result.finish.sample[-1])
    curve = result.finish.s_curve()
    assert curve[50] == (result.finish.percentile(50), 50)
    assert result.finish.percentile(50) == result.finish.sample[499]
