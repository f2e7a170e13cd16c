# SPDX-License-Identifier: Apache-2.0
import csv
import gzip
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast import (
    BUDGET,
    DEFINITIVE,
    ROUGH,
    Expected,
    Similarity,
    analogous,
    completion,
    coverage,
    in_series,
    parametric,
    pert,
    reference_class,
    triangular,
)

RATIOS = (0.95, 1, 1.05, 1.1, 1.2, 1.25, 1.4, 1.6, 1.8, 2.5)


def test_o_est_1():
    parts = [pert(2, 4, 9), pert(3, 5, 10), pert(1, 2, 3)]
    path = in_series(parts)

    assert [part.mean for part in parts] == [4.5, 5.5, 2]
    assert [round(part.sd**2, 4) for part in parts] == [1.3611, 1.3611, 0.1111]
    assert (path.mean, round(path.sd**2, 4), round(path.sd, 4)) == (12, 2.8333, 1.6833)
    assert round(path.chance(14), 4) == 0.8826
    assert (round(path.at(0.8), 3), round(path.at(0.9), 3)) == (13.417, 14.157)


def test_o_est_2():
    found = reference_class((1, ratio) for ratio in RATIOS)

    assert round(found.ratio(0.5), 4) == 1.225
    assert round(found.uplift(0.5), 4) == 0.225
    assert round(found.uplift(0.8), 4) == 0.64
    assert round(found.forecast(500_000, 0.8)) == 820_000


def test_a_triangle_has_the_moments_of_its_distribution():
    found = triangular(8, 10, 15)

    assert (found.mean, round(found.sd, 5)) == (11, 1.47196)


def test_work_without_doubt_is_certain():
    sure = in_series([pert(3, 3, 3), triangular(2, 2, 2)])

    assert (sure.mean, sure.sd, sure.at(0.9)) == (5, 0, 5)
    assert (sure.chance(4.9), sure.chance(5)) == (0, 1)


def test_quantities_rates_and_likeness():
    assert parametric(1200, 0.5, [1.1, 0.9]) == pytest.approx(594)
    assert [analogous(80, 30, 20).value, analogous(80, 30, 20).accuracy] == [120, BUDGET]
    close = analogous(80, 30, 20, Similarity.CLOSE)
    assert (close.low, close.high) == pytest.approx((114, 132))
    loose = analogous(80, 30, 20, Similarity.LOOSE)
    assert (loose.low, loose.high) == pytest.approx((90, 210))
    assert ROUGH.range_of(100) == (75, 175)
    assert BUDGET.range_of(100) == (90, 125)
    assert DEFINITIVE.range_of(100) == pytest.approx((95, 110))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: pert(3, 2, 4), "forecast.three_points"),
        (lambda: triangular(1, 2, math.inf), "forecast.three_points"),
        (lambda: pert(1, math.nan, 3), "forecast.three_points"),
        (lambda: parametric(-1, 2), "forecast.quantity"),
        (lambda: parametric(1, math.nan), "forecast.quantity"),
        (lambda: analogous(1, 1, 0), "forecast.quantity"),
        (lambda: Expected(1, 1).at(1), "forecast.confidence"),
        (lambda: reference_class([(1, 1)] * 9), "forecast.too_few"),
        (lambda: reference_class([(1, 1)] * 9 + [(0, 1)]), "forecast.pair"),
        (lambda: reference_class([(1, math.nan)] * 10), "forecast.pair"),
        (lambda: completion([1, 2], 3), "forecast.throughput"),
        (lambda: completion([0, 0, 0], 3), "forecast.throughput"),
        (lambda: completion([1, -1, 2], 3), "forecast.throughput"),
        (lambda: completion([1, 1, 2], 0), "forecast.backlog"),
        (lambda: completion([1, 1, 2], 5, 4), "forecast.backlog"),
        (lambda: completion([1, 1, 2], 10**9), "forecast.backlog"),
        (lambda: completion([1, 1, 2], 5).at(0), "forecast.confidence"),
    ],
)
def test_what_cannot_be_is_refused(call, code):
    with pytest.raises(InvalidInput) as refused:
        call()

    assert refused.value.code == code


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=4).filter(any),
    st.integers(1, 6),
    st.integers(0, 2),
    st.integers(1, 4),
)
def test_the_chance_is_that_of_all_ways_the_periods_may_run(finished, backlog, more, periods):
    sizes = range(backlog, backlog + more + 1)
    ways = list(itertools.product(finished, repeat=periods))
    done = sum(sum(way) >= size for way in ways for size in sizes)

    found = completion(finished, backlog, backlog + more)

    assert found.chance(periods) == pytest.approx(done / len(ways) / len(sizes), abs=1e-9)


def test_a_steady_team_is_done_when_it_is_done():
    found = completion([5, 5, 5], 20)

    assert found.chances == (0, 0, 0, 1)
    assert found.at(0.99) == 4
    assert (found.chance(0), found.chance(99)) == (0, 1)


def test_an_end_that_is_out_of_sight_is_none():
    rare = [0] * 999 + [1]

    assert completion(rare, 10_000).at(0.5) is None


def column(rows, estimate, actual):
    pairs = []
    for row in rows:
        try:
            pair = (float(row[estimate]), float(row[actual]))
        except ValueError:
            continue
        if min(pair) > 0:
            pairs.append(pair)
    return pairs


def read_csv(path):
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        return list(csv.DictReader(file))


def read_arff(path):
    _, _, data = path.read_text(encoding="utf-8", errors="replace").partition("@data\n")
    return [line.split(",") for line in data.splitlines() if line and not line.startswith("%")]


SETS = {
    # Name of the file: (estimate or size, actual, pairs, how often P80 held, in percent).
    "Sip-task-info.csv.gz": ("HoursEstimate", "HoursActual", 12299, 83.4),
    "23003405-est_agile.csv.gz": ("Story.Points", "Time.Spent", 581, 79.9),
    "simplifying-projects.csv.gz": ("UUCPS", "ActualEffort", 27, 77.8),
    "skyscraper.csv.gz": ("Floors", "Construction.Years", 702, 79.8),
    "kitchenham.arff": (8, 5, 145, 80.0),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", SETS)
def test_the_forecast_keeps_its_word_on_real_estimates(shared_data, name):
    path = shared_data / "estimates_actuals" / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    estimate, actual, count, told = SETS[name]
    rows = read_arff(path) if path.suffix == ".arff" else read_csv(path)
    pairs = column(rows, estimate, actual)

    kept = 100 * coverage(pairs, 0.8)

    assert len(pairs) == count
    assert 75 <= kept <= 85
    assert round(kept, 1) == told


@pytest.mark.parametrize("value", ["a", None, float("nan"), float("inf"), 1e300, 1j, 10**400])
def test_what_is_no_number_is_refused_at_every_door(value):
    tens = [(1.0, 1.0)] * 10
    calls = {
        "forecast.three_points": [lambda: pert(value, 1, 2), lambda: triangular(0, 1, value)],
        "forecast.quantity": [
            lambda: parametric(1, value),
            lambda: parametric(1, 1, [value]),
            lambda: analogous(value, 1, 1),
            lambda: analogous(1, 1, value),
            lambda: reference_class(tens).forecast(value, 0.5),
        ],
        "forecast.pair": [lambda: reference_class([*tens, (1, value)])],
        "forecast.confidence": [lambda: reference_class(tens).ratio(value)],
        "forecast.throughput": [lambda: completion([1, 2, value], 3)],
        "forecast.backlog": [lambda: completion([1, 2, 3], value)],
    }

    for code, doors in calls.items():
        for door in doors:
            with pytest.raises(InvalidInput) as caught:
                door()
            assert caught.value.code == code


def test_a_likeness_that_is_none_is_refused():
    with pytest.raises(InvalidInput, match="choose one of close, fair, loose") as caught:
        analogous(80, 30, 20, "very")

    assert caught.value.code == "forecast.similarity"
