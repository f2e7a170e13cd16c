# SPDX-License-Identifier: Apache-2.0
"""Measure edits of one task of a large plan, through the API and through the service.

    python benchmarks/bench_editing.py
    python benchmarks/bench_editing.py --tasks 5000 --links 6000 --edits 120
    python benchmarks/bench_editing.py --outline
    python benchmarks/bench_editing.py --database postgres

The plan lies in the office of ``office.py``, in a folder or a PostgreSQL database that is removed
afterwards (see ``bench_pages.py``). Its rows stand in phases of ten; a link leads from a task to
one of the sixty after it, of all four types, some with a lag. Every task has a baseline, every
third a resource, some a constraint or progress. Edited are random tasks, by each kind in turn:
cells and links, or with ``--outline`` where rows stand; what is indented is brought out again, what
is added deleted.

Measured is the whole answer: permission, lock, steps, schedule, saving of what moved, audit, health
and commit. ``http`` goes through Django's test client with a session and the settings of
``pilothouse serve``, ``service`` calls ``edit_plan``. The schedule is calculated as when serving:
compiled in a process apart, or with ``--alone`` uncompiled in this one. The first edit, which reads
the plan, is told by itself. Beside the median stand the least, the 95th percentile,
the time that this process worked, the queries and the rows that got other dates. ``quiet`` is the
median of those edits during which the machine was not slowed by others, see ``bench_pages.py``.
At the end a process of ``pilothouse serve`` gets pages and edits, and its memory is told.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from bench_pages import (
    QUIET,
    close_connections,
    cpu_seconds,
    database,
    fetch,
    make,
    memory_mb,
    pace,
    serving,
    set_up,
)

ROOT = Path(__file__).resolve().parents[1]
BOUND_MS = 60
DAY = 480
CELLS = ("duration", "start", "percent", "link", "name", "unlink")
OUTLINE = ("indent", "outdent", "move", "add", "delete")
WARM_UPS = 12
SERVED = 25
"""Pages, and then edits, of the process whose memory is told."""


def make_plan(tasks: int, links: int, chance: random.Random) -> bytes:
    """A plan as a file of JSON: summaries of nine tasks, in every fifth a further level."""
    from pilothouse.engine.calendars import STANDARD_DAY, STANDARD_WEEK, CalendarSpec
    from pilothouse.engine.formats.plan_json import write_plan_json
    from pilothouse.engine.network.plan import (
        ConstraintType,
        Link,
        LinkType,
        Plan,
        PlanAssignment,
        PlanResource,
        PlanTask,
        TaskBaseline,
    )

    start = datetime(2026, 3, 2, 8)
    rows: list[PlanTask] = []
    leaves: list[int] = []
    for uid in range(1, tasks + 1):
        phase = uid % 10 == 1
        days = 0 if uid % 25 == 0 else chance.randrange(1, 15)
        begin = start + timedelta(days=uid // 8)
        rows.append(
            PlanTask(
                uid,
                f"Phase {uid // 10 + 1}" if phase else f"Step {uid} of the work",
                1 if phase else 2,
                summary=phase,
                milestone=not phase and days == 0,
                duration_minutes=0 if phase else DAY * days,
                calendar_uid=2 if uid % 7 == 0 else None,
                constraint=ConstraintType.SNET if uid % 50 == 0 else ConstraintType.ASAP,
                constraint_date=begin if uid % 50 == 0 else None,
                deadline=begin + timedelta(days=90) if uid % 40 == 0 else None,
                work_minutes=DAY * days if uid % 3 == 0 and not phase else 0,
                baselines=(TaskBaseline(0, begin, begin + timedelta(days=days), DAY * days),),
            )
        )
        if not phase:
            leaves.append(uid)
    seen: dict[tuple[int, int], Link] = {}
    while len(seen) < links:
        at = chance.randrange(1, len(leaves))
        ends = leaves[max(0, at - chance.randrange(1, 60))], leaves[at]
        (kind,) = chance.choices(tuple(LinkType), (85, 7, 7, 1))
        lag = chance.choice((0,) * 8 + (DAY, -DAY))
        seen.setdefault(ends, Link(*ends, kind, lag))
    people = tuple(PlanResource(number, f"Crew {number}") for number in range(1, 41))
    assignments = tuple(
        PlanAssignment(
            row.uid,
            row.uid,
            chance.randrange(1, 41),
            Decimal(1),
            row.work_minutes,
            0,
            row.work_minutes,
        )
        for row in rows
        if row.work_minutes
    )
    calendars = (
        CalendarSpec(1, "Standard", STANDARD_WEEK),
        CalendarSpec(2, "Six days", (STANDARD_DAY,) * 6 + ((),)),
    )
    plan = Plan(
        "Bench", start, calendars, 1, tuple(rows), tuple(seen.values()), people, assignments
    )
    return write_plan_json(plan)


class Taken(NamedTuple):
    """One edit: milliseconds by the clock and of work, the pace around it, queries, rows."""

    clock: float
    cpu: float
    pace: float
    queries: int
    moved: int


@dataclass
class Edits:
    """Steps on random tasks of the plan as it stands."""

    project: int
    tasks: list[int]
    chance: random.Random
    put: list[tuple[int, int]] = field(default_factory=list)
    indented: list[int] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def step(self, kind: str) -> dict[str, Any]:
        """One step as pages send it."""
        return self.outline_step(kind) if kind in OUTLINE else self.cell_step(kind)

    def outline_step(self, kind: str) -> dict[str, Any]:
        """One step that changes where rows stand."""
        from pilothouse.delivery.planning.models import Task

        tasks, chance = Task.objects.filter(plan__project_id=self.project), self.chance
        if kind == "outdent":
            return {"do": "outdent", "uids": [self.indented.pop()]}
        if kind == "delete":
            return {"do": "delete", "uids": [tasks.get(name=self.added.pop()).uid]}
        at = chance.randrange(len(self.tasks))
        if kind == "indent":
            # A row that follows one of its own phase, which has no resources to lose.
            while self.tasks[at] % 10 < 3 or self.tasks[at - 1] % 3 == 0:
                at = chance.randrange(len(self.tasks))
            self.indented.append(self.tasks[at])
            return {"do": "indent", "uids": [self.tasks[at]]}
        if kind == "move":
            other = chance.choice(self.tasks)
            return {"do": "move", "uids": [self.tasks[at]], "after": other, "level": 2}
        self.added.append(f"Added {chance.randrange(10**9)}")
        row = {"name": self.added[-1], "duration": "3d"}
        return {"do": "add", "after": self.tasks[at], "tasks": [row]}

    def cell_step(self, kind: str) -> dict[str, Any]:
        """One step that leaves all rows where they stand."""
        from pilothouse.delivery.planning.models import Task

        chance, uid = self.chance, self.chance.choice(self.tasks)
        if kind == "duration":
            return put(uid, "duration", f"{chance.randrange(1, 20)}d")
        if kind == "start":
            start = Task.objects.filter(uid=uid, actual_start=None).values_list("start", flat=True)
            if not start:
                return self.cell_step(kind)
            day = start[0].date() + timedelta(days=chance.randrange(0, 10))
            return put(uid, "start", day.isoformat())
        if kind == "percent":
            return put(uid, "percent_complete", chance.choice((10, 25, 50, 80, 100)))
        if kind == "name":
            return put(uid, "name", f"Step {uid}, revised {chance.randrange(10**6)}")
        if kind == "unlink":
            first, second = self.put.pop()
            return {"do": "unlink", "predecessor": first, "successor": second}
        at = chance.randrange(len(self.tasks) - 60)
        ends = self.tasks[at], self.tasks[at + chance.randrange(1, 60)]
        self.put.append(ends)
        return {"do": "link", "predecessor": ends[0], "successor": ends[1]}


def put(uid: int, field: str, value: object) -> dict[str, Any]:
    return {"do": "set", "uid": uid, "field": field, "value": value}


def bring(asked: argparse.Namespace) -> None:
    """Make the plan that of the last project, in a process of its own: that one may compile."""
    set_up()

    from django.db import connection

    from pilothouse.delivery.planning.services import import_plan
    from pilothouse.delivery.projects.models import Project
    from pilothouse.foundation.core.actor import Actor

    project = Project.objects.order_by("-pk")[0]
    if project.state == Project.State.CLOSING:
        Project.objects.filter(pk=project.pk).update(state=Project.State.EXECUTING)
    data = make_plan(asked.tasks, asked.links, random.Random(7))
    begun = time.perf_counter()
    import_plan(
        actor=Actor.system("bench"), project=project, source=BytesIO(data), file_name="plan.json"
    )
    print(f"the plan came in after {time.perf_counter() - begun:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(asked: argparse.Namespace) -> None:
    """Edit the plan and print what it took."""
    set_up()

    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from pilothouse.delivery.planning.models import Task
    from pilothouse.delivery.planning.services import edit_plan
    from pilothouse.delivery.projects.models import Project
    from pilothouse.engine._compile import run_uncompiled
    from pilothouse.engine.schedule import calculate_apart
    from pilothouse.engine.schedule.apart import the_process
    from pilothouse.foundation.accounts.services import begin_session

    # As ``pilothouse serve`` does both.
    gc.set_threshold(50_000, 20, 20)
    run_uncompiled()
    child = None
    if not asked.alone:
        calculate_apart()
        print("the process apart", "answers" if the_process().wait(120) else "cannot be had")
        child = the_process().pid
    project = Project.objects.select_related("pm").get(plan__isnull=False)
    assert project.pm is not None
    # A plan that is kept has had its edits; the same ones again would change nothing.
    chance = random.Random(project.plan.plan_version)
    leaves = list(
        Task.objects.filter(plan__project=project, summary=False)
        .values_list("uid", flat=True)
        .order_by("position")
    )
    edits = Edits(project.pk, leaves, chance)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(project.pm)
    begin_session(
        user=project.pm, key=client.session.session_key or "", client="bench", now=timezone.now()
    )
    address = f"/api/v1/projects/{project.pk}/plan/edits"
    actor = project.pm.actor()

    def by_http(step: dict[str, Any]) -> int:
        answer = client.post(address, {"steps": [step]}, content_type="application/json")
        if answer.status_code != 200:
            raise ValueError(answer.content.decode()[:300])
        return int(answer.json()["tasks_moved"])

    def by_service(step: dict[str, Any]) -> int:
        fresh = Project.objects.get(pk=project.pk)
        return edit_plan(actor=actor, project=fresh, steps=[step]).tasks_moved

    begun = time.perf_counter()
    by_service(edits.step("name"))
    print(f"the first edit, with reading the plan: {1000 * (time.perf_counter() - begun):.0f} ms")
    worked_apart = cpu_seconds(child) if child else 0.0
    doors: dict[str, Callable[[dict[str, Any]], int]] = {"http": by_http, "service": by_service}
    taken: dict[tuple[str, str], list[Taken]] = {}
    kinds = OUTLINE if asked.outline else CELLS
    for number in range(WARM_UPS + asked.edits * len(doors)):
        kind = kinds[number // len(doors) % len(kinds)]
        door = tuple(doors)[number % len(doors)]
        step = edits.step(kind)
        before = pace()
        # Counted by the connection itself: to keep the statements would cost time.
        with CaptureQueriesContext(connection) as seen:
            begun, worked = time.perf_counter(), time.process_time()
            try:
                moved = doors[door](step)
            except Exception as error:
                print(f"{kind}: {error}"[:150])
                continue
            cpu, clock = time.process_time() - worked, time.perf_counter() - begun
        one = Taken(1000 * clock, 1000 * cpu, max(before, pace()), len(seen), moved)
        if number >= WARM_UPS:
            for group in (kind, "all"):
                taken.setdefault((door, group), []).append(one)
    show(taken)
    if child:
        edited = WARM_UPS + asked.edits * len(doors)
        worked_apart = cpu_seconds(child) - worked_apart
        print(f"\nwork of the process apart: {1000 * worked_apart / edited:.1f} ms for each edit")
        print(f"memory of the process apart {memory_mb(child)}")
    print(f"memory of this process {memory_mb(os.getpid())}")
    signed_in = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    close_connections()
    serve(signed_in, address, [edits.step("duration") for _ in range(SERVED)])


def serve(signed_in: str, address: str, steps: list[dict[str, Any]]) -> None:
    """Send edits to a process of ``pilothouse serve``, and print what it holds on the way."""
    from django.conf import settings

    seal = "b" * 32
    headers = {
        "Cookie": f"{signed_in}; {settings.CSRF_COOKIE_NAME}={seal}",
        "X-CSRFToken": seal,
        "Content-Type": "application/json",
    }
    with serving() as (port, _, pid):
        for _ in range(SERVED):
            fetch(port, "/", signed_in)
        print(f"\nmemory of a served process after {SERVED} pages {memory_mb(pid)}")
        for number, step in enumerate(steps, 1):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("POST", address, json.dumps({"steps": [step]}), headers)
            answer = connection.getresponse()
            said = answer.read()
            connection.close()
            if answer.status not in (200, 422):
                sys.exit(f"{address}: status {answer.status} {said[:300]!r}")
            if number in (1, len(steps)):
                print(f"after edit {number:2} {memory_mb(pid)}")


def show(taken: dict[tuple[str, str], list[Taken]]) -> None:
    """A line for each door and kind."""
    usual = QUIET * min(one.pace for each in taken.values() for one in each)
    print(
        f"\n{'':18}  edits   median    least      p95      cpu    quiet   of  queries    moved"
        f"   bound {BOUND_MS} ms"
    )
    for (door, kind), each in sorted(taken.items()):
        clocks = sorted(one.clock for one in each)
        late = clocks[min(len(clocks) - 1, int(0.95 * len(clocks)))]
        quiet = [one.clock for one in each if one.pace <= usual]
        typical = f"{statistics.median(quiet):6.1f} ms" if quiet else f"{'-':>9}"
        middle = statistics.median(clocks)
        print(
            f"{door:8}{kind:10}  {len(each):5}  {middle:6.1f}  {clocks[0]:7.1f}  {late:7.1f}"
            f"  {statistics.median(one.cpu for one in each):7.1f}  {typical} {len(quiet):3}"
            f"  {statistics.median(one.queries for one in each):7.0f}"
            f"  {statistics.median(one.moved for one in each):7.0f}"
            f"   {'met' if middle <= BOUND_MS else 'not met'}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--links", type=int, default=6_000)
    parser.add_argument("--edits", type=int, default=120, help="by each door")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--outline", action="store_true", help="edit where rows stand")
    parser.add_argument("--alone", action="store_true", help="without the process apart")
    parser.add_argument("--reuse", type=Path, help="folder in which the plan is kept")
    parser.add_argument("--bring", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bring:
        bring(asked)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    office = argparse.Namespace(projects=20, tasks=0, people=10)
    with tempfile.TemporaryDirectory() as made:
        folder: Path = asked.reuse or Path(made)
        with database(asked.database, folder, keep=asked.reuse is not None) as address:
            os.environ |= {
                "PYTHONPATH": str(ROOT / "src"),
                "PILOTHOUSE_DATA": str(folder.resolve()),
                "PILOTHOUSE_DATABASE": address,
            }
            os.environ.pop("DJANGO_SETTINGS_MODULE", None)
            try:
                if not (folder / "made").exists():
                    sizes = [f"--tasks={asked.tasks}", f"--links={asked.links}"]
                    make(office)
                    close_connections()
                    subprocess.run([sys.executable, __file__, "--bring", *sizes], check=True)
                    (folder / "made").touch()
                measure(asked)
            finally:
                close_connections()


if __name__ == "__main__":
    main()
