# SPDX-License-Identifier: Apache-2.0
"""Why a date is what it is, in words and as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilothouse.engine.network.plan import ConstraintType, LagKind, Link, LinkType
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.schedule.prepare import Network
from pilothouse.engine.schedule.result import CauseKind, TaskState

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ENDS = {
    LinkType.FS: ("finish", "start"),
    LinkType.SS: ("start", "start"),
    LinkType.FF: ("finish", "finish"),
    LinkType.SF: ("start", "finish"),
}
CONSTRAINTS = {
    ConstraintType.ASAP: "as soon as possible",
    ConstraintType.ALAP: "as late as possible",
    ConstraintType.SNET: "start no earlier than",
    ConstraintType.SNLT: "start no later than",
    ConstraintType.FNET: "finish no earlier than",
    ConstraintType.FNLT: "finish no later than",
    ConstraintType.MSO: "must start on",
    ConstraintType.MFO: "must finish on",
}
"""What each constraint is called in sentences."""


def moment(value: datetime) -> str:
    """A date as the reasons print it: Mon 3 Mar 2025 08:00."""
    day, month = _DAYS[value.weekday()], _MONTHS[value.month - 1]
    return f"{day} {value.day} {month} {value.year} {value.hour:02}:{value.minute:02}"


def days(network: Network, minutes: int) -> str:
    """Minutes as days of the plan, with at most two decimals."""
    value = minutes / network.plan.minutes_per_day
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} day" if text in ("1", "-1") else f"{text} days"


def link_words(network: Network, link: Link) -> str:
    """A link as people write it: FS, SS + 2 days, FS − 1 day, FF + 50 %."""
    text = link.type.value.upper()
    if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
        amount, negative = f"{abs(link.lag_percent).normalize():f} %", link.lag_percent < 0
        if not link.lag_percent:
            return text
    elif link.lag_minutes:
        negative = link.lag_minutes < 0
        if link.lag_kind is LagKind.ELAPSED:
            amount = f"{abs(link.lag_minutes) / 1440:g} elapsed days"
        else:
            amount = days(network, abs(link.lag_minutes))
    else:
        return text
    return f"{text} {'−' if negative else '+'} {amount}"


@dataclass(frozen=True, slots=True)
class Held:
    """What holds one task: the cause to name first, and the links that take part."""

    cause: CauseKind
    link: Link | None
    driving: tuple[int, ...]


def sentence(network: Network, row: int, held: Held, position: int) -> str:
    """One sentence on what holds a task; ``position`` is where the cause led."""
    cause = held.cause
    task = network.plan.tasks[row]
    rest = network.states[row] is TaskState.IN_PROGRESS
    verb = "The rest starts" if rest else "Starts"
    if held.link is not None:
        return _link_sentence(network, held.link, verb, cause)
    if cause in (CauseKind.CONSTRAINT, CauseKind.SUMMARY_CONSTRAINT):
        holder = task
        whose = "its constraint"
        if cause is CauseKind.SUMMARY_CONSTRAINT:
            above = next(
                row
                for row in network.outline.ancestors(row)
                if network.plan.tasks[row].constraint_date is not None
            )
            holder = network.plan.tasks[above]
            whose = f"the constraint of summary {network.outline.labels[above]}"
        date = holder.constraint_date
        on = f" {moment(date)}" if date is not None else ""
        return f"{verb} there because of {whose}: {CONSTRAINTS[holder.constraint]}{on}."
    if cause in _PLAIN:
        microsoft = network.options.dialect is Dialect.MICROSOFT_PROJECT
        return _PLAIN[cause].format(verb=verb, whom="the plan" if microsoft else "a successor")
    if cause is CauseKind.STATUS_DATE:
        status = network.plan.status_date
        return (
            f"{verb} at the status date{f', {moment(status)}' if status else ''}: "
            "work that is not done cannot lie in the past."
        )
    if cause is CauseKind.ACTUAL and network.states[row] is not TaskState.COMPLETE:
        return f"{verb} where the actual work ended."
    when = moment(network.project.instant(position))
    return _DATED[cause].format(verb=verb, when=when)


_PLAIN = {
    CauseKind.PROJECT_START: "{verb} with the project; nothing else holds it.",
    CauseKind.PROJECT_FINISH: "Counted back from the finish of the project.",
    CauseKind.MANUAL: "Its dates were set by hand; links do not move them.",
    CauseKind.AS_LATE_AS_POSSIBLE: "As late as it can be without delaying {whom}.",
}
_DATED = {
    CauseKind.ACTUAL: "Finished on {when}, as reported.",
    CauseKind.RESUME: "{verb} on {when}, when the work was planned to resume.",
    CauseKind.LEVELING_DELAY: "{verb} on {when} because of a levelling delay.",
    CauseKind.EXTERNAL: "{verb} on {when}, when another project allows it.",
}


def expected_sentence(network: Network, row: int, left: int) -> str:
    """One sentence on a duration that an expected finish sets; ``left`` minutes remain."""
    expected = network.plan.tasks[row].expected_finish
    assert expected is not None
    if left == 0:
        return f"Its expected finish, {moment(expected)}, leaves it no duration."
    return f"Its expected finish, {moment(expected)}, gives it {days(network, left)} from there."


def _link_sentence(network: Network, link: Link, verb: str, kind: CauseKind) -> str:
    labels = network.outline.labels
    index = network.outline.index
    first, second = _ENDS[link.type]
    through = ""
    if kind is CauseKind.SUMMARY_LINK:
        through = f" through its summary {labels[index[link.successor]]}"
    return (
        f"{verb} when {labels[index[link.predecessor]]} allows it{through}: "
        f"{link_words(network, link)}, from its {first} to this {second}."
    )
