# SPDX-License-Identifier: Apache-2.0
"""What to do about a file that is refused, by the kind of what is wrong in it."""

from __future__ import annotations

import re

_CORRECT = "Correct it and save the file once more."
_REMEDIES = {
    "calendar": "Correct the calendar and export once more.",
    "calendar_base_cycle": "Give one of these calendars a week of its own.",
    "calendar_base_depth": "Give the calendar a week of its own.",
    "calendar_duplicate": "Give each calendar a number of its own.",
    "calendar_missing_base": "Add that calendar, or give this one a week of its own.",
    "calendar_no_pattern": "Give the calendar a week.",
    "calendar_no_working_time": "Give the calendar working days.",
    "columns": "Export the file once more; an editor may have broken the row.",
    "dangling": "Correct the number, or add what it names.",
    "dangling_assignment": "Correct the number, or leave the assignment out.",
    "dangling_link": "Correct the number, or leave the link out.",
    "dangling_wbs": "Correct the number, or leave it empty.",
    "duplicate": "Give each row a number of its own.",
    "empty": "Save or export it once more.",
    "encoding": "Save the file as UTF-8.",
    "include": "Leave that element out.",
    "json": "Correct it there, or write the file once more.",
    "kind": "Write a value of that kind.",
    "limit": "Leave out what is not planned, or split the plan.",
    "missing_calendar": "Correct the number, or add the calendar.",
    "not_json": "Correct it there, or write the file once more.",
    "not_xml": "Save or export the plan once more.",
    "range": "Write a value within the bounds.",
    "type": "Write a value of that kind.",
    "version": "Write it with a version that can be read.",
    "wbs_cycle": "Hang the element under another one.",
}
"""By kind, which is the code without the name of the format; else it is ``_CORRECT``."""

_QUOTED = re.compile("‘[^’]*’|‹[^›]*›|\\([^)]*\\)")
_SAID = re.compile(r"; |\. ")


def with_remedy(kind: str, message: str) -> str:
    """The message, and what to do where it does not say so itself.

    Parameters
    ----------
    kind : str
        The code without the name of the format, such as ``dangling_link``.
    message : str
        Whole sentences; a second one, or a part after a semicolon, says what to do.
    """
    if _SAID.search(_QUOTED.sub("", message)):
        return message
    return f"{message} {_REMEDIES.get(kind, _CORRECT)}"
