# SPDX-License-Identifier: Apache-2.0
"""What can be done to a plan, one step each; ``editor`` applies them.

Rows are named by uid. ``was`` is what the editing person saw: a step that meets another value
is refused, so nobody overwrites what they have not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from pilothouse.engine.network.plan import Link, LinkType, PlanTask


class Unseen:
    """Stands for a value that the editing person did not look at."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSEEN"


UNSEEN: Final = Unseen()


class Field(StrEnum):
    """A cell of a task that can be edited; the value of each is of the kind in brackets."""

    NAME = "name"  # str
    WBS = "wbs"  # str
    NOTES = "notes"  # str
    DURATION = "duration"  # Amount
    WORK = "work_minutes"  # int
    START = "start"  # datetime: scheduled by hand, there; else not earlier
    FINISH = "finish"  # datetime: likewise
    CONSTRAINT = "constraint"  # Constraint
    DEADLINE = "deadline"  # datetime or None
    EXTERNAL_START = "external_early_start"  # datetime or None: what another project allows
    CALENDAR = "calendar_uid"  # int or None
    MANUAL = "manual"  # bool
    ACTIVE = "active"  # bool
    MILESTONE = "milestone"  # bool
    PRIORITY = "priority"  # int, 0 to 1000
    WORK_TYPE = "work_type"  # WorkType
    EFFORT_DRIVEN = "effort_driven"  # bool
    PERCENT = "percent_complete"  # Decimal
    PHYSICAL = "physical_percent"  # Decimal or None
    PERCENT_TYPE = "percent_type"  # PercentType
    STEPS = "steps"  # tuple of TaskStep
    REMAINING = "remaining_minutes"  # int
    ACTUAL_START = "actual_start"  # datetime or None
    ACTUAL_FINISH = "actual_finish"  # datetime
    STOP = "stop"  # datetime or None
    RESUME = "resume"  # datetime or None
    LEVELING_DELAY = "leveling_delay_minutes"  # int
    LEVEL_OF_EFFORT = "level_of_effort"  # bool


@dataclass(frozen=True, slots=True)
class SetField:
    """Give one cell of one task a value."""

    uid: int
    field: Field
    value: object
    was: object = UNSEEN


@dataclass(frozen=True, slots=True)
class SetCustom:
    """Give a field that somebody added a value in one task; an empty one takes it away."""

    uid: int
    key: str
    value: str
    was: str | Unseen = UNSEEN


@dataclass(frozen=True, slots=True)
class Stretch:
    """Give a task the duration with which it ends at ``finish``, its start staying where it is.

    ``was`` is the finish that the person saw.
    """

    uid: int
    finish: datetime
    was: datetime | Unseen = UNSEEN


@dataclass(frozen=True, slots=True)
class AddTasks:
    """Insert rows behind the row ``after``, or at the top; their uids must be new.

    The first may lie one level below the row before it, never deeper.
    """

    after: int | None
    tasks: tuple[PlanTask, ...]


@dataclass(frozen=True, slots=True)
class DeleteTasks:
    """Remove rows with all that lies inside them, their links and assignments."""

    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MoveTasks:
    """Move rows, with what lies inside them, behind the row ``after`` onto a level."""

    uids: tuple[int, ...]
    after: int | None
    level: int


@dataclass(frozen=True, slots=True)
class Indent:
    """Move rows, with what lies inside them, ``by`` levels: 1 in, -1 out."""

    uids: tuple[int, ...]
    by: int


@dataclass(frozen=True, slots=True)
class SetPredecessors:
    """Put these links in place of all that lead to a task."""

    uid: int
    links: tuple[Link, ...]
    was: frozenset[Link] | Unseen = UNSEEN


@dataclass(frozen=True, slots=True)
class PutLink:
    """Add a link, or change the lag of the one with the same ends and type."""

    link: Link


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """Remove the link with these ends and type."""

    predecessor: int
    successor: int
    type: LinkType = LinkType.FS


@dataclass(frozen=True, slots=True)
class Assign:
    """Put a resource on a task; what follows for work and duration is DOMAIN 4.3."""

    task_uid: int
    resource_uid: int
    units: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Unassign:
    """Take an assignment away, by its uid."""

    uid: int


@dataclass(frozen=True, slots=True)
class SetUnits:
    """Change the units of an assignment."""

    uid: int
    units: Decimal
    was: Decimal | Unseen = UNSEEN


@dataclass(frozen=True, slots=True)
class SetWork:
    """Change the work of an assignment, in minutes."""

    uid: int
    work_minutes: int
    was: int | Unseen = UNSEEN


Operation = (
    SetField
    | SetCustom
    | Stretch
    | AddTasks
    | DeleteTasks
    | MoveTasks
    | Indent
    | SetPredecessors
    | PutLink
    | RemoveLink
    | Assign
    | Unassign
    | SetUnits
    | SetWork
)
