# SPDX-License-Identifier: Apache-2.0
"""Measure portfolio selection against HiGHS alone, the same one, in the same run.

    python benchmarks/bench_selection.py
    python benchmarks/bench_selection.py --only dense --sizes 200 1000 --short 5 --long 60

Three parts: Petersen's seven problems to the proof; Chu and Beasley's knapsacks for some seconds
against their best known values; made-up dense portfolios (``portfolios.py``) for a short and a
long time. HiGHS alone gets the same program and the same wall time, without first selection,
search or prices. CPU seconds are those of this process and of the solver's together: on a busy
machine they say how much of the wall time was had. The data folder is beside the project
(``../shared/data``) or where --data says.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import portfolios

from pilothouse.engine.selection import (
    SelectionModel,
    Solver,
    Status,
    quick_selection,
    select_portfolio,
)
from pilothouse.engine.selection.draft import Draft
from pilothouse.engine.selection.problem import build
from pilothouse.engine.selection.tests import orlib

FILES = {
    "5.100": "mknapcb1.txt",
    "5.500": "mknapcb3.txt",
    "10.250": "mknapcb5.txt",
    "10.500": "mknapcb6.txt",
    "30.100": "mknapcb7.txt",
    "30.250": "mknapcb8.txt",
}


@dataclass(frozen=True)
class Run:
    """What one way of solving came to."""

    value: float
    bound: float
    wall: float
    cpu: float
    status: str

    @property
    def gap(self) -> float:
        """In per cent of the value."""
        return 100 * (self.bound - self.value) / self.value if self.value else float("inf")


def spent() -> float:
    """CPU seconds of this process and of those that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in both)


def timed(work: Callable[[], tuple[float | None, float | None, str]]) -> Run:
    """Run once; no selection counts as nothing."""
    wall, cpu = time.perf_counter(), spent()
    value, bound, status = work()
    return Run(value or 0.0, bound or 0.0, time.perf_counter() - wall, spent() - cpu, status)


def ours(model: SelectionModel, seconds: float) -> Run:
    """The product: search and solver."""

    def work() -> tuple[float | None, float | None, str]:
        found = select_portfolio(model, seconds=seconds)
        return found.value, found.bound, found.status

    return timed(work)


def alone(model: SelectionModel, seconds: float) -> Run:
    """HiGHS with the same program and as much time after its start."""

    def work() -> tuple[float | None, float | None, str]:
        draft = Draft(build(model))
        with Solver() as solver:
            answer = solver.solve(draft.program(draft.value()), seconds=seconds)
        return answer.value, answer.bound, answer.status

    return timed(work)


def petersen(data: Path) -> None:
    """The seven problems, each to the proof."""
    print("\nPetersen's problems: optimum, found, status, wall s, CPU s")
    text = (data / "orlib_mknap1_petersen_rd_projects.txt").read_text()
    for number, (model, optimum) in enumerate(orlib.read_mknap1(text), 1):
        run = ours(model, 60)
        print(
            f"  {number}  {optimum:>9.1f} {run.value:>9.1f} {run.status:>8} "
            f"{run.wall:>6.2f} {run.cpu:>6.2f}"
        )


def knapsacks(data: Path, sets: list[str], each: int, seconds: float) -> None:
    """Gap to the best known value, in per cent."""
    known = orlib.read_best_known(data / "orlib_mkcbres_best_known.txt")
    print(f"\nmknapcb, {seconds:g} s wall: gap to best known %, ours / HiGHS alone (CPU s)")
    with zipfile.ZipFile(data / "orlib_mknapcb1-9.zip") as archive:
        for name in sets:
            models = list(orlib.read_mknapcb(archive.read(FILES[name]).decode()))
            step = max(1, len(models) // each)
            rows = []
            for number in range(0, step * each, step):
                best = known[f"{name}-{number:02d}"]
                pair = [run(models[number], seconds) for run in (ours, alone)]
                rows.append([100 * (best - run.value) / best for run in pair])
                print(
                    f"  {name}-{number:02d}  {rows[-1][0]:6.3f} / {rows[-1][1]:6.3f}   "
                    f"({pair[0].cpu:.1f} / {pair[1].cpu:.1f})",
                    flush=True,
                )
            means = [statistics.mean(row[way] for row in rows) for way in (0, 1)]
            print(f"  {name} mean {means[0]:.3f} / {means[1]:.3f}", flush=True)


def dense(sizes: list[int], seeds: list[int], short: float, long: float) -> None:
    """Value and gap on made-up portfolios."""
    print("\ndense: candidates, seed, way, limit s, value, bound, gap %, wall s, CPU s")
    for size in sizes:
        for seed in seeds:
            model = portfolios.dense_model(size, seed)
            quick = timed(lambda model=model: _quick(model))
            rows = [("quick", 0.0, quick)]
            rows += [("ours", limit, ours(model, limit)) for limit in (short, long)]
            rows += [("HiGHS", limit, alone(model, limit)) for limit in (short, long)]
            for way, limit, run in rows:
                print(
                    f"  {size:5d} {seed:2d} {way:>6} {limit:5g} {run.value:10.1f} "
                    f"{run.bound:10.1f} {run.gap:6.2f} {run.wall:7.2f} {run.cpu:7.2f}",
                    flush=True,
                )


def _quick(model: SelectionModel) -> tuple[float | None, float | None, str]:
    found = quick_selection(model, rounds=400)
    return found.value, found.bound, found.status


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=["petersen", "knapsacks", "dense"])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--each", type=int, default=2, help="problems of each set, spread evenly")
    parser.add_argument("--seconds", type=float, default=15, help="for each knapsack")
    parser.add_argument("--sizes", nargs="+", type=int, default=[200, 1000])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--short", type=float, default=5)
    parser.add_argument("--long", type=float, default=60)
    chosen = parser.parse_args()
    data = chosen.data / "knapsack_portfolio"
    # Kernels are compiled once and kept; that is no part of any figure.
    assert quick_selection(portfolios.dense_model(20)).status is not Status.OPTIMAL
    if chosen.only in (None, "petersen") and data.is_dir():
        petersen(data)
    if chosen.only in (None, "knapsacks") and data.is_dir():
        knapsacks(data, chosen.sets, chosen.each, chosen.seconds)
    if chosen.only in (None, "dense"):
        dense(chosen.sizes, chosen.seeds, chosen.short, chosen.long)


if __name__ == "__main__":
    main()
