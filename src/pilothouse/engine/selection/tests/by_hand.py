# SPDX-License-Identifier: Apache-2.0
"""A selection checked and counted straight from the model, sharing nothing with the engine."""

from itertools import product

from hypothesis import strategies as st

from pilothouse.engine.selection import (
    BucketLimit,
    Candidate,
    Exclusion,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
    Synergy,
)

NEAR = 1e-6


def breaks(model, starts):
    """What a selection (code to start) breaks, in words; empty if nothing."""
    by_code = {c.code: c for c in model.candidates}
    wrong = [
        f"{code} may not start in {start}"
        for code, start in starts.items()
        if start not in by_code[code].starts or start > (by_code[code].latest_start or 10**9)
    ]
    for c in model.candidates:
        bound = c.mandatory or (c.running and not c.stoppable) or c.code in model.force_in
        if bound and c.code not in starts:
            wrong.append(f"{c.code} is missing")
    wrong += [f"{code} is barred" for code in starts if code in model.force_out]
    for group in model.exclusions:
        if sum(code in starts for code in group.members) > 1:
            wrong.append(group.name)
    for need in model.prerequisites:
        if need.code in starts and need.needs not in starts:
            wrong.append(f"{need.code} lacks {need.needs}")
        elif need.code in starts and need.form is PrerequisiteForm.FINISHED:
            other = by_code[need.needs]
            profiles = [other.cost, *other.demand.values(), (0,)]
            length = other.duration or max(map(len, profiles))
            if starts[need.needs] + length > starts[need.code]:
                wrong.append(f"{need.code} starts before {need.needs} is finished")
    return wrong + over_periods(model, starts) + over_money(model, starts)


def over_periods(model, starts):
    by_code = {c.code: c for c in model.candidates}
    wrong, carried = [], 0.0
    for period in range(1, model.periods + 1):
        spent = sum(at(by_code[code].cost, period - start) for code, start in starts.items())
        for c in model.candidates:
            if c.stoppable and c.code not in starts:
                spent += at(c.stopping_cost, period - 1)
        if model.budget is not None:
            left = model.budget[period - 1] + carried - spent
            if left < -NEAR:
                wrong.append(f"budget {period}")
            carried = min(left, model.budget[period - 1] * model.carry_over_pct / 100)
        for skill, capacity in model.capacity.items():
            need = sum(
                at(by_code[code].demand.get(skill, ()), period - start)
                for code, start in starts.items()
            )
            if need > capacity[period - 1] + NEAR:
                wrong.append(f"{skill} {period}")
    return wrong


def at(profile, place):
    return profile[place] if 0 <= place < len(profile) else 0.0


def over_money(model, starts):
    wrong = []
    if model.total_cost_cap is not None and cost(model, starts) > model.total_cost_cap + NEAR:
        wrong.append("total cost")
    money = {c.code: sum(c.cost) for c in model.candidates}
    every = sum(money[code] for code in starts)
    for limit in model.bucket_limits:
        own = sum(
            money[c.code] for c in model.candidates if c.code in starts and c.bucket == limit.bucket
        )
        whole = every / 100 if limit.as_share else 1.0
        if limit.at_least is not None and own < limit.at_least * whole - NEAR:
            wrong.append(f"too little {limit.bucket}")
        if limit.at_most is not None and own > limit.at_most * whole + NEAR:
            wrong.append(f"too much {limit.bucket}")
    return wrong


def value(model, starts):
    total = 0.0
    for c in model.candidates:
        if c.code in starts:
            start = starts[c.code]
            if c.delay_factors:
                total += c.value * c.delay_factors[c.starts.index(start)]
            else:
                total += c.value * (model.delay_factors[start - 1] if model.delay_factors else 1)
    for pair in model.synergies:
        if pair.first in starts and pair.second in starts:
            total += pair.bonus
    return total


def cost(model, starts):
    total = sum(sum(c.cost) for c in model.candidates if c.code in starts)
    return total + sum(
        sum(c.stopping_cost) for c in model.candidates if c.stoppable and c.code not in starts
    )


def all_selections(model):
    """Every selection that breaks nothing."""
    choices = [(None, *c.starts) for c in model.candidates]
    for picked in product(*choices):
        starts = {c.code: start for c, start in zip(model.candidates, picked) if start is not None}
        if not breaks(model, starts):
            yield starts


def best(model):
    """The selection that R-SEL-01 asks for, as (value, cost, codes, sum of starts); or None."""
    codes = sorted(c.code for c in model.candidates)

    def key(starts):
        held = tuple(code not in starts for code in codes)
        return (-round(value(model, starts), 6), cost(model, starts), held, sum(starts.values()))

    keys = [key(starts) for starts in all_selections(model)]
    if not keys:
        return None
    worth, money, held, when = min(keys)
    return -worth, money, tuple(c for c, out in zip(codes, held) if not out), when


@st.composite
def models(draw, most=5):
    """Small models that use every part of the language."""
    whole = st.integers(0, 6).map(float)
    periods = draw(st.integers(1, 3))
    count = draw(st.integers(1, most))
    codes = [f"C{number}" for number in range(count)]
    candidates = []
    for code in codes:
        starts = draw(
            st.lists(st.integers(1, periods), min_size=1, max_size=2, unique=True).map(sorted)
        )
        running = draw(st.integers(0, 7)) == 0
        candidates.append(
            Candidate(
                code,
                draw(st.integers(-2, 9).map(float)),
                cost=tuple(draw(st.lists(whole, min_size=1, max_size=2))),
                demand={"dev": tuple(draw(st.lists(whole, max_size=2)))},
                starts=tuple(starts),
                delay_factors=draw(st.sampled_from([(), (1.0, 0.5)[: len(starts)]])),
                mandatory=draw(st.integers(0, 9)) == 0 and not running,
                running=running,
                stoppable=running,
                stopping_cost=(draw(whole),) if running else (),
                bucket=draw(st.sampled_from(["", "GROW", "RUN"])),
            )
        )
    pairs = [(one, other) for one in codes for other in codes if one < other]
    some = st.lists(st.sampled_from(pairs), max_size=2, unique=True) if pairs else st.just([])
    buckets = sorted({c.bucket for c in candidates} - {""})
    limits = [
        draw(
            st.sampled_from(
                [
                    BucketLimit(bucket, at_least=3.0),
                    BucketLimit(bucket, at_most=6.0),
                    BucketLimit(bucket, at_least=50.0, as_share=True),
                    BucketLimit(bucket, at_most=50.0, as_share=True),
                ]
            )
        )
        for bucket in buckets
        if draw(st.integers(0, 3)) == 0
    ]
    per_period = st.lists(st.integers(2, 14).map(float), min_size=periods, max_size=periods)
    return SelectionModel(
        tuple(candidates),
        periods,
        budget=draw(st.none() | per_period.map(tuple)),
        carry_over_pct=draw(st.sampled_from([0.0, 0.0, 50.0, 100.0])),
        capacity={"dev": tuple(draw(per_period))} if draw(st.booleans()) else {},
        delay_factors=draw(st.sampled_from([(), (1.0, 0.75, 0.25)[:periods]])),
        total_cost_cap=draw(st.none() | st.integers(3, 25).map(float)),
        exclusions=tuple(Exclusion("/".join(p), p) for p in draw(some)),
        prerequisites=tuple(
            Prerequisite(other, one, draw(st.sampled_from(list(PrerequisiteForm))))
            for one, other in draw(some)
        ),
        bucket_limits=tuple(limits),
        synergies=tuple(Synergy(*p, float(draw(st.integers(-4, 4)))) for p in draw(some)),
    )
