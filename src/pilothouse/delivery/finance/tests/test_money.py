# SPDX-License-Identifier: Apache-2.0
from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.finance.models import FinancePolicy
from pilothouse.delivery.finance.money import is_stored, split, stored

CENTS = st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100)
WEIGHTS = st.lists(
    st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False), min_size=1, max_size=40
).filter(any)


def test_a_hundred_over_three_loses_no_cent():
    assert split(Decimal(100), [Decimal(1)] * 3, 2) == [
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    ]


def test_a_currency_without_cents_is_split_into_whole_ones():
    assert split(Decimal(100), [Decimal(1)] * 3, 0) == [Decimal(34), Decimal(33), Decimal(33)]


@given(CENTS, WEIGHTS)
def test_parts_add_up_and_none_is_off_by_a_cent(amount, weights):
    parts = split(amount, weights, 2)

    assert sum(parts) == amount
    whole = sum(weights)
    assert all(
        abs(part - amount * weight / whole) < Decimal("0.01")
        for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_weights_that_share_nothing_out_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        split(Decimal(1), [Decimal(weight) for weight in weights], 2)


def test_amounts_are_rounded_half_up_at_the_unit_of_their_currency():
    assert stored(Decimal("0.125"), 2) == Decimal("0.13")
    assert stored(Decimal("-0.125"), 2) == Decimal("-0.13")
    assert stored(Decimal("1.5"), 0) == Decimal(2)
    assert is_stored(Decimal("1.10"), 2)
    assert not is_stored(Decimal("1.105"), 2)


@pytest.mark.django_db
def test_the_database_keeps_money_to_the_last_unit(cast):
    kept = Decimal("9876543210.0123")
    FinancePolicy.objects.create(office=cast.office, variance_amount=kept)

    assert FinancePolicy.objects.get().variance_amount == kept
    assert FinancePolicy.objects.filter(variance_amount__gt=Decimal("9876543210.0122")).exists()
    assert FinancePolicy.objects.aggregate(total=Sum("variance_amount"))["total"] == kept


@pytest.mark.django_db
def test_money_of_five_decimals_is_refused(cast):
    with pytest.raises(ValueError, match="4 decimals"):
        FinancePolicy.objects.create(office=cast.office, variance_amount=Decimal("0.00001"))


def test_an_amount_out_of_range_is_told():
    field = FinancePolicy._meta.get_field("variance_amount")

    assert field.clean(LARGEST, None) == LARGEST
    for wrong in (LARGEST + 1, Decimal("NaN"), "twelve"):
        with pytest.raises(Exception, match=r"Out of range|Not a number"):
            field.clean(wrong, None)
