# SPDX-License-Identifier: Apache-2.0
"""Levelling of a plan file, or of a problem of the public benchmark sets."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pilothouse.engine.formats.patterson import read_patterson
from pilothouse.engine.formats.progen import read_progen
from pilothouse.engine.formats.psplib import read_psplib
from pilothouse.engine.levelling import (
    Effort,
    Levelled,
    LevelOptions,
    Limit,
    ProjectPlan,
    Proposal,
    Rule,
    Scheme,
    level,
    level_plans,
)
from pilothouse.engine.network.plan import Plan
from pilothouse.faces.cli.output import missed, moment, noted, print_json, print_table, tell
from pilothouse.faces.cli.plans import SHOWN, plan_of, rules_of

PROBLEMS = {".sm": read_psplib, ".rcp": read_patterson, ".sch": read_progen}
"""Endings of files that hold a problem in whole periods instead of a plan."""
LARGE = 100
"""Tasks from which on the solver rarely proves or shortens anything in the time there is."""
SMALL_SHARE, LARGE_SHARE = 0.2, 0.9
"""Of the time limit, for our own search; the rest is for the solver, as are maximum lags."""
ALL = 10**9
NOTHING = "No schedule was found in the time; give more with --time-limit."


def run_level(options: argparse.Namespace) -> int:
    """Print starts and finishes that exceed no capacity; 1 where none were found."""
    read = PROBLEMS.get(Path(options.file).suffix.lower())
    if read is None:
        return _plan(options)
    with Path(options.file).open("rb") as source:
        instance = read(source)
    large = instance.tasks >= LARGE and read is not read_progen
    seconds, effort = _parts(options.time_limit, large)
    found = level(instance, Limit(ALL, seconds, effort), seed=options.seed)
    rows = _rows(found, instance.names, instance.durations.tolist())
    if options.json:
        document = {
            "status": found.status.value,
            "makespan": None if found.schedule is None else found.schedule.makespan,
            "lower_bound": found.bound,
            "tasks": [
                {"uid": int(name), "start": start, "finish": finish} for name, start, finish in rows
            ],
        }
        print_json("pilothouse.level/1", document)
    else:
        print_table(("Task", "Start", "Finish"), (tuple(map(str, row)) for row in rows))
        length = "none found" if found.schedule is None else f"{found.schedule.makespan} periods"
        print(f"\n{length}, at least {found.bound}: {found.status.value}.")
    if found.schedule is not None:
        return 0
    print(f"pilothouse level: {NOTHING}", file=sys.stderr)
    return 1


def _parts(seconds: float, large: bool) -> tuple[float, Effort]:
    """The time for our own search, and what is left for the solver."""
    own = (LARGE_SHARE if large else SMALL_SHARE) * seconds
    return own, Effort(deterministic=0, seconds=seconds - own)


def _rows(
    found: Levelled, names: tuple[str, ...], durations: list[int]
) -> list[tuple[str, int, int]]:
    if found.schedule is None:
        return []
    starts = found.schedule.starts.tolist()
    return [
        (name, start, start + span)
        for name, start, span in zip(names, starts, durations, strict=True)
    ]


def _plan(options: argparse.Namespace) -> int:
    plan = plan_of(options)
    proposal = _proposed(plan, options)
    (project,) = proposal.projects
    notices = (*plan.notices, *project.notices)
    unresolved = [uid for uid, move in project.tasks.items() if move.unresolved]
    least = proposal.bound or project.finish_before
    status = proposal.status.value
    names = {task.uid: task.name for task in plan.tasks}
    if options.json:
        document = {
            "status": status,
            "makespan": project.finish,
            "lower_bound": least,
            "tasks": [
                {
                    "uid": uid,
                    "start": move.start,
                    "finish": move.finish,
                    "delay_minutes": move.delay_minutes,
                    "unresolved": move.unresolved,
                }
                for uid, move in project.tasks.items()
            ],
            "overloads": [
                {
                    "resource": row.resource_uid,
                    "start": row.start,
                    "finish": row.finish,
                    "units": row.units,
                    "capacity": row.capacity,
                }
                for row in proposal.overloads
            ],
            "missed_deadlines": missed(project.missed_deadlines),
            "notices": noted(notices),
        }
        print_json("pilothouse.level/1", document)
        return 0
    moved = [(uid, move) for uid, move in project.tasks.items() if move.start != move.start_before]
    print_table(
        ("UID", "Was", "Start", "Finish", "Task"),
        (
            (
                str(uid),
                moment(move.start_before),
                moment(move.start),
                moment(move.finish),
                names[uid],
            )
            for uid, move in moved
        ),
    )
    print(
        f"\n{len(moved)} tasks move; the finish goes from {moment(project.finish_before)} to "
        f"{moment(project.finish)}, at least {moment(least)}: {status}."
    )
    for uid in unresolved:
        print(f"{uid} ‘{names[uid]}’ finds no room; its resources stay overloaded.")
    for item in project.missed_deadlines:
        print(item.message)
    tell(notices, SHOWN)
    return 0


def _proposed(plan: Plan, options: argparse.Namespace) -> Proposal:
    """The best proposal within the time."""
    seconds, effort = _parts(options.time_limit, len(plan.tasks) >= LARGE)
    wanted = LevelOptions(
        within_float=options.within_float,
        rule=Rule(options.rule),
        scheme=Scheme(options.scheme),
        keep_dates=not options.past_dates,
        schedules=ALL,
        seconds=seconds,
        proof=effort,
        seed=options.seed,
    )
    return level_plans([ProjectPlan(plan)], wanted, rules_of(options, plan))
