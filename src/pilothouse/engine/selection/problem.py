# SPDX-License-Identifier: Apache-2.0
"""The model as columns and rows: one column for each candidate and start.

Every limit is one row, sum of coefficient times column <= right side. A carry-over needs no
variable of its own: what may be spent in periods u to t together is their budgets and what may
be carried into u, for every u <= t, and these rows say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.selection.checks import check
from pilothouse.engine.selection.model import (
    Candidate,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_ENTRIES = 20_000_000


class LimitKind(StrEnum):
    """What a limit is of; the first four in the order in which they are relaxed."""

    BUDGET = "budget"
    SKILL = "skill"
    BUCKET = "bucket"
    LOGIC = "logic"


@dataclass(frozen=True, slots=True)
class Limit:
    """Names a row: its kind, what it is of, and its period (None for all together).

    With carry-over a row holds from the period ``since`` on; otherwise that is None.
    """

    kind: LimitKind
    name: str
    period: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Arrays of a model with n candidates, c columns, r rows and e entries.

    ``first_column`` (n + 1) gives the columns of each candidate, in the order of starts;
    ``start``, ``gain``, ``cost``, ``exposure`` (c) tell a column's start, value, money and risk
    (a stoppable project's money less what stopping it would cost, which is in ``base_cost``);
    ``money`` (n) is the whole money of a candidate.
    ``least``, ``most`` (n) say whether a candidate must or may be selected. Rows are kept
    compressed by row (``row_first``, ``row_column``, ``row_coefficient``) with ``right``;
    ``limits`` names them. Synergies: ``pair_first``, ``pair_second``, ``pair_bonus``.
    ``need_of``, ``need_for`` list prerequisites as pairs of candidates.
    """

    codes: tuple[str, ...]
    first_column: Ints
    start: Ints
    gain: Floats
    cost: Floats
    exposure: Floats
    money: Floats
    base_cost: float
    least: Ints
    most: Ints
    row_first: Ints
    row_column: Ints
    row_coefficient: Floats
    right: Floats
    limits: tuple[Limit, ...]
    pair_first: Ints
    pair_second: Ints
    pair_bonus: Floats
    need_of: Ints
    need_for: Ints

    @property
    def owner(self) -> Ints:
        """Candidate of each column."""
        return np.repeat(np.arange(len(self.codes)), np.diff(self.first_column))

    def value(self, at: Ints) -> float:
        """Value of a selection: the column of each candidate, or -1."""
        chosen = at[at >= 0]
        both = (at[self.pair_first] >= 0) & (at[self.pair_second] >= 0)
        return float(np.sum(self.gain[chosen]) + np.sum(self.pair_bonus[both]))

    def value_of_all(self) -> float:
        """What no selection can exceed: every candidate at its best start."""
        total = 0.0
        for first, last in zip(self.first_column[:-1], self.first_column[1:]):
            total += max(0.0, float(np.max(self.gain[first:last])))
        return total + float(np.sum(np.maximum(self.pair_bonus, 0.0)))

    def total_cost(self, at: Ints) -> float:
        """Money of a selection over all periods."""
        return self.base_cost + float(np.sum(self.cost[at[at >= 0]]))

    def total_exposure(self, at: Ints) -> float:
        """Risk exposure of a selection."""
        return float(np.sum(self.exposure[at[at >= 0]]))


class _Rows:
    """Rows as they are collected."""

    def __init__(self) -> None:
        self.columns: list[Ints] = []
        self.coefficients: list[Floats] = []
        self.right: list[float] = []
        self.limits: list[Limit] = []
        self.entries = 0

    def add(self, limit: Limit, columns: Ints, coefficients: Floats, right: float) -> None:
        """Append a row, without its zeros; a limit for the number of all entries holds."""
        told = np.flatnonzero(coefficients)
        self.entries += len(told)
        if self.entries > MOST_ENTRIES:
            raise InvalidInput(
                "selection.too_large",
                f"The limits have more than {MOST_ENTRIES:,} entries; split the model.",
                ("limits",),
            )
        self.columns.append(columns[told])
        self.coefficients.append(coefficients[told])
        self.right.append(right)
        self.limits.append(limit)


def build(model: SelectionModel) -> Problem:
    """Check a model and lay it out in arrays.

    Raises
    ------
    InvalidInput, CycleFound
        As `checks.check`; ``selection.too_large`` for too many entries.
    """
    check(model)
    candidates = model.candidates
    place = {candidate.code: number for number, candidate in enumerate(candidates)}
    starts = [candidate.allowed_starts for candidate in candidates]
    first_column = np.concatenate([[0], np.cumsum([len(own) for own in starts])]).astype(np.int64)
    start = np.array([period for own in starts for period in own], dtype=np.int64)
    owner = np.repeat(np.arange(len(candidates)), np.diff(first_column))
    gain = np.array(
        [
            candidate.value * model.factor(candidate, period)
            for candidate, own in zip(candidates, starts)
            for period in own
        ],
        dtype=np.float64,
    )
    stopping = np.array(
        [sum(item.stopping_cost) if item.stoppable else 0.0 for item in candidates]
    ).reshape(-1)
    money = np.array([candidate.total_cost for candidate in candidates], dtype=np.float64)
    rows = _Rows()
    _add_budget(rows, model, first_column, start, owner)
    _add_cap(rows, model, money - stopping, float(np.sum(stopping)), owner)
    _add_skills(rows, model, first_column, start)
    _add_buckets(rows, model, money, owner)
    _add_exclusions(rows, model, place, first_column)
    for need in model.prerequisites:
        _add_prerequisite(rows, need, place, first_column, start, candidates)
    forced_in, forced_out = set(model.force_in), set(model.force_out)
    return Problem(
        codes=tuple(candidate.code for candidate in candidates),
        first_column=first_column,
        start=start,
        gain=gain,
        cost=(money - stopping)[owner],
        exposure=np.array([item.exposure for item in candidates], dtype=np.float64)[owner],
        money=money,
        base_cost=float(np.sum(stopping)),
        least=np.array([c.is_required or c.code in forced_in for c in candidates], dtype=np.int64),
        most=np.array([c.code not in forced_out for c in candidates], dtype=np.int64),
        row_first=np.concatenate([[0], np.cumsum([len(own) for own in rows.columns])]).astype(
            np.int64
        ),
        row_column=np.concatenate([*rows.columns, np.zeros(0, np.int64)]),
        row_coefficient=np.concatenate([*rows.coefficients, np.zeros(0)]),
        right=np.array(rows.right, dtype=np.float64),
        limits=tuple(rows.limits),
        pair_first=np.array([place[pair.first] for pair in model.synergies], dtype=np.int64),
        pair_second=np.array([place[pair.second] for pair in model.synergies], dtype=np.int64),
        pair_bonus=np.array([pair.bonus for pair in model.synergies], dtype=np.float64),
        need_of=np.array([place[need.code] for need in model.prerequisites], dtype=np.int64),
        need_for=np.array([place[need.needs] for need in model.prerequisites], dtype=np.int64),
    )


def _add_budget(
    rows: _Rows, model: SelectionModel, first_column: Ints, start: Ints, owner: Ints
) -> None:
    """One row for each period; with carry-over also one for each run of periods."""
    if model.budget is None:
        return
    spent = spread([candidate.cost for candidate in model.candidates], model.periods, start, owner)
    right = np.array(model.budget, dtype=np.float64)
    for number, candidate in enumerate(model.candidates):
        if candidate.stoppable and candidate.stopping_cost:
            stopping = np.zeros(model.periods)
            stopping[: len(candidate.stopping_cost)] = candidate.stopping_cost
            spent[:, first_column[number] : first_column[number + 1]] -= stopping[:, None]
            right = right - stopping
    everywhere = np.arange(len(start))
    for period in range(model.periods):
        if model.carry_over_pct == 0:
            limit = Limit(LimitKind.BUDGET, "budget", period + 1)
            rows.add(limit, everywhere, spent[period], float(right[period]))
            continue
        total, allowed = np.zeros(len(start)), 0.0
        for since in range(period, -1, -1):
            total, allowed = total + spent[since], allowed + float(right[since])
            carried = model.carry_over_pct / 100 * model.budget[since - 1] if since else 0.0
            limit = Limit(LimitKind.BUDGET, "budget", period + 1, since + 1)
            rows.add(limit, everywhere, total, allowed + carried)


def spread(profiles: Sequence[Sequence[float]], periods: int, start: Ints, owner: Ints) -> Floats:
    """Profiles since a start as amounts by period of the model and column."""
    table = np.zeros((periods, len(start)))
    for column in range(len(start)):
        first = int(start[column]) - 1
        part = profiles[owner[column]][: periods - first]
        table[first : first + len(part), column] = part
    return table


def _add_cap(rows: _Rows, model: SelectionModel, money: Floats, base: float, owner: Ints) -> None:
    if model.total_cost_cap is not None:
        limit = Limit(LimitKind.BUDGET, "total cost")
        rows.add(limit, np.arange(len(owner)), money[owner], model.total_cost_cap - base)


def _add_skills(rows: _Rows, model: SelectionModel, first_column: Ints, start: Ints) -> None:
    for skill, capacity in model.capacity.items():
        users = [n for n, item in enumerate(model.candidates) if item.demand.get(skill)]
        columns = np.concatenate(
            [np.arange(first_column[n], first_column[n + 1]) for n in users]
            + [np.zeros(0, np.int64)]
        ).astype(np.int64)
        owner = np.repeat(users, [int(first_column[n + 1] - first_column[n]) for n in users])
        profiles = [candidate.demand.get(skill, ()) for candidate in model.candidates]
        needed = spread(profiles, model.periods, start[columns], owner.astype(np.int64))
        for period in range(model.periods):
            limit = Limit(LimitKind.SKILL, skill, period + 1)
            rows.add(limit, columns, needed[period], float(capacity[period]))


def _add_buckets(rows: _Rows, model: SelectionModel, money: Floats, owner: Ints) -> None:
    everywhere = np.arange(len(owner))
    for bucket in model.bucket_limits:
        inside = np.array([item.bucket == bucket.bucket for item in model.candidates])[owner]
        own = np.where(inside, money[owner], 0.0)
        limit = Limit(LimitKind.BUCKET, bucket.bucket)
        for sign, number in ((-1.0, bucket.at_least), (1.0, bucket.at_most)):
            if number is None:
                continue
            share = number / 100 if bucket.as_share else 0.0
            right = 0.0 if bucket.as_share else number
            rows.add(limit, everywhere, sign * (own - share * money[owner]), sign * right)


def _add_exclusions(
    rows: _Rows, model: SelectionModel, place: dict[str, int], first_column: Ints
) -> None:
    for group in model.exclusions:
        columns = np.concatenate(
            [_columns(first_column, place[code]) for code in group.members]
            + [np.zeros(0, np.int64)]
        ).astype(np.int64)
        rows.add(Limit(LimitKind.LOGIC, group.name), columns, np.ones(len(columns)), 1.0)


def _columns(first_column: Ints, number: int) -> Ints:
    return np.arange(first_column[number], first_column[number + 1], dtype=np.int64)


def _add_prerequisite(
    rows: _Rows,
    need: Prerequisite,
    place: dict[str, int],
    first_column: Ints,
    start: Ints,
    candidates: Sequence[Candidate],
) -> None:
    """Selected: x_i <= x_j. Finished: starts of i up to s <= starts of j up to s - duration."""
    own = _columns(first_column, place[need.code])
    other = _columns(first_column, place[need.needs])
    limit = Limit(LimitKind.LOGIC, f"{need.code} needs {need.needs}")
    if need.form is PrerequisiteForm.SELECTED:
        signs = np.concatenate([np.ones(len(own)), -np.ones(len(other))])
        rows.add(limit, np.concatenate([own, other]), signs, 0.0)
        return
    duration = candidates[place[need.needs]].periods
    for column in own:
        early = own[start[own] <= start[column]]
        ready = other[start[other] + duration <= start[column]]
        signs = np.concatenate([np.ones(len(early)), -np.ones(len(ready))])
        rows.add(limit, np.concatenate([early, ready]), signs, 0.0)
