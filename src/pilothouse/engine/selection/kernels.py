# SPDX-License-Identifier: Apache-2.0
"""Compiled loops of the quick search: take some candidates out, put others in, keep what is good.

A selection is ``at`` (n), the column of each candidate or -1, and ``used`` (r), what its columns
use of each limit. Columns are kept compressed by column; all candidates' own arrays too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pilothouse.engine._compile import kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Ground(NamedTuple):
    """What the search runs on: n candidates, c columns, r rows.

    ``above`` are a candidate's prerequisites, nearest to the root first, ``below`` those that
    need it, both through all levels. ``mates`` are its synergies. ``minimal`` lists rows that
    ask for a minimum, ``helps`` (c) marks columns that bring one nearer. ``scale`` (r) makes
    excesses comparable.
    """

    first_column: Ints
    owner: Ints
    entry_first: Ints
    entry_row: Ints
    entry_size: Floats
    limit: Floats
    scale: Floats
    gain: Floats
    least: Ints
    most: Ints
    above_first: Ints
    above: Ints
    below_first: Ints
    below: Ints
    mate_first: Ints
    mate: Ints
    mate_bonus: Floats
    minimal: Ints
    helps: Ints
    penalty: float


@kernel
def drawn(seed: Ints, below: int) -> int:
    """A whole number from 0 to ``below`` - 1 (L'Ecuyer 1988: two multiplicative generators)."""
    seed[0] = seed[0] * 40014 % 2147483563
    seed[1] = seed[1] * 40692 % 2147483399
    return int((seed[0] + 2147483562 - seed[1] % 2147483562) % 2147483562 % below)


@kernel
def fits(ground: Ground, used: Floats, column: int) -> bool:
    """Whether a column may be added without exceeding a limit further."""
    for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
        size, row = ground.entry_size[entry], ground.entry_row[entry]
        if size > 0.0 and used[row] + size > ground.limit[row]:
            return False
    return True


@kernel
def put(ground: Ground, at: Ints, used: Floats, column: int) -> None:
    """Select a column."""
    at[ground.owner[column]] = column
    for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
        used[ground.entry_row[entry]] += ground.entry_size[entry]


@kernel
def take(ground: Ground, at: Ints, used: Floats, candidate: int) -> None:
    """Take a candidate out, with those that need it."""
    for place in range(ground.below_first[candidate], ground.below_first[candidate + 1]):
        take_one(ground, at, used, ground.below[place])
    take_one(ground, at, used, candidate)


@kernel
def take_one(ground: Ground, at: Ints, used: Floats, candidate: int) -> None:
    """Take a candidate out, if it is in."""
    column = at[candidate]
    if column < 0:
        return
    at[candidate] = -1
    for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
        used[ground.entry_row[entry]] -= ground.entry_size[entry]


@kernel
def bonus(ground: Ground, at: Ints, candidate: int) -> float:
    """Synergies of a candidate with those selected."""
    total = 0.0
    for place in range(ground.mate_first[candidate], ground.mate_first[candidate + 1]):
        if at[ground.mate[place]] >= 0:
            total += ground.mate_bonus[place]
    return total


@kernel
def put_with_needs(ground: Ground, at: Ints, used: Floats, column: int, must: bool) -> bool:
    """Select a column with the prerequisites that are missing, if all fit and it is worth it."""
    candidate = ground.owner[column]
    first, last = ground.above_first[candidate], ground.above_first[candidate + 1]
    worth = ground.gain[column] + bonus(ground, at, candidate)
    complete = True
    for place in range(first, last):
        needed = ground.above[place]
        if at[needed] >= 0:
            continue
        complete = False
        for other in range(ground.first_column[needed], ground.first_column[needed + 1]):
            if ground.most[needed] == 1 and fits(ground, used, other):
                worth += ground.gain[other] + bonus(ground, at, needed)
                put(ground, at, used, other)
                used[ground.limit.size + needed] = 1.0
                break
        if at[needed] < 0:
            break
    done = (must or worth > 0.0) and fits(ground, used, column)
    if done:
        put(ground, at, used, column)
    if complete:
        return done
    for place in range(last - 1, first - 1, -1):
        needed = ground.above[place]
        if used[ground.limit.size + needed] == 1.0:
            used[ground.limit.size + needed] = 0.0
            if not done:
                take_one(ground, at, used, needed)
    return done


@kernel
def fill(
    ground: Ground, at: Ints, used: Floats, order: Ints, length: int, blinks: int, seed: Ints
) -> None:
    """Put in what is missing, then what fits, in an order of columns.

    What only fits is taken from the first ``length`` of the order, and one of ``blinks`` is
    overlooked at random.
    """
    if misses(ground, at):
        for place in range(order.size):
            column = order[place]
            candidate = ground.owner[column]
            if at[candidate] < 0 and ground.least[candidate] == 1:
                put_with_needs(ground, at, used, column, True)
    for place in range(order.size):
        if not lacks(ground, used):
            break
        column = order[place]
        candidate = ground.owner[column]
        if ground.helps[column] == 1 and at[candidate] < 0 and ground.most[candidate] == 1:
            put_with_needs(ground, at, used, column, True)
    sweeps = 1 if ground.minimal.size == 0 else 2
    for _ in range(sweeps):
        for place in range(length):
            column = order[place]
            candidate = ground.owner[column]
            if at[candidate] >= 0 or ground.most[candidate] == 0:
                continue
            alone = ground.above_first[candidate] == ground.above_first[candidate + 1]
            if alone and not fits(ground, used, column):
                continue
            if blinks > 0 and drawn(seed, blinks) == 0:
                continue
            put_with_needs(ground, at, used, column, False)


@kernel
def misses(ground: Ground, at: Ints) -> bool:
    """Whether a candidate that must be in is out."""
    missing = 0
    for candidate in range(at.size):
        if at[candidate] < 0:
            missing += ground.least[candidate]
    return missing > 0


@kernel
def lacks(ground: Ground, used: Floats) -> bool:
    """Whether a minimum is not reached."""
    for place in range(ground.minimal.size):
        row = ground.minimal[place]
        if used[row] > ground.limit[row]:
            return True
    return False


@kernel
def drop_losses(ground: Ground, at: Ints, used: Floats) -> None:
    """Take out what costs value and is needed by nobody."""
    for candidate in range(at.size):
        column = at[candidate]
        if column < 0 or ground.least[candidate] == 1:
            continue
        if ground.gain[column] + bonus(ground, at, candidate) >= 0.0:
            continue
        free = True
        for place in range(ground.below_first[candidate], ground.below_first[candidate + 1]):
            free = free and at[ground.below[place]] < 0
        for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
            size, row = ground.entry_size[entry], ground.entry_row[entry]
            free = free and (size >= 0.0 or used[row] - size <= ground.limit[row])
        if free:
            take_one(ground, at, used, candidate)


@kernel
def worth(ground: Ground, at: Ints, used: Floats) -> float:
    """Value less a heavy penalty for limits exceeded and candidates missing."""
    total, wrong = 0.0, 0.0
    for candidate in range(at.size):
        if at[candidate] >= 0:
            total += ground.gain[at[candidate]] + 0.5 * bonus(ground, at, candidate)
        elif ground.least[candidate] == 1:
            wrong += 1.0
    for row in range(ground.limit.size):
        if used[row] > ground.limit[row]:
            wrong += (used[row] - ground.limit[row]) / ground.scale[row]
    return total - ground.penalty * wrong if wrong > 0.0 else total


@kernel
def size_in(ground: Ground, column: int, row: int) -> float:
    """What a column uses of a row."""
    for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
        if ground.entry_row[entry] == row:
            return float(ground.entry_size[entry])
    return 0.0


@kernel
def ruin(ground: Ground, at: Ints, used: Floats, most: int, seed: Ints) -> None:
    """Take out up to ``most`` candidates: anywhere, or of one limit."""
    chosen = np.flatnonzero(at >= 0)
    if chosen.size == 0:
        return
    count = 1 + drawn(seed, most)
    row = -1
    if drawn(seed, 2) == 0:
        column = at[chosen[drawn(seed, chosen.size)]]
        entries = ground.entry_first[column + 1] - ground.entry_first[column]
        if entries > 0:
            row = ground.entry_row[ground.entry_first[column] + drawn(seed, entries)]
    tries = 0
    while count > 0 and tries < 4 * most:
        tries += 1
        candidate = chosen[drawn(seed, chosen.size)]
        if at[candidate] < 0 or (row >= 0 and size_in(ground, at[candidate], row) <= 0.0):
            continue
        take(ground, at, used, candidate)
        count -= 1


@kernel
def force_in(
    ground: Ground, at: Ints, used: Floats, merit: Floats, order: Ints, length: int, seed: Ints
) -> None:
    """Select a column that is not in, taking out what stands in its way."""
    if length == 0:
        return
    # The better half of the tries falls on columns far up in the order.
    reach = 1 + drawn(seed, length)
    column = order[drawn(seed, reach)]
    candidate = ground.owner[column]
    if at[candidate] == column or ground.most[candidate] == 0:
        return
    take(ground, at, used, candidate)
    for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
        size, row = ground.entry_size[entry], ground.entry_row[entry]
        tries = 0
        while size > 0.0 and used[row] + size > ground.limit[row] and tries < 40:
            tries += 1
            worst = weakest(ground, at, merit, row, seed)
            if worst < 0:
                break
            take(ground, at, used, worst)
    put_with_needs(ground, at, used, column, True)


@kernel
def weakest(ground: Ground, at: Ints, merit: Floats, row: int, seed: Ints) -> int:
    """Of some selected candidates that use a row, the one of least merit; -1 for none."""
    found, least = -1, np.inf
    start, seen = drawn(seed, at.size), 0
    for step in range(at.size):
        candidate = (start + step) % at.size
        column = at[candidate]
        if column < 0 or ground.least[candidate] == 1:
            continue
        if size_in(ground, column, row) > 0.0:
            seen += 1
            if merit[column] < least:
                found, least = candidate, merit[column]
            if seen == 4:
                break
    return found


@kernel
def search(
    ground: Ground,
    at: Ints,
    best: Ints,
    orders: Ints,
    lengths: Ints,
    merit: Floats,
    rounds: int,
    most: int,
    margin: float,
    seed: Ints,
) -> float:
    """Improve a selection by taking out and filling up again.

    ``at`` is the selection to go on from, ``best`` the best so far; both are written. ``orders``
    (k, c) with ``lengths`` (k) are orders of columns to fill up by, ``merit`` (c) says which
    columns to take out first. A round is kept if it is worth no less than the best less
    ``margin``. Returns what the best is worth.
    """
    rows = ground.limit.size
    # Behind the limits: marks of candidates that are put in for another one's sake.
    used = np.zeros(rows + at.size)
    tried_used = np.zeros(rows + at.size)
    for candidate in range(at.size):
        if at[candidate] >= 0:
            put(ground, at, used, at[candidate])
    here = worth(ground, at, used)
    held = np.zeros(rows + at.size)
    for candidate in range(at.size):
        if best[candidate] >= 0:
            put(ground, best, held, best[candidate])
    record = worth(ground, best, held)
    tried = at.copy()
    for _ in range(rounds):
        tried[:] = at
        tried_used[:] = used
        kind = drawn(seed, orders.shape[0])
        ruin(ground, tried, tried_used, most, seed)
        if drawn(seed, 2) == 0:
            force_in(ground, tried, tried_used, merit, orders[kind], lengths[kind], seed)
        blinks = 0 if drawn(seed, 2) == 0 else 10
        fill(ground, tried, tried_used, orders[kind], lengths[kind], blinks, seed)
        drop_losses(ground, tried, tried_used)
        found = worth(ground, tried, tried_used)
        if found >= here or found >= record - margin:
            here = found
            at[:] = tried
            used[:] = tried_used
            if found > record:
                record = found
                best[:] = tried
    return record


@kernel
def relax(ground: Ground, gain: Floats, prices: Floats, share: Floats, rounds: int) -> float:
    """Prices of the limits, and shares of the columns, near those of the relaxed program.

    The volume algorithm: each candidate takes its best column at the prices, the shares are a
    sliding mean of these choices, and prices move along what the mean leaves of the limits.
    ``prices`` (r) are those to start from; they and ``share`` (c) are written. Returns a proven
    bound: what all choices are worth at the best prices, plus what the limits cost there.
    """
    rows, candidates = prices.size, ground.first_column.size - 1
    size = np.zeros(rows)
    for entry in range(ground.entry_row.size):
        size[ground.entry_row[entry]] += ground.entry_size[entry] ** 2
    for row in range(rows):
        size[row] = np.sqrt(size[row]) if size[row] > 0.0 else 1.0
    picked = np.full(candidates, -1, dtype=np.int64)
    center = prices.copy()
    bound = choose(ground, gain, center, picked)
    take_mean(picked, share, 1.0)
    step, fails, weight = 0.5, 0, 0.1
    left = np.empty(rows)
    for _ in range(rounds):
        for row in range(rows):
            left[row] = ground.limit[row]
        for column in range(share.size):
            if share[column] > 0.0:
                for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
                    left[ground.entry_row[entry]] -= ground.entry_size[entry] * share[column]
        length = 0.0
        for row in range(rows):
            left[row] /= size[row]
            if center[row] > 0.0 or left[row] < 0.0:
                length += left[row] ** 2
        if length < 1e-12:
            break
        pace = step * max(0.03 * abs(bound), 1e-9) / length
        for row in range(rows):
            prices[row] = max(0.0, center[row] - pace * left[row] / size[row])
        found = choose(ground, gain, prices, picked)
        take_mean(picked, share, weight)
        if found < bound:
            bound = found
            center[:] = prices
            fails = 0
            step = min(step * 1.1, 2.0)
        else:
            fails += 1
            if fails % 10 == 0:
                step *= 0.66
                weight = max(weight * 0.9, 0.01)
    prices[:] = center
    return bound


@kernel
def choose(ground: Ground, gain: Floats, prices: Floats, picked: Ints) -> float:
    """The best column of each candidate at some prices, or -1, and the bound that follows."""
    total = 0.0
    for row in range(prices.size):
        total += prices[row] * ground.limit[row]
    for candidate in range(picked.size):
        best, found = 0.0, -1
        if ground.least[candidate] == 1:
            best = -np.inf
        if ground.most[candidate] == 1:
            for column in range(ground.first_column[candidate], ground.first_column[candidate + 1]):
                left = gain[column]
                for entry in range(ground.entry_first[column], ground.entry_first[column + 1]):
                    left -= prices[ground.entry_row[entry]] * ground.entry_size[entry]
                if left > best:
                    best, found = left, column
        picked[candidate] = found
        if found >= 0:
            total += best
    return total


@kernel
def take_mean(picked: Ints, share: Floats, weight: float) -> None:
    """Move shares towards the columns picked."""
    for column in range(share.size):
        share[column] *= 1.0 - weight
    for candidate in range(picked.size):
        if picked[candidate] >= 0:
            share[picked[candidate]] += weight


@kernel
def construct(ground: Ground, best: Ints, orders: Ints, lengths: Ints, seed: Ints) -> float:
    """Fill an empty selection by each order; ``best`` is written where one is worth more."""
    used = np.zeros(ground.limit.size + best.size)
    at = best.copy()
    for candidate in range(at.size):
        if at[candidate] >= 0:
            put(ground, at, used, at[candidate])
    record = worth(ground, at, used)
    for kind in range(orders.shape[0]):
        used[:] = 0.0
        at[:] = -1
        fill(ground, at, used, orders[kind], lengths[kind], 0, seed)
        drop_losses(ground, at, used)
        found = worth(ground, at, used)
        if found > record:
            record = found
            best[:] = at
    return record
