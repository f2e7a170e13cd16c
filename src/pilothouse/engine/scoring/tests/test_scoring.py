# SPDX-License-Identifier: Apache-2.0
"""Worked figures of DOMAIN 3.2 and what must hold for every score."""

from datetime import date
from decimal import Decimal
from math import isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.scoring import (
    Criterion,
    Figure,
    FinancialItem,
    RiceItem,
    Scale,
    Standing,
    WeightedModel,
    WsjfItem,
    financial,
    group_matrix,
    priorities,
    rank,
    require_consistent,
    rice,
    weighted_score,
    wsjf,
)

WEIGHTS = ("0.30", "0.25", "0.20", "0.15", "0.10")
MODEL = WeightedModel(tuple(Criterion(c, Decimal(w)) for c, w in zip("ABCDE", WEIGHTS)))
CARD = dict(zip("ABCDE", (4, 3, 5, 2, 4)))
CLEAR = [[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]
MUDDLED = [[1, 2, 1 / 2], [1 / 2, 1, 3], [2, 1 / 3, 1]]


def d(text):
    return Decimal(str(text))


def test_the_worked_card_scores():
    found = weighted_score(MODEL, [CARD])

    assert found.score == d("3.65")
    assert found.normalised == d("66.25")
    assert found.is_final
    assert [row.share for row in found.criteria] == [d(1.2), d(0.75), 1, d(0.3), d(0.4)]


def test_several_scorers_count_by_their_mean_and_are_flagged_where_far_apart():
    found = weighted_score(MODEL, [CARD, {**CARD, "A": 2, "B": 4}])

    assert found.criteria[0].mean == 3
    assert found.criteria[1].mean == d(3.5)
    assert found.divergent == ("A",)
    assert found.score == d("3.65") - d("0.30") + d("0.125")


def test_a_cost_criterion_is_inverted():
    criteria = (Criterion("value", d(0.5)), Criterion("cost", d(0.5), cost=True))

    found = weighted_score(WeightedModel(criteria), [{"value": 5, "cost": 1}])

    assert (found.score, found.normalised) == (5, 100)


@pytest.mark.parametrize("card", [{**CARD, "C": None}, {c: CARD[c] for c in "ABDE"}])
def test_a_missing_value_leaves_the_score_open(card):
    found = weighted_score(MODEL, [CARD, card])

    assert (found.score, found.normalised, found.missing) == (None, None, ("C",))
    assert not found.is_final
    assert weighted_score(MODEL, []).missing == tuple("ABCDE")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 10), min_size=5, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_the_normalised_score_lies_between_0_and_100_and_inversion_mirrors_it(points, costs):
    scale = Scale(Decimal(0), Decimal(10))
    criteria = [Criterion(c, d(w), cost) for c, w, cost in zip("ABCDE", WEIGHTS, costs)]
    mirrored = [Criterion(c.code, c.weight, not c.cost) for c in criteria]
    card = dict(zip("ABCDE", points))

    found = weighted_score(WeightedModel(tuple(criteria), scale), [card])
    mirror = weighted_score(WeightedModel(tuple(mirrored), scale), [card])

    assert 0 <= found.normalised <= 100
    assert found.normalised + mirror.normalised == 100


def test_wsjf_orders_the_worked_batch_and_warns_of_columns_without_a_one():
    found = wsjf(
        [WsjfItem("A", 8, 5, 3, 5), WsjfItem("B", 13, 3, 2, 8), WsjfItem("C", 3, 13, 5, 3)]
    )

    assert [(s.item.code, s.cost_of_delay, s.score) for s in found.scores] == [
        ("C", 21, 7),
        ("A", 16, d(3.2)),
        ("B", 18, d(2.25)),
    ]
    assert found.columns_without_one == (
        "user_business_value",
        "time_criticality",
        "risk_reduction",
        "job_size",
    )
    assert wsjf([WsjfItem("A", 1, 1, 1, 1)]).columns_without_one == ()
    assert wsjf([]).columns_without_one == ()


def test_rice_orders_the_worked_batch():
    found = rice(
        [
            RiceItem("A", d(2000), d(1), d(0.8), d(4)),
            RiceItem("B", d(500), d(3), d(0.5), d(2)),
            RiceItem("C", d(800), d(2), d(1), d(3)),
        ]
    )

    assert [(s.item.code, round(s.score, 2)) for s in found] == [
        ("C", d("533.33")),
        ("A", 400),
        ("B", 375),
    ]


def test_the_worked_comparisons_give_their_weights():
    found = priorities(CLEAR)

    assert [round(weight, 5) for weight in found.weights] == [0.63699, 0.25828, 0.10473]
    assert round(found.lambda_max, 5) == 3.03851
    assert round(found.consistency_index, 5) == 0.01926
    assert round(found.consistency_ratio, 4) == 0.0332
    assert require_consistent(found, ["a", "b", "c"]) is found


def test_comparisons_that_fit_exactly_have_no_inconsistency():
    found = priorities([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])

    assert all(isclose(w, p, abs_tol=1e-12) for w, p in zip(found.weights, (4 / 7, 2 / 7, 1 / 7)))
    assert isclose(found.lambda_max, 3, abs_tol=1e-12)
    assert isclose(found.consistency_ratio, 0, abs_tol=1e-12)
    assert found.most_inconsistent is None


def test_comparisons_that_contradict_each_other_are_refused_with_the_triple():
    found = priorities(MUDDLED)

    assert round(found.lambda_max, 5) == 3.72622
    assert round(found.consistency_ratio, 3) == 0.626
    with pytest.raises(InvalidInput) as refusal:
        require_consistent(found, ["value", "risk", "fit"])
    assert refusal.value.code == "scoring.inconsistent"
    assert refusal.value.places == ("value", "risk", "fit")
    assert "6.00 times fit, but 0.50 was said" in refusal.value.message


def test_one_or_two_criteria_are_always_consistent():
    assert priorities([[1]]).weights == (1.0,)
    assert priorities([[1, 9], [1 / 9, 1]]).consistency_ratio == 0


def test_the_worst_of_several_triples_is_named():
    matrix = [[1.0] * 4 for _ in range(4)]
    matrix[1][3], matrix[3][1] = 9.0, 1 / 9

    triple = priorities(matrix).most_inconsistent

    assert (triple.first, triple.second, triple.third) == (0, 1, 3)
    assert (triple.implied, triple.given) == (9, 1)


def test_a_group_compares_by_the_geometric_mean():
    together = group_matrix([[[1, 2], [1 / 2, 1]], [[1, 8], [1 / 8, 1]]])

    assert isclose(together[0][1], 4)
    assert isclose(together[1][0], 1 / 4)
    assert isclose(priorities(together).weights[0], 0.8)


COMPARISONS = st.sampled_from([1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 4, 5, 6, 7, 8, 9])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.data())
def test_weights_are_those_of_a_library_of_linear_algebra(n, data):
    matrix = np.ones((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            matrix[i, j] = data.draw(COMPARISONS)
            matrix[j, i] = 1 / matrix[i, j]

    found = priorities(matrix.tolist())

    values, vectors = np.linalg.eig(matrix)
    place = np.argmax(values.real)
    expected = np.abs(vectors[:, place].real)
    assert np.allclose(found.weights, expected / expected.sum(), atol=1e-10)
    assert isclose(found.lambda_max, values[place].real, rel_tol=1e-10)


def test_the_order_follows_class_score_date_cost_and_code():
    early, late = date(2026, 1, 1), date(2026, 2, 1)
    standings = [
        Standing("G", None),
        Standing("F", d(3), False, late, d(5)),
        Standing("E", d(3), False, late, d(5)),
        Standing("H", d(3), False, late, None),
        Standing("D", d(3), False, late, d(4)),
        Standing("C", d(3), False, early, d(9)),
        Standing("I", d(3)),
        Standing("B", d(4), False, late, d(9)),
        Standing("A", d(1), True),
        Standing("Z", None, True),
    ]

    found = rank(standings)

    assert "".join(ranked.standing.code for ranked in found) == "AZBCDEFHIG"
    assert [ranked.rank for ranked in found] == [1, 2, 3, 4, 5, 6, 7, 8, 9, None]
    assert rank(standings[::-1]) == found


def weights(*numbers):
    return WeightedModel(tuple(Criterion(f"c{i}", d(n)) for i, n in enumerate(numbers)))


TEN = [[1.0] * 10 for _ in range(10)]


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("scoring.weights", lambda: weighted_score(weights(0.5, 0.4), [])),
        ("scoring.weights", lambda: weighted_score(weights(1.5, -0.5), [])),
        ("scoring.number", lambda: weighted_score(weights("NaN"), [])),
        (
            "scoring.scale",
            lambda: weighted_score(WeightedModel(MODEL.criteria, Scale(d(5), d(5))), []),
        ),
        ("scoring.criterion", lambda: weighted_score(WeightedModel(()), [])),
        ("scoring.criterion", lambda: weighted_score(MODEL, [{"X": 1}])),
        ("scoring.range", lambda: weighted_score(MODEL, [{"A": 6}])),
        ("scoring.number", lambda: weighted_score(MODEL, [{"A": "lots"}])),
        ("scoring.number", lambda: weighted_score(MODEL, [{"A": 3.5}])),
        ("scoring.duplicate", lambda: wsjf([WsjfItem("A", 1, 1, 1, 1)] * 2)),
        ("scoring.size", lambda: wsjf([WsjfItem("A", 4, 1, 1, 1)])),
        ("scoring.size", lambda: wsjf([WsjfItem("A", 1, 1, 1, 0)])),
        ("scoring.rice", lambda: rice([RiceItem("A", d(1), d(1), d(1), d(0))])),
        ("scoring.rice", lambda: rice([RiceItem("A", d(-1), d(1), d(1), d(1))])),
        ("scoring.rice", lambda: rice([RiceItem("A", d(1), d(4), d(1), d(1))])),
        ("scoring.rice", lambda: rice([RiceItem("A", d(1), d(1), d(0.9), d(1))])),
        ("scoring.number", lambda: rice([RiceItem("A", d("NaN"), d(1), d(1), d(1))])),
        ("scoring.too_many", lambda: priorities(TEN)),
        ("scoring.matrix", lambda: priorities([])),
        ("scoring.matrix", lambda: priorities([[1, 2]])),
        ("scoring.matrix", lambda: priorities([[1, 2], [2, 1]])),
        ("scoring.matrix", lambda: priorities([[2]])),
        ("scoring.matrix", lambda: priorities([[1, float("nan")], [1, 1]])),
        ("scoring.matrix", lambda: priorities([[1, 10], [0.1, 1]])),
        ("scoring.matrix", lambda: group_matrix([])),
        ("scoring.matrix", lambda: group_matrix([[[1]], [[1, 1], [1, 1]]])),
        ("scoring.duplicate", lambda: rank([Standing("A", d(1)), Standing("A", d(2))])),
        ("scoring.number", lambda: rank([Standing("A", d("NaN"))])),
    ],
)
def test_what_cannot_be_scored_is_refused(code, call):
    with pytest.raises(InvalidInput) as refusal:
        call()

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("figure", "order"),
    [
        (Figure.NPV, ["B", "A", "D", "C"]),
        (Figure.PAYBACK, ["D", "A", "B", "C"]),
    ],
)
def test_a_figure_of_the_appraisal_is_a_score(figure, order):
    """A payback of 2 beats one of 3.5; who has no figure has no final score."""
    batch = [
        FinancialItem("B", "3.5"),
        FinancialItem("A", 3),
        FinancialItem("C", None),
        FinancialItem("D", Decimal("-2" if figure is Figure.NPV else "2")),
    ]

    found = financial(batch, figure)

    assert [score.item.code for score in found] == order
    assert found[-1].score is None
    ranks = rank([Standing(score.item.code, score.score) for score in found])
    assert [item.rank for item in ranks] == [1, 2, 3, None]


def test_a_figure_that_is_no_number_is_refused():
    for wrong in (Decimal("NaN"), "much", 0.5, Decimal("1e999999")):
        with pytest.raises(InvalidInput) as refused:
            financial([FinancialItem("A", wrong)], Figure.NPV)
        assert refused.value.code == "scoring.number"
