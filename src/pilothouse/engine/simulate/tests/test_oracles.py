# SPDX-License-Identifier: Apache-2.0
"""The oracles of DOMAIN 8.3, within four standard errors (R-MCS-04)."""

import math

import numpy as np
import pytest

from pilothouse.engine.simulate import (
    Constant,
    CorrelationGroup,
    CostItem,
    Estimate,
    Impact,
    Lognormal,
    PertBeta,
    RiskEvent,
    RiskModel,
    SimulationOptions,
    Triangular,
    Uniform,
    simulate_plan,
)
from pilothouse.engine.simulate.distributions import form_of
from pilothouse.engine.testing.chart import plan_chart

DAY = 480
N = 40_000
OPTIONS = SimulationOptions(iterations=N, seed=20250303)
ONE = "A 10 | |"
SERIAL = "A 6 | |\nB 9 | | A"
PARALLEL = "A 10 | |\nB 10 | |"


def days(kind, *numbers):
    return kind(*(number * DAY for number in numbers))


def simulated(chart, *estimates, **more):
    model = RiskModel(
        tuple(Estimate(uid, distribution) for uid, distribution in enumerate(estimates, 1)), **more
    )
    return simulate_plan(plan_chart(chart).plan, model, OPTIONS)


def assert_mean(outcome, exact, sd, unit=DAY):
    assert abs(outcome.mean / unit - exact) <= 4 * sd / math.sqrt(N)


def assert_sd(outcome, exact, unit=DAY):
    # The kurtosis of all the oracles is below 9, so the error of a deviation is below 2 sd / √n.
    assert abs(outcome.sd / unit - exact) <= 4 * exact * math.sqrt(2) / math.sqrt(N)


def assert_share(share, exact):
    assert abs(share - exact) <= 4 * math.sqrt(exact * (1 - exact) / N)


def assert_near(found, exact, influence):
    """Within four standard errors of a figure: what each iteration adds to it, by the delta method.

    ``influence`` is computed from draws of our own, so that nothing is measured by itself.
    """
    assert abs(found - exact) <= 4 * float(np.std(influence)) / math.sqrt(N)


def drawn(*ranges):
    """Uniform durations in days that the simulation has no part in."""
    random = np.random.default_rng(7)
    return [random.uniform(low, high, 200_000) for low, high in ranges]


def of_ssi(task, critical, finish):
    """Influence on criticality index × sd of the task / sd of the finish."""
    spread, whole = np.var(task), np.var(finish)
    ssi = critical.mean() * math.sqrt(spread / whole)
    of_task = ((task - task.mean()) ** 2 - spread) / (2 * spread)
    of_finish = ((finish - finish.mean()) ** 2 - whole) / (2 * whole)
    return ssi * ((critical - critical.mean()) / critical.mean() + of_task - of_finish)


def of_share(part, whole):
    """Influence on the covariance of part and whole over the variance of the whole."""
    part, whole = part - part.mean(), whole - whole.mean()
    share = np.mean(part * whole) / np.var(whole)
    return (part * whole - share * whole**2) / np.var(whole)


def assert_percentiles(outcome, exact, unit=DAY, slack=0.003):
    """Each percentile lies where four standard errors of its probability allow.

    ``slack``: durations are whole minutes and the exact values have four decimals; values of a
    long simulation are known less closely.
    """
    for percent, value in exact.items():
        q = percent / 100
        error = 4 * math.sqrt(q * (1 - q) / N)
        low = outcome.percentile(100 * (q - error)) / unit - slack
        high = outcome.percentile(100 * (q + error)) / unit + slack
        assert low <= value <= high, (percent, low, value, high)


def test_o_mcs_1_one_task_triangular():
    finish = simulated(ONE, days(Triangular, 8, 10, 15)).finish

    assert_mean(finish, 11, 1.47196)
    assert_sd(finish, 1.47196)
    assert_percentiles(finish, {10: 9.1832, 50: 10.8167, 80: 12.3542, 90: 13.1292})
    assert_share(finish.probability(10 * DAY - 0.5), 2 / 7)
    assert finish.deterministic == 10 * DAY


def test_o_mcs_2_pert_beta():
    finish = simulated(ONE, days(PertBeta, 8, 10, 15)).finish

    assert_mean(finish, 10.5, 1.26773)
    assert_sd(finish, 1.26773)
    assert_percentiles(finish, {10: 8.9044, 50: 10.3826, 80: 11.6259, 90: 12.2727})
    place = form_of(PertBeta(8, 10, 15), "A").shape
    assert (1 + 4 * place, 5 - 4 * place) == pytest.approx((2.14286, 3.85714), abs=5e-6)


def test_o_mcs_2_the_draws_are_those_of_that_beta():
    """Its two shapes as mean and variance of the draws tell them."""
    sample = (simulated(ONE, days(PertBeta, 8, 10, 15)).finish.sample / DAY - 8) / 7
    mean, variance = float(sample.mean()), float(sample.var())
    both = mean * (1 - mean) / variance - 1

    reference = np.random.default_rng(7).beta(2.14286, 3.85714, 200_000)
    m, v = reference.mean(), reference.var()
    of_mean, of_variance = reference - m, (reference - m) ** 2 - v
    of_both = (1 - 2 * m) / v * of_mean - m * (1 - m) / v**2 * of_variance
    assert_near(mean * both, 2.14286, 6 * of_mean + m * of_both)
    assert_near((1 - mean) * both, 3.85714, (1 - m) * of_both - 6 * of_mean)


def test_o_mcs_3_lognormal():
    finish = simulated(ONE, days(Lognormal, 10, 3)).finish

    assert_mean(finish, 10, 3)
    assert_sd(finish, 3)
    assert_percentiles(finish, {10: 6.5751, 50: 9.5783, 80: 12.2627, 90: 13.9532})
    logarithms = np.log(finish.sample / DAY)
    assert abs(logarithms.mean() - 2.25950) <= 4 * 0.29356 / math.sqrt(N)
    assert abs(logarithms.std() - 0.29356) <= 4 * 0.29356 / math.sqrt(2 * N)


def test_o_mcs_4_serial():
    result = simulated(SERIAL, days(Uniform, 4, 8), days(Uniform, 6, 12))

    finish = result.finish
    assert_mean(finish, 15, 2.08167)
    assert_sd(finish, 2.08167)
    assert_percentiles(finish, {10: 12.1909, 50: 15, 80: 16.9016, 90: 17.8091})
    assert_share(finish.probability(16 * DAY), 2 / 3)
    shares = {row.name: row.variance_share for row in result.schedule}
    first, second = drawn((4, 8), (6, 12))
    assert_near(shares["A"], 0.3077, of_share(first, first + second))
    assert_near(shares["B"], 0.6923, of_share(second, first + second))
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)


def test_o_mcs_5_parallel():
    result = simulated(PARALLEL, days(Uniform, 8, 12), days(Uniform, 8, 12))

    assert_mean(result.finish, 10.6667, math.sqrt(0.88889))
    assert_sd(result.finish, math.sqrt(0.88889))
    assert_percentiles(result.finish, {50: 10.8284, 80: 11.5777, 90: 11.7947})
    for task in result.tasks.values():
        assert_share(task.criticality_index, 0.5)
    assert_share(result.finish.deterministic_percentile / 100, 0.25)


def test_o_mcs_6_parallel_of_two_lengths():
    result = simulated(PARALLEL, days(Uniform, 8, 12), days(Uniform, 6, 10))

    assert_mean(result.finish, 10.0833, 1.07690)
    assert_sd(result.finish, 1.07690)
    assert_percentiles(result.finish, {10: 8.6125, 50: 10.0, 80: 11.2, 90: 11.6})
    first, second = result.tasks[1], result.tasks[2]
    assert_share(first.criticality_index, 0.875)
    assert_share(second.criticality_index, 0.125)
    one, two = drawn((8, 12), (6, 10))
    last = np.maximum(one, two)
    assert_near(first.ssi, 0.9382, of_ssi(one, one >= two, last))
    assert_near(second.ssi, 0.1340, of_ssi(two, two >= one, last))


def test_o_mcs_7_an_event():
    event = RiskEvent("E", "Flood", 0.3, (Impact(1, Constant(10 * DAY)),))
    finish = simulated("A 20 | |", events=(event,)).finish

    assert_mean(finish, 23, 4.58258)
    assert_sd(finish, 4.58258)
    found = [finish.percentile(percent) / DAY for percent in (50, 69, 71, 80)]
    assert found == [20, 20, 30, 30]


def test_o_mcs_8_an_event_with_an_uncertain_impact():
    event = RiskEvent("E", "Flood", 0.4, (Impact(1, days(Uniform, 4, 10)),))
    finish = simulated("A 30 | |", events=(event,)).finish

    assert_mean(finish, 32.8, 3.6)
    assert_sd(finish, 3.6)
    assert finish.percentile(50) == 30 * DAY
    assert_percentiles(finish, {80: 37, 90: 38.5})


@pytest.mark.parametrize(("rho", "exact"), [(0, 6.32456), (0.3, 12.16553), (1, 20)])
def test_o_mcs_9_correlated_uniforms(rho, exact):
    chart = "\n".join(f"T{n} 10 | |" + (f" T{n - 1}" if n else "") for n in range(10))
    half = math.sqrt(3) * 2
    group = CorrelationGroup("crew", rho, tuple(range(1, 11)))
    result = simulated(chart, *[days(Uniform, 10 - half, 10 + half)] * 10, groups=(group,))

    assert_sd(result.finish, exact)
    assert_mean(result.finish, 100, exact)


def test_o_mcs_10_one_event_on_two_serial_tasks():
    event = RiskEvent("E", "Strike", 0.5, tuple(Impact(t, Constant(5 * DAY)) for t in (1, 2)))
    finish = simulated(SERIAL, events=(event,)).finish

    assert_mean(finish, 15 + 5, 5)
    assert_sd(finish, 5)


def apart(task):
    """The strike as an event of each task, drawn by itself."""
    return RiskEvent(f"E{task}", "Strike", 0.5, (Impact(task, Constant(5 * DAY)),))


def test_o_mcs_10_two_events_would_spread_less():
    finish = simulated(SERIAL, events=(apart(1), apart(2))).finish

    assert_mean(finish, 15 + 5, 3.536)
    assert_sd(finish, 3.536)


def test_o_mcs_11_one_event_on_two_parallel_tasks():
    event = RiskEvent("E", "Strike", 0.5, tuple(Impact(t, Constant(5 * DAY)) for t in (1, 2)))

    assert_mean(simulated(PARALLEL, events=(event,)).finish, 12.5, 2.5)


def test_o_mcs_11_two_events_would_last_longer():
    """The later of two: 15 days in three cases of four."""
    finish = simulated(PARALLEL, events=(apart(1), apart(2))).finish

    assert_mean(finish, 13.75, 5 * math.sqrt(3 / 16))


def test_o_mcs_12_cost():
    numbers = ((90, 100, 130), (180, 200, 260), (280, 300, 350), (380, 400, 440))
    items = tuple(
        CostItem(str(place), f"Item {place}", Triangular(*three))
        for place, three in enumerate(numbers)
    )
    result = simulated(ONE, costs=items)

    cost = result.cost
    assert cost.deterministic == 1000
    assert_mean(cost, 1036.667, 27.0801, 1)
    assert_sd(cost, 27.0801, 1)
    assert_percentiles(cost, {10: 1002.3, 50: 1035.6, 80: 1059.7, 90: 1072.5}, 1, slack=0.2)
    assert_share(cost.deterministic_percentile / 100, 0.084)
    error = 4 * math.sqrt(0.8 * 0.2 / N)
    low, high = (cost.contingency(100 * (0.8 + side * error)) for side in (-1, 1))
    assert low - 0.2 <= 59.7 <= high + 0.2
    assert cost.contingency(80) == cost.percentile(80) - 1000
    random = np.random.default_rng(7)
    amounts = [random.triangular(*three, 200_000) for three in numbers]
    shares = {row.uid: row.variance_share for row in result.budget}
    for uid, share, amount in zip("0123", (9.85, 39.39, 29.55, 21.21), amounts, strict=True):
        assert_near(shares[uid], share / 100, of_share(amount, np.sum(amounts, axis=0)))


def test_o_mcs_13_no_uncertainty_at_all():
    result = simulated(SERIAL + "\nC 2 | |", costs=(CostItem("c", "Fee", Constant(7.0)),))

    assert set(result.finish.percentiles.values()) == {15 * DAY}
    assert result.finish.sd == 0
    assert result.cost.sd == 0
    assert [task.criticality_index for task in result.tasks.values()] == [1, 1, 0]
    assert {(task.cruciality, task.ssi) for task in result.tasks.values()} == {(None, None)}
    assert result.schedule == result.budget == ()
    assert result.finish.deterministic_percentile == 100
