# SPDX-License-Identifier: Apache-2.0
"""From the document to the plan: bounds first, then types, then what refers to what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.formats.collector import collector_paused
from pilothouse.engine.formats.plan_json.kinds import FORMAT, VERSION, decode, refuse
from pilothouse.engine.network.plan import Plan


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may hold at most.

    Parameters
    ----------
    bytes, brackets, values : int
        Of the whole document, counted before it is read: objects and lists, and values.
    digits : int
        Of one number.
    tasks, links, resources, assignments, calendars, notices : int
        Rows of each list of the plan.
    exceptions : int
        Of all calendars.
    """

    bytes: int = 50 * 1024 * 1024
    brackets: int = 1_500_000
    values: int = 5_000_000
    digits: int = 15
    tasks: int = 50_000
    links: int = 200_000
    resources: int = 20_000
    assignments: int = 200_000
    calendars: int = 5_000
    notices: int = 10_000
    exceptions: int = 100_000


_DEFAULT_LIMITS = Limits()
_LISTS = ("tasks", "links", "resources", "assignments", "calendars", "notices")


def read_plan_json(source: BinaryIO, *, limits: Limits = _DEFAULT_LIMITS) -> Plan:
    """Read a plan that ``write_plan_json`` or another program wrote.

    Parameters
    ----------
    source : binary file
        UTF-8, with or without a mark at its beginning.
    limits : Limits

    Returns
    -------
    Plan

    Raises
    ------
    FormatError
        Codes ``planjson.*``; the sentence and ``places`` name the path in the document, such
        as ``tasks[3].duration_minutes``.

    Notes
    -----
    The whole document is held in memory. Deterministic.
    """
    with collector_paused():
        return _read(source.read(limits.bytes + 1), limits)


def _read(data: bytes, limits: Limits) -> Plan:
    _check_size(data, limits)
    document = _parsed(data, limits)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        refuse("not_a_plan", f"is not ‘{FORMAT}’; this is no plan", "format")
    if document.get("version") != VERSION:
        version = str(document.get("version"))[:20]
        refuse("version", f"is {version}; version {VERSION} can be read", "version")
    unknown = sorted(set(document) - {"format", "version", "plan"})
    if unknown:
        refuse("field", f"has a field ‘{unknown[0][:60]}’, which is not known")
    body = document.get("plan")
    if isinstance(body, dict):
        _check_counts(body, limits)
    plan: Plan = decode(Plan, body, "plan")
    _check(plan)
    return plan


def _check_size(data: bytes, limits: Limits) -> None:
    if not data.strip():
        refuse("empty", "is empty")
    if len(data) > limits.bytes:
        refuse("too_large", f"is larger than {limits.bytes // 1024 // 1024} MB")
    if data.count(b"{") + data.count(b"[") > limits.brackets:
        refuse("limit", f"has more than {limits.brackets:,} objects and lists")
    if data.count(b",") > limits.values:
        refuse("limit", f"has more than {limits.values:,} values")


def _parsed(data: bytes, limits: Limits) -> Any:
    def whole(text: str) -> int:
        if len(text) > limits.digits + 1:
            refuse("limit", f"holds a number of {len(text):,} digits")
        return int(text)

    def broken(text: str) -> Any:
        refuse("value", f"holds {text[:40]}; whole numbers only, and decimals as text")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
            refuse("duplicate", f"names the field ‘{twice[:60]}’ twice in one object")
        return found

    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_int=whole,
            parse_float=broken,
            parse_constant=broken,
            object_pairs_hook=once,
        )
    except UnicodeDecodeError as error:
        refuse("encoding", f"is not UTF-8 at byte {error.start:,}; save it as UTF-8")
    except json.JSONDecodeError as error:
        refuse("not_json", f"is no JSON at line {error.lineno}: {error.msg}")
    except RecursionError:
        refuse("limit", "is nested deeper than a plan is")


def _check_counts(body: dict[str, Any], limits: Limits) -> None:
    for name in _LISTS:
        most: int = getattr(limits, name)
        rows = body.get(name)
        if isinstance(rows, list) and len(rows) > most:
            refuse("limit", f"has more than {most:,} rows", f"plan.{name}")
    calendars = body.get("calendars")
    found = 0
    for row in calendars if isinstance(calendars, list) else ():
        listed = row.get("exceptions") if isinstance(row, dict) else None
        found += len(listed) if isinstance(listed, list) else 0
    if found > limits.exceptions:
        refuse("limit", f"have more than {limits.exceptions:,} exceptions", "plan.calendars")


def _check(plan: Plan) -> None:
    """Numbers are given once, and every reference leads somewhere."""
    calendars = _once("calendars", (row.uid for row in plan.calendars))
    tasks = _once("tasks", (row.uid for row in plan.tasks))
    resources = _once("resources", (row.uid for row in plan.resources))
    _once("assignments", (row.uid for row in plan.assignments))
    _led("plan.default_calendar_uid", plan.default_calendar_uid, calendars, "calendar")
    for place, task in enumerate(plan.tasks):
        if task.calendar_uid is not None:
            _led(f"plan.tasks[{place}].calendar_uid", task.calendar_uid, calendars, "calendar")
    for place, link in enumerate(plan.links):
        _led(f"plan.links[{place}].predecessor", link.predecessor, tasks, "task")
        _led(f"plan.links[{place}].successor", link.successor, tasks, "task")
    for place, resource in enumerate(plan.resources):
        if resource.calendar_uid is not None:
            path = f"plan.resources[{place}].calendar_uid"
            _led(path, resource.calendar_uid, calendars, "calendar")
    for place, item in enumerate(plan.assignments):
        _led(f"plan.assignments[{place}].task_uid", item.task_uid, tasks, "task")
        if item.resource_uid is not None:
            path = f"plan.assignments[{place}].resource_uid"
            _led(path, item.resource_uid, resources, "resource")
    try:
        compile_calendars(plan.calendars)
    except InvalidInput as error:
        refuse("calendar", error.message.rstrip("."), "plan.calendars")


def _once(name: str, uids: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for place, uid in enumerate(uids):
        if uid in found:
            refuse("duplicate", f"is {uid}, which is taken already", f"plan.{name}[{place}].uid")
        found.add(uid)
    return found


def _led(path: str, uid: int, known: set[int], what: str) -> None:
    if uid not in known:
        refuse("dangling", f"is {uid}, but there is no such {what}", path)
