# SPDX-License-Identifier: Apache-2.0
"""The chain of reasons for every date of a task."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.engine.schedule.reasons import moment
from pilothouse.engine.schedule.result import Explanation, ScheduleResult, Step


def explain(result: ScheduleResult, uid: int) -> Explanation:
    """The chain of reasons for the dates and floats of one task.

    Parameters
    ----------
    result : ScheduleResult
    uid : int
        A task of the plan.

    Returns
    -------
    Explanation
        Of the dates that are shown: the task, then its first driving predecessor, and so on back
        to what no link holds. Of the late dates: the task, then the successor that bounds them
        first, and so on to what no link holds. Of both floats what they are measured to.

    Raises
    ------
    KeyError
        If the plan has no such task.

    Notes
    -----
    Late dates are asked again for the tasks of the chain only: O(length of both chains, with the
    links of their tasks and of the summaries above).
    """
    steps = tuple(_early_chain(result, uid))
    reasons = result.late_reasons
    assert reasons is not None, "a plan with tasks has late dates"
    late = tuple(reasons.chain(uid))
    total, free = reasons.total_float(uid, late), reasons.free_float(uid)
    lines = [
        f"{step.label}, {moment(step.start)} to {moment(step.finish)}. {step.sentence}"
        for step in steps
    ]
    lines.append("At the latest:")
    lines += [
        f"{step.label}, {moment(step.late_start)} to {moment(step.late_finish)}. {step.sentence}"
        for step in late
    ]
    lines.append(total.sentence)
    if free.sentence != total.sentence:
        lines.append(free.sentence)
    return Explanation(uid, steps, "\n".join(lines), late, total, free)


def _early_chain(result: ScheduleResult, uid: int) -> Iterator[Step]:
    seen: set[int] = set()
    at: int | None = uid
    while at is not None and at not in seen:
        seen.add(at)
        dates = result.tasks[at]
        yield Step(at, result.labels[at], dates.start, dates.finish, dates.cause, dates.reason)
        at = dates.driving[0] if dates.driving else None
