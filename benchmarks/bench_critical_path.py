# SPDX-License-Identifier: Apache-2.0
"""Measure the critical path method on random networks, and peers in the same run.

    python benchmarks/bench_critical_path.py
    python benchmarks/bench_critical_path.py --sizes 1000 10000

Networks have 1.5 links a task, of all four types (85, 7, 7 and 1 %), a lag or lead on 10 % of
them, five calendars and a constraint on 10 % of the tasks. "wide": a predecessor is any earlier
task; "long": one of the last fifty. Rows and links are kept "in order", a predecessor before its
successors, as whoever keeps a large network numbers them; or they are "shuffled".

Measured is ``schedule_arrays`` with everything it does: both passes, floats, longest path and
reports; the topology and the days of the calendars are there already. Peers: the same source
run as plain Python, and MPXJ's MicrosoftScheduler, warm, on a plan of that size with one calendar
and finish-to-start links only, where Java and the PyPI package ``mpxj`` are; else that column says
so. The least of the runs counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pilothouse.engine.calendars import STANDARD_DAY, CalendarSpec, compile_calendars
from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.network.topology import Topology, build_topology
from pilothouse.engine.schedule.arrays import ScheduleColumns, schedule_arrays

START = datetime(2025, 3, 3, 8)
TWO_SHIFTS = ((360, 720), (750, 840), (840, 1320))
SPECS = (
    CalendarSpec(1, "Standard", (STANDARD_DAY,) * 5 + ((), ())),
    CalendarSpec(2, "Six days", (STANDARD_DAY,) * 6 + ((),)),
    CalendarSpec(3, "Two shifts", (TWO_SHIFTS,) * 5 + ((), ())),
    CalendarSpec(4, "Two shifts, seven days", (TWO_SHIFTS,) * 7),
    CalendarSpec(5, "Four days", (STANDARD_DAY,) * 4 + ((), (), ())),
)
PLAIN_UP_TO = 10_000
PEER = """
import java.io.*;
import java.time.LocalDateTime;
import java.util.*;
import org.mpxj.*;
import org.mpxj.cpm.MicrosoftScheduler;

public class Peer {
    public static void main(String[] given) throws Exception {
        ProjectFile project = new ProjectFile();
        project.setDefaultCalendar(project.addDefaultBaseCalendar());
        LocalDateTime start = LocalDateTime.of(2025, 3, 3, 8, 0);
        project.getProjectProperties().setStartDate(start);
        List<Task> tasks = new ArrayList<>();
        for (int number = 0; number < Integer.parseInt(given[0]); number++) {
            Task task = project.addTask();
            task.setDuration(Duration.getInstance(1 + number % 7, TimeUnit.HOURS));
            task.setActualDuration(Duration.getInstance(0, TimeUnit.HOURS));
            task.setRemainingDuration(task.getDuration());
            tasks.add(task);
        }
        BufferedReader links = new BufferedReader(new InputStreamReader(System.in));
        for (String line = links.readLine(); line != null; line = links.readLine()) {
            String[] ends = line.split(" ");
            Task first = tasks.get(Integer.parseInt(ends[0]));
            tasks.get(Integer.parseInt(ends[1]))
                .addPredecessor(new Relation.Builder().predecessorTask(first));
        }
        long best = Long.MAX_VALUE;
        for (int run = 0; run < 8; run++) {
            long begun = System.nanoTime();
            new MicrosoftScheduler().schedule(project, start);
            best = Math.min(best, System.nanoTime() - begun);
        }
        System.out.println(best / 1e6);
    }
}
"""


def network(
    tasks: int, wide: bool, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the two ends of each link."""
    links = 3 * tasks // 2
    second = random.integers(1, tasks, links)
    span = second if wide else np.minimum(second, 50)
    first = second - 1 - (random.random(links) * span).astype(np.int64)
    pairs = np.unique(first * tasks + second)
    random.shuffle(pairs)
    shuffled = random.permutation(tasks)
    return shuffled[pairs // tasks], shuffled[pairs % tasks]


def columns_for(
    tasks: int, shape: Topology, start: int, random: np.random.Generator
) -> ScheduleColumns:
    links = len(shape.target)
    calendar = random.integers(0, len(SPECS), tasks).astype(np.int32)
    kinds = [0] * 54 + [2, 3, 4, 5, 6, 7]
    return ScheduleColumns(
        start=start,
        duration=random.integers(30, 480, tasks),
        calendar=calendar,
        link_type=random.choice(4, links, p=[0.85, 0.07, 0.07, 0.01]),
        lag=np.where(random.random(links) < 0.1, random.integers(-240, 480, links), 0),
        lag_calendar=calendar[shape.target],
        constraint=random.choice(kinds, tasks),
        constraint_date=start + 1440 * random.integers(0, 60, tasks),
    )


def least(runs: int, call: Callable[[], object]) -> tuple[float, float, float]:
    """Least and median wall time and least CPU time in milliseconds."""
    walls, works = [], []
    for _ in range(runs):
        begun, worked = time.perf_counter(), time.process_time()
        call()
        works.append(1000 * (time.process_time() - worked))
        walls.append(1000 * (time.perf_counter() - begun))
    return min(walls), float(np.median(walls)), min(works)


def plain(tasks: int, wide: bool) -> float:
    """The same source without compiler, in a process of its own, in milliseconds."""
    words = (
        "import sys; sys.path[:0] = sys.argv[3:]\n"
        "from pilothouse.engine._compile import run_uncompiled; run_uncompiled()\n"
        "import bench_critical_path as bench\n"
        "print(bench.ours(int(sys.argv[1]), sys.argv[2] == 'True', 3)[0])"
    )
    folder = str(Path(__file__).resolve().parent)
    command = [sys.executable, "-c", words, str(tasks), str(wide), folder]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def in_order(
    tasks: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The same links between rows numbered in topological order, by successor."""
    place = build_topology(np.full(tasks, -1), first, second).place
    first, second = place[first], place[second]
    by_successor = np.lexsort((first, second))
    return first[by_successor], second[by_successor]


def ours(
    tasks: int, wide: bool, runs: int, shuffled: bool = True
) -> tuple[float, float, float, float]:
    """Least, median and CPU time of a calculation, and of the topology."""
    random = np.random.default_rng(tasks)
    first, second = network(tasks, wide, random)
    if not shuffled:
        first, second = in_order(tasks, first, second)
    parent = np.full(tasks, -1)
    topology = least(3, lambda: build_topology(parent, first, second))[0]
    shape = build_topology(parent, first, second)
    calendars = list(compile_calendars(SPECS).values())
    columns = columns_for(tasks, shape, calendars[0].position(START), random)
    tables = CalendarTables(calendars)
    schedule_arrays(shape, tables, columns)
    return *least(runs, lambda: schedule_arrays(shape, tables, columns)), topology


def peer(tasks: int, wide: bool) -> str:
    """MPXJ on one calendar and finish-to-start links, or why there is no figure."""
    found = importlib.util.find_spec("mpxj")
    if found is None or not found.submodule_search_locations:
        return "no mpxj"
    if shutil.which("java") is None:
        return "no Java"
    jars = Path(found.submodule_search_locations[0]) / "lib" / "*"
    first, second = network(tasks, wide, np.random.default_rng(tasks))
    links = "\n".join(f"{a} {b}" for a, b in zip(first, second, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "Peer.java"
        source.write_text(PEER)
        command = ["java", "-Xss512m", "-cp", str(jars), str(source), str(tasks)]
        done = subprocess.run(command, input=links, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[0][:60]
    return f"{float(done.stdout):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=30)
    asked = parser.parse_args()
    print("milliseconds                   least   median      cpu   topology   plain Python   MPXJ")
    for tasks in asked.sizes:
        for wide, shuffled in ((True, False), (False, False), (True, True), (False, True)):
            runs = max(5, min(asked.runs, 30_000_000 // tasks // 10))
            wall, median, work, topology = ours(tasks, wide, runs, shuffled)
            small = tasks <= PLAIN_UP_TO and shuffled
            lists = f"{plain(tasks, wide):.0f}" if small else "-"
            java = peer(tasks, wide) if small else "-"
            print(
                f"{tasks:>9} {'wide' if wide else 'long'}"
                f" {'shuffled' if shuffled else 'in order'} {wall:12.3f} {median:8.3f} {work:8.3f}"
                f" {topology:10.2f} {lists:>14}   {java}"
            )


if __name__ == "__main__":
    main()
