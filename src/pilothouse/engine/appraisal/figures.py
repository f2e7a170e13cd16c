# SPDX-License-Identifier: Apache-2.0
"""All figures of one investment, with what they were computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import accumulate

from pilothouse.engine.appraisal.flows import PRECISION, CashFlows, Number, exact
from pilothouse.engine.appraisal.returns import RateOfReturn, rate_of_return
from pilothouse.engine.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Figures of an investment, unrounded, and the rows that explain them.

    Amounts are in the currency and price basis of the flows, rates are fractions per period,
    paybacks are periods. A figure is None where it is not defined: a payback that never comes,
    a ratio without costs, an annual value without a second period.

    ``factors`` are the discount factors of periods 0 to n, ``present`` the net flows times
    these, ``cumulative`` and ``cumulative_present`` their running sums.
    """

    flows: CashFlows
    rate: Decimal
    net: tuple[Decimal, ...]
    factors: tuple[Decimal, ...]
    present: tuple[Decimal, ...]
    cumulative: tuple[Decimal, ...]
    cumulative_present: tuple[Decimal, ...]
    npv: Decimal
    irr: RateOfReturn
    payback: Decimal | None
    discounted_payback: Decimal | None
    total_costs: Decimal
    total_benefits: Decimal
    roi: Decimal | None
    present_costs: Decimal
    present_benefits: Decimal
    pi: Decimal | None
    annual_value: Decimal | None


def appraise(flows: CashFlows, rate: Number) -> Appraisal:
    """Appraise an investment.

    Parameters
    ----------
    flows : CashFlows
        Sunk costs left out; the price basis is that of the rate (nominal or real).
    rate : number
        Discount rate as a fraction per period, above -0.99 and at most 10.

    Returns
    -------
    Appraisal

    Raises
    ------
    InvalidInput
        ``appraisal.rate`` for a rate outside its bounds; ``appraisal.amount`` as `CashFlows.of`.

    Examples
    --------
    >>> found = appraise(CashFlows.of_net([-1000, 300, 400, 400, 300]), "0.10")
    >>> f"{found.npv:.2f} {found.payback} {found.pi:.4f} {found.roi}"
    '108.74 2.75 1.1087 0.4'

    Notes
    -----
    Sums are Decimals of 50 digits; nothing is rounded to cents inside, and money goes in
    exactly. O(n) but for the rate of return. Payback = last period with a negative running sum,
    plus the part of the next flow that fills it, 0 where the sum is never negative.

    References
    ----------
    R. A. Brealey, S. C. Myers, F. Allen, "Principles of Corporate Finance", chapters on net
    present value and on other investment criteria.
    """
    discount = _discount(rate)
    with localcontext() as context:
        context.prec = PRECISION
        return _figures(CashFlows.of(flows.costs, flows.benefits), discount)


def net_present_value(flows: CashFlows, rate: Number) -> Decimal:
    """The net present value alone, as `appraise` gives it, without looking for a rate of return.

    Parameters, errors and reference are those of `appraise`; O(n).

    Examples
    --------
    >>> f"{net_present_value(CashFlows.of_net([-1000, 300, 400, 400, 300]), '0.10'):.2f}"
    '108.74'
    """
    discount = _discount(rate)
    with localcontext() as context:
        context.prec = PRECISION
        net = CashFlows.of(flows.costs, flows.benefits).net
        return sum(_weighed(net, _factors(discount, len(net))), Decimal(0))


def _discount(rate: Number) -> Decimal:
    discount = exact(rate, "rate")
    if not Decimal("-0.99") < discount <= 10:
        raise InvalidInput(
            "appraisal.rate",
            f"The rate is {discount}; give a fraction per period above -0.99 and at most 10.",
            ("rate",),
        )
    return discount


def _factors(rate: Decimal, count: int) -> tuple[Decimal, ...]:
    return tuple(accumulate([Decimal(1)] + [1 / (1 + rate)] * (count - 1), _product))


def _figures(flows: CashFlows, rate: Decimal) -> Appraisal:
    net = flows.net
    factors = _factors(rate, len(net))
    present = _weighed(net, factors)
    cumulative, cumulative_present = tuple(accumulate(net)), tuple(accumulate(present))
    costs, benefits = sum(flows.costs, Decimal(0)), sum(flows.benefits, Decimal(0))
    present_costs = sum(_weighed(flows.costs, factors), Decimal(0))
    present_benefits = sum(_weighed(flows.benefits, factors), Decimal(0))
    return Appraisal(
        flows=flows,
        rate=rate,
        net=net,
        factors=factors,
        present=present,
        cumulative=cumulative,
        cumulative_present=cumulative_present,
        npv=cumulative_present[-1],
        irr=rate_of_return(net),
        payback=_payback(net, cumulative),
        discounted_payback=_payback(present, cumulative_present),
        total_costs=costs,
        total_benefits=benefits,
        roi=(benefits - costs) / costs if costs else None,
        present_costs=present_costs,
        present_benefits=present_benefits,
        pi=present_benefits / present_costs if present_costs else None,
        annual_value=_annual_value(cumulative_present[-1], rate, len(net) - 1),
    )


def _product(first: Decimal, second: Decimal) -> Decimal:
    return first * second


def _weighed(amounts: Sequence[Decimal], factors: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return tuple(amount * factor for amount, factor in zip(amounts, factors))


def _payback(flows: Sequence[Decimal], running: Sequence[Decimal]) -> Decimal | None:
    negative = [period for period, total in enumerate(running) if total < 0]
    if not negative:
        return Decimal(0)
    last = negative[-1]
    if last == len(running) - 1:
        return None
    return last - running[last] / flows[last + 1]


def _annual_value(npv: Decimal, rate: Decimal, periods: int) -> Decimal | None:
    if periods == 0:
        return None
    if rate == 0:
        return npv / periods
    return npv * rate / (1 - (1 + rate) ** -periods)
