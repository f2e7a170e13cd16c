# SPDX-License-Identifier: Apache-2.0
"""Reads that every page makes: their SQL is put together once and then only run.

Django puts a query together anew at each read, which costs several times what the database needs
for a small one. ``prepared`` keeps the SQL of a query by the arguments it was built from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from types import SimpleNamespace
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
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
    varying: list[tuple[int, int]]
    compiler: SQLCompiler
    converters: dict[int, Any]
    whole: bool

    def run(self, numbers: tuple[Any, ...]) -> list[Any]:
        parameters = self.parameters
        if self.varying:
            parameters = parameters.copy()
            for position, index in self.varying:
                parameters[position] = numbers[index]
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, parameters)
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


def prepared(
    build: Callable[P, models.QuerySet[Any, T]], *, varying: int = 0
) -> Callable[P, list[T]]:
    """Make a function that builds a query one that reads its rows: tuples or objects.

    What it builds may depend on nothing but its arguments, which are hashable: neither on rows
    that it reads itself nor on the clock. The first ``varying`` arguments are numbers or texts,
    such as the key of a row, for which one statement serves: they may only be compared with
    columns, and stand for themselves.
    """
    markers = tuple(_MARKER + index for index in range(varying))
    # A column of text holds its number as text.
    texts = [str(marker) for marker in markers]

    @lru_cache(maxsize=KEPT)
    def statement(*args: Any) -> _Statement | None:
        rows = build(*markers, *args)  # type: ignore[call-arg, arg-type]
        if getattr(rows, "_prefetch_related_lookups", ()):
            raise TypeError(f"{build.__qualname__}: related rows are read by a query of their own")
        compiler = rows.query.get_compiler(rows.db)
        try:
            sql, found = compiler.as_sql()
        except EmptyResultSet:
            return None
        parameters = list(found)
        places = [
            (position, texts.index(str(value)))
            for position, value in enumerate(parameters)
            if isinstance(value, int | str) and str(value) in texts
        ]
        if {index for _, index in places} != set(range(varying)):
            raise TypeError(f"{build.__qualname__}: a varying number is not in the statement")
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        whole = rows._iterable_class is ModelIterable
        return _Statement(rows.db, sql, parameters, places, compiler, converters, whole)

    @wraps(build)
    def read(*args: P.args, **kwargs: P.kwargs) -> list[T]:
        if kwargs:
            raise TypeError(f"{build.__qualname__} takes its arguments by position")
        numbers: tuple[Any, ...] = args[:varying]
        if any(isinstance(number, int) and abs(number) >= LARGEST for number in numbers):
            return []
        made = statement(*args[varying:])
        return [] if made is None else cast("list[T]", made.run(numbers))

    return read


def prepared_for(
    varying: int,
) -> Callable[[Callable[P, models.QuerySet[Any, T]]], Callable[P, list[T]]]:
    """``prepared`` with so many numbers that vary, as a decorator."""

    def decorate(build: Callable[P, models.QuerySet[Any, T]]) -> Callable[P, list[T]]:
        return prepared(build, varying=varying)

    return decorate
