# SPDX-License-Identifier: Apache-2.0
"""Work = duration × units: what follows when one of the three is edited (DOMAIN 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from pilothouse.engine.editing.amounts import MOST_MINUTES
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.minutes import whole_minutes
from pilothouse.engine.network.plan import WorkType

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Share:
    """What one resource does of a task: units as a share of full time, work in minutes."""

    units: Decimal
    work: int


@dataclass(frozen=True, slots=True)
class Load:
    """Duration of a task in working minutes, and the shares of its resources.

    ``effort_driven`` counts only where the work type leaves a choice: fixed work always is.
    """

    duration: int
    shares: tuple[Share, ...] = ()
    work_type: WorkType = WorkType.FIXED_UNITS
    effort_driven: bool = False

    @property
    def work(self) -> int:
        """Of all shares, in minutes."""
        return sum(share.work for share in self.shares)

    @property
    def shares_effort(self) -> bool:
        """Whether another resource takes of the work instead of adding to it."""
        return self.effort_driven or self.work_type is WorkType.FIXED_WORK


def with_duration(load: Load, duration: int) -> Load:
    """The load after an edit of the duration.

    Fixed units and fixed duration: the work follows. Fixed work: the units follow; a
    duration of 0 is then refused (``editing.work``) while there is work.
    """
    _require(0 <= duration <= MOST_MINUTES, "A duration lies between 0 and 190 years.")
    if load.work_type is WorkType.FIXED_WORK:
        return _with_units_for(replace(load, duration=duration))
    return _with_work_for(replace(load, duration=duration))


def with_work(load: Load, work: int) -> Load:
    """The load after an edit of the total work, spread over the shares as before.

    Fixed units and fixed work: the duration follows. Fixed duration: the units follow.
    Without resources nothing follows, and the work is refused (``editing.work``).
    """
    _require(work >= 0, "Work is not negative.")
    _require(bool(load.shares), "Nobody is assigned; name a resource before the work.")
    return _after_work(replace(load, shares=_spread(load.shares, work)))


def with_share_work(load: Load, index: int, work: int) -> Load:
    """The load after an edit of the work of one share; else as ``with_work``."""
    _require(work >= 0, "Work is not negative.")
    return _after_work(_with(load, index, replace(load.shares[index], work=work)))


def with_units(load: Load, index: int, units: Decimal) -> Load:
    """The load after an edit of the units of one share.

    Fixed units and fixed work: the duration follows. Fixed duration: the work follows.
    """
    _require_units(units)
    load = _with(load, index, replace(load.shares[index], units=units))
    if load.work_type is WorkType.FIXED_DURATION:
        share = Share(units, whole_minutes(load.duration * units))
        return _with(load, index, share)
    return _with_duration_for(load)


def with_another(load: Load, units: Decimal) -> Load:
    """The load with one more resource, as the last share.

    Where the task is driven by effort the work stays and is shared by units: the duration
    shrinks, or on a fixed duration the units do. Else the newcomer adds work. The first
    resource brings duration × units in any case.
    """
    _require_units(units)
    if not load.shares or not load.shares_effort:
        return replace(
            load, shares=(*load.shares, Share(units, whole_minutes(load.duration * units)))
        )
    shares = _by_units((*load.shares, Share(units, 0)), load.work)
    return _after_work(replace(load, shares=shares))


def without(load: Load, index: int) -> Load:
    """The load with one resource less; driven by effort, the others do its work.

    With the last resource its work goes, and the duration stays.
    """
    left = (*load.shares[:index], *load.shares[index + 1 :])
    if not left or not load.shares_effort:
        return replace(load, shares=left)
    return _after_work(replace(load, shares=_by_units(left, load.work)))


def _after_work(load: Load) -> Load:
    if load.work_type is WorkType.FIXED_DURATION:
        return _with_units_for(load)
    return _with_duration_for(load)


def _with(load: Load, index: int, share: Share) -> Load:
    shares = list(load.shares)
    shares[index] = share
    return replace(load, shares=tuple(shares))


def _with_work_for(load: Load) -> Load:
    shares = tuple(
        replace(share, work=whole_minutes(load.duration * share.units)) for share in load.shares
    )
    return replace(load, shares=shares)


def _with_units_for(load: Load) -> Load:
    if not load.work:
        return load
    _require(load.duration > 0, "The task has work, so it cannot last no time; change the work.")
    shares = tuple(
        replace(share, units=_units(Decimal(share.work) / load.duration)) for share in load.shares
    )
    return replace(load, shares=shares)


def _with_duration_for(load: Load) -> Load:
    """The longest share decides; a share without units takes no time."""
    spans = [share.work / share.units for share in load.shares if share.units]
    if not spans:
        return load
    longest = whole_minutes(max(spans))
    _require(longest <= MOST_MINUTES, "With so little of their time the work takes over 190 years.")
    return replace(load, duration=longest)


def _spread(shares: Sequence[Share], work: int) -> tuple[Share, ...]:
    """Work over shares in the proportion of their work, or of their units if there is none."""
    before = sum(share.work for share in shares)
    if not before:
        return _by_units(shares, work)
    return _parts(shares, [Decimal(share.work) for share in shares], work)


def _by_units(shares: Sequence[Share], work: int) -> tuple[Share, ...]:
    weights = [share.units for share in shares]
    return _parts(shares, weights if any(weights) else [Decimal(1)] * len(shares), work)


def _parts(shares: Sequence[Share], weights: Sequence[Decimal], work: int) -> tuple[Share, ...]:
    """Whole minutes that sum up to the work: each end is rounded, so no part is off by one."""
    total, ends, seen = sum(weights, Decimal(0)), [0], Decimal(0)
    for weight in weights:
        seen += weight
        ends.append(whole_minutes(work * seen / total))
    return tuple(
        replace(share, work=end - begun)
        for share, begun, end in zip(shares, ends, ends[1:], strict=False)
    )


def _units(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_UP).normalize() + 0


def _require_units(units: Decimal) -> None:
    _require(
        units.is_finite() and 0 < units <= 10_000_000,
        "Units lie above 0; 1 is one full-time person.",
    )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvalidInput("editing.work", message)
