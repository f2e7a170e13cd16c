# SPDX-License-Identifier: Apache-2.0
"""The oracles of DOMAIN 8.3, within four standard errors (R-MCS-04)."""

import math

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


def assert_percentiles(outcome, exact, unit=DAY):
    """Each percentile lies where four standard errors of its probability allow."""
    for percent, value in exact.items():
        q = percent / 100
        error = 4 * math.sqrt(q * (1 - q) / N)
        # Durations are whole minutes and the exact values have four decimals.
        low = outcome.percentile(100 * (q - error)) / unit - 0.003
        high = outcome.percentile(100 * (q + error)) / unit + 0.003
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


def test_o_mcs_3_lognormal():
    finish = simulated(ONE, days(Lognormal, 10, 3)).finish

    assert_mean(finish, 10, 3)
    assert_sd(finish, 3)
    assert_percentiles(finish, {10: 6.5751, 50: 9.5783, 80: 12.2627, 90: 13.9532})


def test_o_mcs_4_serial():
    result = simulated(SERIAL, days(Uniform, 4, 8), days(Uniform, 6, 12))

    finish = result.finish
    assert_mean(finish, 15, 2.08167)
    assert_sd(finish, 2.08167)
    assert_percentiles(finish, {10: 12.1909, 50: 15, 80: 16.9016, 90: 17.8091})
    assert_share(finish.probability(16 * DAY), 2 / 3)
    shares = {row.name: row.variance_share for row in result.schedule}
    assert shares["A"] == pytest.approx(0.3077, abs=4 / math.sqrt(N))
    assert shares["B"] == pytest.approx(0.6923, abs=4 / math.sqrt(N))
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
    assert first.ssi == pytest.approx(0.9382, abs=0.02)
    assert second.ssi == pytest.approx(0.1340, abs=0.01)


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


def test_o_mcs_11_one_event_on_two_parallel_tasks():
    event = RiskEvent("E", "Strike", 0.5, tuple(Impact(t, Constant(5 * DAY)) for t in (1, 2)))

    assert_mean(simulated(PARALLEL, events=(event,)).finish, 12.5, 2.5)


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
    exact = {10: 1002.3, 50: 1035.6, 80: 1059.7, 90: 1072.5}
    for percent, value in exact.items():
        density = {10: 0.0061, 50: 0.0143, 80: 0.0098, 90: 0.0061}[percent]
        q = percent / 100
        error = 4 * math.sqrt(q * (1 - q) / N) / density
        assert abs(cost.percentile(percent) - value) <= error + 0.2
    assert_share(cost.deterministic_percentile / 100, 0.084)
    assert cost.contingency(80) == pytest.approx(59.7, abs=1.3)
    shares = {row.uid: 100 * row.variance_share for row in result.budget}
    for uid, share in zip("0123", (9.85, 39.39, 29.55, 21.21), strict=True):
        assert shares[uid] == pytest.approx(share, abs=400 / math.sqrt(N))


def test_o_mcs_13_no_uncertainty_at_all():
    result = simulated(SERIAL + "\nC 2 | |", costs=(CostItem("c", "Fee", Constant(7.0)),))

    assert set(result.finish.percentiles.values()) == {15 * DAY}
    assert result.finish.sd == 0
    assert result.cost.sd == 0
    assert [task.criticality_index for task in result.tasks.values()] == [1, 1, 0]
    assert {(task.cruciality, task.ssi) for task in result.tasks.values()} == {(None, None)}
    assert result.schedule == result.budget == ()
    assert result.finish.deterministic_percentile == 100
