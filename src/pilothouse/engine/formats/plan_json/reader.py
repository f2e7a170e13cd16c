# SPDX-License-Identifier: Apache-2.0
"""From the document to the plan: bounds first, then types, then what refers to what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from pilothouse.engine.calendars import compile_calendars
from pilothouse.engine.errors import FormatError, InvalidInput
from pilothouse.engine.formats.collector import collector_paused
from pilothouse.engine.formats.json_walk import Bounds, Misfit, parsed, within
from pilothouse.engine.formats.plan_json.kinds import FORMAT, VERSION, shape_of
from pilothouse.engine.formats.remedies import with_remedy
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


def refuse(code: str, message: str, path: str = "") -> NoReturn:
    """Raise the error of this format; the path is that in the document."""
    place = (path,) if path else ()
    told = with_remedy(code, f"{path or 'The document'}: {message}.")
    raise FormatError(f"planjson.{code}", told, place)


def _refused(misfit: Misfit) -> NoReturn:
    says, path = misfit.reason, misfit.path
    match misfit.kind:
        case "size":
            refuse("too_large", says)
        case "empty":
            refuse("empty", says)
        case "encoding":
            refuse("encoding", says)
        case "json":
            refuse("not_json", says)
        case "duplicate":
            refuse("duplicate", says)
        case "limit":
            refuse("limit", says, path)
        case "range":
            refuse("range", says, path)
        case "value":
            refuse("value", says, path)
        case "missing":
            refuse("missing", says, path)
        case "unknown":
            refuse("field", says, path)
    refuse("kind", says, path)


def _read(data: bytes, limits: Limits) -> Plan:
    try:
        return _plan(data, limits)
    except Misfit as misfit:
        _refused(misfit)


def _plan(data: bytes, limits: Limits) -> Plan:
    bounds = Bounds(limits.bytes, limits.brackets, limits.values, limits.digits, fractions=False)
    document = parsed(data, bounds)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        refuse("not_a_plan", f"is not ‘{FORMAT}’; this is no plan", "format")
    if document.get("version") != VERSION:
        version = str(document.get("version"))[:20]
        refuse("version", f"is {version}; version {VERSION} can be read", "version")
    unknown = sorted(set(document) - {"format", "version", "plan"})
    if unknown:
        refuse("field", "is not known here; correct the name", unknown[0][:60])
    body = document.get("plan")
    if isinstance(body, dict):
        _check_counts(body, limits)
    plan: Plan = within("plan", shape_of(Plan).read, body)
    _check(plan)
    return plan


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
