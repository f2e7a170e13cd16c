# SPDX-License-Identifier: Apache-2.0
"""Measure the critical path method on random networks, and peers in the same run.

    python benchmarks/bench_critical_path.py
    python benchmarks/bench_critical_path.py --sizes 1000 10000
    python benchmarks/bench_critical_path.py --only peer --sizes 1000 10000 100000

Networks have 1.5 links a task, of all four types (85, 7, 7 and 1 %), a lag or lead on 10 % of
them, five calendars and a constraint on 10 % of the tasks. "wide": a predecessor is any earlier
task; "long": one of the last fifty. Rows and links are kept "in order", a predecessor before its
successors, as whoever keeps a large network numbers them; or they are "shuffled".

Measured is ``schedule_arrays`` with everything it does: both passes, floats, longest path and
reports; the topology and the days of the calendars are there already. Beside it the same source
run as plain Python. The least of the runs counts.

The peer is MPXJ's MicrosoftScheduler, warm, where Java and the PyPI package ``mpxj`` are, in a
process of its own on the same plan: durations, five calendars, links and lags; the constraints
hold against the links in both. It finds early and late dates alone; floats and the critical flag
it works out when they are asked for, so both are given. Times are of the processor, of the
thread that schedules, so that neither is charged what others do; its collector comes on top. Then
the dates of all tasks are compared in the working time of their calendars.
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
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pilothouse.engine.calendars import STANDARD_DAY, CalendarSpec, compile_calendars
from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.network.plan import ConstraintType
from pilothouse.engine.network.topology import Topology, build_topology
from pilothouse.engine.schedule.arrays import (
    CONSTRAINTS,
    ScheduleArrays,
    ScheduleColumns,
    schedule_arrays,
)

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
PEER_UP_TO = 100_000
LINK_NAMES = ["FINISH_START", "START_START", "FINISH_FINISH", "START_FINISH"]
CONSTRAINT_NAMES = [
    "AS_SOON_AS_POSSIBLE",
    "AS_LATE_AS_POSSIBLE",
    "START_NO_EARLIER_THAN",
    "START_NO_LATER_THAN",
    "FINISH_NO_EARLIER_THAN",
    "FINISH_NO_LATER_THAN",
    "MUST_START_ON",
    "MUST_FINISH_ON",
]
"""Of both in the order of the codes of ``ScheduleColumns``."""
PEER = """
import java.io.*;
import java.lang.management.*;
import java.time.*;
import java.time.temporal.ChronoUnit;
import java.util.*;
import org.mpxj.*;
import org.mpxj.Duration;
import org.mpxj.cpm.MicrosoftScheduler;

public class Peer {
    static final LocalDateTime ZERO = LocalDateTime.of(1900, 1, 1, 0, 0);
    static Scanner in = new Scanner(new BufferedInputStream(System.in, 1 << 20));

    public static void main(String[] given) throws Exception {
        Throwable[] failed = new Throwable[1];
        Thread deep = new Thread(null, () -> {
            try { measure(); } catch (Throwable error) { failed[0] = error; }
        }, "deep", 4L << 30);
        deep.start();
        deep.join();
        if (failed[0] != null) {
            System.err.println(failed[0].toString());
            System.exit(1);
        }
    }

    static void measure() throws Exception {
        int runs = in.nextInt(), calendars = in.nextInt();
        int rows = in.nextInt(), links = in.nextInt();
        LocalDateTime start = ZERO.plusMinutes(in.nextInt());
        ProjectFile project = new ProjectFile();
        List<ProjectCalendar> known = new ArrayList<>();
        for (int number = 0; number < calendars; number++) known.add(calendar(project));
        project.setDefaultCalendar(known.get(0));
        project.getProjectProperties().setStartDate(start);
        List<Task> tasks = new ArrayList<>();
        for (int row = 0; row < rows; row++) tasks.add(task(project, known));
        for (int number = 0; number < links; number++) {
            Task first = tasks.get(in.nextInt());
            tasks.get(in.nextInt()).addPredecessor(
                new Relation.Builder()
                    .predecessorTask(first)
                    .type(RelationType.valueOf(in.next()))
                    .lag(minutes(in.nextInt())));
        }
        long dates = Long.MAX_VALUE, whole = Long.MAX_VALUE, critical = 0;
        for (int run = 0; run < runs; run++) {
            long begun = worked();
            new MicrosoftScheduler().schedule(project, start);
            dates = Math.min(dates, worked() - begun);
            critical = tasks.stream().filter(Peer::withFloats).count();
            whole = Math.min(whole, worked() - begun);
        }
        StringBuilder out = new StringBuilder();
        out.append(dates / 1e6 + " " + whole / 1e6 + " " + critical + "\\n");
        for (Task task : tasks) {
            for (LocalDateTime date : new LocalDateTime[] {task.getEarlyStart(),
                    task.getEarlyFinish(), task.getLateStart(), task.getLateFinish()}) {
                out.append(ChronoUnit.MINUTES.between(ZERO, date)).append(' ');
            }
            out.append('\\n');
        }
        System.out.print(out);
    }

    static long worked() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    static boolean withFloats(Task task) {
        return task.getTotalSlack() != null && task.getFreeSlack() != null && task.getCritical();
    }

    static Duration minutes(int count) {
        return Duration.getInstance(count, TimeUnit.MINUTES);
    }

    static ProjectCalendar calendar(ProjectFile project) {
        ProjectCalendar calendar = project.addCalendar();
        calendar.setName("Calendar " + project.getCalendars().size());
        for (DayOfWeek day : DayOfWeek.values()) {
            int ranges = in.nextInt();
            calendar.setCalendarDayType(day, ranges > 0 ? DayType.WORKING : DayType.NON_WORKING);
            ProjectCalendarHours hours = calendar.addCalendarHours(day);
            for (int number = 0; number < ranges; number++) {
                hours.add(new LocalTimeRange(
                    LocalTime.MIN.plusMinutes(in.nextInt()),
                    LocalTime.MIN.plusMinutes(in.nextInt())));
            }
        }
        return calendar;
    }

    static Task task(ProjectFile project, List<ProjectCalendar> known) {
        Task task = project.addTask();
        task.setDuration(minutes(in.nextInt()));
        task.setActualDuration(minutes(0));
        task.setRemainingDuration(task.getDuration());
        task.setCalendar(known.get(in.nextInt()));
        task.setConstraintType(ConstraintType.valueOf(in.next()));
        int date = in.nextInt();
        if (task.getConstraintType() != ConstraintType.AS_SOON_AS_POSSIBLE) {
            task.setConstraintDate(ZERO.plusMinutes(date));
        }
        return task;
    }
}
"""
AGAINST_LINKS = (ConstraintType.SNLT, ConstraintType.FNLT, ConstraintType.MSO, ConstraintType.MFO)
COMPARED = ("early_start", "early_finish", "late_start", "late_finish")


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


@dataclass(frozen=True)
class Case:
    """A network with its columns and the days of its calendars."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shape: Topology
    tables: CalendarTables
    columns: ScheduleColumns


def case_of(tasks: int, wide: bool, shuffled: bool) -> Case:
    """The network of a size; the same every time."""
    random = np.random.default_rng(tasks)
    first, second = network(tasks, wide, random)
    if not shuffled:
        first, second = in_order(tasks, first, second)
    shape = build_topology(np.full(tasks, -1), first, second)
    calendars = list(compile_calendars(SPECS).values())
    columns = columns_for(tasks, shape, calendars[0].position(START), random)
    return Case(first, second, shape, CalendarTables(calendars), columns)


def ours(
    tasks: int, wide: bool, runs: int, shuffled: bool = True
) -> tuple[float, float, float, float]:
    """Least, median and CPU time of a calculation, and of the topology."""
    case = case_of(tasks, wide, shuffled)
    parent = np.full(tasks, -1)
    topology = least(3, lambda: build_topology(parent, case.first, case.second))[0]
    schedule_arrays(case.shape, case.tables, case.columns)
    return *least(runs, lambda: schedule_arrays(case.shape, case.tables, case.columns)), topology


def held(case: Case) -> Case:
    """The same with late bounds and fixed dates that hold against the links."""
    assert case.columns.constraint is not None
    hard = np.isin(case.columns.constraint, [CONSTRAINTS[kind] for kind in AGAINST_LINKS])
    return replace(case, columns=replace(case.columns, hard=hard))


def words_of(case: Case, runs: int) -> str:
    """A case as the peer reads it."""
    columns, links = case.columns, len(case.first)
    assert columns.constraint is not None and columns.constraint_date is not None
    assert columns.lag is not None
    lines = [f"{runs} {len(SPECS)} {len(columns.duration)} {links} {columns.start}"]
    for spec in SPECS:
        for day in spec.week:
            times = [minute for span in day or () for minute in span]
            lines.append(" ".join(map(str, (len(times) // 2, *times))))
    for duration, calendar, constraint, date in zip(
        columns.duration,
        columns.calendar,
        columns.constraint,
        columns.constraint_date,
        strict=True,
    ):
        lines.append(f"{duration} {calendar} {CONSTRAINT_NAMES[constraint]} {date}")
    for first, second, kind, lag in zip(
        case.first, case.second, columns.link_type, columns.lag, strict=True
    ):
        lines.append(f"{first} {second} {LINK_NAMES[kind]} {lag}")
    return "\n".join(lines)


def peer(tasks: int, wide: bool, runs: int) -> str:
    """Ours and MPXJ on one plan, or why there is no figure."""
    found = importlib.util.find_spec("mpxj")
    if found is None or not found.submodule_search_locations:
        return "no mpxj"
    if shutil.which("java") is None:
        return "no Java"
    jars = Path(found.submodule_search_locations[0]) / "lib" / "*"
    case = held(case_of(tasks, wide, shuffled=True))
    dates = schedule_arrays(case.shape, case.tables, case.columns)
    mine = least(
        max(9, 3_000_000 // tasks), lambda: schedule_arrays(case.shape, case.tables, case.columns)
    )[2]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "Peer.java"
        source.write_text(PEER)
        command = ["java", "-cp", str(jars), str(source)]
        done = subprocess.run(
            command, input=words_of(case, runs), capture_output=True, text=True, check=False
        )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[0][:60]
    figures, *lines = done.stdout.splitlines()
    passes, whole = map(float, figures.split()[:2])
    same, ends = compared(case, dates, np.array([line.split() for line in lines], np.int64))
    finish = "the same finish" if ends[0] == ends[1] else f"finish {ends[1]}, ours {ends[0]}"
    return (
        f"{mine:9.3f} {passes:9.1f} {passes / mine:5.0f} {whole:12.1f} {whole / mine:5.0f}   "
        f"{finish}; tasks with the same early dates {same[0]:.1%}, early and late {same[1]:.1%}"
    )


def compared(
    case: Case, dates: ScheduleArrays, theirs: NDArray[np.int64]
) -> tuple[tuple[float, float], tuple[datetime, datetime]]:
    """Shares of tasks with the same early dates and the same dates in all, and both finishes."""
    known = case.tables.calendars
    same = np.ones(theirs.shape, np.bool_)
    for column, name in enumerate(COMPARED):
        pairs = zip(getattr(dates, name).tolist(), theirs[:, column].tolist(), strict=True)
        for row, (mine, other) in enumerate(pairs):
            calendar = known[case.columns.calendar[row]]
            same[row, column] = mine == other or calendar.diff_at(mine, other) == 0
    shares = float(same[:, :2].all(axis=1).mean()), float(same.all(axis=1).mean())
    ends = int(dates.early_finish.max()), int(theirs[:, 1].max())
    return shares, (known[0].instant(ends[0]), known[0].instant(ends[1]))


def measure_ours(sizes: list[int], most_runs: int) -> None:
    print("milliseconds                   least   median      cpu   topology   plain Python")
    for tasks in sizes:
        for wide, shuffled in ((True, False), (False, False), (True, True), (False, True)):
            runs = max(5, min(most_runs, 30_000_000 // tasks // 10))
            wall, median, work, topology = ours(tasks, wide, runs, shuffled)
            small = tasks <= PLAIN_UP_TO and shuffled
            lists = f"{plain(tasks, wide):.0f}" if small else "-"
            print(
                f"{tasks:>9} {'wide' if wide else 'long'}"
                f" {'shuffled' if shuffled else 'in order'} {wall:12.3f} {median:8.3f} {work:8.3f}"
                f" {topology:10.2f} {lists:>14}"
            )


def measure_peer(sizes: list[int]) -> None:
    print("ms of processor, least    ours     MPXJ: dates  times   and floats times")
    for tasks in sizes:
        if tasks > PEER_UP_TO:
            continue
        for wide in (True, False):
            runs = max(3, min(60, 200_000 // tasks))
            print(f"{tasks:>9} {'wide' if wide else 'long'}     {peer(tasks, wide, runs)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", choices=("ours", "peer"))
    asked = parser.parse_args()
    if asked.only != "peer":
        measure_ours(asked.sizes, asked.runs)
    if asked.only != "ours":
        measure_peer(asked.sizes)


if __name__ == "__main__":
    main()
