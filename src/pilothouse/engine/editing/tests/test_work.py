# SPDX-License-Identifier: Apache-2.0
"""The work equation (DOMAIN 4.3)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.engine.editing.work import (
    Load,
    Share,
    with_another,
    with_duration,
    with_share_work,
    with_units,
    with_work,
    without,
)
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import WorkType

HOUR, DAY = 60, 480
ONE, HALF = Decimal(1), Decimal("0.5")


def load(kind=WorkType.FIXED_UNITS, driven=False, duration=5 * DAY, units=(ONE,)):
    shares = tuple(Share(part, int(duration * part)) for part in units)
    return Load(duration, shares, kind, driven)


def test_o_sch_1_a_second_person_halves_what_is_driven_by_effort():
    """O-SCH-1: 40 h, 1 person 100 %, fixed units."""
    before = load(driven=True)
    assert before.work == 40 * HOUR

    driven = with_another(before, ONE)
    added = with_another(load(), ONE)

    assert driven.duration == 2.5 * DAY
    assert [share.work for share in driven.shares] == [20 * HOUR, 20 * HOUR]
    assert (added.duration, added.work) == (5 * DAY, 80 * HOUR)


@pytest.mark.parametrize(
    ("kind", "edit", "duration", "units", "work"),
    [
        # Fixed units: U → D, D → W, W → D.
        (WorkType.FIXED_UNITS, "units", 10, "0.5", 40),
        (WorkType.FIXED_UNITS, "duration", 10, "1", 80),
        (WorkType.FIXED_UNITS, "work", 10, "1", 80),
        # Fixed work: U → D, D → U, W → D.
        (WorkType.FIXED_WORK, "units", 10, "0.5", 40),
        (WorkType.FIXED_WORK, "duration", 10, "0.5", 40),
        (WorkType.FIXED_WORK, "work", 10, "1", 80),
        # Fixed duration: U → W, D → W, W → U.
        (WorkType.FIXED_DURATION, "units", 5, "0.5", 20),
        (WorkType.FIXED_DURATION, "duration", 10, "1", 80),
        (WorkType.FIXED_DURATION, "work", 5, "2", 80),
    ],
)
def test_the_table_of_what_follows(kind, edit, duration, units, work):
    before = load(kind)
    after = {
        "units": lambda: with_units(before, 0, HALF),
        "duration": lambda: with_duration(before, 10 * DAY),
        "work": lambda: with_work(before, 80 * HOUR),
    }[edit]()

    assert (after.duration, after.shares[0].units, after.work) == (
        duration * DAY,
        Decimal(units),
        work * HOUR,
    )


def test_the_longest_share_decides_the_duration():
    before = load(units=(ONE, HALF))

    after = with_share_work(before, 1, 40 * HOUR)

    assert after.duration == 10 * DAY
    assert [share.work for share in after.shares] == [40 * HOUR, 40 * HOUR]


def test_on_a_fixed_duration_effort_is_shared_by_units():
    before = load(WorkType.FIXED_DURATION, driven=True)

    after = with_another(before, ONE)

    assert (after.duration, after.work) == (5 * DAY, 40 * HOUR)
    assert [share.units for share in after.shares] == [HALF, HALF]


def test_fixed_work_is_driven_by_effort_whatever_it_says():
    assert with_another(load(WorkType.FIXED_WORK), ONE).duration == 2.5 * DAY


def test_who_leaves_leaves_the_work_to_the_others_if_effort_drives():
    shared = load(driven=True, units=(ONE, ONE))
    apart = load(units=(ONE, ONE))

    assert without(shared, 0).duration == 10 * DAY
    assert (without(apart, 0).duration, without(apart, 0).work) == (5 * DAY, 40 * HOUR)
    alone = without(load(driven=True), 0)
    assert (alone.duration, alone.shares) == (5 * DAY, ())


def test_the_first_resource_brings_duration_times_units():
    after = with_another(Load(3 * DAY, (), WorkType.FIXED_WORK), HALF)

    assert (after.duration, after.work) == (3 * DAY, 12 * HOUR)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda: with_duration(load(), -1), "0 and 190 years"),
        (lambda: with_duration(load(WorkType.FIXED_WORK), 0), "cannot last no time"),
        (lambda: with_work(Load(DAY), 60), "Nobody is assigned"),
        (lambda: with_work(load(), -60), "not negative"),
        (lambda: with_units(load(), 0, Decimal(0)), "above 0"),
        (lambda: with_units(load(), 0, Decimal("NaN")), "above 0"),
        (lambda: with_units(load(), 0, Decimal("0.00001")), "190 years"),
    ],
)
def test_what_gives_no_sense_is_refused(edit, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        edit()
    assert refused.value.code == "editing.work"


UNITS = st.sampled_from([Decimal("0.25"), HALF, ONE, Decimal(2), Decimal("0.3333")])
LOADS = st.builds(
    load,
    st.sampled_from(WorkType),
    st.booleans(),
    st.integers(60, 100 * DAY),
    st.lists(UNITS, min_size=1, max_size=5),
)


@given(LOADS, st.integers(1, 10**6))
def test_total_work_is_what_was_typed_to_the_minute(before, work):
    assert with_work(before, work).work == work


@given(LOADS, UNITS)
def test_effort_is_neither_made_nor_lost(before, units):
    after = with_another(before, units)

    if before.shares_effort:
        assert after.work == before.work
        assert without(after, len(after.shares) - 1).work == before.work
    else:
        assert after.shares[:-1] == before.shares
