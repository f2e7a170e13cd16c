# SPDX-License-Identifier: Apache-2.0
"""Small random models against all their selections, counted by hand."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.engine.selection import (
    LimitKind,
    SelectionModel,
    Solver,
    Status,
    efficient_frontier,
    profile,
    quick_selection,
    select_portfolio,
)
from pilothouse.engine.selection.tests import by_hand

CALM = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def solver():
    with Solver() as running:
        yield running


@CALM
@given(by_hand.models())
def test_the_selection_is_the_best_of_all(solver, model):
    found = select_portfolio(model, solver=solver)

    best = by_hand.best(model)
    if best is None:
        assert found.status is Status.INFEASIBLE
        assert found.relaxations
        return
    value, cost, codes, starts = best
    assert found.status is Status.OPTIMAL
    assert found.ties_settled
    assert found.value == pytest.approx(value, abs=1e-6)
    assert found.total_cost == pytest.approx(cost, abs=1e-6)
    assert found.codes == codes
    assert sum(item.start for item in found.selected) == starts


@CALM
@given(by_hand.models(most=6), st.integers(1, 5))
def test_a_quick_selection_keeps_every_limit_and_tells_its_value(model, seed):
    found = quick_selection(model, rounds=400, seed=seed)

    if found.status is Status.FEASIBLE_GAP:
        starts = {item.code: item.start for item in found.selected}
        assert by_hand.breaks(model, starts) == []
        assert found.value == pytest.approx(by_hand.value(model, starts), abs=1e-9)
        assert found.total_cost == pytest.approx(by_hand.cost(model, starts), abs=1e-9)
        assert found.bound >= found.value
    assert quick_selection(model, rounds=400, seed=seed).selected == found.selected


@settings(CALM, max_examples=25)
@given(by_hand.models(most=4))
def test_the_frontier_is_what_no_selection_beats(solver, model):
    found = efficient_frontier(model, solver=solver)

    pairs = {
        (by_hand.cost(model, starts), round(by_hand.value(model, starts), 6))
        for starts in by_hand.all_selections(model)
    }
    kept = [
        (cost, value)
        for cost, value in sorted(pairs)
        if not any(c <= cost and v >= value and (c, v) != (cost, value) for c, v in pairs)
    ]
    assert [(point.measure, round(point.value, 6)) for point in found.points] == kept
    assert found.complete


@settings(CALM, max_examples=25)
@given(by_hand.models(most=4))
def test_relaxing_as_told_makes_a_selection_possible(solver, model):
    found = select_portfolio(model, solver=solver)
    if found.status is not Status.INFEASIBLE:
        return
    told = {(r.limit.kind, r.limit.name, r.limit.period): r.amount for r in found.relaxations}
    if any(kind in (LimitKind.LOGIC, LimitKind.BUCKET) for kind, _, _ in told):
        return

    eased = relaxed(model, told)

    assert select_portfolio(eased, solver=solver).status is Status.OPTIMAL


def relaxed(model, told):
    def more(kind, name, numbers):
        return tuple(
            number + told.get((kind, name, period), 0.0) + 1e-6
            for period, number in enumerate(numbers, 1)
        )

    cap = model.total_cost_cap
    return SelectionModel(
        **{
            **{name: getattr(model, name) for name in SelectionModel.__slots__},
            "budget": model.budget and more(LimitKind.BUDGET, "budget", model.budget),
            "capacity": {
                skill: more(LimitKind.SKILL, skill, numbers)
                for skill, numbers in model.capacity.items()
            },
            "total_cost_cap": cap
            and cap + told.get((LimitKind.BUDGET, "total cost", None), 0.0) + 1e-6,
        }
    )


@settings(CALM, max_examples=40)
@given(by_hand.models())
def test_a_profile_uses_what_the_selection_uses(model):
    found = quick_selection(model, rounds=200)

    told = profile(model, found)

    starts = {item.code: item.start for item in found.selected}
    for period in range(1, model.periods + 1):
        spent = sum(
            by_hand.at(c.cost, period - starts[c.code])
            if c.code in starts
            else by_hand.at(c.stopping_cost, period - 1) * c.stoppable
            for c in model.candidates
        )
        assert told.money.used[period - 1] == pytest.approx(spent)
    if found.value is not None:
        assert told.missing_mandatory == ()
