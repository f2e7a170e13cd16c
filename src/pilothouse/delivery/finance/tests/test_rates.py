# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from pilothouse.delivery.finance.models import ExchangeRate
from pilothouse.delivery.finance.money import converted, kept_rate
from pilothouse.delivery.finance.rates import Rates
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 16)


@pytest.fixture
def rates(cast):
    for code, units in (("EUR", 2), ("USD", 2), ("GBP", 2), ("JPY", 0)):
        Currency.objects.get_or_create(code=code, defaults={"name": code, "minor_units": units})
    cast.office.default_currency_id = "EUR"

    def keep(kind, one, other, rate, first, last=None):
        ExchangeRate.objects.create(
            office=cast.office,
            kind=kind,
            from_currency_id=one,
            to_currency_id=other,
            rate=Decimal(rate),
            valid_from=first,
            valid_to=last,
            source="Treasury",
        )

    keep("budget", "EUR", "USD", "1.10", date(2026, 1, 1), date(2026, 12, 31))
    keep("actual", "EUR", "USD", "1.12", date(2026, 2, 1))
    keep("actual", "EUR", "USD", "1.15", DAY)
    keep("actual", "GBP", "EUR", "1.20", date(2026, 1, 1))
    keep("actual", "EUR", "JPY", "160", date(2026, 1, 1))
    return Rates(cast.office)


def test_the_last_rate_that_began_holds(rates):
    assert rates.rate("actual", "EUR", "USD", DAY) == Decimal("1.15")
    assert rates.rate("actual", "EUR", "USD", date(2026, 3, 15)) == Decimal("1.12")
    assert rates.rate("budget", "EUR", "USD", DAY) == Decimal("1.10")


def test_a_currency_is_its_own_at_one(rates):
    assert rates.rate("closing", "GBP", "GBP", DAY) == 1


def test_without_a_direct_rate_its_inverse_holds_then_the_way_across(rates):
    assert rates.rate("actual", "EUR", "GBP", DAY) == Fraction(5, 6)
    assert rates.rate("actual", "GBP", "USD", DAY) == Fraction("1.38")
    assert rates.found("actual", "GBP", "USD", DAY).source == "across EUR: Treasury; Treasury"
    assert rates.convert("actual", Decimal("10.01"), "GBP", "JPY", DAY) == Decimal(1922)


@pytest.mark.parametrize(
    ("kind", "one", "day"),
    [
        ("actual", "EUR", date(2026, 1, 31)),
        ("budget", "EUR", date(2027, 1, 1)),
        ("closing", "EUR", DAY),
        ("budget", "GBP", DAY),
    ],
)
def test_a_missing_rate_is_an_error_that_names_it(rates, kind, one, day):
    with pytest.raises(Invalid) as caught:
        rates.rate(kind, one, "USD", day)

    assert caught.value.code == "finance.no_rate"
    assert f"{kind} rate from {one} to USD for {day:%Y-%m-%d}" in caught.value.message


def test_the_mean_of_days_is_taken_from_their_rates(rates):
    days = [date(2026, 3, 14), date(2026, 3, 15), DAY]

    assert rates.average("actual", "EUR", "USD", days) == Fraction("3.39") / 3


def test_rates_stay_whole_until_an_amount_is_rounded(rates):
    def convert(amount, one, other):
        return rates.convert("actual", Decimal(amount), one, other, DAY)

    assert convert("0.03", "EUR", "GBP") == Decimal("0.03")
    assert convert("-0.03", "EUR", "GBP") == Decimal("-0.03")
    assert convert("13800000000", "USD", "GBP") == Decimal(10_000_000_000)
    mean = rates.average("actual", "EUR", "USD", [date(2026, 3, 14), date(2026, 3, 15), DAY])
    assert rates.at(mean, Decimal("3000000000.05"), "USD") == Decimal("3390000000.06")


@pytest.mark.parametrize(
    ("amount", "rate", "units"),
    [("0.0001", "0.0000000001", 4), ("9999999999999.9999", "1.0000000001", 2), ("-5", "0.1", 0)],
)
def test_an_amount_is_rounded_half_away_from_zero_whatever_its_size(amount, rate, units):
    exact = Fraction(amount) * Fraction(rate)
    unit = Fraction(1, 10**units)

    found = Fraction(converted(Decimal(amount), Fraction(rate), units))

    assert found % unit == 0
    assert abs(found - exact) < unit / 2 or abs(found) - abs(exact) == unit / 2


def test_a_rate_is_kept_at_ten_decimals():
    assert kept_rate(Fraction(5, 6)) == Decimal("0.8333333333")
    assert kept_rate(Fraction("0.00000000015")) == Decimal("0.0000000002")
