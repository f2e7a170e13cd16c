# SPDX-License-Identifier: Apache-2.0
"""Reads that every page makes: their SQL is put together once and then only run.

Django puts a query together anew at each read, which costs several times what the database needs
for a small one. ``prepared`` keeps the SQL of a query by the arguments it was built from, and
``together`` waits once for several reads that do not need one another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache, update_wrapper
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

KEPT = 500
"""Kept by each function, for as many different arguments."""

P = ParamSpec("P")
T = TypeVar("T")
LARGEST = 2**63
"""No column holds a number as large; a database refuses it instead of finding nothing."""
_MARKER = 7_310_000_000_000_001
"""Stands in the parameters for a number that varies; no key of a row is as large."""


class _Statement(NamedTuple):
    """SQL with its parameters, and who turns what the database gives into Python's values."""

    alias: str
    sql: str
    parameters: list[Any]
    varying: list[tuple[int, int, tuple[str, str] | None]]
    compiler: SQLCompiler
    converters: dict[int, Any]
    whole: bool

    def ask(self, cursor: CursorWrapper, numbers: tuple[Any, ...]) -> None:
        """Send the statement; what it finds is taken from the cursor."""
        parameters = self.parameters
        if self.varying:
            parameters = parameters.copy()
            for position, index, around in self.varying:
                value = numbers[index]
                if around is not None:
                    escape = connections[self.alias].ops.prep_for_like_query
                    value = escape(value).join(around)
                parameters[position] = value
        cursor.execute(self.sql, parameters)

    def take(self, cursor: CursorWrapper) -> list[Any]:
        """Rows that the database found, as Python's values or objects."""
        rows: list[Any] = cursor.fetchall()
        if self.converters:
            rows = list(map(tuple, self.compiler.apply_converters(rows, self.converters)))
        return self._objects(rows) if self.whole else rows

    def _objects(self, rows: list[Any]) -> list[Any]:
        """Rows as Django makes its objects of them, with those they are joined to."""
        answer = SimpleNamespace(
            select=self.compiler.select,
            klass_info=self.compiler.klass_info,
            annotation_col_map=self.compiler.annotation_col_map,
            execute_sql=lambda **_: None,
            results_iter=lambda _: rows,
        )
        asked = SimpleNamespace(
            db=self.alias,
            query=SimpleNamespace(get_compiler=lambda using: answer),
            _known_related_objects={},
        )
        return list(ModelIterable(asked))  # type: ignore[arg-type]


def _around(value: object, marker: str) -> list[tuple[str, str] | None]:
    """What a parameter that holds the marker has around it; None where it is the marker itself.

    A column of text holds its number as text; around a part of a text stands what makes it a
    pattern. Empty where the marker is not in the parameter.
    """
    if not isinstance(value, int | str) or marker not in str(value):
        return []
    before, _, after = str(value).partition(marker)
    return [(before, after) if before or after else None]


class Reading(Generic[T]):
    """A read that is made once, when its rows are first asked for or together with others.

    Without a statement it finds nothing.
    """

    __slots__ = ("found", "numbers", "statement")

    def __init__(self, statement: _Statement | None, numbers: tuple[Any, ...]) -> None:
        self.statement = statement
        self.numbers = numbers
        self.found: list[T] | None = [] if statement is None else None

    @property
    def rows(self) -> list[T]:
        """What the read finds."""
        if self.found is None:
            assert self.statement is not None
            with connections[self.statement.alias].cursor() as cursor:
                self.statement.ask(cursor, self.numbers)
                self.found = self.statement.take(cursor)
        return self.found


class Prepared(Generic[P, T]):
    """A function that reads rows by a kept statement; ``later`` puts the read off."""

    def __init__(self, build: Callable[P, models.QuerySet[Any, T]], varying: int) -> None:
        self._build = build
        self._varying = varying
        self._statement = lru_cache(maxsize=KEPT)(self._make)
        update_wrapper(self, build)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[T]:
        return self.later(*args, **kwargs).rows

    def later(self, *args: P.args, **kwargs: P.kwargs) -> Reading[T]:
        """The read of these arguments, for ``together``."""
        if kwargs:
            raise TypeError(f"{self._build.__qualname__} takes its arguments by position")
        numbers: tuple[Any, ...] = args[: self._varying]
        if any(isinstance(number, int) and abs(number) >= LARGEST for number in numbers):
            return Reading(None, ())
        return Reading(self._statement(*args[self._varying :]), numbers)

    def _make(self, *args: Any) -> _Statement | None:
        name = self._build.__qualname__
        markers = tuple(_MARKER + index for index in range(self._varying))
        rows = self._build(*markers, *args)  # type: ignore[call-arg, arg-type]
        if getattr(rows, "_prefetch_related_lookups", ()):
            raise TypeError(f"{name}: related rows are read by a query of their own")
        compiler = rows.query.get_compiler(rows.db)
        try:
            sql, found = compiler.as_sql()
        except EmptyResultSet:
            return None
        parameters = list(found)
        places = [
            (position, index, around)
            for position, value in enumerate(parameters)
            for index, marker in enumerate(markers)
            for around in _around(value, str(marker))
        ]
        if {index for _, index, _ in places} != set(range(self._varying)):
            raise TypeError(f"{name}: a varying number is not in the statement")
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        whole = rows._iterable_class is ModelIterable
        return _Statement(rows.db, sql, parameters, places, compiler, converters, whole)


NOTHING: Reading[Any] = Reading(None, ())
"""Stands for a read that is not wanted."""


def prepared(build: Callable[P, models.QuerySet[Any, T]], *, varying: int = 0) -> Prepared[P, T]:
    """Make a function that builds a query one that reads its rows: tuples or objects.

    What it builds may depend on nothing but its arguments, which are hashable: neither on rows
    that it reads itself nor on the clock. The first ``varying`` arguments are numbers or texts,
    such as the key of a row or what somebody searches for, for which one statement serves: they may
    only be compared with columns, and stand for themselves, also inside ``contains``.
    """
    return Prepared(build, varying)


def prepared_for(
    varying: int,
) -> Callable[[Callable[P, models.QuerySet[Any, T]]], Prepared[P, T]]:
    """``prepared`` with so many numbers that vary, as a decorator."""

    def decorate(build: Callable[P, models.QuerySet[Any, T]]) -> Prepared[P, T]:
        return prepared(build, varying=varying)

    return decorate


def together(*readings: Reading[Any]) -> None:
    """Make several reads of one database, of which none needs what another finds.

    Over a network each answer is waited for; here all questions leave before the first answer is
    asked for, where the driver can (PostgreSQL). Elsewhere each read is made when its rows are
    first asked for.
    """
    waiting = [reading for reading in readings if reading.found is None]
    if len(waiting) < 2:
        return
    made = [reading.statement for reading in waiting if reading.statement is not None]
    connection = connections[made[0].alias]
    connection.ensure_connection()
    pipeline = getattr(connection.connection, "pipeline", None)
    if pipeline is None:
        return
    with connection.wrap_database_errors, pipeline(), ExitStack() as opened:
        cursors = [opened.enter_context(connection.cursor()) for _ in waiting]
        for reading, statement, cursor in zip(waiting, made, cursors, strict=True):
            statement.ask(cursor, reading.numbers)
        for reading, statement, cursor in zip(waiting, made, cursors, strict=True):
            reading.found = statement.take(cursor)
