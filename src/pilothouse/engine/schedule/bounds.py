# SPDX-License-Identifier: Apache-2.0
"""What bounds a task from above: its late dates, its total and its free float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pilothouse.engine.network.plan import Link, LinkType


class BoundKind(StrEnum):
    """What does not let a task lie later."""

    LINK = "link"
    SUMMARY_LINK = "summary_link"
    CONSTRAINT = "constraint"
    SUMMARY_CONSTRAINT = "summary_constraint"
    DEADLINE = "deadline"
    SUMMARY_DEADLINE = "summary_deadline"
    EXTERNAL = "external"
    IMPOSED_FINISH = "imposed_finish"
    PLAN_FINISH = "plan_finish"
    PROJECT_FINISH = "project_finish"
    OPEN_END = "open_end"
    HARD_CONSTRAINT = "hard_constraint"
    CHILDREN = "children"
    TOTAL_FLOAT = "total_float"
    ACTUAL = "actual"
    LEVEL_OF_EFFORT = "level_of_effort"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Bound:
    """One thing that holds the late dates of a task.

    Parameters
    ----------
    kind : BoundKind
    uid : int
        Whose it is: the successor of the link, the task or the summary with the constraint or the
        deadline, the child of a summary; else the task itself.
    at_start : bool
        It bounds the start, not the finish.
    date : datetime
        The latest start, or finish, that it allows.
    sentence : str
    holder : int, optional
        Of a link: the task whose late date it is; a task inside ``uid`` where that is a summary.
    holder_date : datetime, optional
        Of a link: the late start, or finish, of the holder.
    link : Link, optional
    lag_minutes : int, optional
        Of a link: the lag as it was counted, percentages worked out.
    """

    kind: BoundKind
    uid: int
    at_start: bool
    date: datetime
    sentence: str
    holder: int | None = None
    holder_date: datetime | None = None
    link: Link | None = None
    lag_minutes: int | None = None

    @property
    def link_type(self) -> LinkType | None:
        """Of a link: its type."""
        return None if self.link is None else self.link.type


@dataclass(frozen=True, slots=True)
class LateStep:
    """One task of the chain behind late dates; all that hold them, the one to name first first."""

    uid: int
    label: str
    late_start: datetime
    late_finish: datetime
    bounds: tuple[Bound, ...]

    @property
    def sentence(self) -> str:
        """Why its late dates are what they are."""
        return self.bounds[0].sentence

    @property
    def driving(self) -> tuple[int, ...]:
        """The tasks whose late dates hold these."""
        held = (bound.holder for bound in self.bounds)
        return tuple(dict.fromkeys(uid for uid in held if uid is not None))


@dataclass(frozen=True, slots=True)
class FloatReason:
    """What a float is measured to.

    Of a total float it is the bound at the end of the chain behind the late dates, with which a
    negative one collides; of a free float the link that bounds it first. ``minutes`` is None where
    there is no float; ``date`` is the bound, of a free float how far the end that the link leaves
    may move.
    """

    minutes: int | None
    kind: BoundKind
    uid: int
    date: datetime | None
    sentence: str
    link: Link | None = None
    lag_minutes: int | None = None

    @property
    def link_type(self) -> LinkType | None:
        """Of a link: its type."""
        return None if self.link is None else self.link.type
