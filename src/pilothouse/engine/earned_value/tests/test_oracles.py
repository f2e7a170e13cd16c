# SPDX-License-Identifier: Apache-2.0
"""The worked examples of DOMAIN 6.5."""

from decimal import Decimal as D

import pytest

from pilothouse.engine.earned_value import (
    EvMethod,
    Performance,
    WorkPackage,
    earned,
    measure,
    planned_by_sprints,
    together,
)

MONTHS = tuple(D(n) for n in (5, 12, 22, 35, 50, 65, 78, 88, 95, 100))
MONTH_6 = Performance(
    MONTHS,
    D(6),
    tuple(map(D, (0, 0, 30, 38, 46, 54))),
    tuple(map(D, (0, 0, 33, 43, 52, 62))),
    agreed_cost=D(110),
)


def shown(found, key, digits):
    return None if found[key] is None else round(found[key], digits)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sv", "-11.00"),
        ("cv", "-8.00"),
        ("spi", "0.8308"),
        ("cpi", "0.8710"),
        ("sv_pct", "-16.92"),
        ("cv_pct", "-14.81"),
        ("eac_plan", "108.00"),
        ("eac", "114.81"),
        ("eac_pressure", "125.57"),
        ("eac_weighted", "115.31"),
        ("cpi_recent", "0.8276"),
        ("eac_recent", "117.58"),
        ("vac", "-14.81"),
        ("etc", "52.81"),
        ("tcpi_bac", "1.2105"),
        ("tcpi_eac", "0.9583"),
        ("es", "5.2667"),
        ("sv_t", "-0.7333"),
        ("spi_t", "0.8778"),
        ("ieac_t", "11.39"),
        ("tspi", "1.1833"),
    ],
)
def test_o_evm_2_and_3(key, value):
    found = measure(MONTH_6)

    assert str(shown(found, key, len(value.split(".")[1]))) == value


def test_o_evm_3_against_another_date():
    later = Performance(MONTHS, D(6), (D(54),), (D(62),), target=D(11))

    assert shown(measure(later), "tspi", 4) == D("0.9467")


def test_o_evm_4_the_old_index_is_blind_at_the_end():
    found = measure(Performance(MONTHS, D(12), (D(100),), (D(104),)))

    assert (found["sv"], found["spi"]) == (0, 1)
    assert (found["es"], found["sv_t"], shown(found, "spi_t", 4)) == (10, -2, D("0.8333"))
    assert found["tspi"] is None
    assert found.figures["tspi"].note == "All is done."


def test_o_evm_5_indices_of_many_come_from_sums():
    parts = [
        Performance((D(100),), D(1), (D(80),), (D(100),)),
        Performance((D(100),), D(1), (D(10),), (D(5),)),
    ]

    assert shown(measure(together(parts)), "cpi", 3) == D("0.857")


def package(method, **more):
    return earned([WorkPackage("1", D(10000), method, **more)])["1"]


def test_o_evm_1_methods_of_a_package():
    milestones = ((D(20), True), (D(30), True), (D(50), False))

    assert package(EvMethod.FIXED_50_50, started=True).value == 5000
    assert package(EvMethod.FIXED_0_100, started=True).value == 0
    assert package(EvMethod.WEIGHTED_MILESTONES, milestones=milestones).value == 5000
    assert package(EvMethod.UNITS_DONE, units=D(120), units_done=D(30)).value == 2500
    claimed = package(EvMethod.PERCENT_COMPLETE, percent=D(95))
    assert claimed.value == 8000
    assert claimed.reason == "claimed 95 %, of which 80 % count until it is accepted"


def test_o_evm_1_agile():
    release = WorkPackage("R", D(600), EvMethod.POINTS, units=D(300), units_done=D(120))
    planned = planned_by_sprints(D(600), D(4), 8)
    value = earned([release])["R"].value
    found = measure(Performance((planned, D(600)), D(1), (value,), (D(250),)))

    assert (value, planned, found["spi"]) == (240, 300, D("0.80"))
