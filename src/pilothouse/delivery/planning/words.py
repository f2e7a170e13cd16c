# SPDX-License-Identifier: Apache-2.0
"""Sentences of the schedule screen, which scripts put on the page; values stand in braces."""

from __future__ import annotations

from django.utils.translation import gettext as _


def schedule_words() -> dict[str, str]:
    """Key → sentence in the language of the reader."""
    return _columns() | _choices() | _told() | _refusals() | _details()


def _columns() -> dict[str, str]:
    return {
        "number": _("#"),
        "wbs": _("WBS"),
        "wbsHint": _("Code in the work breakdown structure"),
        "name": _("Task"),
        "duration": _("Duration"),
        "durationHint": _("Working time from start to finish: 5d, 4h, 2w; 3ed is round the clock"),
        "start": _("Start"),
        "startHint": _("Computed start; a typed one is a constraint: start no earlier than"),
        "finish": _("Finish"),
        "finishHint": _("Computed finish; a typed one is a constraint: finish no earlier than"),
        "percent": _("%"),
        "percentHint": _("How much of the duration is done"),
        "remaining": _("Remaining"),
        "remainingHint": _("Working time that is left"),
        "predecessors": _("Predecessors"),
        "predecessorsHint": _("Row numbers with type and lag: 12; 14SS+2d; 9FF-50%"),
        "people": _("Resources"),
        "peopleHint": _("Names of this plan with their share: Ada; Piet [50%]"),
        "work": _("Work"),
        "workHint": _("Effort of all resources"),
        "cost": _("Cost"),
        "float": _("Float"),
        "floatHint": _("Total float in working days: so much later the task may end"),
        "freeFloat": _("Free float"),
        "freeFloatHint": _("Working days before a task that follows is moved"),
        "baselineStart": _("Baseline start"),
        "baselineFinish": _("Baseline finish"),
        "startVariance": _("Start variance"),
        "startVarianceHint": _("Working days later than in the baseline"),
        "finishVariance": _("Variance"),
        "finishVarianceHint": _("Working days that the finish lies later than in the baseline"),
        "deadline": _("Deadline"),
        "deadlineHint": _("Moves nothing; says when the task must be done"),
        "constraint": _("Constraint"),
        "constraintDate": _("Constraint date"),
        "mode": _("Mode"),
        "modeHint": _("Whether the dates are computed or set by hand"),
        "calendar": _("Calendar"),
        "priority": _("Priority"),
        "priorityHint": _("0 to 1,000, for levelling; 1,000 is not moved"),
        "actual_start": _("Actual start"),
        "actual_finish": _("Actual finish"),
        "lateFinish": _("Latest finish"),
        "percentType": _("Percent of"),
        "percentTypeHint": _("What the physical percentage follows from, and what it is read as"),
        "steps": _("Steps"),
        "custom": _("Fields of the office"),
        "stepsHint": _("Parts that are done or not, with their weight: x Survey; Piles [3]"),
        "workType": _("Work type"),
        "workTypeHint": _("What stays when duration, units or work change"),
        "effortDriven": _("Effort-driven"),
        "effortDrivenHint": _("More people make the task shorter"),
        "active": _("Active"),
        "physical": _("Physical %"),
        "physicalHint": _("Measured progress, apart from the duration"),
        "stop": _("Interrupted"),
        "stopHint": _("Work stopped here"),
        "bonds": _("Other projects"),
        "bondsHint": _("What other projects give to the task, or wait for from it"),
        "resume": _("Resumed"),
        "resumeHint": _("Work goes on here"),
    }


def _choices() -> dict[str, str]:
    return {
        "asap": _("As soon as possible"),
        "alap": _("As late as possible"),
        "snet": _("Start no earlier than"),
        "fnet": _("Finish no earlier than"),
        "snlt": _("Start no later than"),
        "fnlt": _("Finish no later than"),
        "mso": _("Must start on"),
        "mfo": _("Must finish on"),
        "hard": _("hard"),
        "automatic": _("Computed"),
        "byHand": _("By hand"),
        "planCalendar": _("That of the plan"),
        "percentOf_duration": _("Duration"),
        "percentOf_work": _("Work"),
        "percentOf_physical": _("Physical, as entered"),
        "percentOf_steps": _("Steps"),
        "stepsDone": _("{done} of {all} done"),
        "fixed_units": _("Fixed units"),
        "fixed_work": _("Fixed work"),
        "fixed_duration": _("Fixed duration"),
        "yes": _("Yes"),
        "no": _("No"),
    }


def _told() -> dict[str, str]:
    return {
        "critical": _("Critical: a day lost here moves the finish"),
        "criticalMark": _("C"),
        "today": _("Today"),
        "chart": _("Chart; the table beside it holds the same"),
        "split": _("Border between table and chart"),
        "newTask": _("New task"),
        "new": _("new"),
        "saving": _("Saving…"),
        "movedOne": _("‘{name}’ {by}: {reason}"),
        "movedMany": _("{count} tasks moved"),
        "daysLater": _("ends {days} days later"),
        "daysEarlier": _("ends {days} days earlier"),
        "started": _("starts on {day}"),
        "finishMoved": _("The plan finishes on {to} instead of {from}"),
        "nothingChanged": _("Nothing changed."),
        "wasTyped": _("Typed was: {typed}"),
        "otherDid": _("{name} changed the plan: {words}"),
        "copied": _("Copied: {rows} rows, {columns} columns"),
        "linkTo": _("{type} to ‘{name}’"),
        "linkNowhere": _("Drop on the bar of another task"),
        "threeBaselines": _("Three baselines are drawn at most; take one away first."),
        "moveUp": _("Further up"),
        "moveDown": _("Further down"),
        "widthOf": _("Width of {column} in points"),
        "widened": _("{column} is {width} points wide."),
        "passedOver": _("‘{words}’ stays as it is; undo goes on with what you did before."),
        "comes": _("{project} gives ‘{deliverable}’ to this task"),
        "goes": _("This task gives ‘{deliverable}’ to {project}"),
        "unseenProject": _("a project that you may not see"),
        "forecast": _("forecast {date}"),
        "noForecast": _("no forecast"),
        "promised": _("promised {date}"),
        "needed": _("needed {date}"),
        "slack": _("slack {days} working days"),
    }


def _refusals() -> dict[str, str]:
    return {
        "offline": _("The server did not answer; nothing was saved. Try again."),
        "readOnly": _("“{column}” is not edited here; it follows from other cells."),
        "needsDate": _("A date is needed here, such as 2 Mar 2026 or 2026-03-02."),
        "noDate": _("“{typed}” is no date. Write 2 Mar 2026, 2026-03-02, today or +3."),
        "noPercent": _("“{typed}” is no percentage between 0 and 100."),
        "noWhole": _("“{typed}” is no whole number."),
        "noChoice": _("“{typed}” is none of the choices of this column."),
        "noConstraint": _("Choose a constraint first; it says what the date is for."),
        "noResource": _("“{name}” is no resource of this plan. It has: {names}."),
        "planGone": _(
            "Somebody deleted this plan. What you see is how it was last; nothing can be changed."
        ),
        "rowGone": _("Somebody deleted this row meanwhile; nothing was changed."),
        "noName": _("Line {line} would be a new row, but has no name. Paste from “Task” on."),
        "inLine": _("Line {line}, {column}: {reason} Nothing was pasted."),
        "inRow": _("Row {row} ‘{name}’: {reason}"),
        "mixedRows": _("Choose rows of one summary to move them up or down."),
        "tooMany": _("At most {cells} cells and {rows} new rows are pasted at once."),
    }


def _details() -> dict[str, str]:
    return {
        "groupTask": _("Task"),
        "groupProgress": _("Progress"),
        "groupOwn": _("Own fields"),
        "groupRules": _("Rules"),
        "groupWork": _("Work"),
        "groupFigures": _("Computed"),
        "groupLinks": _("Links"),
        "groupBonds": _("Other projects"),
        "groupNotes": _("Notes"),
        "notes": _("Notes"),
        "waitsFor": _("Waits for"),
        "holds": _("Holds"),
        "removeLink": _("Remove"),
        "noLinks": _("Nothing is linked to this task."),
        "hardHint": _("The constraint is hard: it holds even against links"),
    }


def field_words() -> dict[str, str]:
    """Field of a task, a resource, a calendar or a plan → its name."""
    return {
        "name": _("Name"),
        "outline_level": _("Level"),
        "wbs": _("WBS"),
        "place": _("Stands behind"),
        "links": _("Predecessors"),
        "people": _("Resources"),
        "milestone": _("Milestone"),
        "duration_minutes": _("Duration"),
        "elapsed_duration": _("Round the clock"),
        "estimated": _("Estimated"),
        "calendar_uid": _("Calendar"),
        "ignore_resource_calendar": _("Without the calendars of resources"),
        "constraint": _("Constraint"),
        "constraint_date": _("Constraint date"),
        "constraint_hard": _("Hard constraint"),
        "deadline": _("Deadline"),
        "manual": _("Scheduled by hand"),
        "active": _("Active"),
        "external": _("Of another project"),
        "level_of_effort": _("Level of effort"),
        "priority": _("Priority"),
        "work_type": _("Work type"),
        "effort_driven": _("Effort-driven"),
        "work_minutes": _("Work"),
        "actual_work_minutes": _("Actual work"),
        "cost": _("Cost"),
        "percent_complete": _("% complete"),
        "physical_percent": _("Physical %"),
        "actual_start": _("Actual start"),
        "actual_finish": _("Actual finish"),
        "actual_duration_minutes": _("Actual duration"),
        "remaining_minutes": _("Remaining"),
        "stop": _("Interrupted"),
        "resume": _("Resumed"),
        "leveling_delay_minutes": _("Levelling delay"),
        "notes": _("Notes"),
        "percent_type": _("Kind of percent"),
        "expected_finish": _("Expected finish"),
        "external_early_start": _("Earliest start by other projects"),
        "external_late_finish": _("Latest finish by other projects"),
        "baselines": _("Baselines"),
        "steps": _("Steps"),
        "custom": _("Fields of the office"),
        "guid": _("GUID of another tool"),
        **_of_plan(),
    }


def column_words() -> list[tuple[str, str]]:
    """What a column of a table can mean, and how it is called."""
    return [
        ("name", _("Task")),
        ("number", _("Row number")),
        ("uid", _("UID")),
        ("wbs", _("WBS")),
        ("level", _("Level")),
        ("duration", _("Duration")),
        ("start", _("Start")),
        ("finish", _("Finish")),
        ("percent", _("% complete")),
        ("predecessors", _("Predecessors")),
        ("resources", _("Resources")),
        ("work", _("Work, hours")),
        ("milestone", _("Milestone")),
        ("constraint", _("Constraint")),
        ("constraint_date", _("Constraint date")),
        ("deadline", _("Deadline")),
        ("actual_start", _("Actual start")),
        ("actual_finish", _("Actual finish")),
        ("priority", _("Priority")),
        ("notes", _("Notes")),
    ]


def _of_plan() -> dict[str, str]:
    return {
        "kind": _("Kind"),
        "max_units": _("Share of full time"),
        "initials": _("Initials"),
        "email": _("Mail address"),
        "week": _("Days of the week"),
        "exceptions": _("Exceptions"),
        "work_weeks": _("Work weeks"),
        "base_uid": _("Base calendar"),
        "start": _("Start of the plan"),
        "status_date": _("Status date"),
        "imposed_finish": _("Imposed finish"),
        "schedule_from_finish": _("Scheduled from the finish"),
        "default_calendar_uid": _("Calendar of the plan"),
        "minutes_per_day": _("Minutes of a day"),
        "minutes_per_week": _("Minutes of a week"),
        "days_per_month": _("Days of a month"),
        "currency": _("Currency"),
        "critical_threshold_minutes": _("Critical up to a float of (minutes)"),
        "lag_calendar": _("Calendar of lags"),
        "progress_mode": _("Work out of sequence"),
        "total_float": _("Total float from"),
        "critical_by": _("Critical by"),
        "open_ends_critical": _("Open ends are critical"),
        "start_lag_from": _("Lag from start runs from"),
        "expected_finishes": _("Expected finishes count"),
        "external_dates": _("Dates of other projects count"),
        "source": _("Kind of file, whose rules apply"),
    }


def quality_words() -> dict[int, tuple[str, str]]:
    """Point of DCMA → its name and what it measures."""
    return {
        1: (_("Logic"), _("Tasks without a predecessor or a successor, of all tasks")),
        2: (_("Leads"), _("Links with a negative lag")),
        3: (_("Lags"), _("Links with a positive lag, of all links")),
        4: (_("Relationship types"), _("Links from finish to start, of all links")),
        5: (_("Hard constraints"), _("Tasks that must start or finish on or by a date")),
        6: (_("High float"), _("Tasks with a total float above 44 working days")),
        7: (_("Negative float"), _("Tasks that end later than they may")),
        8: (_("High duration"), _("Tasks planned to last more than 44 working days")),
        9: (_("Invalid dates"), _("Plans in the past, and actual dates in the future")),
        10: (_("Resources"), _("Tasks of a day or more without resource and cost")),
        11: (_("Missed tasks"), _("Of the tasks due by the baseline: late or not finished")),
        12: (
            _("Critical path test"),
            _("600 days more for the first critical task move the finish by as much"),
        ),
        13: (
            _("Critical path length index"),
            _("(Length of the critical path + its float) ÷ its length"),
        ),
        14: (
            _("Baseline execution index"),
            _("Tasks done ÷ (tasks due by the baseline + tasks without one)"),
        ),
    }
