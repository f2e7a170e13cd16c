# SPDX-License-Identifier: Apache-2.0
"""What bounds late dates and floats, in words."""

from __future__ import annotations

from datetime import datetime

from pilothouse.engine.network.plan import Link
from pilothouse.engine.schedule.bounds import Bound, BoundKind
from pilothouse.engine.schedule.prepare import TO_FINISH, Network
from pilothouse.engine.schedule.reasons import CONSTRAINTS, days, link_words, moment

_WITHOUT = {
    BoundKind.ACTUAL: "It is finished and has no float.",
    BoundKind.LEVEL_OF_EFFORT: "Level of effort has no float.",
    BoundKind.INACTIVE: "It is inactive and has no float.",
}


class BoundWords:
    """Sentences on the bounds of one plan."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def _label(self, row: int) -> str:
        return self._network.outline.labels[row]

    def _label_of(self, uid: int) -> str:
        return self._label(self._network.outline.index[uid])

    def _days(self, minutes: int) -> str:
        return days(self._network, minutes).replace("-", "−")

    def by_link(
        self, link: Link, holder: int, held: datetime, date: datetime, above: int, rest: bool
    ) -> str:
        """How the late date of a successor bounds a task."""
        to_finish = link.type in TO_FINISH
        whose = self._label(holder)
        if self._network.plan.tasks[holder].uid != link.successor:
            whose += f" in {self._label_of(link.successor)}"
        through = f", through its summary {self._label(above)}" if above >= 0 else ""
        verb = _verb(link.type.value.startswith("s"), rest)
        return (
            f"{verb} {moment(date)} so that {whose} can {'finish' if to_finish else 'start'} by "
            f"{moment(held)}{through}: {link_words(self._network, link)}."
        )

    def plain(self, kind: BoundKind, row: int, date: datetime, at_start: bool, rest: bool) -> str:
        """How a bound that is no link bounds a task; ``row`` is whose it is."""
        if kind is BoundKind.CHILDREN:
            end = "start" if at_start else "finish"
            return f"Its latest {end} is that of {self._label(row)}."
        if kind is BoundKind.ACTUAL:
            return f"Finished on {moment(date)}, as reported."
        if kind is BoundKind.LEVEL_OF_EFFORT:
            return "Level of effort has no late dates of its own; they are the early ones."
        if kind is BoundKind.OPEN_END:
            return "Nothing follows it, and by the rules of the plan it then has no float."
        if kind is BoundKind.HARD_CONSTRAINT:
            return f"Its hard constraint fixes its dates: {self._constraint(row)}."
        named = self._named(kind, row, date, of_itself=True)
        return f"{_verb(at_start, rest)} {moment(date)}: {named}."

    def _constraint(self, row: int) -> str:
        task = self._network.plan.tasks[row]
        on = f" {moment(task.constraint_date)}" if task.constraint_date is not None else ""
        return f"{CONSTRAINTS[task.constraint]}{on}"

    def _named(self, kind: BoundKind, row: int, date: datetime, *, of_itself: bool) -> str:
        """A bound as the thing that it is."""
        of = "its own" if of_itself else f"of {self._label(row)}"
        match kind:
            case BoundKind.CONSTRAINT | BoundKind.HARD_CONSTRAINT:
                what = self._constraint(row)
                return f"its constraint, {what}" if of_itself else f"the constraint {of}, {what}"
            case BoundKind.SUMMARY_CONSTRAINT:
                what = self._constraint(row)
                return f"the constraint of summary {self._label(row)}, {what}"
            case BoundKind.DEADLINE:
                return "its deadline" if of_itself else f"the deadline {of}, {moment(date)}"
            case BoundKind.SUMMARY_DEADLINE:
                on = "" if of_itself else f", {moment(date)}"
                return f"the deadline of summary {self._label(row)}{on}"
            case BoundKind.EXTERNAL if of_itself:
                return "another project needs it by then"
            case BoundKind.EXTERNAL:
                whose = self._label(row)
                return f"the date by which another project needs {whose}, {moment(date)}"
            case BoundKind.IMPOSED_FINISH:
                named = "the finish imposed on the plan"
            case BoundKind.PROJECT_FINISH:
                named = "the finish from which the plan is scheduled"
            case BoundKind.OPEN_END:
                return f"the early finish of {self._label(row)}, which nothing follows"
            case BoundKind.ACTUAL:
                return f"the reported dates of {self._label(row)}"
            case BoundKind.LEVEL_OF_EFFORT:
                return f"the dates of {self._label(row)}, a level of effort"
            case _:
                named = "the finish of the plan"
        return named if of_itself else f"{named}, {moment(date)}"

    def total(self, minutes: int, last: Bound, ends: tuple[bool, datetime, datetime]) -> str:
        """A total float by the bound at the end of the chain behind the late dates."""
        row = self._network.outline.index[last.uid]
        named = self._named(last.kind, row, last.date, of_itself=False)
        if minutes > 0:
            return f"Total float {self._days(minutes)}: it may slip that far within {named}."
        if minutes == 0:
            return f"Total float 0 days: any slip breaks {named}."
        by_start, early, late = ends
        end = "start" if by_start else "finish"
        return (
            f"Total float {self._days(minutes)}: it can {end} on {moment(early)} at the earliest "
            f"and would have to by {moment(late)} to keep {named}."
        )

    def broken(self, row: int, minutes: int) -> str:
        """A float that a hard constraint takes."""
        return (
            f"Total float {self._days(minutes)}: its hard constraint, {self._constraint(row)}, "
            "puts it that far before the logic allows it."
        )

    def without(self, kind: BoundKind) -> str:
        """Why there is no float."""
        return _WITHOUT[kind]

    def free_by_link(self, minutes: int, link: Link, holder: int, above: int) -> str:
        """A free float that a link bounds first."""
        what = f"{self._label(holder)} ({link_words(self._network, link)}"
        what += f", through its summary {self._label(above)})" if above >= 0 else ")"
        free = f"Free float {self._days(minutes)}"
        if minutes > 0:
            return f"{free}: more would move {what}."
        if minutes == 0:
            return f"{free}: any delay moves {what}."
        return f"{free}: {what} lies before its link allows it."

    def free_by_total(self, minutes: int, total: int) -> str:
        """A free float that is the total float."""
        if total <= 0:
            return "Free float 0 days: it has no total float."
        return f"Free float {self._days(minutes)}, its total float: no link bounds it before."

    def free_to_finish(self, minutes: int, date: datetime) -> str:
        """A free float that nothing bounds but the finish of the plan."""
        free = f"Free float {self._days(minutes)}"
        return f"{free}: up to the finish of the plan, {moment(date)}; nothing follows it."


def _verb(at_start: bool, rest: bool) -> str:
    return f"{'The rest must' if rest else 'Must'} {'start' if at_start else 'finish'} by"
