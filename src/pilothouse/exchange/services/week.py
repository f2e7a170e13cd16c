# SPDX-License-Identifier: Apache-2.0
"""The week of a person as a spreadsheet that goes out, is filled in, and is read back.

Each row carries a signed key, so rows may be sorted or left out but never made to mean another
task, and what stood in its fields when it went out, so only what was changed is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.core import signing

from pilothouse.delivery.progress.queries import TaskKey, Week, WeekRow, week_of
from pilothouse.delivery.progress.rules import reporting_projects
from pilothouse.delivery.progress.services import (
    Mistakes,
    Report,
    mistakes_in,
    read_row,
    shown_before,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services.reading import plain_name
from pilothouse.exchange.tables import clean
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import Cell, Sheet, write_form
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.services import Arrival, Done, admit

SALT = "pilothouse.week.sheet"
MOST_BYTES = 2 * 1024 * 1024
MOST_TOLD = 20
FIELDS = {
    "% done": "percent",
    "Left": "remaining",
    "Started on": "started",
    "Finish": "finish",
    "Remark": "remark",
    "Need help": "help",
}
KEY, BEFORE = "Key", "Before"
HEADER = ("Project", "Task", "Inside", "Planned start", "Planned finish", *FIELDS, KEY, BEFORE)
_SHEET = Sheet(
    open=range(5, 11),
    hidden=(11, 12),
    as_text=(5, 6, 9, 10),
    widths=(10, 34, 26, 13, 13, 9, 9, 12, 12, 40, 10),
)
_NO = {"", "no", "n", "0", "false"}


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A returned sheet as the form of the week; ``changed`` rows say something new."""

    week: Week
    values: dict[str, str]
    wrong: dict[str, Mistakes]
    changed: int


def week_sheet(person: User, week: Week) -> tuple[str, bytes]:
    """The tasks of a week as a workbook in which only what is asked can be typed in."""
    signer = signing.Signer(salt=SALT)
    rows: list[list[Cell]] = []
    for group in week.groups:
        for row in group.rows:
            rows.append(
                [
                    group.project.code,
                    row.name,
                    row.path,
                    row.start,
                    row.finish,
                    row.shown["percent"],
                    row.shown["remaining"],
                    _day(row.shown["started"]),
                    _day(row.shown["finish"]),
                    row.shown["remark"],
                    "yes" if row.shown["help"] else "",
                    signer.sign(f"{person.pk}:{row.key}"),
                    row.shown_text,
                ]
            )
    notes = [
        f"Tasks of {person.full_name} as at {written(week.today)}.",
        "Type in the yellow columns, save, and read the sheet back at “My week”.",
        "% done: 0 to 100. Left: what remains, such as 2d, 6h or 1.5w. Dates: 2026-11-30.",
        "Finish: when you expect to be done; with 100 % the day on which you were.",
        "Need help: yes, or nothing. Rows may be left out; leave the hidden columns as they are.",
    ]
    body = write_form(rows, HEADER, sheet=_SHEET, name="My week", notes=notes)
    return f"week-{week.today:%Y-%m-%d}-{person.pk}.xlsx", body


def _day(text: str) -> date | str:
    return date.fromisoformat(text) if text else ""


def read_week_sheet(
    *,
    actor: Actor,
    person: User,
    file_name: str,
    data: bytes,
    today: date,
    project: Project | None = None,
) -> ReadSheet:
    """Read a returned sheet; nothing of it is kept: it is shown, and sent by whoever looks at it.

    Who: the person, or whoever decides on updates of the project. Writes: nothing; as
    ``scanning.admit`` where the scanner found something or does not answer.
    Raises: Invalid naming the rows whose key was changed or is somebody else's, and why a file
    cannot be read.
    """
    if len(data) > MOST_BYTES:
        message = f"The file is larger than {MOST_BYTES // 2**20} MB; send the sheet itself."
        raise Invalid("exchange.bytes", message, fields={"file": message})
    projects = [project] if project else reporting_projects(person.actor())
    if not projects:
        message = "No plan of an open project names this person, so there is nothing to report on."
        raise Invalid("exchange.week_nobody", message, fields={"file": message})
    arrival = Arrival(
        door=IncomingFile.Door.WEEK,
        place=f"Week of {person.full_name}",
        file_name=plain_name(file_name),
        data=data,
        office_id=projects[0].office_id,
        object_id=person.pk,
    )
    admit(actor=actor, arrival=arrival)
    lines = _lines(read_untrusted(data).rows)
    keys = _keys(lines, person, project)
    within = None if project is None else [project]
    week = week_of(person.actor(), today, only=keys.values(), within=within, any_time=True)
    rows = {(row.project_id, row.uid): row for row in week.rows}
    gone = [number for number, key in keys.items() if key not in rows]
    _require_none(
        [
            f"Row {number}: its task is nobody’s to report on here, or no longer in the plan."
            for number in gone
        ]
    )
    return _read(actor, week, [(rows[keys[number]], line) for number, line in lines.items()], today)


def release_held_sheet(actor: Actor, held: IncomingFile, data: bytes, done: Done) -> None:
    """A held sheet that is clean is not taken in by itself: its reader looks at it first."""
    raise Invalid(
        "exchange.sheet_again",
        "The scanner found nothing in it. Read it again at “My week”: you see what it says before "
        "anything is sent.",
    )


def _lines(table: Sequence[Sequence[str]]) -> dict[int, dict[str, str]]:
    """Number in the sheet → cell by heading, of rows that hold anything."""
    header = [clean(cell) for cell in table[0]]
    missing = [name for name in (KEY, BEFORE, *FIELDS) if name not in header]
    if missing:
        message = (
            f"The column “{missing[0]}” is missing, so this is no sheet of a week. Download it "
            "anew, fill it in, and leave its columns as they are."
        )
        raise Invalid("exchange.week_sheet", message, fields={"file": message})
    found = {}
    for number, row in enumerate(table[1:], start=2):
        cells = {name: clean(cell) for name, cell in zip(header, row, strict=False)}
        if any(cells.values()):
            found[number] = cells
    if not found:
        message = "The sheet holds no row."
        raise Invalid("exchange.week_sheet", message, fields={"file": message})
    return found


def _keys(
    lines: dict[int, dict[str, str]], person: User, project: Project | None
) -> dict[int, TaskKey]:
    """Number in the sheet → task. Raises Invalid naming every row whose key does not hold."""
    signer = signing.Signer(salt=SALT)
    keys: dict[int, TaskKey] = {}
    wrong: list[str] = []
    for number, cells in lines.items():
        try:
            whose, _, key = signer.unsign(cells.get(KEY, "")).partition(":")
            place, _, uid = key.partition(".")
            found = (int(place), int(uid))
        except (signing.BadSignature, ValueError):
            wrong.append(f"Row {number}: its hidden key was changed or is missing.")
            continue
        if whose != str(person.pk) or (project is not None and found[0] != project.pk):
            wrong.append(f"Row {number}: it is of a sheet of somebody else or of another project.")
        elif found in keys.values():
            wrong.append(f"Row {number}: its task stands in the sheet twice.")
        keys[number] = found
    _require_none(wrong)
    return keys


def _require_none(wrong: Sequence[str]) -> None:
    if not wrong:
        return
    more = len(wrong) - MOST_TOLD
    told = " ".join(wrong[:MOST_TOLD]) + (f" And {more} more rows." if more > 0 else "")
    message = (
        f"{told} Nothing was read. Download the sheet anew and leave its hidden columns alone."
    )
    raise Invalid("exchange.week_rows", message, fields={"file": message})


def _read(
    actor: Actor, week: Week, rows: Iterable[tuple[WeekRow, dict[str, str]]], today: date
) -> ReadSheet:
    values: dict[str, str] = {}
    wrong: dict[str, Mistakes] = {}
    reports: list[Report] = []
    changed = 0
    for row, cells in rows:
        seen = shown_before(cells.get(BEFORE, ""))
        typed = {name: cells.get(title, "") for title, name in FIELDS.items() if _asked(row, name)}
        typed["help"] = "" if typed["help"].casefold() in _NO else "on"
        values |= {f"{row.key}.{name}": value for name, value in typed.items()}
        values[f"{row.key}.seen"] = cells.get(BEFORE, "")
        report, mistakes = read_row(row, typed, seen, today)
        changed += report is not None or bool(mistakes)
        if mistakes:
            wrong[row.key] = mistakes
        elif report is not None:
            reports.append(report)
    if reports:
        wrong |= mistakes_in(actor, reports, {row.key: row for row in week.rows}, today)
    return ReadSheet(week, values, wrong, changed)


def _asked(row: WeekRow, name: str) -> bool:
    """Whether the form has this field; a milestone has no work left, what has begun its start."""
    if name == "remaining":
        return not row.milestone
    return name != "started" or (row.begun is None and not row.milestone)
