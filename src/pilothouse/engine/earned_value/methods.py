# SPDX-License-Identifier: Apache-2.0
"""What a work package has earned, by the method agreed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, NoReturn

from pilothouse.engine.earned_value.amounts import check_amounts, is_amount
from pilothouse.engine.errors import InvalidInput

ZERO, HUNDRED = Decimal(0), Decimal(100)
CAP = Decimal(80)
"""Percent that may be claimed before the result is accepted, unless an office says otherwise."""
SHORT = 2
"""Periods over which a fixed formula may be used at most."""


class EvMethod(StrEnum):
    """How a work package earns its budget (DOMAIN 6.5)."""

    FIXED_0_100 = "0/100"
    FIXED_50_50 = "50/50"
    FIXED_25_75 = "25/75"
    WEIGHTED_MILESTONES = "weighted_milestones"
    PERCENT_COMPLETE = "percent_complete"
    UNITS_DONE = "units_done"
    LEVEL_OF_EFFORT = "loe"
    APPORTIONED = "apportioned"
    POINTS = "points"


_AT_START = {
    EvMethod.FIXED_0_100: ZERO,
    EvMethod.FIXED_50_50: Decimal(50),
    EvMethod.FIXED_25_75: Decimal(25),
}


class WorkPackage(NamedTuple):
    """A budget and what is known of its progress.

    Parameters
    ----------
    code : str
        For messages, and for packages that follow this one.
    budget : Decimal
        Budget at completion of the package.
    method : EvMethod
    planned : Decimal
        Planned value at the status date: what level of effort earns.
    periods : int
        Periods between its baseline dates.
    started, finished : bool
        Whether an actual start and an actual finish are entered.
    percent : Decimal
        Claimed percent complete, 0 to 100.
    accepted : bool
        Whether the result is accepted; until then a claim counts up to the cap.
    milestones : tuple of (weight, done)
        Weights in any unit.
    units, units_done : Decimal
        Quantities or points: in all, and done.
    follows : str
        Code of the package whose percentage an apportioned one takes.
    """

    code: str
    budget: Decimal
    method: EvMethod
    planned: Decimal = ZERO
    periods: int = 1
    started: bool = False
    finished: bool = False
    percent: Decimal = ZERO
    accepted: bool = False
    milestones: tuple[tuple[Decimal, bool], ...] = ()
    units: Decimal = ZERO
    units_done: Decimal = ZERO
    follows: str = ""


class Earned(NamedTuple):
    """Earned value of a package, with the percentage and how it came about."""

    code: str
    value: Decimal
    percent: Decimal
    reason: str
    notice: str = ""


def earned(packages: Sequence[WorkPackage], cap: Decimal = CAP) -> dict[str, Earned]:
    """Earned value of each work package by its method.

    Parameters
    ----------
    packages : sequence of WorkPackage
    cap : Decimal
        Percent that a claim counts up to until the result is accepted.

    Returns
    -------
    dict
        Code → ``Earned``, in the order given; values are unrounded and never exceed the budget.

    Raises
    ------
    InvalidInput
        ``evm.package`` names the package and the value that cannot be.

    Examples
    --------
    >>> claim = WorkPackage("2.1", Decimal(10000), EvMethod.PERCENT_COMPLETE, percent=Decimal(95))
    >>> earned([claim])["2.1"].value
    Decimal('8000')
    """
    by_code = {package.code: package for package in packages}
    if len(by_code) < len(packages):
        raise InvalidInput("evm.package", "Two work packages have the same code.")
    found: dict[str, Earned] = {}
    for package in packages:
        _check(package)
        follows = package.method is EvMethod.APPORTIONED
        root = _root(package, by_code) if follows else package
        done, whole, reason = _progress(root, cap)
        if root is not package:
            reason = f"as {root.code}: {reason}"
        value, percent = package.budget * done / whole, HUNDRED * done / whole
        found[package.code] = Earned(package.code, value, percent, reason, _notice(package))
    return found


_AMOUNTS = ("budget", "planned value", "percentage", "number of units", "number of units done")


def _check(package: WorkPackage) -> None:
    amounts = (
        *(package.budget, package.planned, package.percent),
        *(package.units, package.units_done),
    )
    for place, value in enumerate(amounts):
        if not is_amount(value) or value < 0:
            _refuse(package, f"a {_AMOUNTS[place]} of {value}; give 0 or more")
    for weight, _ in package.milestones:
        if not is_amount(weight) or weight < 0:
            _refuse(package, f"a weight of {weight}; give 0 or more")
    if package.percent > HUNDRED:
        _refuse(package, f"a percentage of {package.percent}; 100 is the most")
    if package.planned > package.budget:
        _refuse(package, f"a planned value of {package.planned} above its budget {package.budget}")


def _refuse(package: WorkPackage, what: str) -> NoReturn:
    message = f"Work package {package.code} has {what}."
    raise InvalidInput("evm.package", message, (package.code,))


def _root(package: WorkPackage, by_code: Mapping[str, WorkPackage]) -> WorkPackage:
    """The package whose own progress counts: apportioned ones follow another."""
    seen = {package.code}
    while package.method is EvMethod.APPORTIONED:
        following = by_code.get(package.follows)
        if following is None:
            _refuse(package, f"to follow ‘{package.follows}’, which is not there; name another")
        if following.code in seen:
            _refuse(package, "to follow itself; let one of the circle earn by its own progress")
        seen.add(following.code)
        package = following
    return package


@lru_cache(maxsize=4096)
def _told(percent: Decimal) -> str:
    """A percentage as a sentence gives it: one decimal at most."""
    return f"{percent:.1f}".removesuffix(".0")


def _progress(package: WorkPackage, cap: Decimal) -> tuple[Decimal, Decimal, str]:
    """What is done of which whole, in the unit of the method, and how that came about."""
    method = package.method
    if method is EvMethod.PERCENT_COMPLETE:
        if package.percent <= cap or package.accepted:
            return package.percent, HUNDRED, f"claimed {_told(package.percent)} %"
        told = _told(package.percent)
        return cap, HUNDRED, f"claimed {told} %, of which {cap} % count until it is accepted"
    if method in _AT_START:
        if package.finished:
            return HUNDRED, HUNDRED, "finished"
        if package.started:
            return _AT_START[method], HUNDRED, "started"
        return ZERO, HUNDRED, "not started"
    if method is EvMethod.WEIGHTED_MILESTONES:
        reached = sum((weight for weight, done in package.milestones if done), ZERO)
        total = sum((weight for weight, _ in package.milestones), ZERO)
        return _of(package, reached, total, "milestones")
    if method is EvMethod.LEVEL_OF_EFFORT:
        return package.planned, package.budget or HUNDRED, "as planned, with the passage of time"
    what = "units" if method is EvMethod.UNITS_DONE else "points"
    return _of(package, package.units_done, package.units, what)


def _of(
    package: WorkPackage, done: Decimal, whole: Decimal, what: str
) -> tuple[Decimal, Decimal, str]:
    if whole <= 0:
        _refuse(package, f"no {what}; enter them")
    return min(done, whole), whole, f"{done} of {whole} {what}"


def _notice(package: WorkPackage) -> str:
    if package.periods > SHORT and package.method in _AT_START:
        return (
            f"{package.code} runs over {package.periods} periods; {package.method.value} is "
            f"meant for packages of at most {SHORT}."
        )
    if package.method is EvMethod.POINTS and package.units_done > package.units:
        return f"{package.code} has more points done than planned; re-plan the release."
    return ""


def planned_by_sprints(budget: Decimal, sprint: Decimal, sprints: int) -> Decimal:
    """Planned value of a release by time: sprints gone of those planned, times the budget.

    Raises
    ------
    InvalidInput
        ``evm.sprints`` without a sprint planned, ``evm.not_a_number``.

    Examples
    --------
    >>> planned_by_sprints(Decimal(600), Decimal(4), 8)
    Decimal('300')
    """
    check_amounts((budget, sprint), "budget or number of sprints")
    if sprints < 1 or sprint < 0:
        raise InvalidInput("evm.sprints", "A release has at least one sprint; count from 0.")
    return budget * min(sprint, Decimal(sprints)) / sprints
