# SPDX-License-Identifier: Apache-2.0
"""Worked figures of DOMAIN 3.3 and what must hold for every investment."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.appraisal import (
    MOST_PERIODS,
    CashFlows,
    RateState,
    appraise,
    rate_of_return,
)
from pilothouse.engine.errors import InvalidInput

AMOUNTS = st.integers(-2000, 2000)


def test_the_worked_investment_has_all_its_figures():
    found = appraise(CashFlows.of_net([-1000, 300, 400, 400, 300]), "0.10")

    assert f"{found.npv:.2f}" == "108.74"
    assert found.irr.state is RateState.FOUND
    assert f"{found.irr.rate:.5f}" == "0.14895"
    assert found.payback == Decimal("2.75")
    assert f"{found.discounted_payback:.3f}" == "3.469"
    assert f"{found.pi:.4f}" == "1.1087"
    assert found.roi == Decimal("0.4")
    assert found.net == (-1000, 300, 400, 400, 300)
    assert found.cumulative == (-1000, -700, -300, 100, 400)
    assert abs(sum(found.present) - found.npv) < Decimal("1e-24")
    assert abs(found.present_benefits - found.present_costs - found.npv) < Decimal("1e-24")


def test_the_annual_value_is_the_annuity_of_the_same_present_value():
    found = appraise(CashFlows.of_net([-1000, 300, 400, 400, 300]), "0.10")

    again = sum(found.annual_value / Decimal("1.1") ** period for period in range(1, 5))

    assert f"{found.annual_value:.4f}" == "34.3030"
    assert abs(again - found.npv) < Decimal("1e-24")
    assert appraise(CashFlows.of_net([-100, 60, 60]), 0).annual_value == 10
    assert appraise(CashFlows.of_net([-100]), 0).annual_value is None


@pytest.mark.parametrize("rate", ["0.10", "0.20"])
def test_two_rates_of_return_are_named_as_several(rate):
    found = appraise(CashFlows.of_net([-100, 230, -132]), rate)

    assert abs(found.npv) < Decimal("1e-45")
    assert (found.irr.state, found.irr.rate) == (RateState.MULTIPLE_IRR, None)


def test_an_investment_that_only_costs_has_no_rate_and_never_pays_back():
    found = appraise(CashFlows.of_net([-100, -10]), "0.10")

    assert (found.irr.state, found.irr.rate) == (RateState.NO_IRR, None)
    assert found.payback is None
    assert found.discounted_payback is None
    assert found.roi == -1


def test_costs_and_benefits_of_one_period_are_not_set_off():
    apart = appraise(CashFlows.of([100, 50], [0, 200]), 0)
    together = appraise(CashFlows.of_net([-100, 150]), 0)

    assert apart.npv == together.npv == 50
    assert f"{apart.roi:.6f}" == "0.333333"
    assert together.roi == Decimal("0.5")


def test_a_disbenefit_lowers_the_benefits():
    found = appraise(CashFlows.of([100, 0], [0, -20]), 0)

    assert (found.total_costs, found.total_benefits, found.npv) == (100, -20, -120)


def test_what_costs_nothing_has_no_ratios_and_pays_back_at_once():
    found = appraise(CashFlows.of_net([0, 10]), "0.05")

    assert (found.roi, found.pi, found.payback) == (None, None, 0)


@pytest.mark.parametrize(
    ("flows", "state", "rate"),
    [
        ([-100, 1100], RateState.FOUND, "10"),
        ([-100, 1101], RateState.NO_IRR, None),
        ([-100, 1], RateState.NO_IRR, None),
        ([-1000, 11], RateState.FOUND, "-0.989"),
        ([0, 0, -100, 110, 0], RateState.FOUND, "0.1"),
        ([100, -110], RateState.FOUND, "0.1"),
        ([0, 0], RateState.NO_IRR, None),
        # (y - 1.1)^2: one root, met twice.
        ([100, -220, 121], RateState.FOUND, "0.1"),
        # (y - 1.1)(y - 1.1)(y - 1.2)
        ([1000, -3400, 3850, -1452], RateState.MULTIPLE_IRR, None),
        # (y - 1.1)(y^2 - y + 1): three changes of sign, one root.
        ([-10, 21, -21, 11], RateState.FOUND, "0.1"),
        # (y - 11)(y - 1.1): the bound belongs to the search.
        ([10, -121, 121], RateState.MULTIPLE_IRR, None),
        # (y - 20)(y - 1.1): the other root lies beyond it.
        ([10, -211, 220], RateState.FOUND, "0.1"),
    ],
)
def test_rates_at_the_edges(flows, state, rate):
    found = rate_of_return(flows)

    assert found.state is state
    assert rate is None or abs(found.rate - Decimal(rate)) < Decimal("1e-12")


@settings(max_examples=150, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=9))
def test_a_rate_that_is_found_makes_the_present_value_nothing(flows):
    found = rate_of_return(flows)

    if found.state is RateState.FOUND:
        at = appraise(CashFlows.of_net(flows), f"{found.rate:.20f}")
        scale = sum(abs(flow) * factor for flow, factor in zip(at.net, at.factors))
        assert abs(at.npv) <= scale * Decimal("1e-9") * len(flows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-95, 400), min_size=1, max_size=4, unique=True), st.integers(1, 50))
def test_an_investment_made_of_its_roots_tells_how_many_there_are(percents, scale):
    flows = [scale]
    for percent in percents:
        root = 100 + percent
        flows = [100 * first - root * second for first, second in zip([*flows, 0], [0, *flows])]

    found = rate_of_return(flows)

    if len(percents) == 1:
        assert abs(found.rate - Decimal(percents[0]) / 100) < Decimal("1e-20")
    else:
        assert found.state is RateState.MULTIPLE_IRR


@settings(max_examples=60, deadline=None)
@given(st.lists(AMOUNTS, min_size=2, max_size=12), st.integers(0, 40))
def test_paybacks_lie_inside_the_horizon_and_discounting_never_shortens_them(flows, percent):
    ordinary = [-abs(flows[0]), *(abs(flow) for flow in flows[1:])]

    found = appraise(CashFlows.of_net(ordinary), Decimal(percent) / 100)

    if found.discounted_payback is not None:
        assert found.payback <= found.discounted_payback + Decimal("1e-24")
        assert 0 <= found.discounted_payback <= len(flows) - 1


def test_a_long_and_restless_flow_is_answered():
    flows = [(-1) ** period * (1000 + period * period) for period in range(MOST_PERIODS)]

    assert rate_of_return(flows).state in set(RateState)


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("appraisal.lengths", lambda: CashFlows.of([1, 2], [3])),
        ("appraisal.periods", lambda: CashFlows.of([], [])),
        ("appraisal.periods", lambda: CashFlows.of([1] * 601, [1] * 601)),
        ("appraisal.amount", lambda: CashFlows.of_net(["NaN"])),
        ("appraisal.amount", lambda: CashFlows.of_net(["much"])),
        ("appraisal.amount", lambda: CashFlows.of_net(["Infinity"])),
        ("appraisal.amount", lambda: CashFlows.of_net(["1e30"])),
        ("appraisal.amount", lambda: CashFlows.of_net(["1e-99"])),
        ("appraisal.amount", lambda: CashFlows.of_net([1.5])),
        ("appraisal.cost", lambda: CashFlows.of([-1], [0])),
        ("appraisal.rate", lambda: appraise(CashFlows.of_net([1]), -1)),
        ("appraisal.rate", lambda: appraise(CashFlows.of_net([1]), 11)),
        ("appraisal.amount", lambda: appraise(CashFlows.of_net([1]), "NaN")),
    ],
)
def test_what_is_no_investment_is_refused(code, call):
    with pytest.raises(InvalidInput) as refusal:
        call()

    assert refusal.value.code == code
