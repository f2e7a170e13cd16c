# SPDX-License-Identifier: Apache-2.0
"""Refuses a model that cannot be meant, naming the place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from math import isfinite

from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.selection.model import (
    BucketLimit,
    Candidate,
    Prerequisite,
    SelectionModel,
)

MOST_CANDIDATES = 5_000
MOST_PERIODS = 120
MOST_SKILLS = 500
MOST_RULES = 20_000
MOST_STARTS = 100_000
"""Candidates times their starts."""
LARGEST_NUMBER = 1e12


def check(model: SelectionModel) -> None:
    """Refuse what is not a model.

    Raises
    ------
    InvalidInput
        ``selection.too_large``, ``selection.number``, ``selection.negative``,
        ``selection.lengths``, ``selection.duplicate``, ``selection.unknown``,
        ``selection.starts``, ``selection.percent``, ``selection.contradiction``; the places
        name candidate and field.
    CycleFound
        ``selection.cycle`` for candidates that need each other in a circle.
    """
    _check_size(model)
    codes = [candidate.code for candidate in model.candidates]
    _require_once(codes, "candidate")
    for candidate in model.candidates:
        _check_candidate(model, candidate)
    _check_limits(model)
    known = set(codes)
    _require_once([group.name for group in model.exclusions], "exclusion group")
    for group in model.exclusions:
        _require_known(group.members, known, f"exclusion group {group.name}")
        _require_once(group.members, f"member of exclusion group {group.name}")
    for need in model.prerequisites:
        _require_known((need.code, need.needs), known, "prerequisites")
    _require_no_circle(model.prerequisites)
    buckets = {candidate.bucket for candidate in model.candidates if candidate.bucket}
    for limit in model.bucket_limits:
        _require_known((limit.bucket,), buckets, "bucket limits")
        _check_bucket_limit(limit)
    for synergy in model.synergies:
        _require_known((synergy.first, synergy.second), known, "synergies")
        if synergy.first == synergy.second:
            raise InvalidInput(
                "selection.contradiction",
                f"{synergy.first} has a synergy with itself; name two candidates.",
                (synergy.first, "synergies"),
            )
        _check_number(synergy.bonus, (synergy.first, synergy.second, "bonus"), signed=True)
    _check_decisions(model, known)


def _check_size(model: SelectionModel) -> None:
    rules = sum(len(group.members) for group in model.exclusions) + len(model.prerequisites)
    rules += len(model.bucket_limits) + len(model.synergies)
    sizes = (
        ("candidates", len(model.candidates), MOST_CANDIDATES),
        ("periods", model.periods, MOST_PERIODS),
        ("skills", len(model.capacity), MOST_SKILLS),
        ("rules", rules, MOST_RULES),
        ("starts", sum(len(item.starts) for item in model.candidates), MOST_STARTS),
    )
    for name, size, most in sizes:
        if size > most:
            raise InvalidInput(
                "selection.too_large",
                f"There are {size:,} {name}, more than {most:,}; split the model.",
                (name,),
            )
    if model.periods < 1:
        raise InvalidInput(
            "selection.lengths", "The model has no period; give it at least one.", ("periods",)
        )


def _check_candidate(model: SelectionModel, candidate: Candidate) -> None:
    code = candidate.code
    if not code:
        raise InvalidInput(
            "selection.unknown", "A candidate has no code; give every one a code.", ("code",)
        )
    _check_number(candidate.value, (code, "value"), signed=True)
    _check_number(candidate.exposure, (code, "exposure"))
    _check_profile(candidate.cost, (code, "cost"))
    _check_profile(candidate.stopping_cost, (code, "stopping_cost"))
    for skill, need in candidate.demand.items():
        _check_profile(need, (code, f"demand {skill}"))
    if candidate.duration is not None and not 1 <= candidate.duration <= MOST_PERIODS:
        raise InvalidInput(
            "selection.lengths",
            f"The duration of {code} is {candidate.duration}; give 1 to {MOST_PERIODS} periods.",
            (code, "duration"),
        )
    _check_starts(model, candidate)
    if candidate.delay_factors:
        _check_length(candidate.delay_factors, len(candidate.starts), (code, "delay_factors"))
        for factor in candidate.delay_factors:
            _check_number(factor, (code, "delay_factors"))
    if candidate.stoppable and (not candidate.running or candidate.mandatory):
        raise InvalidInput(
            "selection.contradiction",
            f"{code} is stoppable, but it is mandatory or does not run; "
            "only running projects that are not mandatory can be stopped.",
            (code, "stoppable"),
        )
    if len(candidate.stopping_cost) > model.periods:
        _check_length(candidate.stopping_cost, model.periods, (code, "stopping_cost"))


def _check_starts(model: SelectionModel, candidate: Candidate) -> None:
    _require_once([str(start) for start in candidate.starts], f"start of {candidate.code}")
    if any(not 1 <= start <= model.periods for start in candidate.starts):
        raise InvalidInput(
            "selection.starts",
            f"A start of {candidate.code} is no period of the model; "
            f"give periods from 1 to {model.periods}.",
            (candidate.code, "starts"),
        )
    if not candidate.allowed_starts:
        raise InvalidInput(
            "selection.starts",
            f"{candidate.code} has no start that is allowed; give one up to its latest start.",
            (candidate.code, "starts"),
        )


def _check_limits(model: SelectionModel) -> None:
    if model.budget is not None:
        _check_length(model.budget, model.periods, ("budget",))
        _check_profile(model.budget, ("budget",))
    for skill, capacity in model.capacity.items():
        _check_length(capacity, model.periods, ("capacity", skill))
        _check_profile(capacity, ("capacity", skill))
    if model.delay_factors:
        _check_length(model.delay_factors, model.periods, ("delay_factors",))
        for factor in model.delay_factors:
            _check_number(factor, ("delay_factors",))
    if model.total_cost_cap is not None:
        _check_number(model.total_cost_cap, ("total_cost_cap",))
    _check_percent(model.carry_over_pct, ("carry_over_pct",))


def _check_bucket_limit(limit: BucketLimit) -> None:
    for name, number in (("at_least", limit.at_least), ("at_most", limit.at_most)):
        if number is not None and limit.as_share:
            _check_percent(number, (limit.bucket, name))
        elif number is not None:
            _check_number(number, (limit.bucket, name))
    if limit.at_least is not None and limit.at_most is not None and limit.at_least > limit.at_most:
        raise InvalidInput(
            "selection.contradiction",
            f"The least of bucket {limit.bucket} is above its most; exchange them.",
            (limit.bucket, "at_least"),
        )


def _check_decisions(model: SelectionModel, known: set[str]) -> None:
    _require_known(model.force_in, known, "force_in")
    _require_known(model.force_out, known, "force_out")
    required = {candidate.code for candidate in model.candidates if candidate.is_required}
    if both := sorted(set(model.force_out) & (required | set(model.force_in))):
        raise InvalidInput(
            "selection.contradiction",
            f"{both[0]} is forced out, but it is mandatory, running or forced in; decide for one.",
            (both[0], "force_out"),
        )


def _check_profile(numbers: Sequence[float], place: tuple[str, ...]) -> None:
    if len(numbers) > MOST_PERIODS:
        _check_length(numbers, MOST_PERIODS, place)
    for number in numbers:
        _check_number(number, place)


def _check_number(number: float, place: tuple[str, ...], *, signed: bool = False) -> None:
    if not isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise InvalidInput(
            "selection.number",
            f"{' '.join(place)} is {number}; give a number of at most {LARGEST_NUMBER:,.0f}.",
            place,
        )
    if number < 0 and not signed:
        raise InvalidInput(
            "selection.negative", f"{' '.join(place)} is {number:g}; give 0 or more.", place
        )


def _check_percent(number: float, place: tuple[str, ...]) -> None:
    if not isfinite(number) or not 0 <= number <= 100:
        raise InvalidInput(
            "selection.percent", f"{' '.join(place)} is {number}; give 0 to 100 per cent.", place
        )


def _check_length(numbers: Sequence[float], length: int, place: tuple[str, ...]) -> None:
    if len(numbers) != length:
        raise InvalidInput(
            "selection.lengths",
            f"{' '.join(place)} has {len(numbers)} numbers; give {length}.",
            place,
        )


def _require_once(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(
                "selection.duplicate", f"The {what} {name} is given twice; give it once.", (name,)
            )
        seen.add(name)


def _require_known(names: Iterable[str], known: set[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise InvalidInput(
                "selection.unknown",
                f"There is no {name}, which is named in {where}; correct the name.",
                (name, where),
            )


def _require_no_circle(prerequisites: Sequence[Prerequisite]) -> None:
    order: TopologicalSorter[str] = TopologicalSorter()
    for need in prerequisites:
        order.add(need.code, need.needs)
    try:
        order.prepare()
    except CycleError as error:
        circle = [str(code) for code in error.args[1]]
        raise CycleFound(
            "selection.cycle",
            f"Candidates need each other in a circle: {', '.join(circle[:20])}; "
            "take one of these prerequisites out.",
            tuple(circle[:-1]),
        ) from None
