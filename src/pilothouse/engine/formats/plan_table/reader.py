# SPDX-License-Identifier: Apache-2.0
"""The rows of a table as a plan, or what is wrong in which row and field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from pilothouse.engine.calendars import WorkingTime, compile_calendars
from pilothouse.engine.editing import Amount, Measures, read_predecessors
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.formats.guids import guid_for
from pilothouse.engine.formats.plan_table import cells
from pilothouse.engine.formats.plan_table.columns import Column
from pilothouse.engine.formats.plan_table.edits import TableEdit
from pilothouse.engine.merging import Holds
from pilothouse.engine.network import build_outline
from pilothouse.engine.network.plan import Link, Notice, Plan, PlanResource, PlanTask, StoredDates

MOST_ROWS = 20_000
LAST_UID = 2_000_000_000
MOST_PROBLEMS = 1_000
MOST_LEVELS = 50
MOST_OF_CELL = 200
"""Characters of a cell that holds one value."""
_LISTS = frozenset({Column.PREDECESSORS, Column.RESOURCES})
_SPACES = 2
_SAID = {
    Column.NAME: ("name",),
    Column.GUID: ("guid",),
    Column.WBS: ("wbs",),
    Column.MILESTONE: ("milestone",),
    Column.CONSTRAINT: ("constraint", "constraint_date"),
    Column.DEADLINE: ("deadline",),
    Column.PRIORITY: ("priority",),
    Column.NOTES: ("notes",),
}
"""Fields that a row says as they stand; the rest is typed into the plan (``edits``)."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be read; ``row`` is that of the table, from 1."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read: its plan, what it can say, and the cells to be typed in.

    With ``problems`` the rest means nothing.
    """

    plan: Plan
    holds: Holds
    edits: tuple[TableEdit, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Line:
    """A row that holds something."""

    row: int
    cells: Mapping[Column, str]
    indent: int
    uid: int = 0
    guid: str = ""
    level: int = 1
    links: tuple[Link, ...] = ()


def read_plan_table(
    rows: Sequence[Sequence[str]],
    columns: Mapping[int, Column],
    *,
    head: int,
    present: Plan,
    month_first: bool | None = None,
) -> ReadTable:
    """Read a table of tasks.

    Parameters
    ----------
    rows : sequence of sequences of str
        All rows of the table, cells as they stand.
    columns : mapping of int to Column
        Place of the column, from 0 → what it says; a name is needed.
    head : int
        Row of the headers, from 1.
    present : Plan
        The plan that is there, or an empty one, whose calendars and measures count.
    month_first : bool, optional
        How dates such as 03/04/2027 are read; None: as the others of the table tell.

    Returns
    -------
    ReadTable

    Notes
    -----
    O(cells), deterministic. Tasks without a number have negative ones.
    """
    reader = _Reader(rows, columns, head, present, month_first)
    return reader.read()


@dataclass(slots=True)
class _Reader:
    rows: Sequence[Sequence[str]]
    columns: Mapping[int, Column]
    head: int
    present: Plan
    month_first: bool | None
    problems: list[Problem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    edits: list[TableEdit] = field(default_factory=list)
    people: dict[str, PlanResource] = field(default_factory=dict)
    manned: frozenset[int] = frozenset()
    last_person: int = 0
    fractions: bool = False

    def read(self) -> ReadTable:
        mapped = set(self.columns.values())
        if Column.NAME not in mapped:
            self._wrong(self.head, Column.NAME, "say which column holds the names of the tasks")
            return self._result(())
        lines = self._lines()
        if len(lines) > MOST_ROWS:
            reason = f"the table has {len(lines):,} rows; at most {MOST_ROWS:,} are read"
            self._wrong(self.head, Column.NAME, reason)
            return self._result(())
        self._settle_dates(lines)
        self._number(lines)
        self._indent(lines)
        self._link(lines)
        self.people = {row.name.casefold(): row for row in self.present.resources}
        self.last_person = max((row.uid for row in self.present.resources), default=0)
        self.manned = frozenset(item.task_uid for item in self.present.assignments)
        self.fractions = _are_fractions(line.cells.get(Column.PERCENT, "") for line in lines)
        return self._result(self._tasks(lines), lines)

    def _result(self, tasks: Sequence[PlanTask], lines: Sequence[_Line] = ()) -> ReadTable:
        starts = [task.stored.start for task in tasks if task.stored.start is not None]
        start = self.present.start
        if not self.present.tasks and starts:
            start = min(starts)
        plan = replace(
            self.present,
            start=start,
            tasks=tuple(tasks),
            links=tuple(link for line in lines for link in line.links),
            resources=tuple(self.people.values()),
            assignments=(),
            notices=tuple(self.notices),
        )
        return ReadTable(plan, self._holds(lines), tuple(self.edits), tuple(self.problems))

    def _holds(self, lines: Sequence[_Line]) -> Holds:
        mapped = set(self.columns.values())
        said = {name for column in mapped & _SAID.keys() for name in _SAID[column]}
        if self._codes_are_the_same(lines):
            said -= {"wbs"}
        return Holds(
            tasks=frozenset(said),
            plan=frozenset() if self.present.tasks else frozenset({"start"}),
            calendars=False,
            links=Column.PREDECESSORS in mapped,
            resources=False,
            assignments=False,
        )

    def _codes_are_the_same(self, lines: Sequence[_Line]) -> bool:
        """Whether nobody changed a code: then those that are numbers may follow the rows."""
        codes = {task.uid: task.wbs for task in self.present.tasks}
        given = [(line, line.cells.get(Column.WBS, "").strip()) for line in lines]
        known = [(line, code) for line, code in given if line.uid in codes and code]
        return bool(known) and all(codes[line.uid] == code for line, code in known)

    def _wrong(self, row: int, column: Column, reason: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, column.value, reason))

    def _lines(self) -> list[_Line]:
        found: list[_Line] = []
        name_at = next(place for place, column in self.columns.items() if column is Column.NAME)
        for row, texts in enumerate(self.rows[self.head :], start=self.head + 1):
            held = {
                column: texts[place]
                for place, column in self.columns.items()
                if place < len(texts) and texts[place].strip()
            }
            if not held:
                continue
            raw = texts[name_at] if name_at < len(texts) else ""
            indent = len(raw.expandtabs(4)) - len(raw.expandtabs(4).lstrip(" \u00a0"))
            found.append(_Line(row, held, indent))
            if Column.NAME not in held:
                self._wrong(row, Column.NAME, "a name is needed")
            elif len(held[Column.NAME].strip()) > 500:
                self._wrong(row, Column.NAME, "the name is longer than 500 characters")
        return found

    def _settle_dates(self, lines: Sequence[_Line]) -> None:
        dated = {
            *(Column.START, Column.FINISH, Column.DEADLINE, Column.CONSTRAINT_DATE),
            *(Column.ACTUAL_START, Column.ACTUAL_FINISH),
        }
        if self.month_first is None:
            texts = (line.cells[one] for line in lines for one in dated & line.cells.keys())
            self.month_first = cells.month_is_first(texts) or False

    def _cell(self, line: _Line, column: Column, read: Callable[[str], _T]) -> _T | None:
        """The value of a cell; None where it is empty or wrong, which is noted."""
        text = line.cells.get(column)
        if text is None:
            return None
        try:
            if column not in _LISTS and len(text) > MOST_OF_CELL:
                raise ValueError(f"the cell holds more than {MOST_OF_CELL} characters")
            return read(text)
        except ValueError as error:
            self._wrong(line.row, column, str(error))
        return None

    def _number(self, lines: Sequence[_Line]) -> None:
        """Numbers as their column says; what is known for good has that of the plan."""
        known = self._known(lines)
        taken = set(known.values())
        seen: dict[int, int] = {}
        for place, line in enumerate(lines, start=1):
            uid = self._cell(line, Column.UID, lambda text: cells.read_whole(text, 1, LAST_UID))
            if uid is not None and uid in seen:
                self._wrong(line.row, Column.UID, f"{uid} stands in row {seen[uid]} too")
                uid = None
            elif uid is not None:
                seen[uid] = line.row
            if line.guid in known:
                line.uid = known[line.guid]
            else:
                line.uid = -place if uid is None or uid in taken else uid

    def _known(self, lines: Sequence[_Line]) -> dict[str, int]:
        """GUID → number in the plan, for those that the table names."""
        own = {task.guid: task.uid for task in self.present.tasks if task.guid}
        found: dict[str, int] = {}
        rows: dict[str, int] = {}
        for line in lines:
            line.guid = self._cell(line, Column.GUID, guid_for) or ""
            if line.guid in rows:
                reason = f"it stands in row {rows[line.guid]} too"
                self._wrong(line.row, Column.GUID, reason)
            elif line.guid:
                rows[line.guid] = line.row
                if line.guid in own:
                    found[line.guid] = own[line.guid]
        return found

    def _indent(self, lines: Sequence[_Line]) -> None:
        """Levels: as a column says, else as the codes do, else by blanks before the names."""
        mapped = set(self.columns.values())
        if Column.LEVEL in mapped:
            self._by_level(lines)
        elif any("." in line.cells.get(Column.WBS, "") for line in lines):
            above: list[str] = []
            for line in lines:
                code = line.cells.get(Column.WBS, "").strip()
                while above and not (code and code.startswith(above[-1] + ".")):
                    above.pop()
                line.level = len(above) + 1
                if code:
                    above.append(code)
        else:
            depths: list[int] = []
            for line in lines:
                while depths and line.indent < depths[-1] + _SPACES:
                    depths.pop()
                depths.append(line.indent)
                line.level = len(depths)
        for line in lines:
            if line.level > MOST_LEVELS:
                reason = f"the row lies more than {MOST_LEVELS} levels deep"
                self._wrong(line.row, Column.LEVEL, reason)
                line.level = 1

    def _by_level(self, lines: Sequence[_Line]) -> None:
        levels = [
            self._cell(line, Column.LEVEL, lambda text: cells.read_whole(text, 0, MOST_LEVELS))
            for line in lines
        ]
        least = min((level for level in levels if level is not None), default=1)
        before = 0
        for line, level in zip(lines, levels, strict=True):
            line.level = (level if level is not None else least) - least + 1
            if line.level > before + 1:
                reason = (
                    f"{level} follows {before + least - 1}; a row lies one level deeper at most"
                )
                self._wrong(line.row, Column.LEVEL, reason)
                line.level = before + 1
            before = line.level

    def _link(self, lines: Sequence[_Line]) -> None:
        numbered = Column.NUMBER in self.columns.values()
        uids: dict[int, int] = {}
        for place, line in enumerate(lines, start=1):
            number: int | None = place
            if numbered:
                number = self._cell(
                    line, Column.NUMBER, lambda text: cells.read_whole(text, 1, 10**6)
                )
            if number is None:
                continue
            if number in uids:
                self._wrong(line.row, Column.NUMBER, f"{number} stands there twice")
            uids[number] = line.uid
        of_number = [uids.get(number, 0) for number in range(1, max(uids, default=0) + 1)]
        measures = Measures.of(self.present)
        for line in lines:
            read = partial(_predecessors, uid=line.uid, of_number=of_number, measures=measures)
            line.links = self._cell(line, Column.PREDECESSORS, read) or ()

    def _tasks(self, lines: Sequence[_Line]) -> list[PlanTask]:
        bare = [
            PlanTask(
                line.uid,
                line.cells.get(Column.NAME, "?").strip()[:500],
                line.level,
                guid=line.guid,
            )
            for line in lines
        ]
        outline = build_outline(bare)
        own = compile_calendars(self.present.calendars)
        hours = own[self.present.default_calendar_uid]
        calendars = {task.uid: task.calendar_uid for task in self.present.tasks}
        tasks: list[PlanTask] = []
        for place, (line, task) in enumerate(zip(lines, bare, strict=True)):
            time = own.get(calendars.get(line.uid) or -1, hours)
            summary = outline.summary[place]
            wbs = line.cells.get(Column.WBS, "").strip()[:100] or outline.numbers[place]
            tasks.append(self._task(line, replace(task, summary=summary, wbs=wbs), time))
        return tasks

    def _task(self, line: _Line, task: PlanTask, hours: WorkingTime) -> PlanTask:
        def moment(column: Column, end: bool) -> datetime | None:
            return self._cell(
                line,
                column,
                lambda text: cells.read_moment(
                    text, hours, month_first=bool(self.month_first), end=end
                ),
            )

        kind = self._cell(line, Column.CONSTRAINT, cells.read_constraint)
        late = kind is not None and kind.value in ("fnet", "fnlt", "mfo")
        start, finish = moment(Column.START, False), moment(Column.FINISH, True)
        values: dict[str, Any] = {
            "constraint": kind,
            "constraint_date": moment(Column.CONSTRAINT_DATE, late),
            "deadline": moment(Column.DEADLINE, True),
            "milestone": self._cell(line, Column.MILESTONE, cells.read_yes),
            "priority": self._cell(
                line, Column.PRIORITY, lambda text: cells.read_whole(text, 0, 1000)
            ),
            "notes": line.cells.get(Column.NOTES, "").strip()[:100_000] or None,
        }
        made = {name: value for name, value in values.items() if value is not None}
        if kind is not None and kind.value not in ("asap", "alap"):
            if "constraint_date" not in made:
                self._wrong(line.row, Column.CONSTRAINT_DATE, "the constraint needs a date")
        else:
            made.pop("constraint_date", None)
        task = replace(task, **made, stored=StoredDates(start=start, finish=finish))
        if task.summary:
            return replace(task, milestone=False)
        return self._typed(line, task, start, finish, hours, moment)

    def _typed(
        self,
        line: _Line,
        task: PlanTask,
        start: datetime | None,
        finish: datetime | None,
        hours: WorkingTime,
        moment: Callable[[Column, bool], datetime | None],
    ) -> PlanTask:
        """What is typed into the plan: duration, people, work, dates and progress."""
        measures = Measures.of(self.present)
        amount = self._cell(
            line, Column.DURATION, lambda text: cells.read_span(text, measures, alone="d")
        )
        if amount is None and start and finish and Column.DURATION not in self.columns.values():
            if finish < start:
                self._wrong(line.row, Column.FINISH, "the finish lies before the start")
            amount = Amount(max(0, hours.diff(start, finish)))
        if amount is None and task.milestone:
            amount = Amount(0)
        if amount is not None:
            self._edit(line, "duration", [amount.minutes, amount.elapsed, amount.estimated])
            if Column.MILESTONE not in self.columns.values():
                task = replace(task, milestone=not amount.minutes)
        self._assign(line)
        work = self._cell(
            line, Column.WORK, lambda text: cells.read_span(text, measures, alone="h").minutes
        )
        # Work belongs to people; without any it says nothing that a schedule could use.
        if work is not None and (Column.RESOURCES in line.cells or line.uid in self.manned):
            self._edit(line, "work", work)
        if not line.links and Column.CONSTRAINT not in self.columns.values():
            if start is not None:
                self._edit(line, "start", self._when(line, Column.START, start))
            elif finish is not None:
                self._edit(line, "finish", self._when(line, Column.FINISH, finish))
        percent = self._cell(line, Column.PERCENT, self._percent)
        if percent is not None:
            self._edit(line, "percent", str(percent))
        for column in (Column.ACTUAL_START, Column.ACTUAL_FINISH):
            when = moment(column, column is Column.ACTUAL_FINISH)
            if when is not None:
                self._edit(line, column.value, self._when(line, column, when))
        first = amount.minutes if amount else 480
        return replace(task, duration_minutes=first)

    def _when(self, line: _Line, column: Column, moment: datetime) -> list[object]:
        return [moment.isoformat(), cells.is_day(line.cells[column])]

    def _percent(self, text: str) -> Decimal:
        value = cells.read_number(text)
        if not 0 <= value <= 100:
            raise ValueError(f"‘{text.strip()[:40]}’ is no percentage between 0 and 100")
        fraction = self.fractions and not text.strip().endswith("%")
        return value * 100 if fraction else value

    def _assign(self, line: _Line) -> None:
        if Column.RESOURCES not in self.columns.values():
            return
        found = self._cell(line, Column.RESOURCES, cells.read_people) or []
        shares = []
        for name, units in found:
            key = name.casefold()
            if key not in self.people:
                self.last_person += 1
                self.people[key] = PlanResource(self.last_person, name)
            shares.append([self.people[key].uid, str(units)])
        self._edit(line, "people", shares)

    def _edit(self, line: _Line, name: str, value: object) -> None:
        self.edits.append(TableEdit(line.row, line.uid, name, value))


def _are_fractions(texts: Iterable[str]) -> bool:
    """Whether percent stand as shares of one, as a spreadsheet keeps them."""
    part = False
    for text in texts:
        try:
            value = cells.read_number(text) if text and not text.strip().endswith("%") else 0
        except ValueError:
            return False
        if value > 1:
            return False
        part |= 0 < value < 1
    return part


def _predecessors(
    text: str, uid: int, of_number: Sequence[int], measures: Measures
) -> tuple[Link, ...]:
    try:
        links = read_predecessors(text, uid, of_number, measures)
    except InvalidInput as error:
        raise ValueError(error.message.rstrip(".")) from None
    if any(link.predecessor == 0 for link in links):
        raise ValueError(f"‘{text.strip()[:60]}’ names a row that is not in the table")
    return links
