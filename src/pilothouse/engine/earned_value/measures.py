# SPDX-License-Identifier: Apache-2.0
"""Variances, indices and forecasts from planned value, earned value and actual cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.earned_value.amounts import check_amounts
from pilothouse.engine.earned_value.curve import earned_schedule, value_at
from pilothouse.engine.earned_value.figures import DEFINITIONS, Figure
from pilothouse.engine.errors import InvalidInput

HUNDRED = Decimal(100)
RECENT = 3
"""Periods whose cost index drives EAC₅."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an office may set.

    ``cost_weight`` and ``schedule_weight`` weigh CPI and SPI in EAC₄; with a share of level of
    effort above ``loe_limit`` (of BAC) a warning stands beside the figures (R-EVM-05).
    """

    cost_weight: Decimal = Decimal("0.8")
    schedule_weight: Decimal = Decimal("0.2")
    loe_limit: Decimal = Decimal("0.15")


_USUAL = Policy()


@dataclass(frozen=True, slots=True)
class Performance:
    """What is known of a package, project or portfolio at a status date.

    Parameters
    ----------
    planned : tuple of Decimal
        Cumulative planned value (money) by period of the whole performance measurement
        baseline; its length is the planned duration PD, its last value the budget at
        completion BAC.
    at : Decimal
        Periods elapsed at the status date (AT); may end inside a period, may exceed PD.
    earned, actual : tuple of Decimal
        Cumulative earned value and actual cost (money) by period up to the status date; the last
        entries are EV and AC. A period may be negative (a reversal). Equal lengths.
    to_complete : Decimal, optional
        Bottom-up estimate of what remains, for EAC₆.
    agreed_cost : Decimal, optional
        Estimate at completion to be kept, for TCPI against it; else EAC₂ is used.
    target : Decimal, optional
        Periods by which the work is to end, for TSPI; else PD.
    loe : Decimal
        Part of BAC that is measured as level of effort.
    planned_now : Decimal, optional
        Planned value at the status date itself, where it is known in working time; else it lies
        on the straight line between the ends of two periods.
    """

    planned: tuple[Decimal, ...]
    at: Decimal
    earned: tuple[Decimal, ...]
    actual: tuple[Decimal, ...]
    to_complete: Decimal | None = None
    agreed_cost: Decimal | None = None
    target: Decimal | None = None
    loe: Decimal = Decimal(0)
    planned_now: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EarnedValue:
    """All figures by key, and what to beware of."""

    figures: Mapping[str, Figure]
    warnings: tuple[str, ...]

    def __getitem__(self, key: str) -> Decimal | None:
        return self.figures[key].value


class _Sheet:
    """Figures as they are worked out, one from the other."""

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}
        self._values: dict[str, Decimal | None] = {}

    def know(self, symbol: str, value: Decimal | None) -> None:
        """A value that is an input only."""
        self._values[symbol] = value

    def put(self, key: str, value: Decimal | None, why_not: str = "") -> None:
        """A figure; ``why_not`` is told where it has no value."""
        symbol, label, unit, formula, inputs = DEFINITIONS[key]
        self._values[symbol] = value
        taken = tuple((name, self._values[name]) for name in inputs)
        note = why_not if value is None else ""
        self.figures[key] = Figure(key, label, value, unit, formula, taken, note)

    def __getitem__(self, key: str) -> Decimal | None:
        return self.figures[key].value

    def given(self, key: str) -> Decimal:
        """A figure that always has a value."""
        value = self.figures[key].value
        assert value is not None
        return value


def _share(over: Decimal | None, under: Decimal | None) -> Decimal | None:
    """A quotient; None where the divisor is 0 or something is not known."""
    return None if over is None or not under else over / under


def measure(known: Performance, policy: Policy = _USUAL) -> EarnedValue:
    """Every figure of DOMAIN 6.5 at a status date, each with formula and inputs.

    Parameters
    ----------
    known : Performance
    policy : Policy

    Returns
    -------
    EarnedValue
        By the keys of ``DEFINITIONS``, unrounded. ``eac`` is EAC₂, the default.

    Raises
    ------
    InvalidInput
        ``evm.no_plan``, ``evm.falling_plan``, ``evm.no_progress``,
        ``evm.lengths``, ``evm.beyond_budget``, ``evm.not_a_number``.

    Notes
    -----
    Indices of several projects are computed from their sums (``together``), never as the mean of
    indices (R-EVM-01). CPI has no answer without cost; cost without earned value gives CPI 0 and
    no EAC₂ (R-EVM-03).

    References
    ----------
    ANSI/EIA-748; PMI, Practice Standard for Earned Value Management, 2nd ed., 2011; W. Lipke,
    Earned Schedule, 2009.

    Examples
    --------
    >>> months = tuple(Decimal(n) for n in (5, 12, 22, 35, 50, 65, 78, 88, 95, 100))
    >>> earned, actual = (Decimal(30), Decimal(54)), (Decimal(33), Decimal(62))
    >>> found = measure(Performance(months, Decimal(6), earned, actual))
    >>> round(found["cpi"], 4), round(found["eac"], 2)
    (Decimal('0.8710'), Decimal('114.81'))
    """
    _check(known)
    policies = (policy.cost_weight, policy.schedule_weight, policy.loe_limit)
    check_amounts(policies, "number of the policy")
    sheet = _Sheet()
    _basis(sheet, known)
    _indices(sheet, known)
    _forecasts(sheet, known, policy)
    _times(sheet, known)
    return EarnedValue(sheet.figures, tuple(_warnings(sheet, known, policy)))


def _check(known: Performance) -> None:
    _check_numbers(known)
    if not known.earned or known.at < 0:
        raise InvalidInput(
            "evm.no_progress",
            "There is no earned value yet; give at least one period, with 0 where nothing is done.",
        )
    if len(known.earned) != len(known.actual):
        raise InvalidInput(
            "evm.lengths",
            f"Earned value is given for {len(known.earned)} periods, actual cost for "
            f"{len(known.actual)}; give both for the same periods.",
        )
    earned_schedule(known.planned, Decimal(0))
    budget = known.planned[-1]
    if known.earned[-1] > budget:
        raise InvalidInput(
            "evm.beyond_budget",
            f"The earned value {known.earned[-1]} exceeds the budget {budget}; nothing can earn "
            "more than was planned for it.",
            (str(known.earned[-1]),),
        )


def _check_numbers(known: Performance) -> None:
    others = (known.to_complete, known.agreed_cost, known.target, known.planned_now)
    check_amounts(known.planned, "planned value")
    check_amounts(known.earned, "earned value")
    check_amounts(known.actual, "actual cost")
    check_amounts((known.at,), "number of periods elapsed")
    check_amounts((known.loe,), "level of effort")
    check_amounts((value for value in others if value is not None), "forecast or target")


def _basis(sheet: _Sheet, known: Performance) -> None:
    sheet.put("bac", known.planned[-1])
    exact = known.planned_now
    sheet.put("pv", value_at(known.planned, known.at) if exact is None else exact)
    sheet.put("ev", known.earned[-1])
    sheet.put("ac", known.actual[-1])


def _indices(sheet: _Sheet, known: Performance) -> None:
    bac, pv, ev, ac = (sheet.given(key) for key in ("bac", "pv", "ev", "ac"))
    sheet.put("sv", ev - pv)
    sheet.put("cv", ev - ac)
    sheet.put("sv_pct", _share(HUNDRED * (ev - pv), pv), "Nothing was planned by then.")
    sheet.put("cv_pct", _share(HUNDRED * (ev - ac), ev), "Nothing is earned yet.")
    sheet.put("spi", _share(ev, pv), "Nothing was planned by then.")
    sheet.put("cpi", _share(ev, ac), "No cost is booked.")
    sheet.put("percent_complete", _share(HUNDRED * ev, bac), "There is no budget.")
    sheet.put("percent_spent", _share(HUNDRED * ac, bac), "There is no budget.")
    short = f"Needs {RECENT} periods."
    sheet.put("ev_recent", _recent(known.earned), short)
    sheet.put("ac_recent", _recent(known.actual), short)
    recent = _share(sheet["ev_recent"], sheet["ac_recent"])
    sheet.put("cpi_recent", recent, f"Needs {RECENT} periods with cost.")


def _recent(values: Sequence[Decimal]) -> Decimal | None:
    if len(values) < RECENT:
        return None
    before = values[-RECENT - 1] if len(values) > RECENT else Decimal(0)
    return values[-1] - before


def _forecasts(sheet: _Sheet, known: Performance, policy: Policy) -> None:
    bac, ev, ac = (sheet.given(key) for key in ("bac", "ev", "ac"))
    spi, cpi = sheet["spi"], sheet["cpi"]
    left = bac - ev
    sheet.know("w₁", policy.cost_weight)
    sheet.know("w₂", policy.schedule_weight)
    sheet.know("ETC₆", known.to_complete)
    pressed = weighted = None
    if spi is not None and cpi is not None:
        pressed = cpi * spi
        weighted = policy.cost_weight * cpi + policy.schedule_weight * spi
    sheet.put("eac_plan", ac + left)
    for key, pace in (
        ("eac", cpi),
        ("eac_pressure", pressed),
        ("eac_weighted", weighted),
        ("eac_recent", sheet["cpi_recent"]),
    ):
        value = ac + left / pace if pace is not None and pace > 0 else None
        sheet.put(key, value, "There is no trend to go by.")
    rest = known.to_complete
    bottom_up = None if rest is None else ac + rest
    sheet.put("eac_bottom_up", bottom_up, "Nobody has estimated what remains.")
    eac = sheet["eac"]
    missing = "There is no estimate at completion."
    vac = None if eac is None else bac - eac
    sheet.put("etc", None if eac is None else eac - ac, missing)
    sheet.put("vac", vac, missing)
    sheet.put("vac_pct", None if vac is None else _share(HUNDRED * vac, bac), missing)
    agreed = eac if known.agreed_cost is None else known.agreed_cost
    sheet.know("EAC", agreed)
    sheet.put("tcpi_bac", *_pace_needed(left, bac - ac))
    sheet.put("tcpi_eac", *_pace_needed(left, None if agreed is None else agreed - ac))


def _pace_needed(left: Decimal, means: Decimal | None) -> tuple[Decimal | None, str]:
    """What is left to do by what is left to do it with, or why there is no answer."""
    if means is not None and means > 0:
        return left / means, ""
    return None, "Not attainable: nothing is left for it." if left > 0 else "All is done."


def _times(sheet: _Sheet, known: Performance) -> None:
    duration, at = Decimal(len(known.planned)), known.at
    target = duration if known.target is None else known.target
    es = earned_schedule(known.planned, sheet.given("ev"))
    sheet.know("T", target)
    sheet.put("pd", duration)
    sheet.put("at", at)
    sheet.put("es", es)
    sheet.put("sv_t", es - at)
    sheet.put("spi_t", _share(es, at), "No time has passed.")
    sheet.put("ieac_t", _share(duration, sheet["spi_t"]), "Nothing is earned yet.")
    sheet.put("tspi", *_pace_needed(duration - es, target - at))


def _warnings(sheet: _Sheet, known: Performance, policy: Policy) -> Iterable[str]:
    bac, ev, ac = (sheet.given(key) for key in ("bac", "ev", "ac"))
    if ev > 0 and ac == 0:
        yield "Actuals are missing: work is earned but no cost is booked."
    if bac and known.loe / bac > policy.loe_limit:
        share, limit = HUNDRED * known.loe / bac, HUNDRED * policy.loe_limit
        yield (
            f"Level of effort is {share:.0f} % of the budget, more than {limit:.0f} %: it earns "
            "what was planned and hides delay."
        )


def together(parts: Sequence[Performance]) -> Performance:
    """Several projects as one: sums, so that indices are never means of indices (R-EVM-01).

    Parameters
    ----------
    parts : sequence of Performance
        Over the same periods: equal ``at`` and equally many entries of earned and actual. Plans
        may end at different periods; each stays at its budget afterwards.

    Raises
    ------
    InvalidInput
        ``evm.nothing`` without parts, ``evm.status_dates`` if they do not
        stand at the same period, ``evm.not_a_number``.
    """
    if not parts:
        raise InvalidInput("evm.nothing", "There is nothing to add up.")
    first = parts[0]
    for part in parts:
        _check_numbers(part)
        if part.at != first.at or len(part.earned) != len(first.earned):
            raise InvalidInput(
                "evm.status_dates",
                "The parts stand at different periods; bring them to one status date first.",
            )
    longest = max(len(part.planned) for part in parts)
    return Performance(
        tuple(
            sum((part.planned[min(index, len(part.planned) - 1)] for part in parts), Decimal(0))
            for index in range(longest)
        ),
        first.at,
        _sums([part.earned for part in parts]),
        _sums([part.actual for part in parts]),
        _sum_if_all([part.to_complete for part in parts]),
        loe=sum((part.loe for part in parts), Decimal(0)),
        planned_now=_sum_if_all([part.planned_now for part in parts]),
    )


def _sum_if_all(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _sums(columns: Sequence[tuple[Decimal, ...]]) -> tuple[Decimal, ...]:
    return tuple(sum(values, Decimal(0)) for values in zip(*columns, strict=True))
