# SPDX-License-Identifier: Apache-2.0
"""Read and write a made-up plan in every format of ours, with MPXJ beside it.

    python benchmarks/bench_formats.py --tasks 10000 --rounds 5

The plan has one and a half links a task, four levels of summaries, resources and assignments, and
all the fields that Microsoft Project writes; the Microsoft Project XML is about 2 kB a task. Each
figure is taken in a process of its own. Times are of the processor, minimum and median of the
rounds; ``peak`` is the greatest memory of the process, ``above`` what it is above one that has only
imported the readers (for writing: and holds the plan). ``bare`` is lxml alone that puts the fields
of every task into a dict: what any reader in Python has to pay. MPXJ is run as a process by the
same command that the product uses, by the clock, where Java and the jars are there.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from lxml import etree

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.files import read_plan_file, write_plan_file
from pilothouse.engine.formats.mpxj import find_converter
from pilothouse.engine.network.plan import (
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
    StoredDates,
)

SUFFIXES = (".xml", ".xer", ".json")
GOALS = {("read", ".xml"): 0.7, ("write", ".xml"): 1.0}
START = datetime(2027, 3, 1, 8)


def made_up_plan(tasks: int, seed: int = 2027) -> Plan:
    """Summaries of nineteen tasks each, links within the last fifty, everything dated."""
    chance = random.Random(seed)
    rows, leaves, links = [], [], {}
    for uid in range(1, tasks + 1):
        summary = uid % 20 == 1
        begin = START + timedelta(days=uid // 10)
        end = begin + timedelta(days=5, hours=9)
        stored = StoredDates(begin, end, begin, end, begin, end, 480, 0, critical=uid % 3 == 0)
        rows.append(
            PlanTask(
                uid,
                f"Pour slab {uid} of block {uid % 40}",
                1 if summary else 2,
                f"{uid // 20}.{uid % 20}",
                summary=summary,
                duration_minutes=chance.randint(1, 20) * 480,
                percent_complete=Decimal(0),
                work_minutes=960,
                cost=Decimal(chance.randint(0, 10_000)),
                stored=stored,
            )
        )
        if summary:
            continue
        for _ in range(chance.choice((1, 2)) if leaves else 0):
            key = (
                chance.choice(leaves[-50:]),
                uid,
                chance.choice([LinkType.FS] * 9 + [LinkType.SS]),
            )
            links[key] = Link(*key, 0 if chance.random() < 0.9 else 480)
        leaves.append(uid)
    resources = tuple(PlanResource(uid, f"Crew {uid}") for uid in range(1, 41))
    assignments = tuple(
        PlanAssignment(number, uid, chance.randint(1, 40), Decimal(1), 960, 0, 960, START, START)
        for number, uid in enumerate(leaves, start=1)
    )
    office = CalendarSpec(1, "Standard", STANDARD_WEEK)
    return Plan(
        "Made up", START, (office,), 1, tuple(rows), tuple(links.values()), resources, assignments
    )


def measure(job: str, suffix: str, path: Path, rounds: int) -> None:
    """One figure, in this process: seconds of the processor, and megabytes of memory."""
    plan = read_plan_file(path) if job == "write" else None
    before = peak = peak_megabytes()
    times: list[float] = []
    for _ in range(rounds):
        begin = time.process_time()
        if job == "bare":
            read_bare(path)
        elif plan is None:
            read_plan_file(path)
        else:
            write_plan_file(plan, BytesIO(), f"x{suffix}")
        times.append(time.process_time() - begin)
        if len(times) == 1:
            peak = peak_megabytes()
    print(json.dumps({"times": times, "peak": peak, "above": peak - before}))


def peak_megabytes() -> float:
    """The greatest memory of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    text = status.read_text() if status.exists() else "VmHWM: 0 kB"
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def read_bare(path: Path) -> None:
    """Every field of every task as text, and nothing made of it."""
    for _, element in etree.iterparse(str(path), events=("end",), tag="{*}Task"):
        {child.tag: child.text for child in element}
        element.clear()


def mpxj_seconds(path: Path, rounds: int) -> list[float]:
    """Seconds by the clock of the side process, from start to end."""
    times = []
    converter = find_converter()
    for _ in range(rounds):
        begin = time.perf_counter()
        converter.convert(path, path.with_name("made.xml"))
        times.append(time.perf_counter() - begin)
    return times


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        job, suffix, path = options.measure
        measure(job, suffix, Path(path), options.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        plan = made_up_plan(options.tasks)
        print(f"{options.tasks:,} tasks, {len(plan.links):,} links, {options.rounds} rounds")
        rounds = f"--rounds={options.rounds}"
        print("job    format  file MB   min s  median s  peak MB  above MB  goal s")
        for suffix in SUFFIXES:
            path = Path(folder) / f"plan{suffix}"
            write_plan_file(plan, path)
            for job in ("bare", "read", "write") if suffix == ".xml" else ("read", "write"):
                said = subprocess.run(
                    [sys.executable, __file__, rounds, "--measure", job, suffix, str(path)],
                    capture_output=True,
                    check=True,
                    text=True,
                ).stdout
                found = json.loads(said)
                goal = GOALS.get((job, suffix), "")
                print(
                    f"{job:6} {suffix:7} {path.stat().st_size / 1e6:7.1f} "
                    f"{min(found['times']):7.2f} {statistics.median(found['times']):9.2f} "
                    f"{found['peak']:8.0f} {found['above']:9.0f}  {goal}",
                    flush=True,
                )
        try:
            times = mpxj_seconds(Path(folder) / "plan.xml", max(2, options.rounds // 2))
        except FormatError as error:
            print(f"MPXJ is not measured: {error.message}")
            return
        print(
            f"MPXJ   .xml to .xml: {min(times):.2f} s, median {statistics.median(times):.2f} s "
            "by the clock, reading and writing, process and all"
        )


if __name__ == "__main__":
    main()
