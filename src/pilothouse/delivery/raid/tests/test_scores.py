# SPDX-License-Identifier: Apache-2.0
"""What a risk scores and comes to in money (DOMAIN 8.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Aspect, Kind, RaidPolicy, RiskRating
from pilothouse.delivery.raid.rules import Proximity, ResponseValue
from pilothouse.delivery.raid.tests.registers import quantified
from pilothouse.foundation.core.errors import Invalid

POLICY = RaidPolicy(number=0)


def rating(chance, cost, **more):
    return RiskRating(chance_pct=Decimal(chance), cost_likely=Decimal(cost), **more)


def test_expected_value_of_a_threat_and_an_opportunity():
    """O-RSK-1."""
    threat = rules.emv(rating(30, 100_000), opportunity=False)
    gain = rules.emv(rating(20, 50_000), opportunity=True)

    assert (threat, gain) == (Decimal(30_000), Decimal(-10_000))
    total = rules.exposure([threat, gain, None])
    assert (total.net, total.counted, total.silent) == (Decimal(20_000), 2, 1)


def test_a_response_is_worth_what_it_takes_away_less_its_cost():
    """O-RSK-1."""
    before = rules.emv(rating(30, 100_000), opportunity=False)
    after = rules.emv(rating(10, 100_000), opportunity=False)

    found = ResponseValue(before, after, Decimal(8_000))

    assert (after, found.value, found.leverage) == (
        Decimal(10_000),
        Decimal(12_000),
        Decimal("2.5"),
    )
    assert ResponseValue(before, after, Decimal(0)).leverage is None


@pytest.mark.parametrize(
    ("chance", "step"), [(10, 1), ("10.01", 2), (30, 2), (50, 3), (70, 4), (71, 5), (0, 1)]
)
def test_probabilities_reach_up_to_their_bound(chance, step):
    assert rules.probability_step(POLICY, Decimal(chance)) == step


@pytest.mark.parametrize(
    ("cost", "step"), [("9999.99", 1), (10_000, 2), (30_000, 3), (69_999, 3), (149_999, 4), (150_000, 5)]
)  # fmt: skip
def test_impacts_stay_below_their_bound(cost, step):
    assert rules.impact_step(POLICY, Decimal(cost), Decimal(1_000_000)) == step


def test_an_impact_on_nothing_is_not_known():
    assert rules.impact_step(POLICY, Decimal(5), Decimal(0)) is None


@pytest.mark.parametrize(
    ("score", "word"),
    [(1, "low"), (4, "low"), (5, "medium"), (9, "medium"), (10, "high"), (14, "high"), (15, "very_high"), (25, "very_high")],
)  # fmt: skip
def test_scores_have_names(score, word):
    assert rules.rating_of(POLICY, score) == word


def test_the_impact_is_the_greatest_of_the_dimensions():
    """O-RSK-2."""
    found = RiskRating(probability=4, cost=2, time=5)

    assert (found.impact, found.score) == (5, 20)
    assert rules.rating_of(POLICY, 20) == "very_high"


@pytest.mark.parametrize(
    ("shape", "mean"), [("triangular", "11"), ("pert", "10.5"), ("uniform", "11.5")]
)
def test_means_of_three_points(shape, mean):
    """O-MCS-1, O-MCS-2."""
    points = (Decimal(8), Decimal(10), Decimal(15))

    assert rules.mean_of(shape, *points) == Decimal(mean)


@pytest.mark.parametrize(
    ("first", "last", "soon"),
    [
        (None, None, None),
        (date(2026, 1, 1), date(2026, 3, 9), Proximity.PASSED),
        (date(2026, 1, 1), date(2026, 3, 10), Proximity.IMMINENT),
        (date(2026, 4, 10), None, Proximity.IMMINENT),
        (date(2026, 4, 11), None, Proximity.NEAR),
        (date(2026, 6, 11), None, Proximity.MID),
        (date(2026, 9, 11), None, Proximity.FAR),
    ],
)
def test_how_soon_a_risk_can_strike(first, last, soon):
    assert rules.proximity(POLICY, first, last, date(2026, 3, 10)) == soon


def test_steps_that_are_left_open_follow_from_what_is_quantified(raid):
    """30 % is step 2; 100,000 of a budget of 1,200,000 is 8.3 %, step 4."""
    risk = raid.rate(raid.risk(), **quantified("30", "100000"))

    assert (risk.probability, risk.impact, risk.score, risk.rating) == (2, 4, 8, "medium")
    assert [mark.score for mark in risk.marks.all()] == [8]


def test_a_step_that_is_said_stands(raid):
    risk = raid.rate(raid.risk(), probability=5, **quantified("30", "100000"))

    assert (risk.probability, risk.impact) == (5, 4)


def test_every_move_on_the_map_is_kept_and_only_moves(raid):
    risk = raid.rate(raid.risk(), probability=2, cost=3)
    raid.rate(risk, probability=2, cost=3, scope=1)
    raid.rate(risk, probability=1, cost=3)

    assert [(m.probability, m.impact) for m in risk.marks.all()] == [(2, 3), (1, 3)]


def test_other_aspects_leave_the_map_alone(raid):
    risk = raid.rate(raid.risk(), Aspect.TARGET, probability=1, cost=1)

    assert risk.score is None and not risk.marks.exists()


@pytest.mark.parametrize(
    "points",
    [
        {"cost_low": 5, "cost_likely": 4, "cost_high": 9},
        {"cost_low": 5, "cost_likely": 10, "cost_high": 9},
        {"days_low": 5, "days_likely": 4, "days_high": 9},
    ],
)
def test_a_range_out_of_order_is_refused(raid, points):
    risk = raid.risk()

    with pytest.raises(Invalid) as refused:
        raid.rate(risk, **{name: Decimal(value) for name, value in points.items()})

    assert refused.value.code == "raid.range"
    assert set(refused.value.fields) <= {"cost_likely", "days_likely"}
    assert not risk.ratings.exists()


def test_ends_of_a_range_that_are_left_open_close_up():
    found = rules.Range.of(None, Decimal(5), None)

    assert (found.low, found.likely, found.high) == (5, 5, 5)
    assert rules.Range.of(Decimal(2), None, Decimal(6)).likely == 4


def test_a_strategy_fits_the_nature(raid):
    with pytest.raises(Invalid) as refused:
        raid.add(Kind.RISK, nature="threat", strategy="exploit")

    assert refused.value.fields == {"strategy": "This is no response to a threat."}
