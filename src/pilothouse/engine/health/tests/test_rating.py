# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.health import (
    DEFAULT_POLICY,
    DIMENSIONS,
    Rag,
    Share,
    overall,
    policy_from_data,
    rate_dimension,
    roll_up,
    watermelon_gap,
)

GREEN = dict.fromkeys(DIMENSIONS, Rag.GREEN)


def test_o_rag_1_late_and_over_budget_is_red_overall():
    schedule = rate_dimension(DEFAULT_POLICY, "schedule", {"spi_t": Decimal("0.878")})
    cost = rate_dimension(DEFAULT_POLICY, "cost", {"vac_pct": Decimal("-14.8")})

    assert schedule.colour is Rag.RED
    assert cost.colour is Rag.RED
    assert overall({**GREEN, "schedule": schedule.colour, "cost": cost.colour}).colour is Rag.RED


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({"risk": Rag.AMBER}, Rag.GREEN),
        ({"risk": Rag.AMBER, "scope": Rag.AMBER}, Rag.AMBER),
        ({"resources": Rag.RED}, Rag.AMBER),
        ({"resources": Rag.RED, "risk": Rag.RED}, Rag.RED),
        ({"schedule": Rag.GREY, "cost": Rag.GREY}, Rag.GREY),
        ({"benefits": Rag.GREY}, Rag.AMBER),
    ],
)
def test_o_rag_2_the_whole_follows_the_first_rule_that_matches(changes, colour):
    assert overall({**GREEN, **changes}).colour is colour


def test_o_rag_2_equality_belongs_to_the_better_colour():
    health = rate_dimension(
        DEFAULT_POLICY, "schedule", {"spi_t": Decimal("0.95"), "slip_pct": Decimal(5)}
    )

    assert health.colour is Rag.GREEN
    assert health.incomplete


def test_a_dimension_without_data_is_grey_and_never_green():
    assert rate_dimension(DEFAULT_POLICY, "cost", {}).colour is Rag.GREY


def test_an_open_exception_is_at_least_amber_and_a_broken_tolerance_red():
    assert overall(GREEN, exception_open=True).colour is Rag.AMBER
    assert overall(GREEN, tolerance_breached=True).colour is Rag.RED


def test_o_rag_3_two_steps_too_good_is_a_watermelon():
    assert watermelon_gap(Rag.RED, Rag.GREEN) == 2
    assert watermelon_gap(Rag.RED, Rag.AMBER) == 1
    assert watermelon_gap(Rag.GREY, Rag.GREEN) is None


def test_o_rup_1_the_portfolio_follows_shares_of_budget():
    def shares(a, c, critical=False):
        return [
            Share(Decimal(a), Rag.GREEN),
            Share(Decimal(300), Rag.AMBER),
            Share(Decimal(c), Rag.RED, critical),
            Share(Decimal(100), Rag.GREEN),
        ]

    assert roll_up(shares(400, 200)).colour is Rag.AMBER
    assert roll_up(shares(400, 200, critical=True)).colour is Rag.RED
    assert roll_up(shares(300, 300)).colour is Rag.RED
    assert roll_up([]).colour is Rag.GREY


def test_an_amber_limit_stricter_than_the_green_one_is_refused():
    with pytest.raises(InvalidInput, match="stricter"):
        policy_from_data(1, [{"metric": "spi_t", "green": "0.9", "amber": "0.95"}])
