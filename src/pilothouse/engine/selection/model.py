# SPDX-License-Identifier: Apache-2.0
"""What is selected from, and within which limits. Plain data; `checks` says what is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project that may be selected, with a start.

    Parameters
    ----------
    code : str
    value : float
        What it adds if it starts without delay, in the one unit of the model.
    cost : tuple of float
        Money by period since its start, not negative.
    demand : mapping of str to tuple of float
        Skill to need (full-time equivalents) by period since its start, not negative.
    starts : tuple of int
        Periods, from 1, in which it may start.
    latest_start : int, optional
        A legal date: later starts are not allowed.
    delay_factors : tuple of float
        The part of the value that is left, for each of ``starts``; empty takes the model's.
    duration : int, optional
        Periods until it is finished; the longest of its profiles unless given.
    mandatory : bool
        It must be selected.
    running : bool
        It runs already, ``cost`` being what remains: it stays selected unless ``stoppable``.
    stoppable : bool
        A running project that may be stopped for ``stopping_cost``.
    stopping_cost : tuple of float
        Money by period of the model, from 1, if it is stopped.
    bucket : str
        The kind of investment; empty for none.
    exposure : float
        Expected loss from its risks, not negative; for the frontier of value and risk.
    objectives : tuple of str
        What it contributes to; only told in comparisons.
    """

    code: str
    value: float
    cost: tuple[float, ...] = ()
    demand: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    starts: tuple[int, ...] = (1,)
    latest_start: int | None = None
    delay_factors: tuple[float, ...] = ()
    duration: int | None = None
    mandatory: bool = False
    running: bool = False
    stoppable: bool = False
    stopping_cost: tuple[float, ...] = ()
    bucket: str = ""
    exposure: float = 0.0
    objectives: tuple[str, ...] = ()

    @property
    def periods(self) -> int:
        """Periods until it is finished."""
        if self.duration is not None:
            return self.duration
        return max(len(self.cost), *(len(need) for need in self.demand.values()), 1)

    @property
    def total_cost(self) -> float:
        """Money of all periods."""
        return sum(self.cost)

    @property
    def allowed_starts(self) -> tuple[int, ...]:
        """The starts up to the latest one, in order."""
        latest = self.latest_start
        return tuple(sorted(start for start in self.starts if latest is None or start <= latest))

    @property
    def is_required(self) -> bool:
        """Whether every selection holds it."""
        return self.mandatory or (self.running and not self.stoppable)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """At most one of the members is selected."""

    name: str
    members: tuple[str, ...]


class PrerequisiteForm(StrEnum):
    """What a prerequisite asks for."""

    SELECTED = "selected"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """``code`` needs ``needs``: selected too, or finished before ``code`` starts."""

    code: str
    needs: str
    form: PrerequisiteForm = PrerequisiteForm.SELECTED


@dataclass(frozen=True, slots=True)
class BucketLimit:
    """Least and most cost of the selected of one bucket.

    Money, or per cent (0 to 100) of the cost of all that are selected with ``as_share``.
    """

    bucket: str
    at_least: float | None = None
    at_most: float | None = None
    as_share: bool = False


@dataclass(frozen=True, slots=True)
class Synergy:
    """A bonus, or a loss where negative, if both are selected."""

    first: str
    second: str
    bonus: float


@dataclass(frozen=True, slots=True)
class SelectionModel:
    """Candidates and limits of one selection.

    Parameters
    ----------
    candidates : tuple of Candidate
    periods : int
        Periods of the horizon. What a candidate costs or needs after it is bound by no limit of
        a period; its money still counts in total costs and buckets.
    budget : tuple of float, length ``periods``, optional
        Money by period; None for no limit.
    carry_over_pct : float
        Per cent (0 to 100) of a period's budget that may be carried on unspent to the next.
    capacity : mapping of str to tuple of float, length ``periods``
        Skill to full-time equivalents by period. A skill without one has no limit.
    delay_factors : tuple of float, length ``periods``
        The part of a value that is left if its candidate starts in each period; empty for 1.
    total_cost_cap : float, optional
        Most money over all periods.
    exclusions, prerequisites, bucket_limits, synergies : tuples
    force_in, force_out : tuple of str
        Decisions: codes that are selected, or not, whatever they are worth.
    """

    candidates: tuple[Candidate, ...]
    periods: int = 1
    budget: tuple[float, ...] | None = None
    carry_over_pct: float = 0.0
    capacity: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    delay_factors: tuple[float, ...] = ()
    total_cost_cap: float | None = None
    exclusions: tuple[Exclusion, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    bucket_limits: tuple[BucketLimit, ...] = ()
    synergies: tuple[Synergy, ...] = ()
    force_in: tuple[str, ...] = ()
    force_out: tuple[str, ...] = ()

    def factor(self, candidate: Candidate, start: int) -> float:
        """The part of a candidate's value that is left at one of its starts."""
        if candidate.delay_factors:
            return candidate.delay_factors[candidate.starts.index(start)]
        return self.delay_factors[start - 1] if self.delay_factors else 1.0
