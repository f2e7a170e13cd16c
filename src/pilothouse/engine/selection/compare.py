# SPDX-License-Identifier: Apache-2.0
"""What selections use and hold, and how two of them differ (DOMAIN 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.selection.model import Candidate, SelectionModel
from pilothouse.engine.selection.result import Selected, SelectionResult


@dataclass(frozen=True, slots=True)
class Use:
    """Use and limit of money (``name`` empty) or of a skill, by period; no limit is None."""

    name: str
    used: tuple[float, ...]
    limit: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class BucketUse:
    """Money of the selected of one bucket, and its per cent of all."""

    bucket: str
    cost: float
    share_pct: float


@dataclass(frozen=True, slots=True)
class SelectionProfile:
    """Everything a page shows of one selection besides its codes."""

    value: float | None
    total_cost: float
    money: Use
    skills: tuple[Use, ...]
    buckets: tuple[BucketUse, ...]
    objectives: tuple[str, ...]
    missing_objectives: tuple[str, ...]
    missing_mandatory: tuple[str, ...]


class Change(StrEnum):
    """How a candidate fares in another selection."""

    SAME = "same"
    OUT = "out"
    ENTERS = "enters"
    LEAVES = "leaves"
    MOVES = "moves"


@dataclass(frozen=True, slots=True)
class CandidateChange:
    """Starts in two selections, None where it is out of one; ``same`` in, ``out`` of both."""

    code: str
    change: Change
    before: int | None
    after: int | None


def profile(model: SelectionModel, result: SelectionResult) -> SelectionProfile:
    """Tell what a selection uses by period, its mix, and what it covers.

    Parameters
    ----------
    model : SelectionModel
        That the result is of.
    result : SelectionResult

    Raises
    ------
    InvalidInput
        ``selection.unknown`` for a result of other candidates.
    """
    by_code = {candidate.code: candidate for candidate in model.candidates}
    for item in result.selected:
        if item.code not in by_code:
            raise InvalidInput(
                "selection.unknown",
                f"There is no {item.code} in the model; take the model of the selection.",
                (item.code, "selected"),
            )
    chosen = [(by_code[item.code], item) for item in result.selected]
    codes = set(result.codes)
    stopped = [item for item in model.candidates if item.stoppable and item.code not in codes]
    costs = [_placed(item.cost, own.start, model.periods) for item, own in chosen]
    costs += [_placed(item.stopping_cost, 1, model.periods) for item in stopped]
    covered = {name for item, _ in chosen for name in item.objectives}
    wanted = {name for item in model.candidates for name in item.objectives}
    return SelectionProfile(
        value=result.value,
        total_cost=result.total_cost or 0.0,
        money=Use("", _summed(costs, model.periods), model.budget),
        skills=_skills(model, chosen),
        buckets=_buckets([item for item, _ in chosen]),
        objectives=tuple(sorted(covered)),
        missing_objectives=tuple(sorted(wanted - covered)),
        missing_mandatory=tuple(
            item.code for item in model.candidates if item.is_required and item.code not in codes
        ),
    )


def changes(
    model: SelectionModel, before: SelectionResult, after: SelectionResult
) -> tuple[CandidateChange, ...]:
    """Tell for every candidate, in the model's order, how it fares in a second selection."""
    first = {item.code: item.start for item in before.selected}
    second = {item.code: item.start for item in after.selected}
    told = []
    for candidate in model.candidates:
        starts = (first.get(candidate.code), second.get(candidate.code))
        told.append(CandidateChange(candidate.code, _change(*starts), *starts))
    return tuple(told)


def _change(before: int | None, after: int | None) -> Change:
    if before is None:
        return Change.OUT if after is None else Change.ENTERS
    if after is None:
        return Change.LEAVES
    return Change.SAME if before == after else Change.MOVES


def _placed(profile: Sequence[float], start: int, periods: int) -> tuple[float, ...]:
    """A profile since a start by period of the model; what comes after the horizon is left out."""
    padded = [0.0] * (start - 1) + list(profile) + [0.0] * periods
    return tuple(padded[:periods])


def _summed(rows: Sequence[tuple[float, ...]], periods: int) -> tuple[float, ...]:
    return tuple(sum(row[period] for row in rows) for period in range(periods))


def _skills(model: SelectionModel, chosen: Sequence[tuple[Candidate, Selected]]) -> tuple[Use, ...]:
    names = set(model.capacity) | {name for item, _ in chosen for name in item.demand}
    return tuple(
        Use(
            name,
            _summed(
                [
                    _placed(item.demand.get(name, ()), own.start, model.periods)
                    for item, own in chosen
                ],
                model.periods,
            ),
            model.capacity.get(name),
        )
        for name in sorted(names)
    )


def _buckets(chosen: Sequence[Candidate]) -> tuple[BucketUse, ...]:
    total = sum(item.total_cost for item in chosen)
    costs: dict[str, float] = {}
    for item in chosen:
        costs[item.bucket] = costs.get(item.bucket, 0.0) + item.total_cost
    return tuple(
        BucketUse(name, cost, 100 * cost / total if total else 0.0)
        for name, cost in sorted(costs.items())
    )
