# SPDX-License-Identifier: Apache-2.0
"""Random numbers and distributions: known answers, own functions, quantiles, correlation."""

import math
import random
from statistics import NormalDist

import numpy as np
import pytest

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.simulate.correlation import factor_of, to_normal
from pilothouse.engine.simulate.distributions import (
    Discrete,
    Lognormal,
    PertBeta,
    Triangular,
    Trigen,
    Uniform,
    beta_tables,
    form_of,
    lognormal_tables,
    normal_tables,
    trigen_ends,
)
from pilothouse.engine.simulate.kernels_draw import (
    CELLS,
    HALF,
    LANES,
    SIDES,
    draw_words,
    fold,
    normal_lanes,
    step_lanes,
    table_lanes,
    tail_lanes,
    triangular_lanes,
    uniform_lanes,
)
from pilothouse.engine.simulate.kernels_numbers import (
    exponential,
    logarithm,
    normal_score,
    normal_tail,
    sine,
)


def words(key, block):
    found = np.zeros(LANES, np.uint32)
    draw_words(np.uint32(key[0]), np.uint32(key[1]), block, found)
    return found


def threefry(counter, key):
    """Threefry-2x32 of 20 rounds, written from its definition with Python's integers."""
    mask = 0xFFFFFFFF
    keys = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    x, y = (counter[0] + keys[0]) & mask, (counter[1] + keys[1]) & mask
    for step in range(20):
        turn = (13, 15, 26, 6, 17, 29, 16, 24)[step % 8]
        x = (x + y) & mask
        y = ((y << turn | y >> (32 - turn)) & mask) ^ x
        if step % 4 == 3:
            number = step // 4 + 1
            x = (x + keys[number % 3]) & mask
            y = (y + keys[(number + 1) % 3] + number) & mask
    return x, y


def test_the_generator_is_threefry():
    # Known answers of the Random123 distribution for the definition above, then ours by it.
    assert threefry((0, 0), (0, 0)) == (0x6B200159, 0x99BA4EFE)
    assert threefry((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2) == (0x1CB996FC, 0xBB002BE7)
    pi = threefry((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344))
    assert pi == (0xC4923A9C, 0x483DF7A0)
    for key in ((0, 0), (7, 0xFFFFFFFF), (0x13198A2E, 0x03707344)):
        for block in (0, 3, 15624):
            found = words(key, block)
            for lane in (0, 1, HALF - 1):
                expected = threefry((block * HALF + lane, 0), key)
                assert (found[lane], found[HALF + lane]) == expected


def test_own_functions_agree_with_those_of_the_library():
    for x in np.linspace(-40, 40, 401).tolist():
        assert exponential(x) == pytest.approx(math.exp(x), rel=1e-14)
    for x in (1e-300, 1e-9, 0.3, 0.5, 1.0, 1.5, 2.0, 1e9, 1e300):
        assert logarithm(x) == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)
    for x in np.linspace(-1, 1, 101).tolist():
        assert sine(x) == pytest.approx(math.sin(x), rel=1e-15, abs=1e-16)
    normal = NormalDist()
    for x in np.linspace(0, 6.7, 68).tolist():
        assert normal_tail(x) == pytest.approx(normal.cdf(-x), rel=1e-11)
        assert normal_score(normal_tail(x)) == pytest.approx(x, abs=1e-9)


def probabilities():
    """Tails and sides of a block in which every size of tail occurs."""
    tail = np.array([0.5 * 0.7**place for place in range(HALF)] * 2, np.float32)
    upper = np.array([0] * HALF + [1] * HALF, np.int32)
    exact = [
        float(tail[lane]) if not upper[lane] else 1 - float(tail[lane]) for lane in range(LANES)
    ]
    return tail, upper, exact


def scratch():
    return np.zeros(LANES, np.int32), np.zeros(LANES, np.float32), np.zeros((1, LANES), np.float32)


def test_normal_scores_and_tails_are_each_others_mirror():
    tail, upper, exact = probabilities()
    cells, rests, scores = scratch()
    to_score, to_tail = normal_tables()

    normal_lanes(tail, upper, to_score, cells, rests, scores, 0)
    assert scores[0].tolist() == pytest.approx([NormalDist().inv_cdf(u) for u in exact], abs=2e-4)
    again, side = np.zeros(LANES, np.float32), np.zeros(LANES, np.int32)
    tail_lanes(scores, 0, to_tail, cells, rests, again, side)
    assert again.tolist() == pytest.approx(tail.tolist(), rel=2e-3)


def beta_cdf(x, alpha, beta):
    """By the trapezoid rule in t with x = t^4, whose integrand has no pole."""
    steps = 20_000
    t = np.linspace(0, x**0.25, steps + 1)
    density = 4 * t**3 * (t**4) ** (alpha - 1) * (1 - t**4) ** (beta - 1)
    whole = math.gamma(alpha) * math.gamma(beta) / math.gamma(alpha + beta)
    return float(np.sum((density[1:] + density[:-1]) / 2) * x**0.25 / steps) / whole


@pytest.mark.parametrize("mode", [0.0, 0.1, 2 / 7, 0.5, 0.83, 1.0])
def test_quantiles_of_a_pert_beta(mode):
    tail, upper, exact = probabilities()
    cells, rests, y = scratch()
    table_lanes(tail, upper, beta_tables(np.array([mode])).ravel(), 0, cells, rests, y, 0)

    for u, x in zip(exact, y[0].tolist(), strict=True):
        if 1e-3 < u < 1 - 1e-3:
            assert beta_cdf(x, 1 + 4 * mode, 5 - 4 * mode) == pytest.approx(u, abs=2e-4)


def test_quantiles_of_a_lognormal():
    tail, upper, exact = probabilities()
    cells, rests, y = scratch()
    form = form_of(Lognormal(10, 3), "x")
    assert form.shape == pytest.approx(0.29356, abs=5e-6)
    table_lanes(
        tail, upper, lognormal_tables(np.array([form.shape])).ravel(), 0, cells, rests, y, 0
    )

    expected = [math.exp(2.25950 + 0.29356 * NormalDist().inv_cdf(u)) for u in exact]
    assert [form.span * x for x in y[0].tolist()] == pytest.approx(expected, rel=1e-3)


def test_quantiles_of_uniform_triangular_and_discrete():
    tail, upper, exact = probabilities()
    _, _, y = scratch()
    ranks = np.zeros((1, LANES), np.int16)

    uniform_lanes(tail, upper, y, 0)
    assert y[0].tolist() == pytest.approx(exact, rel=1e-6)
    triangular_lanes(tail, upper, np.float32(0.25), y, 0)
    expected = [math.sqrt(u * 0.25) if u < 0.25 else 1 - math.sqrt((1 - u) * 0.75) for u in exact]
    assert y[0].tolist() == pytest.approx(expected, rel=1e-5)
    form = form_of(Discrete((30.0, 10.0, 20.0), (0.5, 0.2, 0.3)), "x")
    steps = np.array(form.steps, np.float32)
    step_lanes(steps, 0, 3, tail, upper, y, ranks, 0)
    drawn = [form.low + form.span * x for x in y[0].tolist()]
    assert drawn == [10 if u < 0.2 else 20 if u < 0.5 else 30 for u in exact]
    assert set(ranks[0].tolist()) == {409, 1433, 3071}


def test_random_words_fill_the_unit_interval_evenly():
    tails = []
    for block in range(400):
        tail, upper = np.zeros(LANES, np.float32), np.zeros(LANES, np.int32)
        fold(words((1, 2), block), tail, upper)
        tails += np.where(upper == 1, 1 - tail, tail).tolist()
    numbers = np.histogram(tails, 20, (0, 1))[0]
    expected = len(tails) / 20

    assert sum((number - expected) ** 2 / expected for number in numbers) < 43.8  # 99.9 %


def test_trigen_finds_the_ends_of_a_known_triangular():
    # P10 and P90 of O-MCS-1 lead back to (8, 10, 15).
    low, high = trigen_ends(8 + math.sqrt(0.1 * 7 * 2), 10, 15 - math.sqrt(0.1 * 7 * 5))

    assert (low, high) == pytest.approx((8, 15), abs=1e-9)
    assert form_of(Trigen(5, 5, 5), "x").high == 5


@pytest.mark.parametrize(
    ("distribution", "code"),
    [
        (Triangular(5, 4, 9), "simulate.order"),
        (Triangular(5, 10, 9), "simulate.order"),
        (PertBeta(1, 0, 2), "simulate.order"),
        (Uniform(2, 1), "simulate.order"),
        (Trigen(3, 2, 4), "simulate.order"),
        (Uniform(math.nan, 1), "simulate.not_a_number"),
        (Triangular(0, 1, math.inf), "simulate.not_a_number"),
        (Lognormal(0, 1), "simulate.spread"),
        (Lognormal(1, -1), "simulate.spread"),
        (Lognormal(1, 11), "simulate.spread"),
        (Discrete((), ()), "simulate.probabilities"),
        (Discrete((1.0, 2.0), (0.5, 0.6)), "simulate.probabilities"),
        (Discrete((1.0, 2.0), (1.5, -0.5)), "simulate.probabilities"),
        (Discrete((1.0,), (0.5, 0.5)), "simulate.probabilities"),
    ],
)
def test_a_distribution_out_of_its_domain_is_refused(distribution, code):
    with pytest.raises(InvalidInput) as caught:
        form_of(distribution, "Task A")

    assert caught.value.code == code
    assert "Task A" in caught.value.message


def test_a_distribution_without_width_is_constant():
    for distribution in (
        Uniform(4, 4),
        Triangular(4, 4, 4),
        Lognormal(4, 0),
        Discrete((4.0,), (1.0,)),
    ):
        form = form_of(distribution, "x")
        assert (form.kind, form.low, form.span) == (0, 4, 0)
    assert SIDES == 2 * (CELLS + 2)


def test_a_valid_matrix_is_taken_as_it_is():
    rows = ((1.0, 0.5, -0.2), (0.5, 1.0, 0.3), (-0.2, 0.3, 1.0))

    factor, change = factor_of("m", rows, 3)

    assert change == 0
    expected = [
        [1.0 if i == j else 2 * math.sin(math.pi * rows[i][j] / 6) for j in range(3)]
        for i in range(3)
    ]
    assert (factor @ factor.T).ravel().tolist() == pytest.approx(np.ravel(expected).tolist())
    assert to_normal(-1) == -1


def test_a_matrix_that_contradicts_itself_is_repaired_to_the_nearest():
    # Higham (2002), section 1, with 2 sin(πρ/6) undone: the nearest is known to four decimals.
    one = 1.0
    given = ((one, one, 0.0), (one, one, one), (0.0, one, one))

    factor, change = factor_of("m", given, 3)

    nearest = factor @ factor.T
    assert nearest[0, 1] == pytest.approx(0.7607, abs=1e-4)
    assert nearest[0, 2] == pytest.approx(0.1573, abs=1e-4)
    assert change == pytest.approx(0.2393, abs=1e-4)
    assert np.diag(nearest).tolist() == pytest.approx([1, 1, 1])


def test_the_repair_leaves_a_factor_for_random_matrices():
    chance = random.Random(3)
    for size in (2, 5, 12):
        rows = [[1.0] * size for _ in range(size)]
        for i in range(size):
            for j in range(i):
                rows[i][j] = rows[j][i] = round(chance.uniform(-1, 1), 2)
        factor, _ = factor_of("m", rows, size)
        assert np.diag(factor @ factor.T).tolist() == pytest.approx([1] * size, abs=1e-9)


@pytest.mark.parametrize(
    "rows",
    [
        ((1.0,),),
        ((1.0, 0.5), (0.4, 1.0)),
        ((1.0, 0.5), (0.5, 0.9)),
        ((1.0, 1.5), (1.5, 1.0)),
        ((1.0, math.nan), (math.nan, 1.0)),
        ((1.0, 0.5),),
    ],
)
def test_a_malformed_matrix_is_refused(rows):
    with pytest.raises(InvalidInput) as caught:
        factor_of("m", rows, 1 if rows == ((1.0,),) else 2)

    assert caught.value.code == "simulate.matrix"
