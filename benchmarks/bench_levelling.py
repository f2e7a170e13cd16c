# SPDX-License-Identifier: Apache-2.0
"""Measure resource levelling against published results (goals P4 to P6).

    python benchmarks/bench_levelling.py j30 --every 1
    python benchmarks/bench_levelling.py j60 j120 --every 20 --seconds 10
    python benchmarks/bench_levelling.py j120 --every 10 --seconds 4 --proof 16 --workers 2
    python benchmarks/bench_levelling.py mpsplib mplib --every 4 --seconds 1
    python benchmarks/bench_levelling.py max --every 20 --proof 10
    python benchmarks/bench_levelling.py plans

Seconds are of CPU, of this process for the search and of the solver for proofs, so that other
work on the machine does not count. ``--every N`` takes each N-th instance of a set. Gaps are to
the best makespan known. The data sets lie beside the project (``--data``).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import Infeasible
from pilothouse.engine.formats.progen import read_progen
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling import (
    Effort,
    Instance,
    LevelOptions,
    Limit,
    ProjectPlan,
    Prover,
    Status,
    generate,
    level,
    level_plans,
    make_instance,
)
from pilothouse.engine.network.plan import Link, Plan, PlanAssignment, PlanResource, PlanTask

Known = tuple[str, Instance, int]
"""Name, instance, best makespan known."""


def members(path: Path, ends: str, every: int) -> Iterator[tuple[str, bytes]]:
    """Each N-th file of an archive, in the order of the numbers in their names."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(ends)]
        names.sort(key=lambda name: [int(part) for part in re.findall(r"\d+", name)])
        for name in names[::every]:
            yield name, archive.read(name)


def psplib(data: Path, name: str, table: str, every: int) -> Iterator[Known]:
    rows = (data / "rcpsp" / table).read_text(encoding="latin-1").splitlines()
    fields = [row.split(";") for row in rows if row.count(";") > 9 and row[0].isdigit()]
    known = {row[1]: int(row[7]) for row in fields}
    for file, content in members(data / "rcpsp" / f"psplib_{name}.sm.zip", ".sm", every):
        yield file, read_psplib(io.BytesIO(content)), known[file]


def mplib(data: Path, every: int) -> Iterator[Known]:
    """24 projects that share four resources; best of two solvers at 900 s on 8 cores."""
    known: dict[str, int] = {}
    with (data / "multiproject/mplib1_set3_published_900s.csv").open() as file:
        for row in csv.DictReader(file):
            value = int(float(row["objective"]))
            known[row["instance"]] = min(value, known.get(row["instance"], value))
    for file, content in members(data / "multiproject/mplib1_set3_sample.zip", ".txt", every):
        yield file, read_mplib(content.decode()), known[Path(file).name]


def read_mplib(text: str) -> Instance:
    words = iter(text.split())
    number = lambda: int(next(words))  # noqa: E731
    projects, resources = number(), number()
    capacity = [number() for _ in range(resources)]
    durations, demand, release, project = [], [], [], []
    after: list[tuple[int, str]] = []
    first: list[int] = []
    for current in range(projects):
        count, ready = number(), number()
        shared = [number() for _ in range(resources)]
        first.append(len(durations))
        for _ in range(count):
            durations.append(number())
            demand.append([number() * used for used in shared])
            release.append(ready)
            project.append(current)
            after += [(len(durations) - 1, next(words)) for _ in range(number())]
    links = []
    for task, word in after:
        of, other = (int(part) for part in word.split(":"))
        links.append((task, first[of - 1] + other - 1, durations[task]))
    return make_instance(durations, links, demand, capacity, project=project, release=release)


def mpsplib(data: Path, every: int) -> Iterator[Known]:
    """Plans of Microsoft Project in days, with what its authors' levelling macro reached."""
    folder = data / "msproject/mpsplib_msproject_dates"
    with (data / "multiproject/msproject_levelling_results.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows[::every]:
        path = folder / f"{row['no']}_{row['instance']}.mpp.json.gz"
        if path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as packed:
                yield row["instance"], in_days(json.load(packed)), int(row["makespan_days"])


def in_days(told: dict) -> Instance:
    tasks = [task for task in told["tasks"] if task["outline"] > 0 and not task["summary"]]
    place = {task["uid"]: number for number, task in enumerate(tasks)}
    column = {resource["uid"]: number for number, resource in enumerate(told["resources"])}
    durations = [round(task["duration_min"] / 480) for task in tasks]
    demand = [[0] * len(column) for _ in tasks]
    links = []
    for number, task in enumerate(tasks):
        for uid, units, _ in task["assignments"]:
            if uid in column:
                demand[number][column[uid]] += round(units / 100)
        for uid, kind, lag, _ in task["preds"]:
            if uid in place:
                assert kind == "FS"
                links.append((place[uid], number, durations[place[uid]] + round(lag / 480)))
    capacity = [round(resource["max_units"] / 100) for resource in told["resources"]]
    names = [task["name"].split(" - ")[0] for task in tasks]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    project = [numbers[name] for name in names]
    return make_instance(durations, links, demand, capacity, project=project)


@dataclass
class Line:
    """What one instance gave."""

    makespan: int
    known: int
    proved: bool
    wall: float
    cpu: float


def solve(known: Known, args: argparse.Namespace, prover: Prover | None) -> Line:
    name, instance, best = known
    effort = None
    if args.proof:
        effort = Effort(deterministic=0, cpu_seconds=args.proof, workers=args.workers)
    limit = Limit(args.schedules, args.seconds, effort, time.process_time)
    wall, cpu = time.perf_counter(), time.process_time()
    found = level(instance, limit, seed=args.seed, prover=prover)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert found.schedule is not None
    makespan = found.schedule.makespan
    check(instance, found.schedule.starts.tolist(), makespan)
    if args.verbose:
        print(f"  {name:28} {makespan:6} known {best:6} bound {found.bound:6} {wall:7.3f} s")
    return Line(makespan, best, found.status is Status.OPTIMAL, wall, cpu)


def check(instance: Instance, starts: list[int], makespan: int) -> None:
    """Lags and capacities, counted period by period."""
    spans = instance.durations.tolist()
    assert min(starts, default=0) >= 0 and makespan == max(map(sum, zip(starts, spans)), default=0)
    for first, second, lag in instance.links.tolist():
        assert starts[second] >= starts[first] + lag
    for resource, steps in enumerate(instance.capacity):
        used = [0] * makespan
        for start, span, units in zip(starts, spans, instance.demand[:, resource].tolist()):
            for period in range(start, start + span):
                used[period] += units
        limits = dict(steps.tolist())
        limit = 0
        for period, units in enumerate(used):
            limit = limits.get(period, limit)
            assert units <= limit


def report(name: str, lines: list[Line]) -> None:
    gaps = [100 * (line.makespan / line.known - 1) for line in lines]
    worse = sum(line.makespan > line.known for line in lines)
    print(
        f"{name:8} {len(lines):4} instances: gap mean {statistics.mean(gaps):6.2f} % "
        f"worst {max(gaps):5.2f} % longer {worse:3} proved {sum(x.proved for x in lines):4} "
        f"wall median {statistics.median(x.wall for x in lines):7.4f} s "
        f"max {max(x.wall for x in lines):6.2f} s",
        flush=True,
    )


def first_plans(name: str, found: Iterator[Known]) -> None:
    """Time to the first schedule by rule, the least of five, against the published makespan."""
    for label, instance, best in found:
        spent = []
        for _ in range(5):
            start = time.perf_counter()
            schedule = generate(instance)
            spent.append(time.perf_counter() - start)
        print(
            f"{name} first {label:28} {instance.tasks:5} tasks {instance.resources:3} resources "
            f"{1000 * min(spent):7.1f} ms makespan {schedule.makespan:5} published {best:5}"
        )


def maximum_lags(data: Path, args: argparse.Namespace) -> None:
    """Feasible with a schedule, or proved infeasible, against the published answer."""
    effort = Effort(deterministic=0, cpu_seconds=args.proof or 10.0, workers=args.workers)
    with Prover() as prover:
        prover.start()
        for name in ("sm_j10", "sm_j30", "testset_ubo10", "testset_ubo20", "testset_ubo100"):
            rows = (data / f"rcpsp_max/{name}_optimum.csv").read_text().split()[1:]
            known = {row.split(",")[0].lower(): row.split(",")[1] for row in rows}
            counts = dict.fromkeys(("optimal", "feasible", "infeasible", "open", "wrong"), 0)
            spent = []
            for file, content in members(data / f"rcpsp_max/{name}.zip", ".sch", args.every):
                start = time.perf_counter()
                counts[judged(content, known.get(file.lower()), effort, prover)] += 1
                spent.append(time.perf_counter() - start)
            told = " ".join(f"{what} {count}" for what, count in counts.items())
            print(f"{name:15} {told} wall median {statistics.median(spent):.3f} s", flush=True)


def judged(content: bytes, published: str | None, effort: Effort, prover: Prover) -> str:
    try:
        instance = read_progen(io.BytesIO(content))
        found = level(instance, Limit(proof=effort), prover=prover)
    except Infeasible:
        return "infeasible" if published in (None, "unsat") else "wrong"
    if found.schedule is None:
        return "open"
    if published == "unsat":
        return "wrong"
    if found.status is not Status.OPTIMAL:
        return "feasible"
    exact = published is not None and published.isdigit()
    return "wrong" if exact and int(published) != found.schedule.makespan else "optimal"


def twenty_plans() -> None:
    """The whole way for 20 projects of 100 tasks: schedule, level, schedule again."""
    plans = [ProjectPlan(plan(number)) for number in range(20)]
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        proposal = level_plans(plans)
        spent.append(time.perf_counter() - start)
    moved = sum(
        move.delay_minutes > 0 for each in proposal.projects for move in each.tasks.values()
    )
    print(
        f"plans: 20 projects x 100 tasks, 10 shared resources: {min(spent):.3f} s, {moved} tasks "
        f"delayed, overloads {len(proposal.overloads_before)} -> {len(proposal.overloads)}"
    )
    for tries in (60, 300, 1000, 3000):
        cpu = time.process_time()
        proposal = level_plans(plans, LevelOptions(schedules=tries))
        cpu = time.process_time() - cpu
        last = max(project.finish for project in proposal.projects)
        print(f"  {tries:5} tries: {last:%d %b}, bound {proposal.bound:%d %b}, {cpu:.1f} CPU-s")


def plan(number: int) -> Plan:
    tasks = tuple(
        PlanTask(uid, f"T{uid}", duration_minutes=480 * (1 + (uid * 7 + number) % 9))
        for uid in range(1, 101)
    )
    links = [Link(uid - 1 - (uid * 5 + number) % 7, uid) for uid in range(10, 101)]
    resources = tuple(PlanResource(uid, f"R{uid}", max_units=Decimal(8)) for uid in range(1, 11))
    assignments = tuple(
        PlanAssignment(uid, uid, 1 + (uid * 3 + number) % 10, Decimal(1 + uid % 2))
        for uid in range(1, 101)
    )
    calendar = CalendarSpec(1, "Standard", STANDARD_WEEK)
    start = datetime(2026, 1, 5, 8)
    return Plan(f"P{number}", start, (calendar,), 1, tasks, tuple(links), resources, assignments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sets = ("j30", "j60", "j120", "mplib", "mpsplib", "first", "max", "plans")
    parser.add_argument("sets", nargs="+", choices=sets)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU of the search")
    parser.add_argument("--schedules", type=int, default=10**9, help="at most, of the search")
    parser.add_argument("--proof", type=float, default=0.0, help="CPU seconds of the solver")
    parser.add_argument("--workers", type=int, default=1, help="threads of the solver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    tables = {"j30": "best_known_J30.csv", "j60": "best_known_J60_1.csv"}
    tables["j120"] = "best_known_J120_0.csv"
    readers: dict[str, Callable[[], Iterator[Known]]] = {
        name: lambda name=name: psplib(args.data, name, tables[name], args.every) for name in tables
    }
    readers["mplib"] = lambda: mplib(args.data, args.every)
    readers["mpsplib"] = lambda: mpsplib(args.data, args.every)
    # Compile before anything is timed: nine periods are needed, and the bound says six.
    level(make_instance([1] * 9, demand=[[2]] * 9, capacity=[3]), Limit(999))
    for name in args.sets:
        if name == "max":
            maximum_lags(args.data, args)
        elif name == "plans":
            level_plans([ProjectPlan(plan(0))])
            twenty_plans()
        elif name == "first":
            first_plans("mpsplib", mpsplib(args.data, args.every))
        else:
            with Prover() as prover:
                if args.proof:
                    prover.start()
                lines = [solve(known, args, prover) for known in readers[name]()]
            report(name, lines)


if __name__ == "__main__":
    main()
